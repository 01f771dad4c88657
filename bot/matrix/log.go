package matrix

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/rs/zerolog"
)

// logged are the fields of mautrix's log lines that may be kept. All others are
// dropped, above all req_body, which holds messages.
var logged = []string{"method", "status_code", "duration", "response_length", "req_id", "error", "room_id"}

// logger lets mautrix, which speaks zerolog, write to our log. What it reports of
// single requests is for debugging: failures come back as errors and are logged,
// once, where they are dealt with.
func logger(log *slog.Logger) zerolog.Logger {
	if !log.Enabled(context.Background(), slog.LevelDebug) {
		return zerolog.Nop()
	}
	return zerolog.New(toSlog{log}).Level(zerolog.DebugLevel)
}

type toSlog struct{ log *slog.Logger }

// Write takes one line of zerolog's JSON.
func (w toSlog) Write(line []byte) (int, error) {
	var fields map[string]any
	if err := json.Unmarshal(line, &fields); err != nil {
		w.log.Debug("mautrix wrote a line that cannot be read", "error", err)
		return len(line), nil
	}
	message, _ := fields[zerolog.MessageFieldName].(string)
	args := []any{"detail", message}
	for _, key := range logged {
		if v, ok := fields[key]; ok {
			args = append(args, key, v)
		}
	}
	w.log.Debug("mautrix", args...)
	return len(line), nil
}
