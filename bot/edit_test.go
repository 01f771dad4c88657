package bot

import (
	"testing"
	"time"
)

// A command that is edited long after its round changes the board only as long as
// its words stand there.
func TestEditOfAnOldCommand(t *testing.T) {
	for _, c := range []struct {
		name   string
		stands MessageID // whose words the board shows
		want   Light
	}{
		{"its words still stand there", "test:old", Red},
		{"newer words stand there", "test:new", Green},
	} {
		s := openReport(t, "2026-12-14 10:00")
		s.Round.State = RoundDone // the old one: the message is about it
		s.Project.Current.Answers = map[Field]Answer{FieldStatus: {Parts: []Part{{Message: c.stands, Light: Green, By: "maria", At: s.Now.Add(-time.Hour)}}}}
		s.Target = &Known{Message: "test:old", Subject: Subject{Project: s.Project.ID, Round: s.Round.ID}}
		got, err := Enter(s, Event{Kind: EventEdit, Message: "test:edit", Target: "test:old", Room: "test:portal"}, FieldStatus, "rot Vergabe gescheitert")
		if err != nil {
			t.Fatal(err)
		}
		light := Green
		for _, p := range got.Projects {
			light = p.Current.Answers[FieldStatus].Light()
		}
		if light != c.want {
			t.Errorf("%s: the board shows %v, want %v", c.name, light.Emoji(), c.want.Emoji())
		}
	}
}
