// Package notice holds the rules by which the PMO tells something to networks, or to all
// projects: !ansage. Like package bot it is pure.
//
// # The life of an announcement
//
//	draft     → sent scheduled discarded lapsed
//	scheduled → sent missed discarded
//	missed    → sent discarded
//	sent      → back
//
// What somebody of the PMO has written is shown to them first, in their room or direct chat,
// exactly as it will stand in the others: a draft. Until it is confirmed, an edit of the
// command changes it and a deletion discards it; nobody's confirmation in a day lets it lapse.
// Any member of the PMO may confirm, by ✅ on the preview or with !ansage senden.
//
// # How it goes out
//
// When it goes out (at once, or at its time), the rooms are looked for anew: a room that a
// network got in between counts. From then on they are fixed. They are written to a few at a
// time, each step a commit of its own, so that nobody's answer waits for two hundred rooms.
// What is corrected or taken back goes the same way through the same keys: the outbox makes an
// edit or a deletion of it.
//
// The preview is the place where all of it is shown: how many rooms have it, which do not
// and why. A timer looks, at first after some seconds, then less and less often, until nothing is
// on its way any more. A room that takes nothing for a day does not get it.
//
// After a downtime an announcement whose time was earlier that day goes out late. One of an
// earlier day does not: it may speak of «heute». The PMO is told, and can confirm it anew.
//
// # Stored keys
//
//	notice/<number>/preview/<room or account>
//	notice/<number>/said/<room>
//
// Timers have the key notice/<number>/<kind>.
package notice
