package matrix

import (
	"context"
	"iter"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// pageSizes are the two sizes of pages a room is read with. Dendrite goes from one
// page to the next by depth alone, and so leaves out an event that has the same
// depth as the last one of a page. With another size the pages meet elsewhere.
var pageSizes = [2]int{99, 61}

// maxMissed is how many events of one room are read to fill a gap.
const maxMissed = 20000

// pages reads a room from its end, newest first.
func (c *Chat) pages(ctx context.Context, in id.RoomID, filter *mautrix.FilterPart, size int) iter.Seq2[*mautrix.RespMessages, error] {
	return func(yield func(*mautrix.RespMessages, error) bool) {
		from, empty := "", 0
		seen := map[id.EventID]bool{}
		for {
			page, err := func() (*mautrix.RespMessages, error) {
				ctx, cancel := c.limited(ctx)
				defer cancel()
				return c.client.Messages(ctx, in, from, "", mautrix.DirectionBackward, filter, size)
			}()
			if err != nil {
				yield(nil, err)
				return
			}
			// A page may be empty although more follows (filters do that). At the
			// beginning of a room Dendrite gives the same page again and again.
			before := len(page.Chunk)
			page.Chunk = slices.DeleteFunc(page.Chunk, func(e *event.Event) bool {
				old := e.ID == "" || seen[e.ID]
				seen[e.ID] = true
				return old
			})
			if before == 0 {
				empty++
			} else {
				empty = 0
			}
			if len(page.Chunk) > 0 && !yield(page, nil) {
				return
			}
			if before > 0 && len(page.Chunk) == 0 || empty > 3 || page.End == "" || page.End == from {
				return
			}
			from = page.End
		}
	}
}

// gap returns what happened in a room after the last known events, or after the
// bot's own joining if none is known, up to the end of the timeline that the server
// has cut: the timeline and what was cut off, oldest first.
func (c *Chat) gap(ctx context.Context, in id.RoomID, last []id.EventID, timeline []*event.Event) ([]*event.Event, error) {
	one, found, err := c.pass(ctx, in, last, timeline, pageSizes[0])
	if err != nil {
		return nil, err
	}
	two, foundToo, err := c.pass(ctx, in, last, timeline, pageSizes[1])
	if err != nil {
		return nil, err
	}
	events := weave(weave(one, two), timeline)
	if start := c.ownJoin(events); !found && !foundToo && start > 0 {
		// The known events are gone, so this goes back to before the bot joined.
		events = events[start:]
	}
	return events, nil
}

// pass reads the room backwards once. It begins at the room's end and not where
// the timeline begins, so that pages meet neither there; what is newer than the
// timeline comes with the next answer of the server. found says whether it has met
// what it looked for.
func (c *Chat) pass(ctx context.Context, in id.RoomID, last []id.EventID, timeline []*event.Event, size int) (events []*event.Event, found bool, err error) {
	var end id.EventID
	if len(timeline) > 0 {
		end = timeline[len(timeline)-1].ID
	}
	filter := &mautrix.FilterPart{Limit: size, LazyLoadMembers: true}
	for page, err := range c.pages(ctx, in, filter, size) {
		if err != nil {
			return nil, false, err
		}
		c.learn(page.State)
		c.learn(page.Chunk)
		for _, e := range page.Chunk {
			if slices.Contains(last, e.ID) {
				found = true
				break
			}
			if e.ID == end {
				events = nil // what came before this in the page is newer
			}
			events = append(events, e)
			if len(last) == 0 && c.isOwnJoin(e) {
				found = true
				break
			}
		}
		if found {
			break
		}
		if len(events) >= maxMissed {
			c.log.Warn("gap too long, its beginning is left out", "room", in, "events", len(events))
			break
		}
	}
	slices.Reverse(events)
	return events, found, nil
}

// weave adds to a what only b has, each event behind all those that are before it in
// b. Behind the last of them would not do: events of equal depth come in any order, so
// a may have that one before others.
func weave(a, b []*event.Event) []*event.Event {
	place := map[id.EventID]int{} // in a, from 1
	for i, e := range a {
		place[e.ID] = i + 1
	}
	behind := map[int][]*event.Event{}
	last := 0
	for _, e := range b {
		if at := place[e.ID]; at == 0 {
			behind[last] = append(behind[last], e)
		} else {
			last = max(last, at)
		}
	}
	woven := behind[0]
	for i, e := range a {
		woven = append(append(woven, e), behind[i+1]...)
	}
	return woven
}
