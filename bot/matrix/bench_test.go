package matrix

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"lotse/bot/matrix/matrixtest"
)

// BenchmarkFirstSync measures the first sync of a bot in 500 rooms, and prints what
// the process holds after it: the adapter's share of the bot's memory.
func BenchmarkFirstSync(b *testing.B) {
	srv := matrixtest.Start(b)
	lotse := srv.Register(b, "lotse")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 125 {
				var created struct {
					ID string `json:"room_id"`
				}
				err := lotse.Do("POST", matrixtest.Path("createRoom"), map[string]any{"name": fmt.Sprint("Projekt ", i)}, &created)
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var chat *Chat
	for b.Loop() {
		var err error
		chat, err = New(Config{Homeserver: srv.URL, UserID: lotse.ID, AccessToken: lotse.Token, Memory: newMemory()})
		if err != nil {
			b.Fatal(err)
		}
		s, err := chat.step(b.Context(), "", false)
		if err != nil {
			b.Fatal(err)
		}
		chat.adopt(s)
		if len(chat.rooms) != 500 {
			b.Fatalf("%d rooms, want 500", len(chat.rooms))
		}
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc)/1e6, "MB-heap")
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		var kb float64
		for line := range strings.Lines(string(status)) {
			fmt.Sscanf(line, "VmRSS: %f kB", &kb)
		}
		b.ReportMetric(kb/1e3, "MB-rss")
	}
	runtime.KeepAlive(chat)
}
