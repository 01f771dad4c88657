// Package teamsapp makes the app package that brings the bot into Microsoft Teams: a zip
// with a manifest and two icons, which an administrator uploads. Teams runs nothing of
// it: the manifest says who the bot is, where it can be added and what it may read.
//
// # What the manifest says
//
// It is of schema 1.25, the first that wants supportsChannelFeatures of an app for teams;
// later ones add nothing that a bot without tabs needs, and are known to fewer admin
// centres. Application, bot and Teams app have the same id: Teams wants one of each.
//
// The bot asks for two permissions, both of them given by a team's or a chat's owner when
// they add the app (resource-specific consent): ChannelMessage.Read.Group and
// ChatMessage.Read.Chat. Without them Teams shows a bot only what mentions it, and nobody
// mentions it in an answer to its question. What the bot does otherwise (writing, mentions,
// reactions to its own messages, members that write to it) needs none.
//
// # Checked twice
//
// [Manifest.Check] knows the limits of the schema for what can be in our manifest, and what
// Microsoft documents beside the schema. A validator for JSON Schema and the schema itself
// (116 kB, three thousand lines, nearly all about things that no bot has) are not carried
// along for one file of forty fields; the tests prove with both, as Microsoft's own tools
// have them, that whatever Check accepts the schema accepts, and what the schema refuses
// Check refuses.
//
// # Versions
//
// Teams takes a package only with a higher version than the one it has. So that the number
// goes up when, and only when, something changed, a new package is compared with the old
// one: what has the same version and other bytes gets the next version. Bytes depend on
// nothing but the [App]: there are no times in them, and pictures are drawn in integers.
package teamsapp
