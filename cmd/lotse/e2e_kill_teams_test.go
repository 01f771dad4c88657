package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/bot/matrix/matrixtest"
	"lotse/bot/teams"
	"lotse/bot/teams/teamstest"
	"lotse/storage"
)

// TestKillTeams kills the bot again and again with SIGKILL during a round in Teams, in two channels, a group chat and a
// personal chat, whose leads keep answering, in words and by cards, and asking: when an activity comes, before the bot has
// it, while it works on it, when it has answered and a moment after; and at one of its own requests, before the playground
// gets it, while it works on it, when it has done it and the bot has not heard, and a moment after the bot has. What did not
// get a 200 comes again.
//
// In the end the books have every answer, and every question has its own, in the order in which they were put. Nobody can
// look into a conversation, so a message that the bot did not live to note stands there once more: so many do, and no others.
//
// In the long tier the bot dies 30 times, otherwise 4. LOTSE_TEST_SEED repeats the decisions of another run.
func TestKillTeams(t *testing.T) {
	deaths, seed := 4, uint64(time.Now().UnixNano())
	if os.Getenv("LOTSE_TEST_LONG") != "" {
		deaths = 30
	}
	if text := os.Getenv("LOTSE_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("LOTSE_TEST_SEED: %v", err)
		}
	}
	t.Logf("LOTSE_TEST_SEED=%d", seed)
	o := newCityHall(t, rand.New(rand.NewPCG(seed, 0)))

	unheard := 0
	for n := range deaths {
		clock := "2026-11-18 09:00"
		if n >= deaths/2 && len(o.asked) == len(o.staff) {
			clock = "2026-11-20 09:00" // the first reminder
		}
		d := death{
			what:  [][]string{{"activity"}, {"POST"}, {"POST", "PUT"}}[(n+o.chance.IntN(2))%3],
			when:  []string{"before", "during", "after", "behind"}[o.chance.IntN(4)],
			left:  1 + o.chance.IntN(6),
			delay: time.Duration(o.chance.IntN(5000)) * time.Microsecond,
			done:  make(chan struct{}),
		}
		o.die(&d, o.launch(clock))
		for living := true; living; {
			o.act(d.done)
			select {
			case <-d.done:
				living = false
			default:
			}
		}
		killed := d.by()
		if killed == "" {
			t.Fatalf("nobody has killed the bot, and it has ended\n%s", o.botLog())
		}
		o.bot = nil
		o.city.Relay.AwaitStill(t)
		all := o.strays()
		fresh := all[unheard:]
		unheard = len(all)
		t.Logf("death %d: %s %s; %d messages stand there that the bot did not live to note; %d activities were acknowledged", n+1, d.when, killed, len(fresh), o.acknowledged)
		for i, p := range fresh {
			if slices.ContainsFunc(fresh[:i], func(q teamstest.Post) bool { return o.place(q) == o.place(p) }) {
				t.Errorf("%s had more than one message in hand", o.place(p))
			}
		}
		if d.when == "after" && killed == "POST" && len(fresh) == 0 {
			t.Error("the playground has a message of which the bot did not hear, and the bot has noted it")
		}
	}
	o.start("2026-11-20 09:00")
	for _, d := range o.staff {
		o.finish(d)
	}
	o.tell("idle")
	o.stop()

	o.allInBooks()
	o.allStand(unheard)
}

// cityHall is a town whose leads work in Teams.
type cityHall struct {
	*town
	city    *teamstest.Playground
	address string // where the bot listens
	chance  *rand.Rand
	staff   []*lead
	asked   map[string]string // by project: the message with the form
	count   int

	acknowledged int
}

// lead is where a project is talked about: by one person, who says one thing after the other.
type lead struct {
	project, room string
	who           teamstest.Person
	given         map[string]answer // by field
	orders        []string          // the ids of what asked for a reply, in order

	activity map[string]any // that is not acknowledged yet
	done     func()         // what holds once it is
	where    string
}

// answer is an answer: its words, and the message that has them, if it is one.
type answer struct{ text, message string }

func newCityHall(t *testing.T, chance *rand.Rand) *cityHall {
	t.Helper()
	o := &cityHall{city: teamstest.Start(t), chance: chance, asked: map[string]string{}}
	o.town = raiseOn(t, matrixtest.Dendrite, false, 1, nil)
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.address = port.Addr().String()
	port.Close()
	o.write("secret", teamstest.Secret)
	o.configures("projektcheck:\n", fmt.Sprintf(`teams:
  app_id: %s
  tenant: %s
  secret_file: secret
  listen: %q
  teams: [%q]
  addresses: {metadata: %q, token: %q}
projektcheck:
`, teamstest.AppID, teamstest.Tenant, o.address, teamstest.Team, o.city.Relay.Metadata(), o.city.Relay.Token()))
	o.staff = []*lead{
		{project: "friedhof", who: teamstest.Kim, room: teamstest.Channel},
		{project: "wohngeld", who: teamstest.Kim, room: teamstest.Team},
		{project: "ausweis", who: teamstest.Jonas, room: teamstest.Group},
		{project: "kitaplatz", who: teamstest.Maria, room: teamstest.Personal},
	}
	table := "Kürzel;Projekt;Leitung;Konto;Raum\n"
	for _, d := range o.staff {
		d.given = map[string]answer{}
		room := "teams:" + d.room
		if d.room == teamstest.Personal {
			room = ""
		}
		// The town has a Maria Beispiel in Matrix.
		table += strings.Join([]string{d.project, "Projekt " + d.project, strings.Replace(d.who.Name, "Beispiel", "Probe", 1), "teams:" + d.who.Object, room}, ";") + "\n"
	}
	o.run("import", "--yes", o.write("teams.csv", table))

	o.city.Relay.Deliver("http://" + o.address + teams.Path)
	o.start("2026-11-18T08:59:00+01:00")
	o.moveIn()
	for _, d := range o.staff {
		o.says(d, d.room, map[string]any{"type": "conversationUpdate", "membersAdded": []any{map[string]string{"id": "28:" + teamstest.AppID}}}, func() {})
		o.finish(d)
	}
	o.tell("idle")
	o.stop()
	return o
}

// death is how the bot dies.
type death struct {
	what  []string // of what passes the relay
	when  string
	left  int // passages until then
	delay time.Duration

	mu     sync.Mutex
	bot    *exec.Cmd
	killed string
	done   chan struct{} // closed when it is dead
}

// die has the bot die a death.
func (o *cityHall) die(d *death, bot *exec.Cmd) {
	d.bot = bot
	go func() {
		_ = bot.Wait() // it was killed
		close(d.done)
	}()
	o.city.Relay.Watch(d.see)
}

// see is shown what passes the relay, counts it, and says whether it goes on.
func (d *death) see(p teamstest.Passing) bool {
	if !slices.Contains(d.what, p.What) || p.Done != (d.when == "after" || d.when == "behind") {
		return true
	}
	d.mu.Lock()
	d.left--
	now := d.left == 0
	if now {
		d.killed = p.What
	}
	d.mu.Unlock()
	switch {
	case !now:
	case d.when == "before", d.when == "after":
		d.kill()
	default: // while it passes, or a moment after the bot has heard
		time.AfterFunc(d.delay, d.kill)
	}
	// The 200 of an activity was on its way: that is a promise.
	return !now || d.when != "before"
}

func (d *death) kill() {
	_ = d.bot.Process.Kill()
	<-d.done
}

// by is what it died at, "" if at nothing.
func (d *death) by() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.killed
}

// act has somebody say something, or say it again; it returns at once when the bot is dead.
func (o *cityHall) act(dead <-chan struct{}) {
	o.Helper()
	d := o.staff[o.chance.IntN(len(o.staff))]
	if d.activity == nil {
		o.think(d)
	}
	if !o.deliver(d) {
		o.listens(dead)
	}
}

// listens waits until the bot listens, or is dead.
func (o *cityHall) listens(dead <-chan struct{}) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := net.Dial("tcp", o.address); err == nil {
			c.Close()
			return
		}
		select {
		case <-tick.C:
		case <-dead:
			return
		}
	}
}

// finish lets somebody say what is not acknowledged yet.
func (o *cityHall) finish(d *lead) {
	o.Helper()
	if d.activity != nil && !o.deliver(d) {
		o.Fatalf("nothing kills the bot, and it does not take %v", d.activity)
	}
}

// think decides what somebody does next: asks the bot something, writes an answer, edits one, or fills in the form.
func (o *cityHall) think(d *lead) {
	o.Helper()
	ask := func() {
		var id string
		id = o.says(d, o.thread(d), map[string]any{"type": "message", "text": "!offen", "textFormat": "plain"}, func() { d.orders = append(d.orders, id) })
	}
	card := o.card(d)
	if card.ID == "" { // it is not asked yet
		ask()
		return
	}
	o.count++
	text := fmt.Sprintf("Antwort %d", o.count)
	what := o.chance.IntN(4)
	if what > 1 && d.room == teamstest.Personal && len(d.given) >= 4 {
		what = 1 // a personal chat is not about the project any more once it has all the answers
	}
	switch what {
	case 0:
		ask()
	case 1:
		fields := map[string]string{"status": "🟡", "outlook": "🟢"}
		given := map[string]answer{}
		for field, input := range inputs {
			fields[input] = text + " " + field
			given[field] = answer{text: fields[input]}
		}
		o.says(d, card.Conversation, map[string]any{
			"type": "invoke", "name": "adaptiveCard/action", "replyToId": card.ID, "value": map[string]any{"action": card.Card.HandIn(o, fields)},
		}, func() { d.given = given })
	default:
		fields := []string{"status", "outlook", "blocker", "decision", "communication"}
		field := fields[o.chance.IntN(len(fields))]
		words := map[string]any{"type": "message", "text": inWords[field] + text, "textFormat": "plain"}
		was := d.given[field].message
		if was != "" && o.chance.IntN(2) == 0 {
			words["type"], words["id"] = "messageUpdate", was
		}
		var id string
		id = o.says(d, o.thread(d), words, func() { d.given[field] = answer{text, id} })
	}
}

// inWords are the fields in the words of a lead, inputs what the form calls their texts.
var (
	inWords = map[string]string{"status": "Status: gelb – ", "outlook": "Ausblick: gelb – ", "blocker": "Blocker: ", "decision": "Entscheidung: ", "communication": "Kommunikation: "}
	inputs  = map[string]string{"status": "status.text", "outlook": "outlook.text", "blocker": "blocker", "decision": "decision", "communication": "communication"}
)

// says is what somebody is about to say, and what holds once that is acknowledged. It returns its id.
func (o *cityHall) says(d *lead, where string, activity map[string]any, done func()) (id string) {
	if activity["id"] == nil {
		activity["id"] = fmt.Sprintf("said:%d", time.Now().UnixNano())
	}
	activity["timestamp"] = time.Now().UTC().Format(time.RFC3339Nano)
	d.activity, d.where, d.done = activity, where, done
	return activity["id"].(string)
}

// deliver lets the playground deliver what somebody says, and reports whether it is acknowledged.
func (o *cityHall) deliver(d *lead) bool {
	o.Helper()
	n := o.city.Relay.Delivered()
	o.city.Activity(o, d.who, d.where, d.activity)
	switch got := o.city.Relay.AwaitDeliveryOf(o, d.activity["id"].(string), n); {
	case got.Status == 200:
		o.acknowledged++
		d.done()
		d.activity = nil
		return true
	case got.Status < 500:
		o.Fatalf("the bot answered %v with %d %s", d.activity, got.Status, got.Answer)
	}
	return false
}

// thread is where one talks about a project.
func (o *cityHall) thread(d *lead) string {
	if c := o.card(d); c.ID != "" && strings.Contains(d.room, "tacv2") {
		return d.room + ";messageid=" + c.ID
	}
	return d.room
}

// card is the form of a project as it stands now: that of which the bot knows.
func (o *cityHall) card(d *lead) teamstest.Post {
	o.Helper()
	if o.asked[d.project] == "" {
		o.look(`SELECT message FROM slots WHERE chat = 'teams' AND kind = 'check.opening' AND message <> '' AND project = '`+d.project+`'`, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			o.asked[d.project] = id[strings.LastIndexByte(id, '/')+1:]
			return err
		})
	}
	for _, p := range slices.Backward(o.city.Relay.Posts()) {
		if p.ID == o.asked[d.project] && p.ID != "" && p.Card != nil {
			return p
		}
	}
	return teamstest.Post{}
}

// look reads rows of the database.
func (o *cityHall) look(query string, row func(scan func(...any) error) error) {
	o.Helper()
	store, err := storage.Open(o.Context(), filepath.Join(o.folder, "lotse.db"), storage.Options{ReadOnly: true})
	if err != nil {
		o.Fatal(err)
	}
	defer store.Close()
	rows, err := store.DB().RawDB.QueryContext(o.Context(), query)
	if err != nil {
		o.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			o.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		o.Fatal(err)
	}
}

// place is the room in which a post stands.
func (o *cityHall) place(p teamstest.Post) string {
	room, _, _ := strings.Cut(p.Conversation, ";messageid=")
	return room
}

// messages are all that the playground has got of the bot, without edits.
func (o *cityHall) messages() (all []teamstest.Post) {
	for _, p := range o.city.Relay.Posts() {
		if p.Method == "POST" && p.ID != "" { // a personal chat that is opened has no message
			all = append(all, p)
		}
	}
	return all
}

// strays are the messages that stand in Teams and of which the books do not know.
func (o *cityHall) strays() (all []teamstest.Post) {
	o.Helper()
	known := map[string]bool{}
	o.look(`SELECT message FROM slots WHERE chat = 'teams' AND op = 'message' AND message <> ''`, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		known[id] = true
		return err
	})
	for _, p := range o.messages() {
		if !known["teams:"+o.place(p)+"/"+p.ID] {
			all = append(all, p)
		}
	}
	return all
}

// allInBooks checks that the books have what was said last.
func (o *cityHall) allInBooks() {
	o.Helper()
	var file exportFile
	if err := json.Unmarshal([]byte(o.run("export", "--format", "json")), &file); err != nil {
		o.Fatal(err)
	}
	answers := 0
	for _, d := range o.staff {
		i := slices.IndexFunc(file.Projects, func(p exportProject) bool { return string(p.ID) == d.project })
		if i < 0 {
			o.Fatalf("the books have no project %s", d.project)
		}
		stored := map[string]string{}
		for field, a := range file.Projects[i].Answers {
			stored[string(field)] = a.Text
		}
		for field, g := range d.given {
			answers++
			if stored[field] != g.text {
				o.Errorf("%s: of %s was said last %q, the books have %q", d.project, field, g.text, stored[field])
			}
		}
		// The form shows the same.
		card := o.card(d)
		if card.Card == nil {
			o.Errorf("%s was never asked", d.project)
			continue
		}
		for field, g := range d.given {
			if in := card.Card.Input(inputs[field]); in == nil || in.Value != g.text {
				o.Errorf("%s: of %s was said last %q, its form shows %+v", d.project, field, g.text, in)
			}
		}
	}
	o.Logf("%d activities were acknowledged; %d answers stand, all in the books and in the forms", o.acknowledged, answers)
}

// allStand checks that all that the outbox has sent stands in Teams, in order, and besides only as much again as the bot did
// not live to note.
func (o *cityHall) allStand(unheard int) {
	o.Helper()
	all, at := o.messages(), map[string]int{} // where a message stands among them, by its id in the books
	for i, p := range all {
		at["teams:"+o.place(p)+"/"+p.ID] = i
	}
	sent, last := 0, map[string]int{}
	replies := map[string]int{} // where the reply to a message stands, by its id
	o.look(`SELECT key, room, state, message, reason, revision FROM slots WHERE chat = 'teams' AND op = 'message' ORDER BY ord`, func(scan func(...any) error) error {
		var key, room, state, message, reason string
		var revision int
		if err := scan(&key, &room, &state, &message, &reason, &revision); err != nil {
			return err
		}
		i, stands := at[message]
		switch {
		case state != "sent":
			o.Errorf("%s is %s in the outbox: %s", key, state, reason)
			return nil
		case !stands:
			o.Errorf("%s was sent as %s and stands nowhere", key, message)
			return nil
		}
		sent++
		if rest, ok := strings.CutPrefix(key, "reply/"); ok {
			m, _, _ := strings.Cut(rest, "/0/")
			replies[m[strings.LastIndexByte(m, '/')+1:]] = i
		}
		if revision > 1 { // it has a new place in the outbox for each edit
			return nil
		}
		if i < last[room] {
			o.Errorf("%s stands before what was said earlier", key)
		}
		last[room] = i
		return nil
	})
	orders := 0
	for _, d := range o.staff {
		before := -1
		for _, id := range d.orders {
			orders++
			i, ok := replies[id]
			if !ok {
				o.Errorf("%s: %s was acknowledged and has no reply", d.project, id)
			} else if i < before {
				o.Errorf("%s: the reply to %s stands before those to what was asked earlier", d.project, id)
			}
			before = i
		}
	}
	strays := o.strays()
	if len(strays) != unheard || len(all) != sent+unheard {
		o.Errorf("%d messages stand in Teams, %d of them not in the books; %d were sent, and the bot did not live to note %d", len(all), len(strays), sent, unheard)
	}
	for _, s := range strays {
		from := slices.IndexFunc(all, func(p teamstest.Post) bool { return p.ID == s.ID && p.Conversation == s.Conversation })
		if !slices.ContainsFunc(all[from+1:], func(p teamstest.Post) bool { return o.place(p) == o.place(s) && string(p.Body) == string(s.Body) }) {
			o.Errorf("a message that the bot did not live to note does not stand there again: %s", s.Text)
		}
	}
	o.Logf("%d messages were sent and %d stand; %d replies in order; %d stand once more, as many as the bot did not live to note", sent, len(all), orders, len(strays))
}
