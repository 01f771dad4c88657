package meetup_test

import (
	"slices"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/bot/dialoguetest"
)

// Nobody reads an invitation that holds no longer: once a meetup is over or called off, whatever was said about it neither
// asks who comes, nor for topics or votes, nor does it lead to the meeting. What was not said in time is not said at all.
func TestNoOldInvitations(t *testing.T) {
	const room bot.RoomID = "test:lotsen"
	said := func(more ...string) []string { return append([]string{"announcement", "calendar", "topic/1"}, more...) }
	invites := []string{"dabei?", "Reaktion", "`!thema", "👍 hier", "https://"}
	for _, test := range []struct {
		why, play string
		valid     string // as long as this has not been played, there are invitations
		stands    []string
	}{
		{"it takes its course", "until 2026-12-03 11:30", "until 2026-12-03 09:45", said("week", "agenda", "soon")},
		{"down when it begins and ends", "down\nuntil 2026-12-05 12:00\nup", "until 2026-12-03 09:45", said("week", "agenda", "soon")},
		{"down from the announcement on", "down\nuntil 2026-12-05 12:00\nup", "until 2026-11-20 12:00", said()},
		{"moved, with another link, and over", "until 2026-12-08 11:30", "until 2026-12-02 12:00\nhanna: lotsen: !meetup verschieben auf 8.12. 10:00\n" +
			"hanna: lotsen: !meetup link https://meet.example/neu", said("week", "agenda", "agenda-1", "soon-1", "changed/1", "changed/2")},
		{"called off after the agenda", "hanna: lotsen: !meetup absagen", "until 2026-12-02 12:00", said("week", "agenda", "changed/1")},
	} {
		t.Run(test.why, func(t *testing.T) {
			t.Parallel()
			w := dialoguetest.New(t, kit())
			w.Play("week\nuntil 2026-11-19 09:00\nmia: lotsen: !thema Was die eAkte ändert\nmax: lotsen/topic/1 + 👍\n" + test.valid)
			stands := func() (keys []string, inviting []string) {
				for _, m := range w.Chat.Room(room) {
					what, ok := strings.CutPrefix(string(m.Key), "meetup/"+string(december)+"/")
					if !ok {
						continue
					}
					what = strings.TrimSuffix(what, "/"+string(room))
					keys = append(keys, what)
					if slices.ContainsFunc(invites, func(words string) bool { return strings.Contains(m.Text, words) }) {
						inviting = append(inviting, what+": "+m.Text)
					}
				}
				slices.Sort(keys)
				return keys, inviting
			}
			if _, inviting := stands(); len(inviting) < 2 {
				t.Errorf("as long as it is ahead, only these invite: %q", inviting)
			}
			w.Play(test.play)
			keys, inviting := stands()
			if len(inviting) > 0 {
				t.Errorf("these still invite: %q", inviting)
			}
			if slices.Sort(test.stands); !slices.Equal(keys, test.stands) {
				t.Errorf("there stand %q, want %q", keys, test.stands)
			}
		})
	}
}
