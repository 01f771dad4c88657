package engine_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"

	sqlite "modernc.org/sqlite"

	"lotse/storage"
)

// copier copies a store's database in memory, page by page, to an image and back. It
// has a connection of its own to it.
type copier struct {
	conn    *sql.Conn
	version int64 // of the database when it was last asked
}

func newCopier(ctx context.Context, store *storage.Store) (*copier, error) {
	conn, err := store.DB().RawDB.Conn(ctx)
	return &copier{conn: conn}, err
}

// changed reports whether somebody wrote since it was last asked.
func (c *copier) changed(ctx context.Context) (bool, error) {
	before := c.version
	err := c.conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&c.version)
	return c.version != before, err
}

// image is a database as it was at a moment.
type image struct {
	uri  string
	conn driver.Conn // keeps it in memory
}

var images atomic.Int64

func (c *copier) take() (*image, error) {
	i := &image{uri: fmt.Sprintf("file:/lotse-image-%d?vfs=memdb", images.Add(1))}
	err := c.conn.Raw(func(conn any) error {
		backup, err := conn.(interface {
			NewBackup(uri string) (*sqlite.Backup, error)
		}).NewBackup(i.uri)
		if err != nil {
			return err
		}
		if _, err := backup.Step(-1); err != nil {
			return errors.Join(err, backup.Finish())
		}
		i.conn, err = backup.Commit()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("copy the database: %w", err)
	}
	return i, nil
}

// put makes the database what it was in the image.
func (c *copier) put(i *image) error {
	err := c.conn.Raw(func(conn any) error {
		backup, err := conn.(interface {
			NewRestore(uri string) (*sqlite.Backup, error)
		}).NewRestore(i.uri)
		if err != nil {
			return err
		}
		_, err = backup.Step(-1)
		return errors.Join(err, backup.Finish())
	})
	if err != nil {
		return fmt.Errorf("bring the database back: %w", err)
	}
	return nil
}

func (i *image) drop() { _ = i.conn.Close() }
