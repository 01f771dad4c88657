// Package meetup holds the rules by which the meetings of a network, of the Digilotsen, say,
// are planned, announced, moved and called off, and what is kept of them. Like package bot
// it is pure.
//
// # The life of a meetup
//
//	planned   → announced started cancelled
//	announced → started cancelled
//	started   → over
//	over      → done
//	cancelled → planned announced
//
// A meetup is planned by the network's rule, or added by somebody. Planned, nobody was told
// yet, and its date follows the rule if that changes. Announced, the network knows: its date
// is what somebody says it is, and what was said before is corrected. It starts, and is
// over, by the clock. Over, a host has been asked for a summary and links; it is done when
// nothing more is waited for. One that was called off can stand again.
//
// # What is said, and when
//
// Days and hours are [bot.MeetupRules]; [Steps] says when each step of a meetup comes.
//
//	announce  some days before, on a working day: the date, and the call for topics
//	week      seven days before, if the city wants it
//	eve       the working day before: the agenda
//	soon      a quarter of an hour before: the link
//	begin     who planned to come is forgotten, but for how many
//	end       a host is asked for summary and links
//	kept      nothing more is waited for
//
// After a downtime, what is still useful is made good: the announcement until the meetup
// begins, the agenda until the link would come, the link until some minutes after the
// beginning. What the announcement, late itself, says already is not said again. The rest is
// left out, and the PMO is told.
//
// The host is asked in a direct chat, where nobody else waits for the answer and where
// nothing is said before it is finished; the PMO is asked if no host has an account. What
// comes back is posted in the network's rooms.
//
// # Topics
//
// Everybody in a network's room may propose topics for the next meetup that has not begun,
// some at a time: there, or in a direct chat if the chat can say that they are in that room. Each gets a message of its own, in the thread of the announcement, and a
// 👍 there, or on the proposer's message, is a vote: one per person and topic, however many
// accounts and reactions they have, as long as one stands. It counts only where it was put
// on that very message, in a room of the network, before the meetup begins: also if it is
// read later, after a downtime. The agenda is in the order of votes; a
// host may put topics first, give them time, take them off and put them back. As many as
// the meetup has time for come first ([bot.Meetup.Fits]), the others stand behind: «if there
// is time».
//
// What came first counts as talked about when the meetup is over, so that a host has
// nothing to do about it; a host who says what it was settles it. What was not talked about
// moves on to the next meetup, without its votes and at most twice; then it is named there
// once more, and let go. That it moves on is worked out whenever the network is planned, so
// that it can be taken back as long as the next meetup is ahead.
//
// A topic whose message is deleted in the chat goes, even if others have voted for it: the
// words are whose they are, and who cares for the matter proposes it again.
//
// # Whose it was
//
// Who has proposed, voted, or said that they come is kept until the meetup begins, and
// shown to nobody; from then on there are counts. The same holds for a meetup that was
// called off, at the time when it would have begun.
//
// # What is kept
//
// A host's answer is split into lines: those that end in a link are links (https, nothing
// else), «Teilnehmende: 43» is how many were there, «Besprochen: 1 3» what was talked about,
// and the rest is the summary. Several messages add up; an edit changes and a deletion takes
// away just what its message gave. Topics, summary and links are what !meetup suche looks in.
//
// # What stands in the rooms
//
// As with escalations (package escalation), every message about a meetup is a view of its
// row: after each decision all are written again, and the outbox edits what has become
// different. An edit is not noticed, so what changes for people is said in a message, too.
// Nobody shall take for valid what is over: once a meetup has begun, its messages call for
// no topics, votes or reactions any more, and when it is over, they say that, with the counts.
// Every room of the network has each of them once:
//
//	meetup/<id>/announcement/<room>, calendar
//	meetup/<id>/week/<room>, agenda, soon     week-1 …: after the meetup was moved once …
//	meetup/<id>/changed/<n>/<room>            moved, called off, another link or host: n is the Sequence
//	meetup/<id>/topic/<n>/<room>              a topic, to be voted for
//	meetup/<id>/notes/<room>                  summary and links
//	meetup/<id>/ask/<account or PMO's room>
//	meetup/<id>/shifted/<room>                PMO: a holiday moves it, or leaves it out
//	meetup/<id>/clash/<other>/<instant>/<room>  PMO: it is at the same time as something else
//	network/<id>/outside/<version>/<room>       PMO: a host is in no room of the network
//
// Timers have the key meetup/<id>/<kind>; network/<id>/plan sees that the next meetups of a
// network stand, networks/plan that each network's does.
package meetup
