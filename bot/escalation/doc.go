// Package escalation holds the rules by which a blocker or a decision need gets from a
// project's thread to the Digitalisierungsmanagement (DM), is decided there by reaction,
// and comes back. Like package bot it is pure.
//
// # The life of an escalation
//
//	draft     → pmo open merged discarded lapsed
//	discarded → pmo open merged
//	lapsed    → pmo open merged
//	pmo       → open solved withdrawn
//	open      → waiting pausing withdrawn pmo
//	waiting   → open pausing withdrawn pmo
//	pausing   → open waiting accepted refused withdrawn pmo
//	accepted  → done setaside
//	refused   → setaside
//	done      → setaside
//
// A draft is put to the lead, in the project's thread. Confirmed, it gets its number and
// is before the DM, or for a working day before the PMO where the city wants that. There
// it is open; waiting, while a question is not answered or DIKON's advice is not there;
// pausing, once as many votes as the rule wants agree and none is against them. When the
// pause for thought is over the decision stands. A release begins open, before DIKON, and a
// decision of the meeting open, before the DM, one member of which confirms it.
//
// # What counts as a vote
//
// A vote is a reaction on the bot's own request, or a typed line («#12 zustimmen»), of a
// person who holds the role at the time of counting and has not asked. Of several of one
// person, whatever account they are from, the last one that stands counts, by the time at
// which it was given. Where the rule wants it typed, a vote that is only reacted or only
// typed does not count for the quorum, but stands against the others. The rule is the one
// that the escalation began with; who holds the role, the configuration says: when the bot
// begins ([Begin]) it counts again. Only a timer makes a decision, when the pause is over.
//
// A vote that was taken back is remembered as that, so that it is none if a server tells of
// it late, or once more.
//
// # Where there are no threads
//
// What is about an escalation begins with its number there: «#12 Begründung: …», and in the
// project's room or a direct chat «#12 Antwort: …», which counts while the Projektcheck asks
// something, too. «Wunsch: …» in a direct chat goes to the newest draft that waits there. The
// texts say so, each as the room it stands in needs it (bot.Suited).
//
// # Of whom, and until when
//
// What somebody needs may be addressed: «DIKON: …». DIKON sets the strategy and advises, it
// does not decide on resources. So it is put to the DM all the same, whose request says to
// whom it is addressed; to ask DIKON stays the DM's ⏫, or the PMO's. A lead cannot make the
// DM wait. «bis 2. Dezember» in it is the day it is wanted by. Both stand in the draft,
// before the lead confirms it.
//
// # What becomes of the project
//
// A project that goes into the archive withdraws what it has before the PMO or those who
// decide, as who archived it, and its drafts are put to nobody; what is decided stays. A
// draft that waits in a room which is replaced goes on in the new one.
//
// # What was deleted
//
// Words stand in an escalation with the messages they are from, and each of these leads to
// it, or to the round it came from (bot.Ref). If one is deleted in the chat, its words go
// from all that was made of them, and from every message that shows it, in whatever state.
//
// # What stands in the rooms
//
// Every message about an escalation is a view of its row: after each decision all of them
// are written again, and the outbox edits what has become different. Their keys:
//
//	escalation/<id>/draft/<room or account>         own instead, if it was asked whether it belongs to another
//	escalation/<id>/nudge/<room or account>
//	escalation/<id>/request/<room>                  those who decide
//	escalation/<id>/told/<room>                     PMO
//	escalation/<id>/question/<n>/<room or account>  a question, in the project's room
//	escalation/<id>/answer/<n>/<m>/<room>           its answers, in the thread of the request
//	escalation/<id>/forward/<room>                  DIKON; forward/<n> once it has advised
//	escalation/<id>/advice/<n>/<room>
//	escalation/<id>/outcome/<room or account>
//	escalation/<id>/aside/<room or account>         the decision was set aside
//	escalation/<id>/note/<why>/<n>/<room>
//	escalation/<id>/press/<room>, escalation/<id>/further/<room>
//
// Timers have the key escalation/<id>/<kind>, and escalations/show.
package escalation
