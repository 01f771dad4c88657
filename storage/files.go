package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"lotse/bot"
)

// file is a file as a slot's content names it; its bytes are in a table of their own, so
// that who reads slots need not read them. They stay as long as the words beside them.
// The names of the fields are stored.
type file struct {
	Name string
	Type string `json:",omitempty"`
	Hash string
}

func fileOf(f *bot.File) *file {
	if f == nil {
		return nil
	}
	sum := sha256.Sum256(f.Bytes)
	return &file{Name: f.Name, Type: f.Type, Hash: hex.EncodeToString(sum[:])}
}

// frozen is how an operation that is in flight is stored.
type frozen struct {
	bot.Outgoing
	File *file `json:",omitempty"`
}

// keepFile stores what a slot's message shall carry.
func (t *txn) keepFile(ctx context.Context, slot bot.Key, f *bot.File) error {
	if f == nil {
		return nil
	}
	if len(f.Bytes) > bot.MaxFile {
		return fmt.Errorf("write slot %s: its file has %d bytes, more than %d", slot, len(f.Bytes), bot.MaxFile)
	}
	body := f.Bytes
	if body == nil {
		body = []byte{}
	}
	_, err := t.exec(ctx, `INSERT INTO files (slot, hash, body) VALUES ($1, $2, $3) ON CONFLICT (slot, hash) DO NOTHING`, slot, fileOf(f).Hash, body)
	return wrap(err, "write the file of slot %s", slot)
}

// file reads what a slot's message carries, nil if it is nothing. A file that is not there
// must not hold up the words.
func (t *txn) file(ctx context.Context, slot bot.Key, f *file) (*bot.File, error) {
	if f == nil {
		return nil, nil
	}
	full := &bot.File{Name: f.Name, Type: f.Type}
	ok, err := found(t.row(ctx, `SELECT body FROM files WHERE slot = $1 AND hash = $2`, slot, f.Hash).Scan(&full.Bytes))
	if err != nil || !ok {
		return nil, wrap(err, "read the file of slot %s", slot)
	}
	return full, nil
}

// dropFiles takes away the files that a slot does not name, or not any more.
func (t *txn) dropFiles(ctx context.Context, slot bot.Key) error {
	_, err := t.exec(ctx, `DELETE FROM files WHERE slot = $1 AND NOT EXISTS (SELECT 1 FROM slots
		WHERE key = $1 AND (wanted LIKE '%' || files.hash || '%' OR frozen LIKE '%' || files.hash || '%'))`, slot)
	return wrap(err, "take away files of slot %s", slot)
}
