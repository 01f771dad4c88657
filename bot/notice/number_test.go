package notice

import (
	"testing"
	"time"

	"lotse/bot"
)

func TestNumberAfterARestore(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	restored := &bot.Restored{At: now.Add(-time.Hour), Lived: now.Add(-2 * time.Hour)}
	for _, tt := range []struct {
		name     string
		restored *bot.Restored
		drafted  time.Time // of the newest announcement that is known
		now      time.Time
		want     int
	}{
		{"never restored", nil, now, now, 8},
		{"the first one after it", restored, now.AddDate(0, 0, -1), now, 101},
		{"the next one", restored, now.Add(-time.Minute), now, 8},
		{"decided once more", restored, now.AddDate(0, 0, -1), restored.Lived, 8},
	} {
		s := bot.Snapshot{Now: tt.now, Restored: tt.restored, LastNotice: 7, Notices: []bot.Notice{{Number: 7, Drafted: tt.drafted}}}
		if got := number(s); got != tt.want {
			t.Errorf("%s: the number is %d, want %d", tt.name, got, tt.want)
		}
	}
}
