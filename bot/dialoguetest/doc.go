// Package dialoguetest plays dialogues: an example city with everything real but the
// chat, on a simulated clock. What people do is written down, what the bot does about it
// is compared.
//
// A dialogue is a file: after a comment, sections "-- in --" and "-- out --" in turn. A
// line of "in" is
//
//	until 2026-11-18 09:00                     the clock leaps there, from event to event
//	maria: serviceportal: text                 a message in the room ("\n" ends a line)
//	maria: serviceportal/thread: text          in the round's thread
//	maria: serviceportal/status: text          a reply to a question
//	maria: serviceportal/status + 🟡           a reaction on a question ("ask": the opening)
//	dora: dm/serviceportal-1/request + ✅      … on the message that has this in its key
//	dora: dm/thread serviceportal-1/request: text
//	                                           in the thread of that message
//	maria: edit a: text                        of the message named a
//	maria: delete a                            likewise
//	maria: on a + ✅                            a reaction on it
//	maria: fill serviceportal/ask: status=🟡 | blocker=keine
//	                                           the form hands in what stands on it, but for these
//	name a: maria: …                           gives a message or reaction a name
//	together                                   the lines up to the next "until" or "end"
//	                                           come before the bot has answered any of them
//	down                                       the bot's process ends; what is done then
//	up                                         … is found when it starts again
//	doubt device: maria: …                     it may be somebody else's, see bot.Doubt
//	maria: unreadable serviceportal/thread     what the bot cannot decrypt
//	pia: invite neu                            the bot is asked into a room
//	nina: joins dl                             somebody is new in a room
//	pia: remove eakte                          the bot is put out of a room
//	skip                                       what the bot did so far is shown elsewhere
//
// and "out" is all the bot did since, room by room. Lines at the very beginning make it
// another world than the usual one (see [New]); some of them may come again while the bot
// is down, for a configuration that has changed:
//
//	today 2027-03-15                           the day it begins, at 8 o'clock
//	check 2027-03-28                           a day of a check, instead of 2026-11-04
//	shift previous                             what a holiday does to a check
//	without dm                                 no such room, no such person's account
//	strict                                     only verified devices count
//	cannot threads                             what the chat cannot do
//	forms                                      the chat has forms, and no reactions of the bot's
//	projects 100                               further projects, with rooms, all maria's
//
// [Run] compares what the bot does with "out". [Teams] plays the same dialogues over the
// real adapter of Teams, and compares that with what it does elsewhere.
package dialoguetest
