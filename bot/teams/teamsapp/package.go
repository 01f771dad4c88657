package teamsapp

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// The files of a package.
const (
	manifestFile = "manifest.json"
	colorFile    = "color.png"
	outlineFile  = "outline.png"
)

// Package checks the app and makes its package. The same app has the same bytes.
func (a App) Package() ([]byte, error) {
	m := a.Manifest()
	if err := m.Check(); err != nil {
		return nil, err
	}
	text, err := m.encode()
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", manifestFile, err)
	}
	pictures, err := drawn()
	if err != nil {
		return nil, err
	}
	return pack(append([]file{{manifestFile, text}}, pictures...))
}

// drawn are the icons.
var drawn = sync.OnceValues(func() ([]file, error) {
	color, err := encode(colorIcon())
	if err != nil {
		return nil, fmt.Errorf("draw %s: %w", colorFile, err)
	}
	outline, err := encode(outlineIcon())
	if err != nil {
		return nil, fmt.Errorf("draw %s: %w", outlineFile, err)
	}
	return []file{{colorFile, color}, {outlineFile, outline}}, nil
})

type file struct {
	name string
	data []byte
}

// pack makes a zip. It stores: there is little to gain, and how well a library packs is
// nobody's promise.
func pack(files []file) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Store, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err == nil {
			_, err = w.Write(f.data)
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.name, err)
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

// About is what a package says that it is.
type About struct {
	Name        string
	App         string // the bot's application
	Version     Version
	Permissions []string // what owners are asked for
}

// maxManifest is how many bytes of a manifest are read.
const maxManifest = 1 << 20

// Read looks into a package; it may be one that others have made.
func Read(data []byte) (About, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return About{}, fmt.Errorf("it is no zip: %w", err)
	}
	f, err := z.Open(manifestFile)
	if err != nil {
		return About{}, fmt.Errorf("it has no %s: %w", manifestFile, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		return About{}, fmt.Errorf("read %s: %w", manifestFile, err)
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return About{}, fmt.Errorf("read %s: %w", manifestFile, err)
	}
	if len(m.Bots) != 1 || m.Version == (Version{}) {
		return About{}, errors.New("its manifest has no bot, or no version")
	}
	about := About{Name: m.Name.Short, App: m.Bots[0].ID, Version: m.Version}
	for _, p := range m.Authorization.Permissions.Specific {
		about.Permissions = append(about.Permissions, p.Name)
	}
	return about, nil
}
