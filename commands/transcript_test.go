package commands

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"lotse/bot"
)

var update = flag.Bool("update", false, "write the answers in testdata anew; read them line by line afterwards")

// rooms are what the transcripts call the rooms.
var rooms = map[string]bot.RoomID{
	"portal": roomPortal, "call": roomCall, "pmo": roomPMO, "dm": roomDM, "dikon": roomDIKON, "net": roomNet, "free": roomFree, "direct": direct,
}

// TestTranscripts plays conversations. In a section "in" each line is
//
//	room who: text [@mention …]
//
// (\n is a line break), and the section "out" behind it is all that was answered, or
// said in other rooms because of it; of an error its data. "(✅ serviceportal-1)" for a text is a reaction
// on the message about that escalation, "clock: (serviceportal-1)" lets its pause for thought pass. The comment
// above may say "no round": then none is running, "language en", "dikon": then there is one, and "pmo first".
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			comment := string(archive.Comment)
			c := newCity(t, !strings.Contains(comment, "no round"))
			if strings.Contains(comment, "dikon\n") {
				c.withDIKON()
			}
			c.settings.Escalations.PMOFirst = strings.Contains(comment, "pmo first")
			for _, lang := range []bot.Language{bot.GermanDu, bot.English} {
				if strings.Contains(comment, "language "+string(lang)+"\n") {
					for _, id := range rooms {
						r := c.room(id)
						if r.Kind == "" && id == roomDIKON {
							continue // there is none
						}
						r.ID, r.Language, r.Joined = id, lang, true
						c.commit(bot.Change{Rooms: []bot.Room{r}})
					}
				}
			}
			for i := 0; i+1 < len(archive.Files); i += 2 {
				in, out := archive.Files[i], &archive.Files[i+1]
				if in.Name != "in" || out.Name != "out" {
					t.Fatalf("section %d is %q and then %q, want in and out", i, in.Name, out.Name)
				}
				var got strings.Builder
				for line := range strings.Lines(string(in.Data)) {
					got.WriteString(c.play(strings.TrimSuffix(line, "\n")))
				}
				if diff := cmp.Diff(string(out.Data), got.String()); diff != "" && !*update {
					t.Errorf("after %s(-want +got)\n%s", in.Data, diff)
				}
				out.Data = []byte(got.String())
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// play plays a line of a transcript and returns what came of it.
func (c *city) play(line string) string {
	c.t.Helper()
	head, text, ok := strings.Cut(line, ": ")
	words := strings.Fields(head)
	if id, is := strings.CutPrefix(text, "("); is && head == "clock" {
		return c.told(c.think(bot.EscalationID(strings.TrimSuffix(id, ")"))))
	}
	if !ok || len(words) != 2 || rooms[words[0]] == "" {
		c.t.Fatalf("%q is no line of a transcript", line)
	}
	if what, is := strings.CutPrefix(text, "("); is {
		emoji, id, _ := strings.Cut(strings.TrimSuffix(what, ")"), " ")
		return c.told(c.react(rooms[words[0]], words[1], emoji, bot.EscalationID(id)))
	}
	text = strings.ReplaceAll(text, `\n`, "\n")
	var mentions []string
	if open := strings.LastIndex(text, " ["); open >= 0 && strings.HasSuffix(text, "]") {
		mentions = strings.Fields(strings.ReplaceAll(text[open+2:len(text)-1], "@", ""))
		text = text[:open]
	}
	got := c.say(rooms[words[0]], words[1], text, mentions...)
	if !got.command {
		return "no command\n"
	}
	return c.told(got.change)
}

// told is what a change says, where. A message about an escalation that is edited is left out.
func (c *city) told(change bot.Change) string {
	c.t.Helper()
	var b strings.Builder
	for _, p := range change.Posts {
		if strings.HasPrefix(p.Template, "escalation.") && (p.EditOnly || c.posted[p.Key]) {
			continue
		}
		c.posted[p.Key] = true
		name := string(p.Room)
		if p.Room == "" {
			name = "to " + p.User.Local()
		}
		for short, id := range rooms {
			if id == p.Room {
				name = short
			}
		}
		if p.Op == bot.OpReaction {
			if !p.Absent {
				fmt.Fprintf(&b, "%s: %s\n", name, p.Emoji)
			}
			continue
		}
		// What is not a reply of ours has its words tested elsewhere.
		if kind, _, _ := strings.Cut(p.Template, "."); kind == "error" {
			fmt.Fprintf(&b, "%s: (%s %+v)\n", name, p.Template, p.Data)
			continue
		} else if kind != "reply" {
			fmt.Fprintf(&b, "%s: (%s)\n", name, p.Template)
			continue
		}
		rendered, err := c.words.Render(c.room(p.Room).Language, p.Template, p.Data, "test")
		if err != nil {
			c.t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s: %s\n", name, strings.ReplaceAll(string(rendered.Markdown), "\n", "\n    "))
	}
	if b.Len() == 0 {
		return "silence\n"
	}
	return b.String()
}
