package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot/matrix/matrixtest"
)

// peer is a person whose client is mautrix, used without a line of the bot's code: it
// writes and reads encrypted rooms, and is strict (MSC4153), which means that only
// devices that their owner has signed get its room keys. It is to the bot what
// [matrixtest.JSUser] is, with other software and in this process.
//
// What has nothing to do with encryption its User does, on another device of the
// account that has no keys: rooms, members, redactions, and forgeries, which are what
// User.SendContent puts into an encrypted room.
type peer struct {
	*matrixtest.User
	matrixtest.Pen
	matrixtest.Eyes
	client *mautrix.Client
	mach   *crypto.OlmMachine
	post   *post
	keys   sync.Mutex // held while keys are asked for: mautrix writes to its MemoryStore under a lock for reading

	mu      sync.Mutex
	changed chan struct{}     // closed when the server has shown something
	wrote   map[string]string // by room: the last event
}

// peerOption changes what a peer is.
type peerOption func(*peerOptions)

type peerOptions struct{ unsigned, lenient bool }

// unsigned leaves the device unsigned by its owner. A second device of an account has
// to be.
func unsigned(o *peerOptions) { o.unsigned = true }

// lenient gives room keys to all devices.
func lenient(o *peerOptions) { o.lenient = true }

// newPeer logs a new device of the account in and signs it.
func newPeer(t *testing.T, u *matrixtest.User, opts ...peerOption) *peer {
	t.Helper()
	var o peerOptions
	for _, opt := range opts {
		opt(&o)
	}
	ctx := t.Context()
	client, err := mautrix.NewClient(u.Server.URL, "", "")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{User: u, client: client, post: &post{}, changed: make(chan struct{}), wrote: map[string]string{}}
	p.Pen, p.Eyes = matrixtest.Pen{Write: p.SendContent}, matrixtest.Eyes{Watch: p.Await}
	client.Client = &http.Client{Transport: p.post, Timeout: time.Minute}
	client.StateStore = mautrix.NewMemoryStateStore()
	_, err = client.Login(ctx, &mautrix.ReqLogin{
		Type:             mautrix.AuthTypePassword,
		Identifier:       mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: u.ID},
		Password:         u.Password,
		StoreCredentials: true,
	})
	if err != nil {
		t.Fatalf("%s: log in: %v", u.ID, err)
	}
	p.mach = crypto.NewOlmMachine(client, nil, crypto.NewMemoryStore(nil), client.StateStore.(crypto.StateStore))
	if !o.lenient {
		p.mach.SendKeysMinTrust = id.TrustStateCrossSignedTOFU
	}
	if err := p.mach.Load(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.mach.ShareKeys(ctx, -1); err != nil {
		t.Fatalf("%s: publish the device's keys: %v", u.ID, err)
	}
	if !o.unsigned {
		p.sign(t)
	}

	syncer := &peerSyncer{mautrix.NewDefaultSyncer()}
	client.Syncer = syncer
	syncer.OnSync(func(ctx context.Context, resp *mautrix.RespSync, since string) bool {
		p.keys.Lock()
		defer p.keys.Unlock()
		return p.mach.ProcessSyncResponse(ctx, resp, since)
	})
	syncer.OnEvent(client.StateStoreSyncHandler)
	syncer.OnEventType(event.StateMember, p.mach.HandleMemberEvent)
	syncer.OnSync(func(context.Context, *mautrix.RespSync, string) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		close(p.changed)
		p.changed = make(chan struct{})
		return true
	})
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = client.SyncWithContext(ctx) // what it does not bring, the test misses
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return p
}

// sign gives the account an identity, which vouches for this device.
func (p *peer) sign(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	if _, _, err := p.mach.GenerateAndUploadCrossSigningKeysWithPassword(ctx, p.Password, ""); err != nil {
		t.Fatalf("%s: make an identity: %v", p.ID, err)
	}
	if err := p.mach.SignOwnDevice(ctx, p.mach.OwnIdentity()); err != nil {
		t.Fatalf("%s: sign the device: %v", p.ID, err)
	}
	if err := p.mach.SignOwnMasterKey(ctx); err != nil {
		t.Fatalf("%s: sign the identity: %v", p.ID, err)
	}
}

// peerSyncer is soon back when the server has been away.
type peerSyncer struct{ *mautrix.DefaultSyncer }

func (s *peerSyncer) OnFailedSync(*mautrix.RespSync, error) (time.Duration, error) {
	return 50 * time.Millisecond, nil
}

// SendContent sends any event, encrypted where the room is, and returns its id.
func (p *peer) SendContent(t testing.TB, room, eventType string, content map[string]any) string {
	t.Helper()
	sent, err := p.send(t, id.RoomID(room), event.NewEventType(eventType), content)
	if err != nil {
		t.Fatalf("%s: send %s to %s: %v", p.ID, eventType, room, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrote[room] = string(sent)
	return string(sent)
}

func (p *peer) send(t testing.TB, room id.RoomID, kind event.Type, content any) (id.EventID, error) {
	ctx := t.Context()
	// Asked of the server: what the sync brings may be a moment late.
	if kind != event.EventReaction && p.State(t, string(room), "m.room.encryption", "") != nil {
		encrypted, err := p.mach.EncryptMegolmEvent(ctx, room, kind, content)
		if crypto.IsShareError(err) {
			if err = p.share(ctx, room); err == nil {
				encrypted, err = p.mach.EncryptMegolmEvent(ctx, room, kind, content)
			}
		}
		if err != nil {
			return "", err
		}
		kind, content = event.EventEncrypted, encrypted
	}
	sent, err := p.client.SendMessageEvent(ctx, room, kind, content, mautrix.ReqSendEvent{DontEncrypt: true})
	if err != nil {
		return "", err
	}
	return sent.EventID, nil
}

// share gives a new room key to all who are in the room or invited, as far as they
// are trusted.
func (p *peer) share(ctx context.Context, room id.RoomID) error {
	state := p.client.StateStore
	if err := state.SetEncryptionEvent(ctx, room, &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}); err != nil {
		return err
	}
	members, err := p.client.Members(ctx, room)
	if err != nil {
		return err
	}
	var users []id.UserID
	for _, e := range members.Chunk {
		if m := e.Content.AsMember().Membership; m == event.MembershipJoin || m == event.MembershipInvite {
			users = append(users, id.UserID(e.GetStateKey()))
		}
	}
	// Whoever has a new device since is asked for by that.
	p.keys.Lock()
	_, err = p.mach.FetchKeys(ctx, users, true)
	p.keys.Unlock()
	if err != nil {
		return err
	}
	return p.mach.ShareGroupSession(ctx, room, users)
}

// rotate has the next message in a room encrypted with a new key.
func (p *peer) rotate(t *testing.T, room string) {
	t.Helper()
	if err := p.mach.CryptoStore.RemoveOutboundGroupSession(t.Context(), id.RoomID(room)); err != nil {
		t.Fatal(err)
	}
}

// Events returns the room's timeline, decrypted. What the peer has written is there.
func (p *peer) Events(t testing.TB, room string) []matrixtest.Event {
	t.Helper()
	return p.Await(t, room, "what the peer has written", func([]matrixtest.Event) bool { return true })
}

// Await waits until the room's timeline, decrypted, fulfils a condition.
func (p *peer) Await(t testing.TB, room, what string, fulfilled func([]matrixtest.Event) bool) []matrixtest.Event {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		p.mu.Lock()
		changed, last := p.changed, p.wrote[room]
		p.mu.Unlock()
		events := p.User.Events(t, room)
		shown := last == ""
		for i, e := range events {
			shown = shown || e.ID == last
			events[i] = p.read(t, room, e)
		}
		if shown && fulfilled(events) {
			return events
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("waited in vain for %s in %s. The room as %s sees it:\n%s", what, room, p.ID, matrixtest.Transcript(events))
		}
	}
}

// read decrypts an event as far as that is possible, and says how it was encrypted.
func (p *peer) read(t testing.TB, room string, e matrixtest.Event) matrixtest.Event {
	t.Helper()
	e.Crypto = &matrixtest.Crypto{}
	if e.Type != "m.room.encrypted" {
		return e
	}
	e.Crypto.Encrypted = true
	if e.Redacted {
		return e
	}
	raw, err := json.Marshal(e.Content)
	if err != nil {
		t.Fatal(err)
	}
	sealed := &event.Event{
		ID: id.EventID(e.ID), RoomID: id.RoomID(room), Sender: id.UserID(e.Sender), Type: event.EventEncrypted,
		Timestamp: e.Time.UnixMilli(), Content: event.Content{VeryRaw: raw},
	}
	if err = sealed.Content.ParseRaw(sealed.Type); err == nil {
		e.Crypto.Session = string(sealed.Content.AsEncrypted().SessionID)
		sealed, err = p.mach.DecryptMegolmEvent(t.Context(), sealed)
	}
	if err != nil {
		e.Crypto.Unreadable, e.Content = p.unreadable(t, room, e.Crypto.Session, err), nil
		return e
	}
	e.Crypto.Signed = sealed.Mautrix.TrustState >= id.TrustStateCrossSignedTOFU
	if !e.Crypto.Signed {
		e.Crypto.Shield, e.Crypto.Reason = "RED", sealed.Mautrix.TrustState.String()
	}
	if source := sealed.Mautrix.TrustSource; source != nil {
		e.Crypto.Device = string(source.DeviceID)
	}
	b, err := json.Marshal(map[string]any{
		"event_id": e.ID, "type": sealed.Type.Type, "sender": e.Sender, "origin_server_ts": e.Time.UnixMilli(),
		"content": sealed.Content.Raw, "crypto": e.Crypto,
	})
	if err != nil {
		t.Fatal(err)
	}
	var clear matrixtest.Event
	if err := json.Unmarshal(b, &clear); err != nil {
		t.Fatal(err)
	}
	return clear
}

// unreadable is why a message cannot be read, in short.
func (p *peer) unreadable(t testing.TB, room, session string, err error) string {
	switch {
	case errors.Is(err, crypto.ErrGroupSessionWithheld):
		withheld, err := p.mach.CryptoStore.GetWithheldGroupSession(t.Context(), id.RoomID(room), id.SessionID(session))
		if err != nil {
			t.Fatal(err)
		}
		return "withheld, " + string(withheld.Code)
	case errors.Is(err, crypto.ErrNoSessionFound):
		return "no key"
	}
	return err.Error()
}

// sendFile encrypts a file and sends it.
func (p *peer) sendFile(t *testing.T, room, name, mime string, data []byte) string {
	t.Helper()
	file, sealed := attachment.NewEncryptedFile(), bytes.Clone(data)
	file.EncryptInPlace(sealed)
	upload, err := p.client.UploadBytes(t.Context(), sealed, "application/octet-stream")
	if err != nil {
		t.Fatalf("%s: upload: %v", p.ID, err)
	}
	return p.SendContent(t, room, "m.room.message", map[string]any{
		"msgtype": "m.file", "body": name, "filename": name, "info": map[string]any{"mimetype": mime, "size": len(data)},
		"file": event.EncryptedFileInfo{EncryptedFile: *file, URL: upload.ContentURI.CUString()},
	})
}

// file downloads and decrypts the file that a message has.
func (p *peer) file(t *testing.T, e matrixtest.Event) []byte {
	t.Helper()
	b, err := json.Marshal(e.Content["file"])
	var info event.EncryptedFileInfo
	if err == nil {
		err = json.Unmarshal(b, &info)
	}
	if err != nil {
		t.Fatal(err)
	}
	url, err := info.URL.Parse()
	if err != nil {
		t.Fatalf("%s: the message has no encrypted file: %v", p.ID, e.Content)
	}
	data, err := p.client.DownloadBytes(t.Context(), url)
	if err != nil {
		t.Fatalf("%s: download: %v", p.ID, err)
	}
	if err := info.DecryptInPlace(data); err != nil {
		t.Fatalf("%s: decrypt the file: %v", p.ID, err)
	}
	return data
}

// holdKeys holds back the room keys that the peer shares from now on, as a network does
// that is late. It takes a new key (rotate, or the first message) to have an effect.
func (p *peer) holdKeys() {
	p.post.mu.Lock()
	defer p.post.mu.Unlock()
	p.post.holding = true
}

// releaseKeys sends what was held back.
func (p *peer) releaseKeys(t *testing.T) {
	t.Helper()
	n, err := p.post.release()
	if err != nil {
		t.Fatalf("%s: release room keys: %v", p.ID, err)
	}
	if n == 0 {
		t.Fatalf("%s: there are no keys that were held back: all had been shared before", p.ID)
	}
}

// post carries a peer's requests. Room keys travel as encrypted messages to devices;
// these it can hold back, and say that they have arrived.
type post struct {
	mu      sync.Mutex
	holding bool
	held    []*http.Request
}

func (p *post) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.holding || !strings.Contains(r.URL.Path, "/sendToDevice/m.room.encrypted/") {
		p.mu.Unlock()
		defer p.mu.Lock()
		return http.DefaultTransport.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	later := r.Clone(context.WithoutCancel(r.Context()))
	later.Body = io.NopCloser(bytes.NewReader(body))
	p.held = append(p.held, later)
	return &http.Response{
		StatusCode: http.StatusOK, Proto: r.Proto, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader("{}")),
	}, nil
}

func (p *post) release() (n int, err error) {
	p.mu.Lock()
	held := p.held
	p.held, p.holding = nil, false
	p.mu.Unlock()
	for _, r := range held {
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return 0, err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return 0, fmt.Errorf("%s: %s", r.URL.Path, resp.Status)
		}
	}
	return len(held), nil
}
