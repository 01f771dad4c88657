// Package matrix is Lotse's chat on Matrix, on top of mautrix. A [Chat] listens
// ([Chat.Run]) and carries out one operation at a time for each caller
// ([Chat.Send]); it decides nothing.
//
// # What comes in
//
// Run asks the homeserver for what is new (a long poll that costs nothing while
// nothing happens), makes neutral events of it and hands them over, room by room
// in the room's order. Its position is committed with them, in one transaction, so
// that nothing is lost when the process dies; what is handed over twice all the same
// has the same [bot.EventID].
//
// Between two positions a server shows only the last events of a room. The rest
// is read backwards from the room's end to the last event that is known, twice
// with pages of different size, because Dendrite can leave out an event where two
// pages meet. What happened before the bot itself joined is never handed over.
//
// Of who comes into a room, only those are told of that were not in it before
// ([bot.EventMember]).
//
// The bot's own events stand in the timeline like everybody's. By the key in
// their content they are handed over as [bot.EventEcho], so that the rules know
// whether an answer came before or after a question.
//
// # What goes out
//
// Markdown becomes sanitised HTML and a plain body (see render). Nobody is called
// but the accounts in [bot.Text.Mentions], and never the whole room. Every event
// carries the trace
//
//	"org.lotse": {"key": …, "kind": …, "ref": …, "rev": …}
//
// which [Chat.Find] looks for when it is in doubt whether a send has arrived.
// (Redactions ask for it as well, but servers need not keep it: Dendrite drops it.
// To redact twice does no harm.)
//
// A file is uploaded first; then an m.file whose caption are the words points at it, one
// event for both. Uploading changes nothing in the room, so it may be done again. A server
// that takes no file, or none so large, gets the words alone. In an encrypted room the file
// is encrypted with a key of its own, which stands in the message.
//
// # Encryption
//
// With Config.Keys the Chat has a device of its own for end-to-end encryption
// (cipher.go): mautrix's machine, in pure Go, with its tables in the bot's database.
//
// Before an answer's messages are read, its room keys are ([Chat] receives them in a
// transaction each: the Olm session that moved on and the key that came are kept
// together or not at all). A message whose key is missing is kept, encrypted as it
// came; its sender's devices are asked for the key; when it comes, the message is
// handed over like any other. What is still unreadable after a while is reported
// once, as [bot.EventUnreadable].
//
// A message is encrypted when it is sent, each time anew, and the ratchet's step is on
// disk before that. Beside the ciphertext stands the transaction id, by which [Chat.Find]
// knows what a device has sent whose keys are lost. A room key is used until somebody comes, leaves, or changes their
// devices, or until the room wants another; who is in the room is asked for then.
// Reactions and deletions are never encrypted: Matrix knows no such thing.
//
// [Chat.Vouch] gives the account an identity (cross-signing keys) that vouches for the
// device. Messages in encrypted rooms that do not prove who wrote them carry a
// [bot.Doubt]. Without Config.Keys encrypted rooms are recognised and refused, see
// [ErrEncrypted].
//
// # What is kept
//
// A [Memory] holds, under names that begin with "matrix/<user id>/":
//
//	since   the position in the sync stream, written with every batch
//	rooms   the joined rooms: last known events, direct chat with whom,
//	        encrypted or not; written when a room comes or goes, now and then
//	        otherwise, and at the end. An old one only means reading further back.
//	aliases a secret that the aliases of direct chats are made with. To lose it
//	        does no harm: the chats stand in the account data, too.
//	unread  encrypted messages that cannot be read yet
//	pickle  what mautrix hides keys in its tables with
//
// Rooms without a position are those of a backup that was brought back: a new device
// reads on in each room from where it was then.
//
// Member lists are kept nowhere; names of people who write are, up to a limit.
package matrix
