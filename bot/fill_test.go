package bot

import (
	"slices"
	"testing"
)

// What the PMO enters from its room in another chat shows where the project is asked, in the
// way of that chat: a form there is filled in, and where there is none nothing becomes one.
func TestEnteredFromAnotherChat(t *testing.T) {
	words, forms := Abilities{Threads: true, Reactions: true, Edits: true}, Abilities{Threads: true, Edits: true, Forms: true}
	for name, c := range map[string]struct {
		here, there Abilities
		form        bool
	}{
		"from words to a form": {words, forms, true},
		"from a form to words": {forms, words, false},
	} {
		s := openReport(t, "2026-11-18 09:30")
		s.Abilities = c.here
		s.AbilitiesIn = func(room RoomID) Abilities {
			if room == s.Report.Room {
				return c.there
			}
			return c.here
		}
		pia := Person{ID: "pia", Name: "Pia Beispiel", Accounts: []UserID{"other:pia"}}
		s.Settings.Roles = map[Role][]PersonID{RolePMO: {"pia"}}
		s.Person, s.User, s.Room, s.Thread, s.OpenStands = &pia, "other:pia", Room{ID: "other:pmo", Kind: RoomPMO, Joined: true}, nil, false
		change, err := Enter(s, Event{ID: "e", Kind: EventMessage, Room: "other:pmo", Sender: "other:pia", Message: "other:m"}, FieldStatus, "gelb – Vergabe läuft")
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(change.Posts, func(p Post) bool { return p.Key == s.Report.AskKey() })
		if form := i >= 0 && change.Posts[i].Form != nil; form != c.form {
			t.Errorf("%s: a form is drawn again: %v, want %v", name, form, c.form)
			continue
		}
		if c.form {
			fields := change.Posts[i].Form.Fields
			if fields[0].Value != "🟡" || fields[1].Value != "Vergabe läuft" {
				t.Errorf("%s: the form shows %+v", name, fields[:2])
			}
		}
	}
}
