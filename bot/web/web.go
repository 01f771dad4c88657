package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"lotse/bot"
	"lotse/bot/ical"
)

// Calendars are what links lead to: the store and the rules, put together by whoever runs the server.
type Calendars interface {
	// Calendar is what the link shows whose token has that hash; false if there is no such link, or not any more.
	Calendar(ctx context.Context, hash string) (ical.Calendar, bool, error)
}

// Server answers. It is safe for concurrent use.
type Server struct {
	calendars Calendars
	log       *slog.Logger
	now       func() time.Time
	turns     chan struct{} // a request at work holds one

	mu sync.Mutex
	// since says from when on what a link shows is as it is, by the hash of its token: links are few.
	since map[string]version
}

type version struct {
	etag string
	from time.Time
}

const (
	// atOnce is how many calendars are made at the same time; the bot has other things to do.
	atOnce = 4
	// longest is how long one may take.
	longest = 10 * time.Second
)

// New makes a server for calendars.
func New(calendars Calendars, log *slog.Logger) *Server {
	return &Server{calendars: calendars, log: log, now: time.Now, turns: make(chan struct{}, atOnce), since: map[string]version{}}
}

// Name is what the server calls itself, so that one can tell whether it is there.
const Name = "Lotse"

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Server", Name)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Robots-Tag", "noindex")
	// Who has it may keep it, nobody in between; and a link that is revoked is revoked at once.
	header.Set("Cache-Control", "private, no-cache")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), longest)
	defer cancel()
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		header.Set("Retry-After", "60")
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	// A path that is no link at all is looked for like one.
	path, _ := strings.CutPrefix(r.URL.Path, bot.FeedPath)
	token, proper := strings.CutSuffix(path, bot.FeedEnding)
	proper = proper && r.URL.Path == bot.FeedPath+token+bot.FeedEnding
	hash := bot.HashToken(token)
	calendar, found, err := s.calendars.Calendar(ctx, hash)
	switch {
	case err != nil:
		if ctx.Err() == nil {
			s.log.ErrorContext(ctx, "a calendar cannot be shown", "error", err)
		}
		http.Error(w, "try again later", http.StatusInternalServerError)
	case !found || !proper:
		http.Error(w, "there is nothing here, or not any more", http.StatusNotFound)
	default:
		s.show(w, r, hash, calendar.Feed())
	}
}

// show answers with a calendar, or with that it is still the same.
func (s *Server) show(w http.ResponseWriter, r *http.Request, hash string, data []byte) {
	sum := sha256.Sum256(data)
	v := s.version(hash, `"`+hex.EncodeToString(sum[:16])+`"`)
	w.Header().Set("Content-Type", ical.MediaType)
	w.Header().Set("Content-Disposition", `inline; filename="kalender.ics"`)
	w.Header().Set("ETag", v.etag)
	http.ServeContent(w, r, "", v.from, bytes.NewReader(data))
}

// version is from when on a link shows what has this tag. After a start that is now: who asks by the time alone gets it
// once more, never something old.
func (s *Server) version(hash, etag string) version {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.since[hash]
	if !ok || v.etag != etag {
		from := s.now().Truncate(time.Second) // as the header has it: two versions must not have the same
		if ok && !from.After(v.from) {
			from = v.from.Add(time.Second)
		}
		v = version{etag, from}
		s.since[hash] = v
	}
	return v
}
