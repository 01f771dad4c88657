package storage

import (
	"context"
	"fmt"
)

// Recall returns what was remembered under a name, or "".
func (s *Store) Recall(ctx context.Context, name string) (string, error) {
	var value string
	err := s.read(ctx, func(ctx context.Context, t *txn) error {
		_, err := found(t.row(ctx, `SELECT value FROM memory WHERE name = $1`, name).Scan(&value))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("recall %s: %w", name, err)
	}
	return value, nil
}

// Remember keeps a value under a name. It is not bound to an epoch: an adapter may
// remember its session before there is a lease.
func (s *Store) Remember(ctx context.Context, name, value string) error {
	err := s.change(ctx, func(ctx context.Context, t *txn) error {
		return t.remember(ctx, name, value)
	})
	return wrap(err, "remember")
}

func (t *txn) remember(ctx context.Context, name, value string) error {
	_, err := t.exec(ctx, `INSERT INTO memory (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return wrap(err, "remember %s", name)
}
