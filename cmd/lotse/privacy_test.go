package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/engine/enginetest"
	"lotse/storage"
	"lotse/storage/storagetest"
)

// aviary is a city in which Kira Kanari leads a project without a room, stands in for another lead, is a member of the DM,
// and says much; the word stands in all that is hers, and nowhere else.
type aviary struct {
	*testing.T
	folder string
	chat   *enginetest.Chat
	log    bytes.Buffer
	engine *engine.Engine
	stop   func()
}

const (
	kira       bot.UserID = "matrix:@kanari:stadt.example"
	kiraToo    bot.UserID = "matrix:@kanari:werk.example"
	jonas      bot.UserID = "matrix:@jonas:stadt.example"
	pia        bot.UserID = "matrix:@pia:stadt.example"
	birdPMO    bot.RoomID = "matrix:!pmo:stadt.example"
	birdDM     bot.RoomID = "matrix:!dm:stadt.example"
	birdRoom   bot.RoomID = "matrix:!portal:stadt.example"
	birdDirect bot.RoomID = "matrix:!direct:stadt.example" // with Kira
	birdRound             = "check/2026-11-25/"
)

// birdConfig is the configuration; with names Kira in it.
func birdConfig(with bool) string {
	people, dm := "", "[dora]"
	if with {
		people, dm = `
  - {id: kanari, name: Kira Kanari, accounts: ["@kanari:stadt.example", "@kanari:werk.example"]}`, "[dora, kanari]"
	}
	return fmt.Sprintf(`city: Musterstadt
bundesland: NW
matrix: {homeserver: "https://matrix.stadt.example", user: "@lotse:stadt.example"}
people:
  - {id: pia, name: Pia Beispiel, accounts: ["@pia:stadt.example"]}
  - {id: dora, name: Dora Beispiel, accounts: ["@dora:stadt.example"]}%s
roles: {pmo: [pia], dm: %s}
projektcheck: {anchor: 2026-11-25}
rooms:
  - {room: "!pmo:stadt.example", kind: pmo}
  - {room: "!dm:stadt.example", kind: dm}
`, people, dm)
}

func newAviary(t *testing.T) *aviary {
	t.Helper()
	a := &aviary{T: t, folder: t.TempDir(), chat: enginetest.NewChat("matrix")}
	a.write("lotse.yaml", birdConfig(true))
	a.start(bot.Change{
		People: []bot.Person{{ID: "jonas", Name: "Jonas Beispiel", Accounts: []bot.UserID{jonas}}},
		Projects: []bot.Project{
			{ID: "portal", Name: "Portal", Leads: []bot.PersonID{"jonas"}, State: bot.ProjectActive}, {ID: "akte", Name: "Akte", Leads: []bot.PersonID{"kanari"}, State: bot.ProjectActive},
		},
		Rooms: []bot.Room{{ID: birdPMO, Kind: bot.RoomPMO, Joined: true}, {ID: birdDM, Kind: bot.RoomDM, Joined: true}, {ID: birdRoom, Kind: bot.RoomProject, Project: "portal", Joined: true},
			{ID: birdDirect, Kind: bot.RoomDirect, User: kira, Joined: true}},
	})
	return a
}

func (a *aviary) write(name, text string) {
	a.Helper()
	if err := os.WriteFile(filepath.Join(a.folder, name), []byte(text), 0o600); err != nil {
		a.Fatal(err)
	}
}

// start lets the bot run in the folder.
func (a *aviary) start(books bot.Change) {
	a.Helper()
	config, err := loadConfig(filepath.Join(a.folder, "lotse.yaml"))
	if err != nil {
		a.Fatal(err)
	}
	settings, err := config.Settings()
	if err != nil {
		a.Fatal(err)
	}
	store, err := storage.Open(a.Context(), config.databasePath(), storage.Options{})
	if err != nil {
		a.Fatal(err)
	}
	p := parts{
		settings: settings, people: config.People(), books: books, store: store, chats: []engine.Chat{a.chat},
		clock: engine.NewSimulated(time.Date(2026, 11, 17, 8, 0, 0, 0, settings.Zone)), log: slog.New(slog.NewTextHandler(&a.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		limits: engine.Limits{LeaseTTL: 24 * time.Hour, LeaseWait: time.Minute},
	}
	if len(books.Rooms) == 0 {
		p.rooms = config.Rooms()
	}
	if a.engine, err = p.assemble(a.Context()); err != nil {
		a.Fatal(err)
	}
	ctx, cancel := context.WithCancel(a.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.engine.Run(ctx) }()
	a.stop = func() {
		a.Helper()
		cancel()
		if err := <-ended; err != nil {
			a.Errorf("the bot ended: %v", err)
		}
		if err := store.Close(); err != nil {
			a.Error(err)
		}
	}
}

func (a *aviary) until(local string) {
	a.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", local, a.engine.Settings.Zone)
	if err == nil {
		err = a.engine.RunUntil(a.Context(), at)
	}
	if err != nil {
		a.Fatal(err)
	}
}

func (a *aviary) say(room bot.RoomID, who bot.UserID, text, thread string) bot.MessageID {
	a.Helper()
	var in bot.MessageID
	if thread != "" {
		in = a.own(room, thread)
	}
	m := a.chat.Inject(bot.Event{Kind: bot.EventMessage, Room: room, Sender: who, Text: text, Thread: in, Direct: room == birdDirect})
	a.idle()
	return m[0]
}

func (a *aviary) react(room bot.RoomID, who bot.UserID, key, emoji string) {
	a.Helper()
	a.chat.React(room, who, a.own(room, key), emoji)
	a.idle()
}

func (a *aviary) idle() {
	a.Helper()
	if err := a.engine.Idle(a.Context()); err != nil {
		a.Fatal(err)
	}
}

// own is the bot's newest message in a room whose key has a beginning.
func (a *aviary) own(room bot.RoomID, beginning string) bot.MessageID {
	a.Helper()
	for _, m := range slices.Backward(a.chat.Room(room)) {
		if strings.HasPrefix(string(m.Key), beginning) {
			return m.ID
		}
	}
	a.Fatalf("in %s there is no message %s:\n%s", room, beginning, a.chat.Transcript(room))
	return ""
}

// lotse calls the program in the folder.
func (a *aviary) lotse(want int, args ...string) string {
	a.Helper()
	var out bytes.Buffer
	code := run(a.Context(), append([]string{"--config", filepath.Join(a.folder, "lotse.yaml")}, args...), strings.NewReader(""), &out, &out)
	if code != want {
		a.Errorf("lotse %s ended with %d, want %d:\n%s", strings.Join(args, " "), code, want, out.String())
	}
	return out.String()
}

// live plays a round and a decision.
func (a *aviary) live() {
	a.chat.Name(kira, "Kira Kanari")
	a.until("2026-11-18 09:00")
	a.say(birdDirect, kira, "Status: gelb, kanari-status\nAusblick: grün\n- kanari-aufgabe\n- kanari-zweites\nBlocker: kanari-blocker\nEntscheidung: keine\nKommunikation: kanari-nutzer", "")
	a.say(birdDirect, kira, "!erledigt akte 1", "")
	a.say(birdDirect, kira, "!aufgabe akte kanari-neu", "")
	a.react(birdDirect, kira, "escalation/akte-1/draft/", "✅")
	a.say(birdPMO, pia, "!nachfrage akte Was sagt Kira Kanari dazu?", "")
	a.say(birdDirect, kira, "kanari-antwort", birdRound+"ask/akte")
	a.chat.Inject(bot.Event{Kind: bot.EventMessage, Room: birdRoom, Sender: jonas, Text: "!vertretung @Kira Kanari bis 31.12.", Mentions: []bot.Mention{{User: kira, Name: "Kira Kanari"}}})
	a.idle()
	a.say(birdRoom, kira, "gelb, kanari-vertretung", birdRound+"ask/portal")
	a.say(birdRoom, jonas, "!blocker Kira Kanari (@kanari:stadt.example) ist überlastet", "")
	a.say(birdRoom, jonas, "!eskalation Bitte Kira Kanari vertreten", "")
	a.react(birdRoom, jonas, "escalation/portal-1/draft/", "✅")
	a.react(birdDM, kiraToo, "escalation/portal-1/request/", "✅")
	a.say(birdDM, kira, "Begründung: kanari-grund", "escalation/portal-1/request/")
	a.until("2026-11-19 12:00")
	a.say(birdPMO, pia, "!projektcheck verschieben auf 26.11. 10:00 weil Kira Kanari fehlt", "")
	a.say(birdPMO, pia, "!board", "")
	a.until("2026-11-27 09:00")
	a.stop()
}

// remains are the places in the folder where the word stands yet.
func (a *aviary) remains() []string {
	a.Helper()
	var found []string
	err := filepath.WalkDir(a.folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if i := bytes.Index(bytes.ToLower(data), []byte("kanari")); i >= 0 {
			found = append(found, fmt.Sprintf("%s: %q", filepath.Base(path), data[max(0, i-40):min(len(data), i+40)]))
		}
		return err
	})
	if err != nil {
		a.Fatal(err)
	}
	return found
}

// Erasure: the person's name, accounts and words are in no table, file, export or log of the installation afterwards,
// searched byte by byte, and the decision log verifies.
func TestPrivacyErase(t *testing.T) {
	a := newAviary(t)
	a.live()
	store, err := storage.Open(t.Context(), filepath.Join(a.folder, "lotse.db"), storage.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{
		"kanari-status", "kanari-aufgabe", "kanari-zweites", "kanari-blocker", "kanari-nutzer", "kanari-neu", "kanari-antwort", "kanari-vertretung", "kanari-grund",
		"Was sagt Kira Kanari", "ist überlastet", "weil Kira", "@kanari:stadt.example", "@kanari:werk.example",
	} {
		if found, err := storagetest.Find(t.Context(), store.DB().RawDB, strings.TrimPrefix(word, "weil ")); err != nil || len(found) == 0 {
			t.Errorf("%q was not taken in, %v: the test shows nothing", word, err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(a.lotse(0, "log", "show"), "Kira Kanari") {
		t.Error("the decision log does not name her: the test shows nothing")
	}

	// While she stands in the configuration, she would come back.
	said := a.lotse(1, "privacy", "erase", "Kira Kanari", "--yes")
	for _, want := range []string{"lotse.yaml:7: people[2]: Kira Kanari", "lotse.yaml:8: roles.dm[1]: kanari"} {
		if !strings.Contains(said, want) {
			t.Errorf("the configuration names her, and it says\n%s\nwant %s", said, want)
		}
	}
	a.write("lotse.yaml", birdConfig(false))
	a.start(bot.Change{})
	a.stop()

	// Nobody is erased without a yes.
	if said := a.lotse(1, "privacy", "erase", "Kira Kanari"); !strings.Contains(said, "nothing was changed") {
		t.Errorf("without an answer it says\n%s", said)
	}
	plan := a.lotse(0, "privacy", "erase", "@kanari:stadt.example", "--dry-run")
	for _, want := range []string{
		`Kira Kanari (kanari), @kanari:stadt.example @kanari:werk.example becomes "gelöschte Person 1"`, "they no longer answer for Akte (akte); nobody does then", "nothing was changed",
	} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan is\n%s\nwant %s", plan, want)
		}
	}
	if len(a.remains()) == 0 {
		t.Error("to look has erased her")
	}
	backup := filepath.Join(t.TempDir(), "elsewhere.db")
	a.lotse(0, "backup", backup)
	a.write("projects.csv", "Projekt;Leitung\nAkte;Kira Kanari\n")

	said = a.lotse(0, "privacy", "erase", "Kira Kanari", "--yes")
	for _, want := range []string{"name or accounts are left in\n", "projects.csv (remove it, or take them out of it)", "What remains", birdRoom.Local()} {
		if !strings.Contains(said, want) {
			t.Errorf("it says\n%s\nwant %s", said, want)
		}
	}
	if err := os.Remove(filepath.Join(a.folder, "projects.csv")); err != nil {
		t.Fatal(err)
	}
	for _, place := range a.remains() {
		t.Errorf("it stands yet in %s", place)
	}
	for _, args := range [][]string{{"export"}, {"export", "--format", "json"}, {"log", "show"}, {"log", "export"}, {"log", "verify"}, {"plan"}} {
		if out := a.lotse(0, args...); strings.Contains(strings.ToLower(out), "kanari") || out == "" {
			t.Errorf("lotse %s prints\n%s", strings.Join(args, " "), out)
		}
	}
	if log := a.log.String(); strings.Contains(strings.ToLower(log), "kanari") || !strings.Contains(log, "decided") {
		for line := range strings.Lines(log) {
			if strings.Contains(strings.ToLower(line), "kanari") {
				t.Errorf("the bot's log has %s", line)
			}
		}
	}

	// Once more there is nothing to do, and the bot goes on: it leaves the direct chat and brings nothing back.
	if said := a.lotse(0, "privacy", "erase", "Kira Kanari", "--yes"); !strings.Contains(said, "nothing is stored") {
		t.Errorf("once more it says\n%s", said)
	}
	a.start(bot.Change{})
	a.until("2026-12-10 09:00")
	if said := a.chat.Transcript(birdRoom); !strings.Contains(said, "16. Dezember") {
		t.Errorf("the next round has not come to the project:\n%s", said)
	}
	a.stop()
	for _, place := range a.remains() {
		t.Errorf("it has come back in %s", place)
	}

	// A backup from before brings her back, which is said; erased once more, she is gone again.
	if said := a.lotse(0, "restore", backup, "--yes"); !strings.Contains(said, "1 person was erased since the backup was taken and is back with it") {
		t.Errorf("of the restore it says\n%s", said)
	}
	said = a.lotse(0, "privacy", "erase", "Kira Kanari", "--yes")
	for _, place := range a.remains() {
		t.Errorf("after a restore it stands yet in %s; it says\n%s", place, said)
	}
}

// The processing record of a small and of a large configuration.
func TestPrivacySheet(t *testing.T) {
	defer func(was string) { version = was }(version)
	version = "v0.0.0"
	for name, text := range map[string]string{
		"small": birdConfig(false),
		"large": birdConfig(true) + `
retention: {reports_months: 36, messages_days: 1, decisions_years: 0}
metrics: {listen: "127.0.0.1:9464"}
greeting: {where: direct}
limits: {commands_a_minute: 0}
log: {level: debug}
`,
	} {
		folder := t.TempDir()
		if name == "large" {
			text = strings.Replace(text, "projektcheck: {anchor: 2026-11-25}", `projektcheck: {anchor: 2026-11-25, rrule: "FREQ=MONTHLY;BYDAY=1WE"}`, 1)
			text = strings.Replace(text, "roles: {pmo: [pia],", "roles: {pmo: [pia, dora], dikon: [dora],", 1)
			text = strings.Replace(text, `user: "@lotse:stadt.example"`, `user: "@lotse:stadt.example", only_verified_devices: true, encrypt_direct_chats: false,
  allow: {servers: [stadt.example], users: ["@pia:werk.example"]}`, 1)
		}
		path := filepath.Join(folder, "lotse.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		config, err := loadConfig(path)
		if err != nil {
			t.Fatal(err)
		}
		if name == "large" {
			store := open(t, config.databasePath())
			epoch, err := store.Acquire(t.Context(), "test", time.Now(), time.Minute)
			if err == nil {
				err = store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: time.Now(), Change: bot.Change{
					People: config.People(), Projects: []bot.Project{{ID: "portal", Name: "Portal", State: bot.ProjectActive}},
					Rooms: []bot.Room{{ID: birdRoom, Kind: bot.RoomProject, Project: "portal", Origin: bot.FromChat, Joined: true}, {ID: birdDM, Kind: bot.RoomDM, Joined: true}},
				}})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		a := &app{now: func() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }}
		sheet, err := a.sheet(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "privacy/"+name+".md", string(sheet))
	}
}

// What somebody gets who asks for a copy of their data.
func TestPrivacyExport(t *testing.T) {
	a := newAviary(t)
	a.live()
	out := a.lotse(0, "privacy", "export", "@kanari:werk.example")
	for _, want := range []string{
		`"name": "Kira Kanari"`, `"matrix:@kanari:werk.example"`, `"text": "kanari-status"`, `"text": "kanari-neu"`, `"text": "kanari-antwort"`, `"text": "kanari-grund"`,
		`"choice": "✅"`, `"entry": "decided"`, `"role": "lead"`, `"role": "deputy"`, `"until": "2026-12-31"`, `"reports_months": 24`, `"kind": "vote"`, `"roles": [
    "dm"
  ]`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the export has no %s:\n%s", want, out)
		}
	}
	if strings.Contains(out, "Jonas") || strings.Contains(out, "überlastet") {
		t.Errorf("the export tells of others:\n%s", out)
	}
	file := filepath.Join(a.folder, "kira.json")
	a.lotse(0, "privacy", "export", "Kira Kanari", "--output", file)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v; want it private", info, err)
	}
	if said := a.lotse(1, "privacy", "export", "Kira Kanary"); !strings.Contains(said, `did you mean "Kira Kanari"?`) {
		t.Errorf("a typing slip is told:\n%s", said)
	}
	if out := a.lotse(0, "privacy", "export", "@otto:stadt.example"); !strings.Contains(out, `"statements": []`) {
		t.Errorf("of a stranger it says\n%s", out)
	}

	// The person is told the same in chat, and nobody else is.
	a.start(bot.Change{})
	a.until("2026-11-27 10:00")
	a.say(birdRoom, kiraToo, "!datenschutz", "")
	for _, room := range a.chat.Rooms() {
		said := a.chat.Transcript(room)
		private := strings.Contains(said, "Was über Sie gespeichert ist")
		if private != (room == "matrix:direct-@kanari:werk.example") {
			t.Errorf("in %s stands what is for her alone: %v\n%s", room, private, said)
		}
		for _, want := range []string{"kanari-status", "kanari-grund", "@kanari:werk.example"} {
			if private && !strings.Contains(said, want) {
				t.Errorf("she is not told of %s:\n%s", want, said)
			}
		}
		files := 0
		for _, m := range a.chat.Room(room) {
			if m.File == nil {
				continue
			}
			files++
			var exported, sent map[string]any
			if err := errors.Join(json.Unmarshal([]byte(out), &exported), json.Unmarshal(m.File.Bytes, &sent)); err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{"version", "city", "person", "roles", "projects", "statements", "retention"} {
				if diff := cmp.Diff(exported[part], sent[part]); diff != "" {
					t.Errorf("%s differ between the export and %s:\n%s", part, m.File.Name, diff)
				}
			}
			if m.File.Name != "lotse-datenschutz-2026-11-27.json" || m.File.Type != "application/json" {
				t.Errorf("the file is %q, %s", m.File.Name, m.File.Type)
			}
		}
		if private != (files == 1) {
			t.Errorf("in %s stand %d files:\n%s", room, files, said)
		}
	}
	a.stop()
}

func open(t *testing.T, path string) *storage.Store {
	t.Helper()
	store, err := storage.Open(t.Context(), path, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// What is deleted in the chat is in no table any more, with all that has become of it: escalations, the decision log.
func TestPrivacyDeletion(t *testing.T) {
	a := newAviary(t)
	a.until("2026-11-18 09:00")
	type said struct {
		room bot.RoomID
		id   bot.MessageID
	}
	var all []said
	say := func(room bot.RoomID, text, thread string) {
		all = append(all, said{room, a.say(room, kira, text, thread)})
	}
	say(birdDirect, "Status: gelb, kanari-status\nAusblick: grün\n- kanari-aufgabe\nBlocker: kanari-blocker\nEntscheidung: keine\nKommunikation: kanari-nutzer", "")
	a.react(birdDirect, kira, "escalation/akte-1/draft/", "✅")
	a.say(birdRoom, jonas, "!eskalation Schnittstelle fehlt", "")
	a.react(birdRoom, jonas, "escalation/portal-1/draft/", "✅")
	a.react(birdDM, kiraToo, "escalation/portal-1/request/", "✅")
	say(birdDM, "Begründung: kanari-grund", "escalation/portal-1/request/")
	a.until("2026-11-27 09:00") // decided, closed, published, over
	words := []string{"kanari-status", "kanari-aufgabe", "kanari-blocker", "kanari-nutzer", "kanari-grund"}
	stands := func(word string) (found []string) {
		t.Helper()
		store, err := storage.Open(t.Context(), filepath.Join(a.folder, "lotse.db"), storage.Options{ReadOnly: true})
		if err == nil {
			found, err = storagetest.Find(t.Context(), store.DB().RawDB, word)
			err = errors.Join(err, store.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for _, word := range words {
		if len(stands(word)) == 0 {
			t.Errorf("%s was not taken in: the test shows nothing", word)
		}
	}
	for _, s := range all {
		a.chat.Delete(s.room, kira, s.id)
		a.idle()
	}
	a.until("2026-11-27 09:05")
	for _, word := range words {
		if found := stands(word); len(found) > 0 {
			t.Errorf("%s was deleted, and stands yet in\n%s", word, strings.Join(found, "\n"))
		}
		for _, room := range a.chat.Rooms() {
			for _, m := range a.chat.Room(room) {
				if m.Key != "" && strings.Contains(m.Text, word) {
					t.Errorf("the bot says in %s, under %s:\n%s", room, m.Key, m.Text)
				}
			}
		}
	}
	a.stop()
	a.lotse(0, "log", "verify")
}
