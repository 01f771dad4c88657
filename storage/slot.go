package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"lotse/bot"
)

// slot is a row of the outbox.
//
// Three contents matter: wanted is what the room shall hold, at revision; frozen is
// what is in flight (or was, and may have arrived), at frozenRev; sentHash is the
// fingerprint of what the room holds, at sentRev. A revision is never used for two
// contents, because the chat's transaction id derives from it.
//
// lane is what sends are ordered in: the room, or the user as long as their direct
// chat is not known. turn is set on one slot of a lane only, the first that is
// pending, while nothing of the lane is in flight: it says when that one may be
// claimed. So a claim costs the same, however much is waiting.
//
// stood is the place in the one order at which the message stood in the room, 0 as
// long as that is not known; echoed says that the chat itself reported it.
type slot struct {
	key      bot.Key
	chat     bot.ChatID
	lane     string
	room     bot.RoomID
	user     bot.UserID
	op       bot.Op
	kind     bot.Kind
	subject  bot.Subject
	state    bot.SlotState
	ord      int64
	wanted   string // JSON of content
	revision int64

	frozen     string // JSON of bot.Outgoing, "" if nothing is in flight or in doubt
	frozenHash string
	frozenRev  int64

	sentHash string
	sentRev  int64
	message  bot.MessageID
	stood    int64
	echoed   bool

	attempts int64
	retry    int64 // UTC ms
	doubtful bool
	expires  int64 // UTC ms
	reason   string
	held     bool // while pending: waits for the PMO after a restore, see pause.go
}

// content is what a slot's room shall hold, as it is stored. Fields may be added;
// their names stay, and so do the names in bot.Target, bot.Text and file.
type content struct {
	Thread  bot.Target `json:",omitzero"`
	ReplyTo bot.Target `json:",omitzero"`
	Target  bot.Target `json:",omitzero"`
	Emoji   string     `json:",omitempty"`
	Absent  bool       `json:",omitempty"`
	Text    bot.Text   `json:",omitzero"`
	File    *file      `json:",omitempty"`
	Secret  bool       `json:",omitempty"`
	// Was tells what it was by its fingerprint, once the words are dropped: see words.go.
	Was string `json:",omitempty"`
}

// fingerprint tells contents apart by what one sees in the room: an edit cannot
// change where a message stands.
func (c content) fingerprint() string {
	if c.Absent {
		return "absent"
	}
	parts := []any{c.Target, c.Emoji, c.Text}
	if c.File != nil {
		parts = append(parts, c.File)
	}
	body, err := json.Marshal(parts)
	if err != nil {
		panic(err) // strings only
	}
	return digest(string(body))
}

func digest(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:16])
}

func (c content) encode() string {
	body, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and flags only
	}
	return string(body)
}

func (s *slot) content() (content, error) {
	var c content
	err := json.Unmarshal([]byte(s.wanted), &c)
	return c, wrap(err, "read slot %s", s.key)
}

// inFlight reports whether something was frozen that has, or may have, reached the room.
func (s *slot) inFlight() bool { return s.frozen != "" }

// stands reports whether the room holds something under the key.
func (s *slot) stands() bool { return s.message != "" }

// open reports whether something is still to be done.
func (s *slot) open() bool { return s.state == bot.SlotPending || s.state == bot.SlotSending }

// used is the highest revision that was ever sent or tried.
func (s *slot) used() int64 { return max(s.frozenRev, s.sentRev) }

func roomLane(room bot.RoomID) string { return "room " + string(room) }
func userLane(user bot.UserID) string { return "user " + string(user) }

const slotColumns = `key, chat, lane, room, user_id, op, kind, project, round, field, person, about, n, state, ord, wanted, revision,
	frozen, frozen_hash, frozen_rev, sent_hash, sent_rev, message, stood, echoed, attempts, retry_ms, doubtful, expires_ms, reason, held, escalation, network, meetup`

func scanSlot(row row) (*slot, error) {
	var s slot
	var echoed, doubtful, held int64
	err := row.Scan(&s.key, &s.chat, &s.lane, &s.room, &s.user, &s.op, &s.kind,
		&s.subject.Project, &s.subject.Round, &s.subject.Field, &s.subject.Person, &s.subject.User, &s.subject.N,
		&s.state, &s.ord, &s.wanted, &s.revision, &s.frozen, &s.frozenHash, &s.frozenRev, &s.sentHash, &s.sentRev,
		&s.message, &s.stood, &echoed, &s.attempts, &s.retry, &doubtful, &s.expires, &s.reason, &held, &s.subject.Escalation, &s.subject.Network, &s.subject.Meetup)
	s.echoed, s.doubtful, s.held = echoed != 0, doubtful != 0, held != 0
	return &s, err
}

// slot reads a slot, nil if there is none.
func (t *txn) slot(ctx context.Context, key bot.Key) (*slot, error) {
	s, err := scanSlot(t.row(ctx, `SELECT `+slotColumns+` FROM slots WHERE key = $1`, key))
	if ok, err := found(err); !ok || err != nil {
		return nil, wrap(err, "read slot %s", key)
	}
	return s, nil
}

// keep writes a slot's row. Its turn is open afterwards: see order. now is when what
// the room shall hold, or does hold, changed; zero if it did not.
func (t *txn) keep(ctx context.Context, s *slot, now time.Time) error {
	words, err := s.keepWords()
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO slots (`+slotColumns+`, turn_ms, changed_ms, words)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
			$26, $27, $28, $29, $30, $31, $32, $33, $34, NULL, $35, $36)
		ON CONFLICT (key) DO UPDATE SET
			chat = excluded.chat, lane = excluded.lane, room = excluded.room, user_id = excluded.user_id, op = excluded.op,
			kind = excluded.kind, project = excluded.project, round = excluded.round, field = excluded.field,
			person = excluded.person, about = excluded.about, n = excluded.n, state = excluded.state, ord = excluded.ord, wanted = excluded.wanted,
			revision = excluded.revision, frozen = excluded.frozen, frozen_hash = excluded.frozen_hash,
			frozen_rev = excluded.frozen_rev, sent_hash = excluded.sent_hash, sent_rev = excluded.sent_rev,
			message = excluded.message, stood = excluded.stood, echoed = excluded.echoed, attempts = excluded.attempts,
			retry_ms = excluded.retry_ms, doubtful = excluded.doubtful, expires_ms = excluded.expires_ms,
			reason = excluded.reason, held = excluded.held, escalation = excluded.escalation, network = excluded.network, meetup = excluded.meetup, words = excluded.words, turn_ms = NULL,
			changed_ms = CASE WHEN excluded.changed_ms = 0 THEN slots.changed_ms ELSE excluded.changed_ms END`,
		s.key, s.chat, s.lane, s.room, s.user, s.op, s.kind, s.subject.Project, s.subject.Round, s.subject.Field, s.subject.Person,
		s.subject.User, s.subject.N, s.state, s.ord, s.wanted, s.revision, s.frozen, s.frozenHash, s.frozenRev, s.sentHash, s.sentRev, s.message,
		s.stood, flag(s.echoed), s.attempts, s.retry, flag(s.doubtful), s.expires, s.reason, flag(s.held), s.subject.Escalation, s.subject.Network, s.subject.Meetup, millis(now), flag(words))
	if err != nil {
		return fmt.Errorf("write slot %s: %w", s.key, err)
	}
	return t.dropFiles(ctx, s.key)
}

// order gives the turn to the first pending slot of a lane that is not held, unless
// something of the lane is in flight.
func (t *txn) order(ctx context.Context, lane string) error {
	_, err := t.exec(ctx, `UPDATE slots SET turn_ms = NULL WHERE lane = $1 AND state = 'pending' AND turn_ms IS NOT NULL`, lane)
	if err != nil {
		return wrap(err, "order %s", lane)
	}
	_, err = t.exec(ctx, `UPDATE slots SET turn_ms = retry_ms
		WHERE key = (SELECT key FROM slots WHERE lane = $1 AND state = 'pending' AND held = 0 ORDER BY ord LIMIT 1)
		AND NOT EXISTS (SELECT 1 FROM slots WHERE chat = $2 AND lane = $1 AND state = 'sending')`, lane, laneChat(lane))
	return wrap(err, "order %s", lane)
}

// laneChat returns the chat a lane belongs to.
func laneChat(lane string) bot.ChatID { return bot.RoomID(lane[len("room "):]).Chat() }

// write makes a slot hold what s wants and returns the lane to order, "" if nothing
// is to be done. This is where "equal content does nothing" is decided.
func (t *txn) write(ctx context.Context, s bot.Slot, now time.Time) (lane string, err error) {
	if s.Op == "" {
		s.Op = bot.OpMessage
	}
	row, err := t.slot(ctx, s.Key)
	if err != nil {
		return "", err
	}
	if row == nil {
		if s.EditOnly || s.Absent {
			return "", nil
		}
		return t.writeNew(ctx, s, now)
	}
	if s.EditOnly && !row.stands() && !row.open() {
		return "", nil
	}
	c := content{Thread: s.Thread, ReplyTo: s.ReplyTo, Target: s.Target, Emoji: s.Emoji, Text: s.Text, File: fileOf(s.File), Secret: s.Secret}
	if s.Absent {
		// What was there goes away: keep where it was, not what it said.
		if c, err = row.content(); err != nil {
			return "", err
		}
		c.Absent, c.Text, c.File, c.Was = true, bot.Text{}, nil, ""
	}
	row.kind, row.subject = s.Kind, s.Subject
	p, err := t.pause(ctx)
	if err != nil {
		return "", err
	}
	row.held = p.paused && !s.Through
	before, expired := row.state, row.expires
	row.expires = millis(s.Expires)
	wanted, seen := c.encode(), c.fingerprint()
	old, err := row.content()
	if err != nil {
		return "", err
	}
	same := wanted == row.wanted || c.Absent && old.Absent || old.Was != "" && old.Was == digest(wanted)
	if same && row.open() && row.expires == expired {
		return "", nil
	}
	row.wanted = wanted

	switch {
	case before == bot.SlotSending || before == bot.SlotPending && row.inFlight():
		// Let it arrive first; what is wanted now comes after it.
		if seen == row.frozenHash {
			row.revision = row.frozenRev
		} else if !same {
			row.revision = row.used() + 1
		}
	case before == bot.SlotPending:
		switch {
		case c.Absent && !row.stands():
			row.state, row.reason = bot.SlotStale, "no longer wanted"
		case row.stands() && seen == row.sentHash:
			row.state, row.revision = bot.SlotSent, row.used()
		case !same:
			row.revision, row.attempts = row.used()+1, 0
		}
	case seen == row.sentHash && (row.stands() || before == bot.SlotSent):
		if before == bot.SlotSent {
			return "", nil
		}
		row.state, row.revision = bot.SlotSent, row.used()
	case c.Absent && !row.stands():
		if before == bot.SlotSent {
			return "", nil // joined, left: nothing to take back
		}
		row.state = bot.SlotStale
	case same && !(before == bot.SlotStale && row.reason == reasonExpired && (row.expires == 0 || row.expires > expired)):
		return "", nil // failed or stale for good, and nothing new about it
	default:
		if row.ord, err = t.next(ctx); err != nil {
			return "", err
		}
		row.state, row.revision = bot.SlotPending, row.used()+1
		row.attempts, row.retry, row.doubtful, row.reason = 0, 0, false, ""
		if row.room == "" {
			if row.room, err = t.directRoom(ctx, row.user); err != nil {
				return "", err
			}
			row.place()
		}
	}
	if err := t.keepFile(ctx, row.key, s.File); err != nil {
		return "", err
	}
	return row.lane, t.keep(ctx, row, now)
}

// writeNew makes a slot under a new key.
func (t *txn) writeNew(ctx context.Context, s bot.Slot, now time.Time) (lane string, err error) {
	row := &slot{
		key: s.Key, room: s.Room, user: s.User, op: s.Op, kind: s.Kind, subject: s.Subject,
		state: bot.SlotPending, revision: 1, expires: millis(s.Expires),
		wanted: content{Thread: s.Thread, ReplyTo: s.ReplyTo, Target: s.Target, Emoji: s.Emoji, Text: s.Text, File: fileOf(s.File), Secret: s.Secret}.encode(),
	}
	if row.room == "" && row.user == "" {
		return "", fmt.Errorf("write slot %s: it goes to no room and no user", s.Key)
	}
	if row.room == "" {
		if row.room, err = t.directRoom(ctx, row.user); err != nil {
			return "", err
		}
	}
	row.place()
	p, err := t.pause(ctx)
	if err != nil {
		return "", err
	}
	if p.restored {
		if err := t.adopt(ctx, row); err != nil {
			return "", err
		}
		// Whether it stands although nobody reported it, is looked for.
		row.held, row.doubtful = p.paused && !s.Through, p.paused && !row.stands()
	}
	if row.ord, err = t.next(ctx); err != nil {
		return "", err
	}
	if err := t.keepFile(ctx, row.key, s.File); err != nil {
		return "", err
	}
	return row.lane, t.keep(ctx, row, now)
}

// place puts a slot into the lane of its room or user.
func (s *slot) place() {
	s.chat, s.lane = s.room.Chat(), roomLane(s.room)
	if s.room == "" {
		s.chat, s.lane = s.user.Chat(), userLane(s.user)
	}
}

// directRoom returns the direct chat with an account, or "".
func (t *txn) directRoom(ctx context.Context, user bot.UserID) (bot.RoomID, error) {
	var room bot.RoomID
	_, err := found(t.row(ctx, `SELECT id FROM rooms WHERE user_id = $1 AND user_id <> '' AND kind = 'direct' AND joined = 1
		ORDER BY id LIMIT 1`, user).Scan(&room))
	return room, wrap(err, "look for the direct chat")
}

// housed moves what waits for a user's direct chat into the lane of that room.
func (t *txn) housed(ctx context.Context, user bot.UserID, room bot.RoomID) error {
	_, err := t.exec(ctx, `UPDATE slots SET room = $1, lane = $2, turn_ms = NULL WHERE lane = $3 AND state = 'pending'`,
		room, roomLane(room), userLane(user))
	if err != nil {
		return wrap(err, "move slots to a direct chat")
	}
	_, err = t.exec(ctx, `UPDATE slots SET room = $1, lane = $2 WHERE chat = $4 AND lane = $3 AND state = 'sending'`,
		room, roomLane(room), userLane(user), user.Chat())
	if err != nil {
		return wrap(err, "move slots to a direct chat")
	}
	return t.order(ctx, roomLane(room))
}
