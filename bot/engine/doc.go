// Package engine is the only clock and the only loop of Lotse. It moves what the
// rules of package bot decide, and decides nothing itself.
//
//	chats ──deliver──▶ inbox ──▶ load ▶ decide ▶ render ▶ commit ──▶ outbox ──send──▶ chats
//	                   timers ─▶
//
// # One decision at a time
//
// [Engine.Run] starts a listener for each chat, one loop, and one sender for each
// chat. The loop takes the oldest event of the inbox, or, if there is none, the
// timer that is due; it loads what the rule or the command needs, lets it decide,
// renders every post in its room's language, and commits all of it in one
// transaction. Then it looks again, and when there is nothing, it sleeps until the
// next timer or until a chat delivers. While it sleeps nobody touches the store:
// everything is woken by a bell, nothing polls. The one exception is the lease,
// renewed every few seconds so that a second process cannot take the database.
// What only a chat knows, who is in a network's room, is asked of it ([Census]) for the few
// decisions that want it, and not waited for long.
//
// After a start, due timers wait until every chat has handed over what happened
// meanwhile (or a limit), so that a deadline is not enforced before the answers
// that came in time are read. What rules leave out because it came too late is
// gathered, and once the loop has run dry the PMO gets one message that says so.
//
// # When a decision fails
//
//	bot.ErrSeen       it was done before                      → go on
//	bot.ErrStale      something changed since the snapshot    → load and decide again
//	bot.ErrEpoch      another process holds the database      → stop
//	bot.ErrDisk       it cannot be written, the disk is full  → wait, and go on when it can
//	*bot.UserError    a person can mend it                    → they are told, nothing is stored
//	anything else     our fault, a panic too                  → again, and after three tries the
//	                  event (or timer) is given up, the PMO is told, the rest goes on
//
// # The outbox
//
//	pending → sending → sent | failed | stale
//
// A sender claims at most one slot a room. A chat gets a handful of sends at once; as
// many more are claimed and wait at the gate, so that the chat need not wait for the
// disk, and while they do, outcomes are gathered for a moment and noted together. What
// was not noted when the process died is in doubt, no more. A send may be
// refused for sure, fail for good, or leave us in doubt; in doubt, the chat is
// asked whether the key stands in the room before anything is sent again. What was
// sent and not reported is asked for once after a start: a server that lost power may
// have forgotten it (lost.go). A room
// that fails rests, longer each time, and holds up only itself; when several rooms
// fail in a row, it is the server, and the whole chat rests. Rests are measured in
// real time, also when the clock is simulated. A room in which the bot may not write
// rests as well; that it refuses, and that it takes something again, become events of
// the inbox, so that the rules can tell somebody who can mend it.
//
// # Time
//
// A [Clock] is real or [Simulated]. A simulated clock stands still until a driver
// leaps it with [Engine.Step] or [Engine.RunUntil], which they do only when the
// engine is idle: see [Engine.Idle].
package engine
