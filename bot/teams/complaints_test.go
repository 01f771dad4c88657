package teams

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// However many requests are refused, the log has a line a minute for each reason, and
// loses none of them.
func TestComplaintsAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &strings.Builder{}
		m := newMemory()
		chat, err := New(Config{
			AppID: testApp, Tenant: testTenant, Credential: Credential{Secret: "s"}, Memory: m,
			Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey {
					return slog.Attr{}
				}
				return a
			}})),
		})
		if err != nil {
			t.Fatal(err)
		}
		knock := func(times int, path string) {
			for range times {
				chat.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
			}
		}
		want := func(when string, lines ...string) {
			t.Helper()
			synctest.Wait()
			chat.complaints.mu.Lock()
			defer chat.complaints.mu.Unlock()
			got := strings.Split(strings.TrimSpace(log.String()), "\n")
			log.Reset()
			slices.Sort(got) // of one instant
			if len(lines) == 0 {
				lines = []string{""}
			}
			if !slices.Equal(got, lines) {
				t.Errorf("%s the log says %q, want %q", when, got, lines)
			}
		}
		elsewhere := `status=404 reason="nothing is here; activities go to /api/messages" times=`
		method := `status=405 reason="only POST is possible" times=`
		knock(1, "/")
		want("at once", elsewhere+"1")
		knock(1000, "/")
		knock(3, Path)
		want("within the minute", method+"1")
		time.Sleep(often)
		want("after a minute", elsewhere+"1000", method+"2")
		time.Sleep(often)
		want("when nothing has come")
		time.Sleep(often)
		knock(1, "/")
		want("when it begins anew", elsewhere+"1")
		knock(7, "/")
		chat.complaints.end()
		want("in the end", elsewhere+"7")
		time.Sleep(2 * often)
		want("after the end")
		if got := chat.Refused(); !maps.Equal(got, map[string]int{"nothing is here; activities go to /api/messages": 1009, "only POST is possible": 3}) {
			t.Errorf("counted were %v", got)
		}
	})
}

// A tenant or a team that is not listed is named to the operator, if it looks like one.
func TestComplaintsNameWhoIsNotListed(t *testing.T) {
	for _, tt := range []struct{ body, want string }{
		{body(func(a map[string]any) {
			a["channelData"] = map[string]any{"tenant": map[string]any{"id": "88888888-0000-0000-0000-000000000008"}}
			delete(a["conversation"].(map[string]any), "tenantId")
		}), `reason="the tenant is not on the list" times=1 tenant=88888888-0000-0000-0000-000000000008` + "\n"},
		{inTeamBody("19:other@thread.tacv2"), `reason="the team is not on the list" times=1 team=19:other@thread.tacv2` + "\n"},
		{inTeamBody("19:" + secretWords + " @thread.tacv2"), `reason="the team is not on the list" times=1` + "\n"},
	} {
		a := newAuthority(t)
		chat, m, log := newChat(t, a, func(c *Config) { c.Teams = []string{"19:listed@thread.tacv2"} })
		token := sign(t, jwt.SigningMethodRS256, goodKey, "good", good())
		for range 50 {
			if w := post(chat, token, tt.body); w.Code != http.StatusForbidden {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
		}
		if got := log.String(); strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, tt.want) || strings.Contains(got, secretWords) {
			t.Errorf("the log says %q, want one line with %q", got, tt.want)
		}
		if len(m.batches) > 0 {
			t.Error("something was stored")
		}
	}
}

// What cannot be had for now is counted together: its reason may hold anything.
func TestComplaintsOfAnOutage(t *testing.T) {
	a := newAuthority(t)
	a.down = true
	chat, _, _ := newChat(t, a, nil)
	token := sign(t, jwt.SigningMethodRS256, goodKey, "good", good())
	post(chat, token, body(nil))
	chat.open(nil)
	post(chat, token, body(nil))
	if got := chat.Refused(); !maps.Equal(got, map[string]int{"not available": 2}) {
		t.Errorf("counted were %v", got)
	}
}
