package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

const (
	poll     = 30 * time.Second // how long the server may hold a request when nothing is new
	pollMore = 60 * time.Second // how long the answer may take beyond that
	// keepRooms is how often the rooms' last events are remembered, see the package
	// comment.
	keepRooms = time.Minute
)

// Run listens until ctx ends (and then returns nil), the session is no longer
// accepted (bot.ErrLoggedOut), or deliver fails. Anything else, a server that is
// away or talks nonsense, it waits out.
func (c *Chat) Run(ctx context.Context, deliver bot.Deliver) error {
	if c.memory == nil {
		return errors.New("listen on Matrix: no memory for the position")
	}
	since, err := c.recall(ctx)
	if err != nil {
		return err
	}
	if err := c.recallUnread(ctx); err != nil {
		return err
	}
	if err := c.patiently(ctx, "introduce", func() error { return c.introduce(ctx) }); err != nil {
		return stopped(ctx, err)
	}
	kept := time.Now()
	defer func() { c.keep(context.WithoutCancel(ctx)) }()

	caughtUp := false
	for {
		var next step
		err := c.patiently(ctx, "sync", func() (err error) {
			// The first answer and the one after a failure come at once.
			next, err = c.step(ctx, since, caughtUp)
			return err
		})
		if err != nil {
			return stopped(ctx, err)
		}
		next.batch.CaughtUp = !caughtUp
		caughtUp = true
		if err := c.position(&next); err != nil {
			return err
		}
		if len(next.batch.Events) > 0 || next.batch.CaughtUp || next.batch.Remember != nil {
			if err := deliver(context.WithoutCancel(ctx), next.batch); err != nil {
				return fmt.Errorf("deliver %d events: %w", len(next.batch.Events), err)
			}
		}
		moved := c.adopt(next)
		since = next.since
		// The position was first: with newer rooms, but an older position, what was said
		// before the bot joined would be taken for new.
		if moved || time.Since(kept) > keepRooms {
			c.keep(context.WithoutCancel(ctx))
			kept = time.Now()
		}
	}
}

// position puts into a batch where the bot stands after it: the position, and what
// cannot be read yet. An answer without news would come again the same: nothing to
// remember.
func (c *Chat) position(s *step) error {
	remember := map[string]string{}
	if s.news {
		remember[c.memo("since")] = s.since
	}
	if !slices.EqualFunc(s.unread, c.unread, unread.same) {
		value, err := unreadText(s.unread)
		if err != nil {
			return err
		}
		remember[c.memo("unread")] = value
	}
	if len(remember) > 0 {
		s.batch.Remember = remember
	}
	return nil
}

// stopped makes a stop of an error that the end of ctx has brought about.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (c *Chat) memo(what string) string { return string(ID) + "/" + string(c.self) + "/" + what }

// recall reads position and rooms.
func (c *Chat) recall(ctx context.Context) (since string, err error) {
	if since, err = c.memory.Recall(ctx, c.memo("since")); err != nil {
		return "", fmt.Errorf("recall the position: %w", err)
	}
	stored, err := c.memory.Recall(ctx, c.memo("rooms"))
	if err != nil {
		return "", fmt.Errorf("recall the rooms: %w", err)
	}
	rooms := map[id.RoomID]room{}
	if stored != "" { // without a position after a restore: a new device that knows where each room was
		if err := json.Unmarshal([]byte(stored), &rooms); err != nil {
			return "", fmt.Errorf("recall the rooms: %w", err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rooms = rooms
	return since, nil
}

// keep remembers the rooms. Not to succeed is no harm, see the package comment.
func (c *Chat) keep(ctx context.Context) {
	c.mu.Lock()
	b, err := json.Marshal(c.rooms)
	c.mu.Unlock()
	if err == nil {
		err = c.memory.Remember(ctx, c.memo("rooms"), string(b))
	}
	if err != nil {
		c.log.Warn("rooms not remembered", "error", err)
	}
}

// introduce checks whose session it is and learns the bot's name and direct chats.
func (c *Chat) introduce(ctx context.Context) error {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	who, err := c.client.Whoami(ctx)
	if err != nil {
		return err
	}
	if who.UserID != c.self {
		// Its own words would be taken for somebody else's.
		return fmt.Errorf("%w: the session is %s's, not %s's", bot.ErrLoggedOut, who.UserID, c.self)
	}
	profile, err := c.client.GetOwnDisplayName(ctx)
	if err != nil && code(err) == "" {
		return err
	}
	display := ""
	if profile != nil {
		display = profile.DisplayName
	}
	var chats event.DirectChatsEventContent
	if err := c.client.GetAccountData(ctx, event.AccountDataDirectChats.Type, &chats); err != nil && !errors.Is(err, mautrix.MNotFound) {
		return err
	}
	if c.cipher != nil {
		if err := c.publish(ctx); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cipher != nil && !c.verified {
		c.log.Warn("the device is not verified: people's clients may keep the keys of encrypted rooms from it; run lotse login", "device", c.client.DeviceID)
	}
	c.own = ownNames(c.self, c.botName, display)
	c.setDirect(chats)
	return nil
}

// setDirect takes over the account data m.direct; the caller holds the mutex.
func (c *Chat) setDirect(chats event.DirectChatsEventContent) {
	c.direct = map[id.RoomID]id.UserID{}
	for user, rooms := range chats {
		for _, in := range rooms {
			c.direct[in] = user
			if r, ok := c.rooms[in]; ok {
				r.Direct = user
				c.rooms[in] = r
			}
		}
	}
}

// patiently tries until it succeeds, ctx ends, or the session is over. It waits in
// real time, twice as long each time, and says so in the log when the reason
// changes.
func (c *Chat) patiently(ctx context.Context, what string, try func() error) error {
	reason := ""
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 30*time.Second) {
		err := try()
		switch {
		case err == nil:
			if reason != "" {
				c.log.Info("the homeserver answers again", "request", what)
			}
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, bot.ErrLoggedOut):
			return err
		case loggedOut(err):
			return fmt.Errorf("%s: %w: %w", what, bot.ErrLoggedOut, err)
		}
		pause := wait/2 + rand.N(wait)
		if answer, ok := errors.AsType[mautrix.HTTPError](err); ok && answer.Response != nil {
			pause = max(pause, retryAfter(answer))
		}
		if now := err.Error(); now != reason {
			reason = now
			c.log.Warn("the homeserver does not do it", "request", what, "error", err, "next", pause)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// step is what one answer of the server means.
type step struct {
	since   string
	news    bool // something happened
	batch   bot.Batch
	rooms   map[id.RoomID]room // changed
	left    []id.RoomID
	invites map[id.RoomID]id.UserID
	direct  event.DirectChatsEventContent
	deleted []spot   // what was taken back
	unread  []unread // all that cannot be read yet
	keys    map[id.SessionID]bool
}

// adopt takes over what a committed step has changed. It reports whether a room
// came, went, or changed its nature.
func (c *Chat) adopt(s step) (moved bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for r, now := range s.rooms {
		before, known := c.rooms[r]
		moved = moved || !known || before.Direct != now.Direct || before.Encrypted != now.Encrypted
		c.rooms[r] = now
		delete(c.invites, r)
		if now.Encrypted || !c.crypt[r] {
			delete(c.crypt, r)
		}
	}
	for _, r := range s.left {
		moved = true
		delete(c.rooms, r)
		delete(c.invites, r)
		delete(c.crypt, r)
	}
	maps.Copy(c.invites, s.invites)
	c.unread, c.tried = s.unread, true
	if c.cipher != nil {
		c.cipher.used(s.keys)
	}
	if s.direct != nil {
		c.setDirect(s.direct)
	}
	return moved
}

// filter asks for as little as we need: the timelines, of the rest the state that
// says what a room is and who the people in the timeline are.
func (c *Chat) filter(first bool) string {
	nothing := &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}}
	f := mautrix.Filter{
		Presence:    nothing,
		AccountData: &mautrix.FilterPart{Types: []event.Type{event.AccountDataDirectChats}},
		Room: &mautrix.RoomFilter{
			AccountData: nothing,
			Ephemeral:   nothing,
			Timeline:    &mautrix.FilterPart{Limit: c.page, LazyLoadMembers: true},
			State: &mautrix.FilterPart{
				LazyLoadMembers:         true,
				IncludeRedundantMembers: true,
				Types: []event.Type{event.StateMember, event.StateRoomName, event.StateCanonicalAlias,
					event.StateEncryption, event.StateCreate, event.StateTombstone},
			},
		},
	}
	if first {
		f.Room.Timeline.Limit = 1 // only to know where each room is
	}
	b, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return string(b)
}

// step asks what is new since a position and works out what it means. It changes
// nothing, so that it can be done again.
func (c *Chat) step(ctx context.Context, since string, wait bool) (step, error) {
	req := mautrix.ReqSync{Since: since, FilterID: c.filter(since == "")}
	if wait {
		req.Timeout = int(poll.Milliseconds())
	}
	resp, err := func() (*mautrix.RespSync, error) {
		ctx, cancel := context.WithTimeout(ctx, poll+pollMore)
		defer cancel()
		return c.client.FullSyncRequest(ctx, req)
	}()
	if tooLarge(err) && since != "" && c.page > 1 {
		c.page = max(c.page/4, 1)
		return step{}, fmt.Errorf("the server's answer is too large, asking for %d events a room: %w", c.page, err)
	}
	if err != nil {
		return step{}, err
	}
	if resp.NextBatch == "" {
		return step{}, errors.New("the answer names no next position")
	}
	s := step{
		since: resp.NextBatch,
		news: since == "" || !resp.Rooms.IsZero() || !resp.AccountData.IsZero() || len(resp.ToDevice.Events) > 0 ||
			len(resp.DeviceLists.Changed) > 0,
		rooms:   map[id.RoomID]room{},
		invites: map[id.RoomID]id.UserID{},
	}
	if err := c.receiveKeys(ctx, resp); err != nil {
		return step{}, fmt.Errorf("receive keys: %w", err)
	}
	for _, e := range resp.AccountData.Events {
		if e.Type.Type == event.AccountDataDirectChats.Type {
			e.Type.Class = event.AccountDataEventType
			if e.Content.ParseRaw(e.Type) == nil {
				s.direct = *e.Content.AsDirectChats()
			}
		}
	}
	var all [][]timed
	for _, r := range slices.Sorted(maps.Keys(resp.Rooms.Invite)) {
		all = append(all, c.invited(r, resp.Rooms.Invite[r], since, &s))
	}
	for _, r := range slices.Sorted(maps.Keys(resp.Rooms.Join)) {
		events, err := c.joined(ctx, r, resp.Rooms.Join[r], since == "", &s)
		if err != nil {
			return step{}, fmt.Errorf("read room %s: %w", r, err)
		}
		all = append(all, events)
	}
	for _, r := range slices.Sorted(maps.Keys(resp.Rooms.Leave)) {
		events, err := c.left(ctx, r, resp.Rooms.Leave[r], since, &s)
		if err != nil {
			return step{}, fmt.Errorf("read room %s: %w", r, err)
		}
		all = append(all, events)
	}
	all = append([][]timed{c.late(ctx, &s)}, all...)
	s.batch.Events = merge(all)
	return s, nil
}

// invited reads an invitation. Its state is stripped: often it has neither event
// ids nor times. The position makes an id then, the same when it is read again.
func (c *Chat) invited(r id.RoomID, data *mautrix.SyncInvitedRoom, since string, s *step) []timed {
	var out *timed
	roomName, space := "", false
	for _, e := range data.State.Events {
		if e.StateKey == nil || !parse(e) {
			continue
		}
		switch e.Type {
		case event.StateCreate:
			space = e.Content.AsCreate().Type == event.RoomTypeSpace
		case event.StateRoomName:
			roomName = bot.DisplayName(e.Content.AsRoomName().Name)
		case event.StateCanonicalAlias:
			if roomName == "" {
				roomName = bot.DisplayName(string(e.Content.AsCanonicalAlias().Alias))
			}
		case event.StateMember:
			m := e.Content.AsMember()
			if id.UserID(*e.StateKey) != c.self {
				c.learn([]*event.Event{e})
				continue
			}
			if m.Membership != event.MembershipInvite || e.Sender == "" {
				continue
			}
			out = &timed{place: e.Timestamp, Event: bot.Event{
				ID:     bot.EventID(fmt.Sprintf("%s:invite/%s/%s/%s", ID, r, e.Sender, since)),
				Kind:   bot.EventInvitation,
				Room:   roomID(r),
				Sender: userID(e.Sender),
				At:     c.at(e.Timestamp),
				Direct: m.IsDirect,
			}}
			if e.ID != "" {
				out.ID = eventID(e.ID)
			}
			if m.IsDirect {
				s.invites[r] = e.Sender
			}
		}
	}
	if out == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out.Name = c.names[id.UserID(out.Sender.Local())]
	if out.Name == "" {
		out.Name = bot.DisplayName(id.UserID(out.Sender.Local()).Localpart())
	}
	out.RoomName, out.Space = roomName, space
	if _, inside := c.rooms[r]; inside {
		// Removed and asked back while nobody listened: the server shows only the latter.
		gone := timed{place: out.place, Event: bot.Event{
			ID:   bot.EventID(fmt.Sprintf("%s:left/%s/%s", ID, r, since)),
			Kind: bot.EventLeft,
			Room: roomID(r),
			At:   out.At,
		}}
		return []timed{gone, *out}
	}
	return []timed{*out}
}

// about is what the state of a room says besides its timeline.
type about struct {
	name string
	own  *event.Event // the bot's own membership
}

func (c *Chat) about(events []*event.Event, r *room) (a about) {
	for _, e := range events {
		if e.StateKey == nil {
			continue
		}
		readable := parse(e)
		if e.Type == event.StateEncryption {
			// Once encrypted, always encrypted, whatever a later event says, and whatever
			// else this one says.
			r.Encrypted = true
		}
		if !readable {
			continue
		}
		switch e.Type {
		case event.StateRoomName:
			a.name = bot.DisplayName(e.Content.AsRoomName().Name)
		case event.StateCanonicalAlias:
			if a.name == "" {
				a.name = bot.DisplayName(string(e.Content.AsCanonicalAlias().Alias))
			}
		case event.StateEncryption:
			wish := e.Content.AsEncryption()
			r.RotateMillis, r.RotateMessages = wish.RotationPeriodMillis, wish.RotationPeriodMessages
		case event.StateCreate:
			r.replaces = predecessor(e)
		case event.StateMember:
			if id.UserID(*e.StateKey) == c.self {
				a.own = e
			}
		}
	}
	return a
}

// joined reads a room that the bot is in.
func (c *Chat) joined(ctx context.Context, in id.RoomID, data *mautrix.SyncJoinedRoom, first bool, s *step) ([]timed, error) {
	c.mu.Lock()
	r, known := c.rooms[in]
	back := len(c.rooms) > 0 // not the first time, so what is new to us was joined since
	c.mu.Unlock()
	if !known {
		c.awaitOpened() // it may be a direct chat that is not marked as one yet
	}
	if data.Summary.JoinedMemberCount != nil || data.Summary.InvitedMemberCount != nil {
		r.Members = data.Summary.MemberCount()
	}
	c.learn(data.State.Events)
	c.learn(data.Timeline.Events)
	state := c.about(data.State.Events, &r)
	sealed := r.Encrypted // before the timeline
	events, gap := data.Timeline.Events, false

	if first && !back {
		if timeline := c.about(events, &r); state.name == "" {
			state.name = timeline.name
		}
		r.Last = newest(events)
		r.Direct = c.partner(in, state, data.Summary, r)
		s.rooms[in] = r
		out := []timed{c.arrived(in, state, r)}
		for _, e := range slices.Concat(data.State.Events, events) {
			if ev, ok := c.moved(e, in); ok {
				out = append(out, ev)
			}
		}
		return out, nil
	}
	if i := lastKnown(events, r.Last); i >= 0 {
		// The timeline reaches back to what was handed over: after a new joining, or
		// when the rooms were not remembered for a while.
		events = events[i+1:]
	} else if data.Timeline.Limited || first || !known && c.ownJoin(events) < 0 {
		missed, err := c.gap(ctx, in, r.Last, events)
		if err != nil {
			if !denied(err) {
				return nil, err
			}
			c.log.Warn("what the server left out of a room cannot be read", "room", in, "error", err)
			if err := c.dropKeyOf(ctx, in, r); err != nil {
				return nil, err
			}
		} else {
			events, gap = missed, true
		}
	}
	// What the room is like is said before the bot joined as well.
	if timeline := c.about(events, &r); state.name == "" {
		state.name = timeline.name
	}
	if r.Encrypted && c.cipher != nil {
		if err := c.changedMembers(ctx, in, events); err != nil {
			return nil, err
		}
	}
	var out []timed
	inside := known
	if !known {
		start := c.ownJoin(events)
		if start < 0 {
			// We cannot see our own joining, so all that we see may be older.
			r.Last = newest(data.Timeline.Events)
			r.Direct = c.partner(in, state, data.Summary, r)
			s.rooms[in] = r
			return []timed{c.arrived(in, state, r)}, nil
		}
		events = events[start:]
	}
	now := r
	now.Encrypted = sealed
	for _, e := range events {
		if e.Type.Type == event.StateEncryption.Type && e.StateKey != nil {
			now.Encrypted = true
		}
		if e.Type.Type == event.StateMember.Type && e.StateKey != nil && id.UserID(*e.StateKey) == c.self && parse(e) {
			switch e.Content.AsMember().Membership {
			case event.MembershipJoin:
				if entered(e, inside) {
					inside = true
					state.own = e
					r.Direct = c.partner(in, state, data.Summary, r)
					out = append(out, c.arrived(in, state, r))
				}
			case event.MembershipLeave, event.MembershipBan:
				if inside {
					inside = false
					out = append(out, c.gone(in, e))
				}
			}
			continue
		}
		if !inside {
			continue
		}
		if ev, ok := c.moved(e, in); ok {
			out = append(out, ev)
			continue
		}
		if ev, ok := c.newcomer(e, in, gap); ok && r.Direct == "" {
			out = append(out, ev)
			continue
		}
		e, ok := c.unsealOrKeep(ctx, in, e, s)
		if !ok {
			continue
		}
		if ev, ok := c.read(ctx, e, in, now); ok {
			out = append(out, timed{Event: ev, place: e.Timestamp})
		}
	}
	if last := newest(data.Timeline.Events); len(last) > 0 {
		r.Last = last
	}
	s.rooms[in] = r
	return out, nil
}

// left reads a room that the bot was in or invited to.
func (c *Chat) left(ctx context.Context, in id.RoomID, data *mautrix.SyncLeftRoom, since string, s *step) ([]timed, error) {
	s.left = append(s.left, in)
	c.mu.Lock()
	r, known := c.rooms[in]
	c.mu.Unlock()
	if !known {
		return nil, nil // an invitation that was declined or withdrawn
	}
	c.learn(data.Timeline.Events)
	events := data.Timeline.Events
	if data.Timeline.Limited {
		missed, err := c.gap(ctx, in, r.Last, events)
		switch {
		case err == nil:
			events = missed
		case !denied(err):
			return nil, err
		default:
			c.log.Warn("what was said before the bot left cannot be read", "room", in, "error", err)
		}
	}
	var out []timed
	var exit *timed
	for _, e := range append(slices.Clone(events), data.State.Events...) {
		if e.Type.Type == event.StateMember.Type && e.StateKey != nil && id.UserID(*e.StateKey) == c.self && parse(e) {
			if m := e.Content.AsMember().Membership; m == event.MembershipLeave || m == event.MembershipBan {
				g := c.gone(in, e)
				exit = &g
			}
			continue
		}
		e, ok := c.unsealOrKeep(ctx, in, e, s)
		if !ok {
			continue
		}
		if ev, ok := c.read(ctx, e, in, r); ok && exit == nil {
			out = append(out, timed{Event: ev, place: e.Timestamp})
		}
	}
	if exit == nil {
		exit = &timed{Event: bot.Event{
			ID:   bot.EventID(fmt.Sprintf("%s:left/%s/%s", ID, in, since)),
			Kind: bot.EventLeft,
			Room: roomID(in),
			At:   c.now(),
		}}
	}
	return append(out, *exit), nil
}

// entered reports whether a membership event of the bot is a joining and not only
// a change of its name.
func entered(e *event.Event, inside bool) bool {
	if prev := e.Unsigned.PrevContent; prev != nil {
		if m, ok := prev.Raw["membership"].(string); ok {
			return m != string(event.MembershipJoin)
		}
	}
	return !inside
}

// ownJoin finds the last time that the bot joined, or -1.
func (c *Chat) ownJoin(events []*event.Event) int {
	for i, e := range slices.Backward(events) {
		if c.isOwnJoin(e) {
			return i
		}
	}
	return -1
}

func (c *Chat) isOwnJoin(e *event.Event) bool {
	return e.Type.Type == event.StateMember.Type && e.StateKey != nil && id.UserID(*e.StateKey) == c.self &&
		parse(e) && e.Content.AsMember().Membership == event.MembershipJoin && entered(e, false)
}

// partner says with whom a room that the bot has just joined is a direct chat: by
// the account data, by the invitation, or because just one other person is in it
// and it has no name.
func (c *Chat) partner(in id.RoomID, a about, summary mautrix.LazyLoadSummary, r room) id.UserID {
	c.mu.Lock()
	defer c.mu.Unlock()
	if user := c.direct[in]; user != "" {
		return user
	}
	if user := c.invites[in]; user != "" {
		return user
	}
	if a.own != nil && a.own.Unsigned.PrevContent != nil {
		if direct, _ := a.own.Unsigned.PrevContent.Raw["is_direct"].(bool); direct && a.own.Unsigned.PrevSender != "" {
			return a.own.Unsigned.PrevSender
		}
	}
	if a.name == "" && r.Members == 2 && len(summary.Heroes) == 1 {
		return summary.Heroes[0]
	}
	return ""
}

// arrived says that the bot is in a room now. The sender is whom the direct chat is
// with, else who invited, else the bot.
func (c *Chat) arrived(in id.RoomID, a about, r room) timed {
	out := timed{Event: bot.Event{
		ID:       bot.EventID(fmt.Sprintf("%s:joined/%s", ID, in)),
		Kind:     bot.EventJoined,
		Room:     roomID(in),
		Sender:   userID(c.self),
		RoomName: a.name,
	}}
	if own := a.own; own != nil {
		out.place = own.Timestamp
		if own.ID != "" {
			out.ID = eventID(own.ID)
		}
		if own.Unsigned.PrevSender != "" {
			out.Sender = userID(own.Unsigned.PrevSender)
		}
	}
	out.At = c.at(out.place)
	if r.replaces != "" {
		out.Other = roomID(r.replaces)
	}
	if r.Direct != "" && r.Members <= 2 {
		out.Sender, out.Direct = userID(r.Direct), true
	}
	return out
}

// gone says that the bot is no longer in a room; the sender is who removed it.
func (c *Chat) gone(in id.RoomID, e *event.Event) timed {
	return timed{place: e.Timestamp, Event: bot.Event{
		ID:     eventID(e.ID),
		Kind:   bot.EventLeft,
		Room:   roomID(in),
		Sender: userID(e.Sender),
		At:     c.at(e.Timestamp),
	}}
}

// lastKnown finds the last event that was handed over before, or -1.
func lastKnown(events []*event.Event, known []id.EventID) int {
	for i, e := range slices.Backward(events) {
		if slices.Contains(known, e.ID) {
			return i
		}
	}
	return -1
}

// newest returns the ids of the last events, by which a gap is known to end. Two,
// because a server may leave one out.
func newest(events []*event.Event) []id.EventID {
	var last []id.EventID
	for _, e := range slices.Backward(events) {
		if e.ID != "" && len(last) < 2 {
			last = append(last, e.ID)
		}
	}
	return last
}
