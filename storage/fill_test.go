package storage_test

import (
	"path/filepath"
	"testing"

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
