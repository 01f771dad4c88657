// Package bot holds the rules of Lotse, the chat bot of a city's digitalisation
// governance. It is pure: no I/O, no clock, no randomness, no goroutine. State,
// input and time come in; a [Change] and a reason for the log go out.
//
// # The way through
//
//	inbox → load → decide → commit → outbox
//
// A chat adapter turns what happened into an [Event]. The engine asks [Needs]
// (for a [Timer]: [TimerNeeds], for a command: the command) for a [Query], lets
// the store answer it with a [Snapshot] — one subject, never the world — and
// calls a decision: [Decide] for what somebody did, [Due] for what time brings,
// or a command. The [Change] that comes back says what the new state is, which
// timers run, and which [Post]s the rooms shall hold. It is committed in one
// transaction; sending comes after, by the outbox, and by nothing else.
//
// # The Projektcheck
//
// Every few weeks there is a Check, a meeting at which leads report to the DM.
// A [Round] is all that the bot does for one Check:
//
//	planned → open → closed → published → done
//	   └────────┴───────┴────────┴→ cancelled
//
// planned: the date stands, nothing was asked. open: every project has been
// asked, answers come in. closed: reports are frozen for the agenda, later
// answers are marked «nachgereicht». published: the agenda stands in the DM
// room. done: the meeting has begun; answers are no longer taken for it.
//
// # The dialogue
//
// A [Report] is one project's answers for one round: a map from [Field] to
// [Answer]. An answer is made of [Part]s, one for each message or reaction it
// was given by, so that an edit replaces and a deletion withdraws just what it
// concerns. Report.Open names the question that stands open.
//
// # Stored keys
//
// A key says what "once" means and ends in the room (see [Key]):
//
//	check/<round>/ask/<project>/<room>               the opening message
//	check/<round>/question/<project>/<field>/<n>/<room>
//	check/<round>/remind/<n>/<project>/<room>
//	check/<round>/summary/<project>/<room>
//	check/<round>/overview/<page>/<room>             PMO, edited live
//	check/<round>/agenda/<page>/<room>               PMO and DM
//	ack/<message>/<emoji>/<room>                     what was understood
//	reply/<event>/<n>/<room>                         answers to commands
package bot
