package dialoguetest

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/teams/teamstest"
)

// Differing are the dialogues that do not go over Teams as they are, each with the reason.
type Differing struct {
	// Unplayable: what people do in it cannot be done in Teams.
	Unplayable map[string]string
	// Elsewhere: it can be played, and the books do not end as over Matrix, where one
	// does more, or less.
	Elsewhere map[string]string
}

// Teams plays the dialogues of a folder three times, in one tenant of Teams: over a chat
// that can do what Teams can, over the real Teams adapter (see tenant), and over a chat that
// can do what Matrix can. The first two are to be the same after each section, word for
// word, and in all books; the third is to end with the same answers, tasks, votes and
// decisions, unless the dialogue is about forms.
//
// Rooms are channels, or group chats where the dialogue says that there are no threads. At
// first the bot is put into them. Nothing comes together there.
func Teams(t *testing.T, dir string, kit func() Kit, differing Differing) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues in %s: %v", dir, err)
	}
	authority := teamstest.NewAuthority(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, sections := parse(string(data))
			like := perform(t, kit, sections, &teamsLike{})
			unplayable, known := differing.Unplayable[name]
			if like.failed != "" {
				if !known {
					t.Errorf("it cannot be played in a chat like Teams: %s", like.failed)
				}
				t.Skip(unplayable)
			}
			real := perform(t, kit, sections, &teamsLike{authority: authority})
			diff := real.failed
			if diff == "" {
				diff = differ(like.news, real.news) + differ(like.books, real.books)
			}
			switch {
			case diff != "" && !known:
				t.Errorf("over Teams it is not as in a chat that can do the same (- like, + over Teams):\n%s", diff)
			case diff == "" && known:
				t.Errorf("it is the same over Teams, although %s", unplayable)
			}
			if known {
				t.Skip(unplayable)
			}
			if lines(sections)["forms"] {
				return // over Matrix nobody can do what is done there
			}
			matrix := perform(t, kit, sections, &teamsLike{matrix: true})
			diff = matrix.failed
			if diff == "" {
				diff = differ(matrix.kept, real.kept)
			}
			elsewhere, known := differing.Elsewhere[name]
			switch {
			case diff != "" && !known:
				t.Errorf("over Teams the books do not end as over Matrix (- Matrix, + Teams):\n%s", diff)
			case diff == "" && known:
				t.Errorf("the books end as over Matrix, although %s", elsewhere)
			}
		})
	}
	for name := range differing.Unplayable {
		if !slices.Contains(files, filepath.Join(dir, name+".txtar")) {
			t.Errorf("there is no dialogue %s any more", name)
		}
	}
}

// lines are those in which somebody does something.
func lines(sections []section) map[string]bool {
	all := map[string]bool{}
	for _, s := range sections {
		for line := range strings.Lines(s.text) {
			if s.name == "in" {
				all[strings.TrimSpace(line)] = true
			}
		}
	}
	return all
}

// performance is what came of a dialogue.
type performance struct {
	failed string // why it could not be played to its end
	news   string // what the bot did, section by section
	books  string // all that is in them
	kept   string // of it what does not depend on the chat
}

// perform plays a dialogue.
func perform(t *testing.T, kit func() Kit, sections []section, like *teamsLike) (p performance) {
	tr := &trial{T: t}
	ctx, cancel := context.WithCancel(t.Context())
	tr.ctx = ctx
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, clean := range slices.Backward(tr.cleanups) {
				clean()
			}
			cancel()
		}()
		w := New(tr, kit())
		w.teams = like
		if like.authority != nil {
			like.tenant = newTenant(tr, like.authority)
		}
		for _, s := range sections {
			if s.name == "in" {
				w.Play(s.text)
				p.news += "-- in --\n" + s.text + "-- out --\n" + w.News()
			}
		}
		if doubled := w.Chat.Doubled(); len(doubled) > 0 {
			tr.Errorf("said twice: %q", doubled)
		}
		p.books, p.kept = w.books(), w.kept()
		if like.tenant != nil {
			like.tenant.mu.Lock()
			defer like.tenant.mu.Unlock()
			for _, wrong := range like.tenant.wrong {
				tr.Errorf("%s", wrong)
			}
		}
	}()
	<-done
	p.failed = strings.Join(tr.failures, "\n")
	return p
}

// trial is a test whose failures are asked for.
type trial struct {
	*testing.T
	ctx      context.Context
	failures []string
	cleanups []func()
}

func (t *trial) Errorf(format string, args ...any) {
	t.failures = append(t.failures, fmt.Sprintf(format, args...))
}
func (t *trial) Fatalf(format string, args ...any) { t.Errorf(format, args...); runtime.Goexit() }
func (t *trial) Fatal(args ...any)                 { t.Fatalf("%s", fmt.Sprint(args...)) }
func (t *trial) Cleanup(f func())                  { t.cleanups = append(t.cleanups, f) }
func (t *trial) Context() context.Context          { return t.ctx }
func (t *trial) Output() io.Writer                 { return io.Discard }

// teamsLike makes a world's rooms those of a tenant of Teams.
type teamsLike struct {
	matrix    bool                 // with a chat that can do what Matrix can
	authority *teamstest.Authority // over the real adapter
	tenant    *tenant
	joined    map[bot.RoomID]bool
}

func (l *teamsLike) roomID(w *World, name string) bot.RoomID {
	switch {
	case strings.HasPrefix(name, "direct-"):
		return bot.RoomID("teams:" + name)
	case w.setup.Has("cannot", "threads"):
		return bot.RoomID("teams:19:" + name + "@thread.v2")
	}
	return bot.RoomID("teams:19:" + name + "@thread.tacv2")
}

// settle says what the chat can do.
func (l *teamsLike) settle(w *World) {
	can := w.Chat.Abilities()
	if _, strict := w.setup["strict"]; strict {
		w.unlike("there are no devices to confirm")
	}
	if !can.Edits {
		w.unlike("messages can be edited")
	}
	if !l.matrix {
		can.Reactions, can.Files, can.Echo, can.Forms = false, false, false, true
	}
	w.Chat.Can(can)
}

// chat is the one that the bot gets.
func (l *teamsLike) chat(w *World) engine.Chat {
	switch {
	case l.matrix:
		return w.Chat
	case l.tenant != nil:
		return l.tenant.begins(w)
	}
	return likeTeams{w.Chat, w.Chat, w.Chat}
}

func (c likeTeams) Send(ctx context.Context, out bot.Outgoing) (bot.MessageID, error) {
	if !c.AbilitiesIn(out.Room).Threads {
		out.Thread = ""
	}
	return c.Chat.Send(ctx, out)
}

// likeTeams is a chat that can do no more than Teams.
type likeTeams struct {
	engine.Chat
	engine.DirectOpener
	engine.Settler
}

func (c likeTeams) AbilitiesIn(room bot.RoomID) bot.Abilities {
	can := c.Abilities()
	can.Threads = can.Threads && strings.HasSuffix(room.Local(), "@thread.tacv2")
	return can
}

// begin notes in which rooms the bot is.
func (l *teamsLike) begin(cast bot.Change) {
	l.joined = map[bot.RoomID]bool{}
	for _, room := range cast.Rooms {
		if room.Joined {
			l.joined[room.ID] = true
		}
	}
}

// look makes of what is to happen what can happen in Teams.
func (l *teamsLike) look(w *World, events []bot.Event, names []string) {
	w.t.Helper()
	if len(events) > 0 && w.Engine == nil {
		w.unlike("what people do while the bot is down is lost to it")
	}
	for i := range events {
		e := &events[i]
		if !strings.HasSuffix(e.Room.Local(), "@thread.tacv2") {
			e.Thread = "" // only channels have any
		}
		e.Direct = strings.HasPrefix(e.Room.Local(), "direct-")
		if l.tenant != nil && e.Kind == bot.EventReaction {
			l.tenant.mu.Lock()
			l.tenant.lasting[deed(*e)] = l.tenant.lasting[deed(*e)] || names[i] != ""
			l.tenant.mu.Unlock()
		}
		switch e.Kind {
		case bot.EventMember:
			w.unlike("the bot does not hear who else is new")
		case bot.EventUnreadable:
			w.unlike("nothing is encrypted between people and the bot")
		case bot.EventMoved:
			w.unlike("rooms have no successors")
		case bot.EventInvitation:
			e.Kind = bot.EventJoined
		case bot.EventForm: // it is handed in where its card stands
			if strings.HasSuffix(e.Room.Local(), "@thread.tacv2") {
				e.Thread = e.Target
				for _, m := range w.Chat.Room(e.Room) {
					if m.ID == e.Target && m.Thread != "" {
						e.Thread = m.Thread
					}
				}
			}
		case bot.EventDeletion: // of a reaction is said what it was, and on what
			for _, m := range w.Chat.Room(e.Room) {
				for _, r := range m.Reactions {
					if r.ID == e.Target {
						e.Emoji, e.ReplyTo = r.Emoji, m.ID
					}
				}
			}
		}
		if e.Kind == bot.EventJoined || slices.Contains(w.Chat.Rooms(), e.Room) {
			l.joined[e.Room] = true
		}
		if !l.joined[e.Room] {
			l.joined[e.Room] = true
			w.Chat.Inject(bot.Event{Kind: bot.EventJoined, Room: e.Room, Sender: e.Sender, At: e.At, Direct: e.Direct})
			w.Idle()
		}
	}
}

// rows are those of a query of three columns.
func (w *World) rows(query string) (lines []string) {
	w.t.Helper()
	rows, err := w.Store.DB().RawDB.QueryContext(w.t.Context(), query)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var a, b, c string
		if err := rows.Scan(&a, &b, &c); err != nil {
			w.t.Fatal(err)
		}
		lines = append(lines, a+" "+b+" "+c)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return lines
}

var (
	happening  = regexp.MustCompile(`teams:message(Reaction|Update|Delete)/([^"/ ]+)/(\d+)/\d*/\d*(\d{3})/[0-9a-f]+(/[-+][^"/ ]*)?`)
	coming     = regexp.MustCompile(`teams:conversationUpdate/([^"/ ]+)/(\d+)/\d+`)
	fraction   = regexp.MustCompile(`(:\d\d)\.\d+Z`)
	messageIDs = regexp.MustCompile(`teams:[^"/ ]+/\d+`)
)

// alike makes ids and instants the same that are the same but for the adapter's manner:
// what happens to a message has no id of its own in Teams, but its number is in its time,
// see activity.
func alike(lines []string) []string {
	for i, line := range lines {
		line = strings.ReplaceAll(line, "teams:$", "teams:")
		line = coming.ReplaceAllString(line, "teams:$1/$2")
		line = happening.ReplaceAllStringFunc(line, func(id string) string {
			m := happening.FindStringSubmatch(id)
			if m[1] != "Reaction" {
				m[3] = strings.TrimLeft(m[4], "0")
			}
			return "teams:" + m[2] + "/" + m[3]
		})
		lines[i] = fraction.ReplaceAllString(line, "${1}Z")
	}
	return lines
}

// books are all that the bot knows, what is still to be done, and what it says.
func (w *World) books() string {
	w.t.Helper()
	var lines []string
	for _, query := range []string{
		`SELECT 'person', id, body FROM people ORDER BY 2`,
		`SELECT 'room', id, body FROM rooms ORDER BY 2`,
		`SELECT 'project', id, body FROM projects ORDER BY 2`,
		`SELECT 'round', id, body FROM rounds ORDER BY 2`,
		`SELECT 'report', round || ' ' || project, body FROM reports ORDER BY 2`,
		`SELECT 'task', project || ' ' || seq, body FROM tasks ORDER BY 2`,
		`SELECT 'escalation', id, body FROM escalations ORDER BY 2`,
		`SELECT 'reported', escalation, round FROM escalation_rounds ORDER BY 2, 3`,
		`SELECT 'network', id, body FROM networks ORDER BY 2`,
		`SELECT 'meetup', id, body FROM meetups ORDER BY 2`,
		`SELECT 'notice', number, body FROM notices ORDER BY 2`,
		`SELECT 'quiet', user_id, since_ms FROM quiet ORDER BY 2`,
		`SELECT 'direct', user_id, body FROM directs ORDER BY 2`,
		`SELECT 'ref', message, project || ' ' || round || ' ' || field || ' ' || escalation FROM refs ORDER BY 2`,
		`SELECT 'timer', key, at_ms || ' ' || body FROM timers ORDER BY 2`,
		`SELECT 'slot', key, state || ' ' || message || ' ' || wanted FROM slots ORDER BY 2`,
	} {
		lines = append(lines, w.rows(query)...)
	}
	lines = alike(append(lines, w.log()...))
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// log is the decision log.
func (w *World) log() (lines []string) {
	w.t.Helper()
	_, err := w.Store.Log(w.t.Context(), bot.LogQuery{}, func(r bot.Record) error {
		line := fmt.Sprintf("log %d %s %s %d %s %s %s %s %s", r.Seq, r.Kind, r.Escalation, r.Number, r.Project, r.At.UTC().Format("2006-01-02T15:04:05Z"), r.Person, r.Role, r.Choice)
		for _, text := range r.Texts {
			line += fmt.Sprintf(" %s=%q", text.Name, text.Text)
		}
		lines = append(lines, line+r.Broken)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return lines
}

// kept are the answers, tasks, votes and decisions.
func (w *World) kept() string {
	w.t.Helper()
	var lines []string
	for _, query := range []string{
		`SELECT 'report', round || ' ' || project, body FROM reports ORDER BY 2`,
		`SELECT 'task', project || ' ' || seq, body FROM tasks ORDER BY 2`,
		`SELECT 'escalation', id, body FROM escalations ORDER BY 2`,
		`SELECT 'meetup', id, body FROM meetups ORDER BY 2`,
		`SELECT 'notice', number, body FROM notices ORDER BY 2`,
	} {
		lines = append(lines, w.rows(query)...)
	}
	all := strings.Join(alike(append(lines, w.log()...)), "\n") + "\n"
	return messageIDs.ReplaceAllString(all, "teams:…")
}
