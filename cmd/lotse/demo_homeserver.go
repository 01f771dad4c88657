package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the registration interface wants it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/matrix"
	"lotse/storage"
)

// matrixTheatre is the demo in real rooms: the people of the cast get accounts and
// write as themselves.
type matrixTheatre struct {
	*matrix.Chat
	out      io.Writer
	server   string
	password string
	people   map[string]*mautrix.Client
	rooms    map[string]id.RoomID

	mu    sync.Mutex
	acted int           // what people have done
	heard int           // what the bot has worked on of it
	news  chan struct{} // closed and replaced when heard goes up
}

// newMatrixTheatre registers the cast and makes the rooms.
func newMatrixTheatre(ctx context.Context, a *app, o demoOptions, store *storage.Store, clock *engine.Simulated) (*matrixTheatre, error) {
	t := &matrixTheatre{
		out: a.stdout, server: strings.TrimRight(o.homeserver, "/"), password: rand.Text(),
		people: map[string]*mautrix.Client{}, rooms: map[string]id.RoomID{}, news: make(chan struct{}),
	}
	suffix := strings.ToLower(rand.Text()[:6]) // so that the demo can be played again on the same server
	fmt.Fprintf(a.stdout, "Die Mitwirkenden bekommen Konten auf %s …\n", t.server)
	lotse, err := t.register(ctx, o.secret, "lotse-"+suffix, "Lotse")
	if err != nil {
		return nil, err
	}
	for _, person := range demoPeople {
		if t.people[person.id], err = t.register(ctx, o.secret, person.id+"-"+suffix, person.name); err != nil {
			return nil, err
		}
	}
	for _, room := range demoRooms {
		if t.rooms[room.id], err = t.open(ctx, room.name, lotse.UserID); err != nil {
			return nil, fmt.Errorf("make the room %s: %w", room.name, err)
		}
		if _, err := lotse.JoinRoomByID(ctx, t.rooms[room.id]); err != nil {
			return nil, fmt.Errorf("bring the bot into the room %s: %w", room.name, err)
		}
	}
	t.Chat, err = matrix.New(matrix.Config{
		Homeserver: t.server, UserID: string(lotse.UserID), DeviceID: string(lotse.DeviceID), AccessToken: lotse.AccessToken,
		HTTPClient: &http.Client{}, Memory: store, BotName: "Lotse", Now: clock.Now, Rehearsal: true,
	})
	if err != nil {
		return nil, err
	}
	t.accounts()
	return t, nil
}

// register makes an account by the server's shared secret: the interface that
// Synapse and Dendrite share.
func (t *matrixTheatre) register(ctx context.Context, secret, user, name string) (*mautrix.Client, error) {
	client, err := mautrix.NewClient(t.server, "", "")
	if err != nil {
		return nil, err
	}
	url := client.BuildURL(mautrix.SynapseAdminURLPath{"v1", "register"})
	var nonce struct {
		Nonce string `json:"nonce"`
	}
	if _, err := client.MakeRequest(ctx, http.MethodGet, url, nil, &nonce); err != nil {
		return nil, fmt.Errorf("the server does not register accounts by a shared secret: %w", err)
	}
	mac := hmac.New(sha1.New, []byte(secret))
	fmt.Fprintf(mac, "%s\x00%s\x00%s\x00notadmin", nonce.Nonce, user, t.password)
	var session struct {
		UserID   id.UserID   `json:"user_id"`
		DeviceID id.DeviceID `json:"device_id"`
		Token    string      `json:"access_token"`
	}
	request := map[string]any{
		"nonce": nonce.Nonce, "username": user, "password": t.password, "admin": false, "mac": hex.EncodeToString(mac.Sum(nil)),
	}
	if _, err := client.MakeRequest(ctx, http.MethodPost, url, request, &session); err != nil {
		return nil, fmt.Errorf("register %s: %w", user, err)
	}
	client.UserID, client.DeviceID, client.AccessToken = session.UserID, session.DeviceID, session.Token
	if err := client.SetDisplayName(ctx, name); err != nil {
		return nil, fmt.Errorf("name %s: %w", user, err)
	}
	return client, nil
}

// open makes a room in which all of the cast are.
func (t *matrixTheatre) open(ctx context.Context, name string, lotse id.UserID) (id.RoomID, error) {
	host := t.people["petra"]
	invite := []id.UserID{lotse}
	for _, client := range t.people {
		if client != host {
			invite = append(invite, client.UserID)
		}
	}
	slices.Sort(invite)
	made, err := host.CreateRoom(ctx, &mautrix.ReqCreateRoom{Name: name + " (Vorführung)", Preset: "private_chat", Invite: invite})
	if err != nil {
		return "", err
	}
	for _, client := range t.people {
		if client == host {
			continue
		}
		if _, err := client.JoinRoomByID(ctx, made.RoomID); err != nil {
			return "", err
		}
	}
	return made.RoomID, nil
}

func (t *matrixTheatre) room(name string) bot.RoomID {
	return bot.RoomID("matrix:" + string(t.rooms[name]))
}

func (t *matrixTheatre) account(name string) bot.UserID {
	return bot.UserID("matrix:" + string(t.people[name].UserID))
}

// direct is the direct chat that the bot has opened; who it is with accepts the invitation.
func (t *matrixTheatre) direct(ctx context.Context, who bot.UserID) (bot.RoomID, error) {
	room, err := t.OpenDirect(ctx, who)
	if err == nil {
		_, err = t.client(who).JoinRoomByID(ctx, id.RoomID(room.Local()))
	}
	if err != nil {
		return "", fmt.Errorf("come into the direct chat with %s: %w", who, err)
	}
	return room, nil
}

// client is the account somebody writes from.
func (t *matrixTheatre) client(who bot.UserID) *mautrix.Client {
	for _, client := range t.people {
		if string(client.UserID) == who.Local() {
			return client
		}
	}
	return nil
}

func (t *matrixTheatre) say(ctx context.Context, room bot.RoomID, who bot.UserID, text string, thread bot.MessageID) error {
	content := &event.MessageEventContent{MsgType: event.MsgText, Body: text, Mentions: &event.Mentions{}}
	for _, person := range demoPeople {
		if strings.Contains(text, "@"+person.name) {
			content.Mentions.UserIDs = append(content.Mentions.UserIDs, t.people[person.id].UserID)
		}
	}
	if thread != "" {
		root := id.EventID(thread.Local())
		content.RelatesTo = (&event.RelatesTo{}).SetThread(root, root)
	}
	return t.done(t.client(who).SendMessageEvent(ctx, id.RoomID(room.Local()), event.EventMessage, content))
}

func (t *matrixTheatre) react(ctx context.Context, room bot.RoomID, who bot.UserID, target bot.MessageID, emoji string) error {
	return t.done(t.client(who).SendReaction(ctx, id.RoomID(room.Local()), id.EventID(target.Local()), emoji))
}

// done counts what people did.
func (t *matrixTheatre) done(_ *mautrix.RespSendEvent, err error) error {
	if err == nil {
		t.mu.Lock()
		t.acted++
		t.mu.Unlock()
	}
	return err
}

// hooks count what the bot has worked on.
func (t *matrixTheatre) hooks() engine.Metrics {
	return engine.Metrics{Event: func(kind bot.EventKind, _ string) {
		if kind != bot.EventMessage && kind != bot.EventReaction {
			return
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.heard++
		close(t.news)
		t.news = make(chan struct{})
	}}
}

// hearsay is how long the bot may take to hear what was said.
const hearsay = 30 * time.Second

func (t *matrixTheatre) settled(ctx context.Context, e *engine.Engine) error {
	late := time.NewTimer(hearsay)
	defer late.Stop()
	for {
		t.mu.Lock()
		all, news := t.heard >= t.acted, t.news
		t.mu.Unlock()
		if all {
			return e.Idle(ctx)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-news:
		case <-late.C:
			return errors.New("the bot did not hear in time what was said in a room")
		}
	}
}

func (t *matrixTheatre) narrate(text string) {
	fmt.Fprintf(t.out, "» %s\n", strings.ReplaceAll(text, "\n", "\n  "))
}

// last does not know; in real rooms one reacts and answers in the client.
func (t *matrixTheatre) last(bot.RoomID) (message, thread bot.MessageID) { return "", "" }

// accounts tells with which accounts one can watch and take part.
func (t *matrixTheatre) accounts() {
	fmt.Fprintf(t.out, "Zum Zuschauen und Mitmachen: in einem Matrix-Client an %s anmelden, das Passwort ist für alle %s\n", t.server, t.password)
	for _, person := range demoPeople {
		fmt.Fprintf(t.out, "  %-22s %s\n", person.name, t.people[person.id].UserID)
	}
	fmt.Fprintln(t.out)
}

func (t *matrixTheatre) welcome(out io.Writer) {
	fmt.Fprintln(out, "\nJetzt Sie! Schreiben Sie in den Räumen mit, oder hier; was mit / beginnt, lenkt die Vorführung:")
}
