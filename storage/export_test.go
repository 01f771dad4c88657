package storage

import (
	"slices"

	sqlite "modernc.org/sqlite"
)

// Statements are all statements the store has run so far.
func (s *Store) Statements() []string {
	var all []string
	for _, l := range []*link{s.writing, s.reading} {
		l.mu.Lock()
		for query := range l.stmts {
			all = append(all, query)
		}
		l.mu.Unlock()
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Hold keeps everybody from writing until the end is called.
func (s *Store) Hold() (end func()) {
	s.writing.mu.Lock()
	return s.writing.mu.Unlock
}

// Waiting is how many batches wait to be taken in.
func (s *Store) Waiting() int {
	s.arrivals.Lock()
	defer s.arrivals.Unlock()
	return len(s.arrivals.waiting)
}

// OnCommit calls a function whenever the store commits what it has written.
func (s *Store) OnCommit(call func()) error {
	return s.writing.conn.Raw(func(conn any) error {
		conn.(sqlite.HookRegisterer).RegisterCommitHook(func() int32 { call(); return 0 })
		return nil
	})
}
