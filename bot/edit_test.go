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

// Only who answered a question back can change that answer or take it away: a
// moderator may delete anybody's message, and an edit may be forged.
func TestAnswerBackIsItsAuthors(t *testing.T) {
	for _, c := range []struct {
		name string
		kind EventKind
		who  PersonID
		want string
	}{
		{"edited by who wrote it", EventEdit, "maria", "Anders"},
		{"edited by another lead", EventEdit, "jens", "Am Freitag"},
		{"deleted by who wrote it", EventDeletion, "maria", ""},
		{"deleted by somebody else", EventDeletion, "jens", "Am Freitag"},
	} {
		s := openReport(t, "2026-11-20 10:00")
		s.Report.Returned = []AskBack{{Text: "Bis wann?", By: "pia"}}
		s.Report.Open = &Question{Field: FieldReturn, Ask: AskReturn, N: 1}
		s.Report.Asked = append(s.Report.Asked, *s.Report.Open)
		given, err := Decide(s, Event{Kind: EventMessage, Message: "test:back", Thread: s.Thread.Message, Room: "test:portal", Text: "Am Freitag"})
		if err != nil || len(given.Reports) != 1 {
			t.Fatalf("%s: the answer was not taken: %v", c.name, err)
		}
		s.Report = &given.Reports[0]
		s.Project.Leads = []PersonID{"maria", "jens"}
		s.Person = &Person{ID: c.who}
		s.Target = &Known{Message: "test:back", Subject: Subject{Project: s.Project.ID, Round: s.Round.ID}}
		got, err := Decide(s, Event{Kind: c.kind, Message: "test:then", Target: "test:back", Room: "test:portal", Text: "Anders"})
		if err != nil {
			t.Fatal(err)
		}
		answer := s.Report.Returned[0].Answer
		for _, r := range got.Reports {
			answer = r.Returned[0].Answer
		}
		if answer != c.want {
			t.Errorf("%s: the answer is %q, want %q", c.name, answer, c.want)
		}
	}
}

// A check that is moved to and fro and to again is told of each time: what a room
// was told once before is not told again by itself.
func TestMovedThereAndBackIsTold(t *testing.T) {
	s := openReport(t, "2026-11-19 12:00")
	round := *s.Round
	told := map[Key]bool{}
	for _, to := range []string{"2026-11-27 10:00", "2026-11-25 10:00", "2026-11-27 10:00"} {
		s.Now, s.Rounds = s.Now.Add(time.Minute), []Round{round}
		c, err := MoveCheck(s, Event{}, round, at(t, to), "")
		if err != nil {
			t.Fatal(err)
		}
		round = c.Rounds[0]
		s.Round = &round
		project, err := Due(s, Timer{Kind: TimerMoved, At: s.Now, Subject: Subject{Round: round.ID, Project: "serviceportal"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range append(c.Posts, project.Posts...) {
			if p.Kind == KindMoved && told[p.Key] {
				t.Errorf("moved to %s: %s stands there already", to, p.Key)
			} else if p.Kind == KindMoved {
				told[p.Key] = true
			}
		}
	}
	if len(told) != 6 {
		t.Errorf("told by %v, want three messages to the DM and three to the project", told)
	}
}
