package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"lotse/bot"
)

// Erased says what an erasure took away, or would.
type Erased struct {
	bot.ErasureCount
	As       bot.Person // the pseudonym
	Known    bool       // the books knew the person
	Accounts int
	Projects []bot.Project   // for which they answered, as they are afterwards
	LogTexts int             // of the decision log, with those of others that name the person
	Records  int             // entries of the decision log by them, which stay
	Events   int             // of theirs that were not worked on, or given up
	Waiting  int             // messages not sent yet that named or quoted them, and are left out
	Directs  int             // direct chats that the bot leaves
	Newcomer int             // networks in which they were new once
	Quiet    int             // accounts that did not want to be written to
	Rooms    []bot.RoomID    // in which messages may stand that name them
	Asked    []bot.ProjectID // about which the running round asks them in a direct chat
}

// Nothing reports whether there was nothing of the person.
func (e Erased) Nothing() bool {
	return !e.Known && e.ErasureCount == bot.ErasureCount{} && e.LogTexts+e.Events+e.Waiting+e.Directs+e.Newcomer+e.Quiet == 0
}

// errLook ends a transaction that was only to find out.
var errLook = errors.New("only looked")

// erasedCounter counts the pseudonyms.
const erasedCounter = "erased"

// Erase takes a person out of everything that this program has written; mautrix's tables
// are not its own. look only says what it would do. x has Person, Names and Instead.
//
// It is one transaction. What was there lies on in the journal and in free pages until
// [Store.Vacuum].
func (s *Store) Erase(ctx context.Context, epoch int64, now time.Time, x *bot.Erasure, lang bot.Language, look bool) (Erased, error) {
	e := eraser{Erasure: x, now: now}
	err := s.write(ctx, epoch, func(ctx context.Context, t *txn) error {
		e.txn = t
		if err := e.all(ctx, lang); err != nil {
			return err
		}
		if look {
			return errLook
		}
		return nil
	})
	if errors.Is(err, errLook) {
		err = nil
	}
	e.done.ErasureCount, e.done.As = x.Count, x.As
	return e.done, wrap(err, "erase a person")
}

// Erasures returns how many people were erased.
func (s *Store) Erasures(ctx context.Context) (n int, err error) {
	err = s.read(ctx, func(ctx context.Context, t *txn) error {
		_, err := found(t.row(ctx, `SELECT value FROM counters WHERE name = $1`, erasedCounter).Scan(&n))
		return err
	})
	return n, wrap(err, "count erasures")
}

// eraser is an erasure at work in a transaction.
type eraser struct {
	*bot.Erasure
	*txn
	now  time.Time
	done Erased
}

// all goes through everything. What somebody has said is gathered first, so that the
// rest knows it.
func (e *eraser) all(ctx context.Context, lang bot.Language) error {
	var n int
	if _, err := found(e.row(ctx, `SELECT value FROM counters WHERE name = $1`, erasedCounter).Scan(&n)); err != nil {
		return err
	}
	e.As = bot.Pseudonymous(n+1, lang)
	for _, step := range []func(context.Context) error{
		e.reports, e.projects, e.tasks, e.escalations, e.networks, e.meetups, e.notices, e.rounds, e.log, e.inbox, e.slots, e.rooms, e.person, e.columns, e.sweep,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if e.done.ErasureCount = e.Count; e.done.Nothing() {
		return nil
	}
	_, err := e.exec(ctx, `INSERT INTO counters (name, value) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = counters.value + 1`, erasedCounter)
	return err
}

func (e *eraser) reports(ctx context.Context) error {
	running, err := bodies(ctx, e.txn, reportVersion, `SELECT body, version FROM reports
		WHERE round IN (SELECT id FROM rounds WHERE state IN ('open', 'closed', 'published')) ORDER BY project`)
	if err != nil {
		return err
	}
	for _, r := range running {
		if r.User != "" && slices.Contains(e.Person.Accounts, r.User) {
			e.done.Asked = append(e.done.Asked, r.Project)
		}
	}
	changed, err := rewrite(ctx, e.txn, e, reportRows)
	for _, r := range changed {
		if r.Room != "" && !slices.Contains(e.done.Rooms, r.Room) {
			e.done.Rooms = append(e.done.Rooms, r.Room)
		}
	}
	return err
}

func (e *eraser) projects(ctx context.Context) error {
	before, err := bodies(ctx, e.txn, projectVersion, `SELECT body, version FROM projects ORDER BY id`)
	if err != nil {
		return err
	}
	led := map[bot.ProjectID]bool{}
	for _, p := range before {
		led[p.ID] = slices.Contains(p.Leads, e.Person.ID) && e.Person.ID != ""
	}
	changed, err := rewrite(ctx, e.txn, e, projectRows)
	for _, p := range changed {
		if led[p.ID] {
			e.done.Projects = append(e.done.Projects, p)
		}
	}
	return err
}

func (e *eraser) tasks(ctx context.Context) error {
	_, err := rewrite(ctx, e.txn, e, taskRows)
	return err
}

func (e *eraser) escalations(ctx context.Context) error {
	_, err := rewrite(ctx, e.txn, e, escalationRows)
	return err
}

func (e *eraser) networks(ctx context.Context) error {
	_, err := rewrite(ctx, e.txn, e, networkRows)
	return err
}

func (e *eraser) meetups(ctx context.Context) error {
	_, err := rewrite(ctx, e.txn, e, meetupRows)
	return err
}

func (e *eraser) rounds(ctx context.Context) error {
	_, err := rewrite(ctx, e.txn, e, roundRows)
	return err
}

// log erases the person's words from the decision log, and those of others that name
// them: nothing in it can be changed. Without its key, the pseudonym is nobody's.
func (e *eraser) log(ctx context.Context) error {
	for _, id := range append([]bot.PersonID{e.Person.ID}, e.Person.Former...) {
		if err := e.unsign(ctx, id); err != nil {
			return err
		}
	}
	type place struct{ seq, n int64 }
	var named []place
	err := e.each(ctx, func(row row) error {
		var at place
		var text string
		err := row.Scan(&at.seq, &at.n, &text)
		if err == nil && e.Mask(text) != text {
			named = append(named, at)
		}
		return err
	}, `SELECT seq, n, text FROM log_texts WHERE salt <> ''`)
	for _, at := range named {
		if err == nil {
			err = e.eraseTexts(ctx, `seq = $1 AND n = $2`, at.seq, at.n)
		}
	}
	e.done.LogTexts += len(named)
	return err
}

// unsign erases from the log what was said by the person under one of their ids.
func (e *eraser) unsign(ctx context.Context, id bot.PersonID) error {
	var key string
	if ok, err := found(e.row(ctx, `SELECT key FROM log_people WHERE person = $1`, id).Scan(&key)); !ok || err != nil {
		return err
	}
	who := bot.Pseudonym(key, id)
	var records, texts int
	if err := e.row(ctx, `SELECT (SELECT COUNT(*) FROM log WHERE who = $1), (SELECT COUNT(*) FROM log_texts WHERE who = $1 AND who <> '')`, who).Scan(&records, &texts); err != nil {
		return err
	}
	e.done.Records += records
	e.done.LogTexts += texts
	if err := e.eraseTexts(ctx, `who <> '' AND who = $1`, who); err != nil {
		return err
	}
	_, err := e.exec(ctx, `DELETE FROM log_people WHERE person = $1`, id)
	return err
}

// inbox drops what the person has sent and was not worked on, and masks what others have.
func (e *eraser) inbox(ctx context.Context) error {
	bodies := map[int64]string{}
	drop := map[int64]bool{}
	err := e.each(ctx, func(row row) error {
		var seq int64
		var body []byte
		var event bot.Event
		if err := row.Scan(&seq, &body); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &event); err != nil {
			return fmt.Errorf("read event %d: %w", seq, err)
		}
		if slices.Contains(e.Person.Accounts, event.Sender) {
			drop[seq] = true
			e.done.Events++
			return nil
		}
		event.Mentions = slices.DeleteFunc(event.Mentions, func(m bot.Mention) bool { return slices.Contains(e.Person.Accounts, m.User) })
		e.Row(&event)
		now, err := json.Marshal(event)
		if string(now) != string(body) {
			bodies[seq] = string(now)
		}
		return err
	}, `SELECT seq, body FROM inbox WHERE body <> ''`)
	if err != nil {
		return err
	}
	for seq := range drop {
		if _, err := e.exec(ctx, `UPDATE inbox SET body = '', state = CASE WHEN state = 'received' THEN 'done' ELSE state END, settled_ms = $2 WHERE seq = $1`, seq, millis(e.now)); err != nil {
			return err
		}
	}
	for seq, body := range bodies {
		if _, err := e.exec(ctx, `UPDATE inbox SET body = $2 WHERE seq = $1`, seq, body); err != nil {
			return err
		}
	}
	return nil
}

// slots leaves out what is for the person, and what names or quotes them: what was
// rendered cannot be rendered anew here. Live texts are drawn again when they change.
func (e *eraser) slots(ctx context.Context) error {
	keys, err := e.quoting(ctx)
	if err != nil {
		return err
	}
	for _, key := range keys {
		s, err := e.slot(ctx, key)
		if err != nil {
			return err
		}
		c, err := s.content()
		if err != nil {
			return err
		}
		if s.open() && c.words() {
			e.done.Waiting++
		}
		if s.open() {
			s.state, s.reason, s.frozen, s.frozenHash, s.doubtful = bot.SlotStale, "somebody whom it names was erased", "", "", false
		}
		if c.words() {
			s.dropWords(c)
		}
		if err := e.keep(ctx, s, e.now); err != nil {
			return err
		}
		if err := e.order(ctx, s.lane); err != nil {
			return err
		}
	}
	return nil
}

// quoting finds slots with words that name or quote the person, or that are for them.
func (e *eraser) quoting(ctx context.Context) ([]bot.Key, error) {
	var keys []bot.Key
	err := e.each(ctx, func(row row) error {
		s, err := scanSlot(row)
		if err != nil {
			return err
		}
		c, err := s.content()
		if err != nil {
			return err
		}
		var out bot.Outgoing
		if s.frozen != "" {
			if err := json.Unmarshal([]byte(s.frozen), &out); err != nil {
				return fmt.Errorf("read what was sent for slot %s: %w", s.key, err)
			}
		}
		theirs := s.user != "" && slices.Contains(e.Person.Accounts, s.user)
		mine := func(u bot.UserID) bool { return slices.Contains(e.Person.Accounts, u) }
		if theirs || e.Quotes(string(c.Text.Markdown)) || e.Quotes(string(out.Text.Markdown)) || slices.ContainsFunc(c.Text.Mentions, mine) {
			keys = append(keys, s.key)
		}
		return nil
	}, `SELECT `+slotColumns+` FROM slots WHERE words = 1 OR state IN ('pending', 'sending')`)
	if err != nil {
		return nil, err
	}
	err = e.each(ctx, func(row row) error {
		var key bot.Key
		var body []byte
		err := row.Scan(&key, &body)
		if err == nil && !slices.Contains(keys, key) && e.quotesFile(body) {
			keys = append(keys, key)
		}
		return err
	}, `SELECT slot, body FROM files ORDER BY slot`)
	return keys, err
}

// quotesFile reports whether a file names or quotes the person. In a calendar entry, lines
// are folded; what is no text cannot be read, so it may.
func (e *eraser) quotesFile(body []byte) bool {
	return !utf8.Valid(body) || e.Quotes(string(body)) || e.Quotes(strings.NewReplacer("\r\n ", "", "\r\n\t", "").Replace(string(body)))
}

// rooms lets the bot leave direct chats with the person.
func (e *eraser) rooms(ctx context.Context) error {
	rooms, err := bodies(ctx, e.txn, roomVersion, `SELECT body, version FROM rooms WHERE user_id <> ''`)
	if err != nil {
		return err
	}
	for _, r := range rooms {
		if !slices.Contains(e.Person.Accounts, r.User) {
			continue
		}
		e.done.Rooms = append(e.done.Rooms, r.ID)
		joined := r.Joined
		r = bot.Room{ID: r.ID, Language: r.Language, Joined: r.Joined, Version: r.Version}
		if err := e.room(ctx, r); err != nil {
			return err
		}
		if !joined {
			continue
		}
		e.done.Directs++
		key := bot.NewKey("leave", string(e.As.ID), string(r.ID))
		if err := e.txn.slots(ctx, []bot.Slot{{Key: key, Op: bot.OpLeave, Kind: bot.KindRoom, Room: r.ID}}, e.now); err != nil {
			return err
		}
	}
	return nil
}

// person puts the pseudonym into the books in the person's place, if anything is left that
// refers to it.
func (e *eraser) person(ctx context.Context) error {
	for _, u := range e.Person.Accounts {
		if _, err := e.exec(ctx, `DELETE FROM accounts WHERE user_id = $1`, u); err != nil {
			return err
		}
	}
	e.done.Accounts = len(e.Person.Accounts)
	if e.Person.ID == "" {
		return nil
	}
	if _, err := e.exec(ctx, `DELETE FROM accounts WHERE person_id = $1`, e.Person.ID); err != nil {
		return err
	}
	n, err := e.exec(ctx, `DELETE FROM people WHERE id = $1`, e.Person.ID)
	if err != nil || n == 0 {
		return err
	}
	e.done.Known = true
	return e.put(ctx, "the pseudonym", 0, bot.Person{ID: e.As.ID, Name: e.As.Name}, `INSERT INTO people (id, body, version) VALUES ($1, $2, 1) ON CONFLICT (id) DO NOTHING`, "", e.As.ID)
}

// columns puts the pseudonym where ids stand in columns of their own.
func (e *eraser) columns(ctx context.Context) error {
	for _, table := range []string{"refs", "slots"} {
		if e.Person.ID != "" {
			if _, err := e.exec(ctx, `UPDATE `+table+` SET person = $2 WHERE person = $1`, e.Person.ID, e.As.ID); err != nil {
				return err
			}
		}
	}
	err := e.retime(ctx, e)
	for _, u := range e.Person.Accounts {
		if err == nil {
			_, err = e.exec(ctx, `DELETE FROM paces WHERE key IN ($1, $2)`, bot.PaceOf(u), bot.GuessesOf(u))
		}
		if err == nil {
			_, err = e.exec(ctx, `DELETE FROM link_codes WHERE user_id = $1`, u)
		}
		if err == nil {
			_, err = e.exec(ctx, `DELETE FROM directs WHERE user_id = $1`, u)
		}
	}
	return err
}

// chained are the tables of the decision log, in which nothing can be changed.
var chained = []string{"log", "log_texts", "log_people"}

// sweep replaces what still names the person's accounts, or the person, in any other
// column of any table of ours.
func (e *eraser) sweep(ctx context.Context) error {
	tables, err := ownTables(ctx)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if slices.Contains(chained, table) {
			continue
		}
		var columns []string
		err := e.each(ctx, func(row row) error {
			var name string
			err := row.Scan(&name)
			columns = append(columns, name)
			return err
		}, `SELECT name FROM pragma_table_info('`+table+`') WHERE type = 'TEXT'`)
		for _, column := range columns {
			if err == nil {
				err = e.sweepColumn(ctx, table, column)
			}
		}
		if err != nil {
			return fmt.Errorf("look through %s: %w", table, err)
		}
	}
	return nil
}

func (e *eraser) sweepColumn(ctx context.Context, table, column string) error {
	var like []string
	var args []any
	for _, word := range e.needles() {
		args = append(args, word)
		like = append(like, fmt.Sprintf("instr(lower(%s), lower($%d)) > 0", column, len(args)))
	}
	if len(like) == 0 {
		return nil
	}
	where := `(` + strings.Join(like, " OR ") + `)`
	if table == "memory" {
		where += ` AND name NOT LIKE 'matrix/%'` // what adapters remember is theirs
	}
	found := map[string]string{}
	err := e.each(ctx, func(row row) error {
		var old string
		if err := row.Scan(&old); err != nil {
			return err
		}
		now := e.Path(old)
		if table != "people" { // another one may have the same name
			now = e.Mask(now)
		}
		if now != old {
			found[old] = now
		}
		return nil
	}, `SELECT DISTINCT `+column+` FROM `+table+` WHERE `+where, args...)
	for old, now := range found {
		if err == nil {
			e.Count.Ids++
			_, err = e.exec(ctx, `UPDATE `+table+` SET `+column+` = $2 WHERE `+column+` = $1`, old, now)
		}
	}
	return err
}

// needles are what to look for in texts of any kind.
func (e *eraser) needles() []string {
	var all []string
	for _, u := range e.Person.Accounts {
		all = append(all, u.Local())
	}
	for _, name := range append([]string{e.Person.Name}, e.Names...) {
		if words := strings.Fields(name); len(words) > 0 {
			all = append(all, words[len(words)-1])
		}
	}
	return all
}

// Vacuum writes the whole database anew, without free pages, and empties the journal. What
// was deleted before is not in the file afterwards. Nobody else may be using it.
func (s *Store) Vacuum(ctx context.Context) error {
	s.writing.mu.Lock()
	defer s.writing.mu.Unlock()
	for _, query := range []string{`PRAGMA wal_checkpoint(TRUNCATE)`, `VACUUM`, `PRAGMA wal_checkpoint(TRUNCATE)`} {
		if _, err := s.writing.conn.ExecContext(ctx, query); err != nil {
			return fmt.Errorf("write the database anew: %w", explain(err))
		}
	}
	return nil
}
