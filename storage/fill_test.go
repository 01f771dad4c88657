package storage_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lotse/bot"
	"lotse/storage"
	"lotse/storage/storagetest"
)

func TestFill(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "lotse.db"), storage.Options{})
	city, err := storagetest.Fill(t.Context(), s, 30, 4)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := s.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Two messages per project and round, those of the open one too.
	if want := 30 * 5 * 2; counts[bot.SlotSent] != want || len(counts) != 1 {
		t.Errorf("slots are %v, want %d sent", counts, want)
	}
	p := city.Projects[29]
	snap, err := s.Load(t.Context(), bot.Query{Room: city.Room(p), User: city.Lead(p), AllReports: true, Rounds: true, History: 9, AllTasks: true})
	if err != nil {
		t.Fatal(err)
	}
	if snap.Project.ID != p || snap.Report == nil || snap.Round.ID != city.Round.ID || !snap.OpenStands || snap.Person == nil {
		t.Errorf("the lead's view is project %v, report %v, stands %v", snap.Project, snap.Report, snap.OpenStands)
	}
	if len(snap.Projects) != 30 || len(snap.Reports) != 30 || len(snap.History) != 5 || len(snap.Tasks) != 8 || len(snap.Rounds) != 3 {
		t.Errorf("%d projects, %d reports, %d in history, %d tasks, %d rounds, want 30, 30, 5, 8, 3",
			len(snap.Projects), len(snap.Reports), len(snap.History), len(snap.Tasks), len(snap.Rounds))
	}
	if got, _ := s.Acquire(t.Context(), "next", city.Now, 1); got == 0 {
		t.Error("the lease was not given back")
	}
}

// BenchmarkLoadAndCommit is a decision's share of the store: one project's answer.
func BenchmarkLoadAndCommit(b *testing.B) {
	for _, size := range []struct {
		name             string
		projects, rounds int
	}{{"50", 50, 35}, {"5000", 5000, 35}} {
		b.Run(size.name, func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "lotse.db"), storage.Options{})
			city, err := storagetest.Fill(b.Context(), s, size.projects, size.rounds)
			if err != nil {
				b.Fatal(err)
			}
			epoch, err := s.Acquire(b.Context(), "bench", city.Now, 1)
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for i := range b.N {
				p := city.Projects[i%50]
				snap, err := s.Load(b.Context(), bot.Query{Room: city.Room(p), User: city.Lead(p), Seq: 1 << 40})
				if err != nil {
					b.Fatal(err)
				}
				err = s.Commit(b.Context(), bot.Commit{Epoch: epoch, Now: city.Now, Change: bot.Change{Reports: []bot.Report{*snap.Report}}})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestFillEscalations(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "lotse.db"), storage.Options{})
	city, err := storagetest.Fill(t.Context(), s, 7, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := storagetest.FillEscalations(t.Context(), s, city, 100); err != nil {
		t.Fatal(err)
	}
	snap, err := s.Load(t.Context(), bot.Query{Number: 93, Page: &bot.EscalationPage{Open: true, Limit: 99}})
	if err != nil || snap.Escalation == nil || snap.Escalated != 15 || snap.LastNumber != 100 || len(snap.Listed) != 40 || len(snap.Escalations) != 6 {
		t.Errorf("number 93 is %v of %d, %d open of the project, %d in all, the last number %d, error %v",
			snap.Escalation, snap.Escalated, len(snap.Escalations), len(snap.Listed), snap.LastNumber, err)
	}
	if c, err := verify(t.Context(), s); err != nil || c.Entries != 60*5+40*3 {
		t.Errorf("the log is %+v, error %v", c, err)
	}
}

// BenchmarkEscalations is the store's share of a page of the list, and of a vote, with 50
// escalations in the record and with 5,000. The two take turns, so that what else the
// machine does hits both.
func BenchmarkEscalations(b *testing.B) {
	small, big := newEscalationBench(b, 50), newEscalationBench(b, 5000)
	page := func(query func(city storagetest.City) bot.Query) func(escalationBench, int) {
		return func(s escalationBench, _ int) {
			q := query(s.city)
			if got := len(s.load(b, q).Listed); got != 10 {
				b.Fatalf("%d are listed", got)
			}
		}
	}
	for _, each := range []struct {
		name string
		do   func(s escalationBench, i int)
	}{
		{"page-all", page(func(city storagetest.City) bot.Query {
			return bot.Query{Room: city.DM, Page: &bot.EscalationPage{Limit: 10}}
		})},
		{"page-open", page(func(city storagetest.City) bot.Query {
			return bot.Query{Room: city.DM, Page: &bot.EscalationPage{Open: true, Limit: 10}}
		})},
		{"page-mine", page(func(city storagetest.City) bot.Query {
			return bot.Query{Room: city.DM, Page: &bot.EscalationPage{Projects: city.Projects[:10], Limit: 10}}
		})},
		{"vote", func(s escalationBench, i int) { s.vote(b, s.n-i%40) }},
	} {
		b.Run(each.name, func(b *testing.B) {
			var took [2][]time.Duration
			one := func(which, i int) {
				began := time.Now()
				each.do([]escalationBench{small, big}[which], i)
				took[which] = append(took[which], time.Since(began))
			}
			pass := 0
			for i := range 40 { // what is read often has been read
				one(0, i)
				one(1, i)
			}
			took = [2][]time.Duration{}
			for ; b.Loop(); pass++ {
				for i := range 200 {
					one(i%2, i)
					one(1-i%2, i)
				}
			}
			of50, of5000 := median(took[0]), median(took[1])
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(of50)/float64(time.Microsecond), "µs/50")
			b.ReportMetric(float64(of5000)/float64(time.Microsecond), "µs/5000")
			b.ReportMetric(float64(of5000)/float64(of50), "ratio")
			b.ReportMetric(float64(len(took[0])), "each")
		})
	}
}

func median(of []time.Duration) time.Duration {
	slices.Sort(of)
	return of[len(of)/2]
}

// escalationBench is a store with so many escalations.
type escalationBench struct {
	*storage.Store
	city  storagetest.City
	epoch int64
	n     int
}

func newEscalationBench(b *testing.B, n int) escalationBench {
	s := open(b, filepath.Join(b.TempDir(), "lotse.db"), storage.Options{})
	city, err := storagetest.Fill(b.Context(), s, 50, 2)
	if err != nil {
		b.Fatal(err)
	}
	if err := storagetest.FillEscalations(b.Context(), s, city, n); err != nil {
		b.Fatal(err)
	}
	epoch, err := s.Acquire(b.Context(), "bench", city.Now, 1)
	if err != nil {
		b.Fatal(err)
	}
	return escalationBench{s, city, epoch, n}
}

func (s escalationBench) load(b *testing.B, q bot.Query) bot.Snapshot {
	snap, err := s.Load(b.Context(), q)
	if err != nil {
		b.Fatal(err)
	}
	return snap
}

// vote is one more vote for the same thing: loaded, and committed with its entry.
func (s escalationBench) vote(b *testing.B, number int) {
	e := *s.load(b, bot.Query{Room: s.city.DM, Number: number, Seq: 1 << 40}).Escalation
	entry := bot.Entry{Kind: bot.EntryVote, Escalation: e.ID, Number: e.Number, Project: e.Project, At: s.city.Now, By: e.Votes[0].By}
	c := bot.Commit{Epoch: s.epoch, Now: s.city.Now, Change: bot.Change{Escalations: []bot.Escalation{e}, Entries: []bot.Entry{entry}}}
	if err := s.Commit(b.Context(), c); err != nil {
		b.Fatal(err)
	}
}
