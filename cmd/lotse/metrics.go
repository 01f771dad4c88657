package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/teams"
	"lotse/storage"
)

// meter counts for Prometheus. Labels are kinds and outcomes, never people, rooms or projects.
type meter struct {
	registry  *prometheus.Registry
	events    *prometheus.CounterVec
	timers    *prometheus.CounterVec
	late      prometheus.Histogram
	decisions prometheus.Histogram
	sends     *prometheus.CounterVec
	sending   *prometheus.HistogramVec
	failing   atomic.Pointer[time.Time] // since when the chat takes nothing, nil: the last try was answered
	tried     atomic.Pointer[time.Time] // when something was last tried to be sent, nil: never
}

// newMeter makes the metrics. Those of the outbox are read from the store when they are asked for.
func newMeter(store *storage.Store) *meter {
	m := &meter{
		registry: prometheus.NewRegistry(),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lotse_events_total", Help: "What happened in chats and was worked on, by kind and outcome.",
		}, []string{"kind", "outcome"}),
		timers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lotse_timers_total", Help: "What time brought and was worked on, by kind and outcome.",
		}, []string{"kind", "outcome"}),
		late: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "lotse_timer_late_seconds", Help: "How long after it was due a timer was worked on.",
			Buckets: []float64{0.1, 1, 10, 60, 600, 3600, 86400},
		}),
		decisions: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "lotse_decision_seconds", Help: "How long a decision took, from loading to the end of the commit.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 12),
		}),
		sends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lotse_sends_total", Help: "Tries to send, by chat, operation and outcome.",
		}, []string{"chat", "op", "outcome"}),
		sending: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "lotse_send_seconds", Help: "How long a try to send took.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 12),
		}, []string{"chat"}),
	}
	info, _ := debug.ReadBuildInfo()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "lotse_build_info", Help: "Always 1; the label says which version runs.",
		ConstLabels: prometheus.Labels{"version": versionOf(version, info)},
	})
	build.Set(1)
	m.registry.MustRegister(m.events, m.timers, m.late, m.decisions, m.sends, m.sending, build, outboxCollector{store},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// hooks are what the engine tells.
func (m *meter) hooks() engine.Metrics {
	return engine.Metrics{
		Event: func(kind bot.EventKind, outcome string) { m.events.WithLabelValues(string(kind), outcome).Inc() },
		Timer: func(kind bot.TimerKind, outcome string, late time.Duration) {
			m.timers.WithLabelValues(string(kind), outcome).Inc()
			m.late.Observe(late.Seconds())
		},
		Decision: func(took time.Duration) { m.decisions.Observe(took.Seconds()) },
		Send: func(chat bot.ChatID, op bot.Op, outcome string, took time.Duration) {
			m.sends.WithLabelValues(string(chat), string(cmp.Or(op, bot.OpMessage)), outcome).Inc()
			m.sending.WithLabelValues(string(chat)).Observe(took.Seconds())
			m.tried.Store(new(time.Now()))
			switch outcome {
			case "sent", "found", "failed": // what was refused for good was answered, too
				m.failing.Store(nil)
			default:
				m.failing.CompareAndSwap(nil, new(time.Now()))
			}
		},
	}
}

// outboxCollector reads how many slots of the outbox are in which state.
type outboxCollector struct{ store *storage.Store }

var outboxSlots = prometheus.NewDesc("lotse_outbox_slots", "What rooms shall hold, by how far it has got.", []string{"state"}, nil)

// Describe implements prometheus.Collector.
func (outboxCollector) Describe(out chan<- *prometheus.Desc) { out <- outboxSlots }

// Collect implements prometheus.Collector.
func (c outboxCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	counts, err := c.store.Counts(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(outboxSlots, err)
		return
	}
	for _, state := range []bot.SlotState{bot.SlotPending, bot.SlotSending, bot.SlotSent, bot.SlotFailed, bot.SlotStale} {
		out <- prometheus.MustNewConstMetric(outboxSlots, prometheus.GaugeValue, float64(counts[state]), string(state))
	}
}

// teamsCollector reads what requests from Teams were not let in.
type teamsCollector struct{ chat *teams.Chat }

var teamsRefused = prometheus.NewDesc("lotse_teams_refused_total", "Requests to the address for Teams that were not let in, by reason.", []string{"reason"}, nil)

// Describe implements prometheus.Collector.
func (teamsCollector) Describe(out chan<- *prometheus.Desc) { out <- teamsRefused }

// Collect implements prometheus.Collector.
func (c teamsCollector) Collect(out chan<- prometheus.Metric) {
	for reason, n := range c.chat.Refused() {
		out <- prometheus.MustNewConstMetric(teamsRefused, prometheus.CounterValue, float64(n), reason)
	}
}

// How long something may take before the bot is not healthy.
const (
	quietSync   = 3 * time.Minute // without an answer to a long poll, which takes half a minute
	quietLease  = 2 * leaseTTL
	longBacklog = 10 * time.Minute
)

// health says whether the bot does its work.
type health struct {
	store  *storage.Store
	meter  *meter
	clock  engine.Clock
	synced interface{ at() time.Time } // nil: there is no homeserver
	began  time.Time
	engine atomic.Pointer[engine.Engine]
}

// watch says which engine is meant, as soon as there is one.
func (h *health) watch(e *engine.Engine) { h.engine.Store(e) }

// faults are what is wrong, in words for the operator; none: all is well.
func (h *health) faults(ctx context.Context) []string {
	e := h.engine.Load()
	if e == nil {
		return []string{"the bot is starting"}
	}
	var faults []string
	add := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	status := e.Status()
	now := time.Now()
	if status.Stuck != nil {
		add("no decision can be made: %v", status.Stuck)
	}
	for chat, err := range status.Deaf {
		add("%s is not listened to: %v", chat, err)
	}
	if renewed := status.Renewed; now.Sub(renewed) > quietLease && now.Sub(h.began) > quietLease {
		add("the lease of the database was not renewed since %s", renewed.Format(time.RFC3339))
	}
	for chat, out := range status.LoggedOut {
		if out {
			add("%s does not accept the session any more; run \"lotse login\"", chat)
		}
	}
	if h.synced != nil && now.Sub(h.synced.at()) > quietSync && now.Sub(h.began) > quietSync {
		add("the homeserver has not told what is new for more than %s", quietSync)
	}
	if since := h.meter.failing.Load(); since != nil && now.Sub(*since) > longBacklog {
		add("nothing could be sent since %s", since.Format(time.RFC3339))
	}
	backlog, err := h.store.Backlog(ctx)
	if err != nil {
		add("the database cannot be read: %v", err)
		return faults
	}
	waits := func(what string, since time.Time) {
		if waited := h.clock.Now().Sub(since); !since.IsZero() && waited > longBacklog {
			add("%s waits for %s", what, waited.Round(time.Second))
		}
	}
	waits("an event", backlog.Received)
	// A server's limit may stretch the opening of a round over hours: as long as something is sent, all is well.
	tried := h.began
	if last := h.meter.tried.Load(); last != nil {
		tried = *last
	}
	if now.Sub(tried) > longBacklog {
		waits("a message to be sent", backlog.Pending)
	}
	return faults
}

// ServeHTTP answers 200 and "ok", or 503 and what is wrong, one line each.
func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	faults := h.faults(ctx)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if len(faults) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = fmt.Fprintln(w, strings.Join(faults, "\n"))
		return
	}
	_, _ = fmt.Fprintln(w, "ok")
	if books, err := h.store.Load(ctx, bot.Query{}); err == nil && books.Restored.Paused() {
		_, _ = fmt.Fprintln(w, "paused: the database was restored from a backup; nothing is sent until the PMO agrees with !weiter")
	}
}

// serveMetrics answers until ctx ends.
func serveMetrics(ctx context.Context, listener net.Listener, m *meter, h *health, log *slog.Logger) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry, ErrorLog: promLog{log}}))
	mux.Handle("GET /healthz", h)
	return serve(ctx, "metrics", listener, mux, log)
}

// serve answers until ctx ends; what says what, for errors.
func serve(ctx context.Context, what string, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	closed := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		err := server.Shutdown(ctx)
		if err != nil { // somebody has not ended a request: that is not waited for
			err = server.Close()
		}
		closed <- err
	})
	err := server.Serve(listener)
	if stop() {
		return fmt.Errorf("serve %s: %w", what, err) // it ended by itself
	}
	if err := <-closed; err != nil {
		return fmt.Errorf("end serving %s: %w", what, err)
	}
	return nil
}

// promLog takes what the Prometheus library complains about.
type promLog struct{ log *slog.Logger }

// Println implements promhttp.Logger.
func (l promLog) Println(v ...any) { l.log.Warn("metrics", "error", fmt.Sprint(v...)) }
