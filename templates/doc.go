// Package templates holds Lotse's words: what it says in a room, in German (de),
// German with «du» (de-du) and English (en).
//
// # Files
//
// A text is a file, text/<language>/<name>.md, in text/template's language, and is
// called <name>: "check.opening". de-du need not have it: it then says what de
// says. en has every file that de has. A city can replace any of them without a
// new build, by a file of the same name in a folder with the same layout.
//
// What comes out is Markdown. A line break in it is a line break on the screen, an
// empty line begins a paragraph.
//
// # Foreign text is data
//
// Whatever a template prints is escaped, unless it is bot.Markdown: nothing that a
// person wrote can mark up, link, mention or forge. Authors need not think of it:
// as in html/template, the parsed template is rewritten, so that every pipeline
// ends in the escaper ([Escape]). Functions such as mention or code, which make
// Markdown, escape what is foreign in it themselves.
//
// # Nothing fails later
//
// [New] parses every file, checks every field and function in it against the type
// of its sample data (also in branches that no sample takes), executes it on all
// samples of [bot.Samples], and once more with hostile text in every place, which
// must leave the message's structure as it is. All faults are reported at once,
// with file and line.
package templates
