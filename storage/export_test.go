package storage

import "slices"

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
