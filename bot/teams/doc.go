// Package teams is Lotse's chat on Microsoft Teams, by the Bot Framework's protocol. A
// [Chat] takes in what Teams delivers ([Chat.ServeHTTP]) while it runs ([Chat.Run]) and
// carries out one operation at a time for each caller ([Chat.Send]); it decides nothing.
//
// # Who may come in
//
// Teams delivers by HTTPS, to [Path]. A request is let in only with a token that the Bot
// Connector has signed (RS256, with a key that its metadata publish), for this bot, now
// (clocks may differ by five minutes), for the service address that the activity names,
// and with a key that is endorsed for Teams; and only from the tenants and teams that the
// configuration lists. There is no way to turn that off. What is refused is neither
// stored nor logged; the log has a line with the reason, in our words, at most one a minute
// for each reason, and [Chat.Refused] counts. A tenant or a team that is not listed is named
// there: the Bot Connector has signed for it, and somebody may want to list it.
//
//	401  no token, or one that is not valid: signature, algorithm, issuer, audience, time, service address
//	403  the key is not endorsed for Teams, or the channel, tenant or team is none of ours
//	400, 404, 405, 413, 415  it is no activity
//	503  the keys cannot be had, or the activity cannot be committed
//
// Keys are kept for a day, and asked for again when a token names an unknown one, but
// never more often than once a minute.
//
// # What comes in
//
// An activity becomes neutral events, which are committed before it is acknowledged;
// what it leads to comes after. Delivered twice it has the same [bot.EventID] and counts
// once. What happens in a conversation that the bot did not know of tells that it has
// joined; that it was put into a team, or taken out, holds for the channels of the team that
// were heard of. Teams keeps nothing for a bot that is away, so there is nothing to catch up
// with: what people write while the bot is down is lost to it.
//
// A room is a personal chat, a group chat or a channel; a thread is a root post of a
// channel with its answers. An account is an object id of Entra, which administrators
// know as well; only who has none there is called by an id of the bot's own ("29:…"). A
// message's id is that of its conversation, a slash, and its own.
//
// Reactions have no id in Teams. Each gets one when it is put, which is remembered until
// it is taken back. Their names become the emoji that the rules know ("2705_…" is ✅);
// Config.Reactions says so for names that mean something else in a city.
// Teams reports reactions to the bot's own messages only.
//
// # What goes out
//
// Markdown becomes Teams' subset of it: headings are bold lines, rows of a table are
// items of a list, rules are dashes (see render). Whom [bot.Text.Mentions] names is
// mentioned; nothing that people wrote can be a mark, a link or a mention. What is too
// long for Teams is cut between words.
//
// Whoever has never written is looked up, by the object id, among the members of the teams and
// group chats in which the bot is ([Chat.OpenDirect]); where that finds nobody and the app is
// not installed for them, what is meant for them waits (and the PMO is told).
//
// A message with a [bot.Form] goes as a card, see Forms.
//
// A post without a thread in a channel opens one. Bots neither react nor quote in
// Teams, so [bot.OpReaction] is refused, and ReplyTo has no effect.
//
// Sends keep to what Teams allows in a conversation and in a tenant. What it refuses for
// now (412, 429) was not done and is tried again. A failure that says nothing of that
// (502, 504, a connection that broke) leaves a doubt that nothing can take away: Teams
// takes no transaction id, and shows bots no history. A message of which the bot does not
// know whether it arrived is sent again, and may then stand there twice: once for each
// request whose answer was lost. Edits and deletions can be repeated without harm.
//
// So at most that share of messages stands twice which was sent without an answer, or
// whose answer the process did not live to note: of a process that dies, the messages in
// hand at that moment, one a conversation and sixteen in all by default. The engine's crash
// tests count both over Teams (TestCrashTeams, TestLostAnswersTeams), and so does the one that
// kills the program while a round runs (TestKillTeams): they are equal.
// The bot knows the later of the two: a reaction to the earlier one, or an answer in its
// thread, counts for nothing.
//
// # Forms
//
// A message with a [bot.Form], be it an empty one, is one Adaptive Card and nothing beside
// it (Teams would make two messages of a text and a card, and tell the id of neither), of
// version 1.5, which all of Teams' clients show; what a notification says is in its
// summary. An edit replaces the card. Its words are the message's:
//
//	paragraph, list, table   a TextBlock, in the Markdown of cards: bold, italic, lists, links
//	heading                  a TextBlock that is bolder, and a heading for screen readers
//	quote                    a Container with a ground of its own
//	code                     its words; a block of code in a font of one width
//	rule                     a line above what follows
//	mention                  <at>…</at>, and who it is in msteams.entities
//
// Clients differ in what they read as Markdown: those on phones show the escapes that
// others need. So what people wrote is made inert by other means, see inert; and a
// field's label, an option and fallbackText, which some clients read as Markdown and
// others do not, are as well.
//
// Up to three options are all shown (where several can be chosen: up to twelve), more are
// in a menu. A folded form's fields show once its [bot.ActShow] is pressed, which the bot
// does not hear of. More than six buttons, of which Teams would hide some, stand in rows.
//
// A pressed button is an invoke, which wants its answer at once: it is committed, and
// then answered with a short word that Teams shows below the card to who pressed it
// ([bot.Form.Noted]). [bot.ActReact] is a reaction to the card, which stands once however
// often it is pressed; if another was pressed since, it is put anew. [bot.ActBack] takes
// back all that an account has pressed on the card, and no reaction that it has put on the
// message in Teams' own way. [bot.ActSend] is a [bot.EventForm] with all fields that hold
// texts. Fields that hold more than a message may are not taken ([bot.Form.TooLong]).
// Clients that do not know Action.Execute send the same by Action.Submit, as a message
// without words; they can be told nothing at once.
//
// # What is kept
//
// A [Memory] holds, under names that begin with "teams/<app id>/", how to reach
// conversations and accounts, and the ids of standing reactions and pressed buttons; see
// people. [Forget] takes an account out of it.
package teams
