// Package commands holds the chat commands of Lotse, one file each: how it is
// called in German and English, who may use it, how it is written, what it needs
// and what it decides. The help is made from the same table.
//
// A command is a message that begins with "!", or with "!lotse", or that names the
// bot and goes on with a command's word. It has one or more forms: "!projekt neu"
// and "!projekt pause" are forms of one command. [Table.Match] finds the form
// without knowing anything but the message, so that its Query can say what has to
// be loaded; everything else — rights, project, people, dates — is decided on the
// snapshot.
//
// # Who, where
//
// A right follows from the role and the account, never from being in a room. Still
// the room counts: in one that is not bound only the PMO is answered (and !hilfe),
// and what not everybody in a room may read is not said there, whoever asks.
//
// # Which project
//
// A project may be named first: "!status serviceportal gelb". In a project's room
// it need not be, and another project's name is just a word there. See
// [bot.Readings].
//
// # Which escalation
//
// An escalation is named by its number, first: "!eskalation 12 erledigt", "#12". In its
// thread it need not be, nor where only one of the project's can be meant. A number, or a
// form's word, may also begin somebody's sentence: «12 Rechner fehlen seit Wochen».
//
// # What goes wrong
//
// A misspelt command gets the nearest one, a wrong argument what is expected and a
// line to copy, somebody without the right the roles that have it. These are
// [bot.UserError]s and store nothing.
package commands
