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
// room. done: the meeting has begun; answers are no longer taken for it. A check that
// is moved so far ahead that answers come in time again is open again.
//
// # The dialogue
//
// A [Report] is one project's answers for one round: a map from [Field] to
// [Answer]. An answer is made of [Part]s, one for each message or reaction it
// was given by, so that an edit replaces and a deletion withdraws just what it
// concerns. Report.Open names the question that stands open.
//
// # The decision log
//
// What becomes of an escalation is written down in a log that only grows ([Entry]). Each
// entry's hash covers the entry and the hash before it, so that nothing in the log can be
// changed, left out or put in between without changing every hash from there on: who has
// written down one hash can tell, any time later, that all before it is as it was. What
// the law may want erased is not in the hash but lies beside it: of a text, the hash
// covers a salted commitment; of a person, a pseudonym. Both tell nothing once the salt,
// or the key, is gone, and the chain still holds. [Record] is an entry in the log, [Chain]
// checks it.
//
// So that others can check an export of the log as well, this is the form, exactly. All
// hashes are SHA-256, written as 64 hexadecimal digits (0-9, a-f). What is hashed is a
// list of texts: of each its length in bytes of UTF-8, in decimal digits, a colon, the
// text, and a comma ("5:hallo,3:ja!,"). Numbers are texts of decimal digits, instants are
// such numbers: milliseconds since 1970 in UTC. The lists are
//
//	person:  "lotse person 1", key, id of the person
//	text:    "lotse text 1", salt, the text, pseudonym of who said it, id of the message, instant of the message
//	entry:   "lotse entry 1", hash of the entry before, seq, kind, escalation, number, project, at, pseudonym of who,
//	         role, choice, how many pieces of evidence, each of these, how many texts, of each its name and its hash
//
// with empty texts for what there is not (the hash before the first entry, the pseudonym
// of nobody) and 0 for an instant that there is not. Entries are numbered from 1, without a
// gap. Of a text that is erased there are its name and its hash, and nothing else.
//
// # What is kept of people
//
// What somebody deletes in the chat goes from everything that was made of it. What is too
// old goes each night, see [Retention]. A [Dossier] is what is stored about a person, for
// that person; an [Erasure] takes a person out of all rows, and leaves a pseudonym.
//
// # One person, several accounts
//
// Rights and votes belong to a [Person]. Accounts come together by the configuration, by
// an import, or in chat: a code that one account was given and another one says shows that
// somebody has both ([AccountLink]). Then the books of two people become one's ([Merge]).
// Nobody gets more by that than the two had; who stands in the configuration stays who
// they are.
//
// # Stored keys
//
// A key says what "once" means and ends in the room, or in the account in whose
// direct chat it stands (see [Key]). These are slots of the outbox:
//
//	check/<round>/ask/<project>/<room>               the opening message
//	check/<round>/question/<project>/<field>/<n>/<room>
//	check/<round>/remind/<n>/<project>/<room>
//	check/<round>/summary/<project>/<room>
//	check/<round>/overview/<page>/<room>             PMO, edited live
//	check/<round>/stand/<page>/<room>                PMO
//	check/<round>/closed/<page>/<room>               PMO
//	check/<round>/agenda/<page>/<room>               PMO and DM
//	check/<round>/shifted/<room>                     PMO
//	check/<round>/return/<project>/<n>/<room>        PMO: the answer to a question back
//	check/<round>/moved/<check>-<decided>/<room>     DM; with <project> before the room: a project
//	check/<round>/cancelled/<room>                   likewise
//	check/<round>/over/<project>/<room>              to who answers a round that is done
//	entered/<message>/<room>                         what the PMO has entered for a project
//	ack/<message>/<emoji>/<room>                     what was understood
//	reply/<event>/<n>/<room>                         answers to commands
//	seed/<emoji>/<key>                               the bot's own reaction on a message of its own
//	account/told/<event>/<account>                   to the other account: joined, or separated
//	account/pmo/<event>/<room>                       PMO: likewise, of somebody with a role
//	join/<event>/<room>, leave/<event>/<room>        answers to invitations
//	room/hello/<kind>/<room>, room/refused/<account or more>/<date>/<room>, room/left/<event>/<room>
//	unreadable/<account>/<date>/<room>               an encrypted message is asked for again
//	room/silent/<event>/<room>                       PMO: a room takes nothing of the bot's
//	room/unreached/<person>/<refusal>/<date>/<room>  PMO: the same of a direct chat with a person
//	room/moved/<old room>/<room>                     PMO: what became of a room that moved
//	note/failed/<event or timer>/<room>, note/downtime/<instant>/<room>
//	note/restored/<instant>/<room>                   PMO: the books come from a backup, see Restored
//
// Packages escalation, meetup, notice and greeting list theirs.
//
// The messages of a round's steps say in their keys how often the round was moved
// since: agenda, agenda-1 (see Round.step).
//
// Timers have keys of the same kind, without a room: plan; restored; prune; check/<round>/<kind>, and
// check/<round>/<kind>/<project> for what concerns one project (remind:
// check/<round>/remind/<n>/<project>). See [TimerKind].
package bot
