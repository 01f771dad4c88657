package storagetest

import (
	"fmt"
	"strings"
	"time"

	"lotse/bot"
)

// log reads the decision log and checks it.
func (d *desk) log(q bot.LogQuery) []bot.Record {
	d.Helper()
	var all []bot.Record
	if _, err := d.Log(d.Context(), q, func(r bot.Record) error {
		all = append(all, r)
		return nil
	}); err != nil {
		d.Fatalf("read the log: %v", err)
	}
	return all
}

// verify checks the decision log.
func (d *desk) verify() bot.Chain {
	d.Helper()
	var c bot.Chain
	counted, err := d.Log(d.Context(), bot.LogQuery{}, c.Add)
	if err == nil {
		err = c.End(counted)
	}
	if err != nil {
		d.Errorf("the log does not verify: %v", err)
	}
	return c
}

// logged says which entries there are: kinds, in order.
func logged(records []bot.Record) string {
	return ids(records, func(r bot.Record) bot.EntryKind { return r.Kind })
}

// entry is an entry with a text.
func (d *desk) entry(kind bot.EntryKind, number int, by bot.PersonID, text string) bot.Entry {
	e := bot.Entry{
		Kind: kind, Escalation: bot.EscalationID(fmt.Sprintf("a-%d", number)), Number: number, Project: "a", At: d.now, By: by, Role: bot.RoleDM,
		Evidence: []bot.MessageID{bot.MessageID("test:$" + text)},
	}
	if text != "" {
		e.Texts = []bot.EntryText{{Name: "text", Said: bot.Said{Text: text, By: by, Message: bot.MessageID("test:$" + text), At: d.now}}}
	}
	return e
}

var logPromises = map[string]func(*desk){
	"an empty log verifies": func(d *desk) {
		if got := d.verify(); got != (bot.Chain{}) {
			d.Errorf("it is %+v", got)
		}
		if all := d.log(bot.LogQuery{Number: 1}); len(all) != 0 {
			d.Errorf("it holds %+v", all)
		}
	},
	"an entry comes back as it went in": func(d *desk) {
		at := d.now.Add(1234567 * time.Nanosecond)
		e := bot.Entry{
			Kind: bot.EntryDecided, Escalation: "a-3", Number: 12, Project: "a", At: at, By: "dora", Role: bot.RoleDM, Choice: bot.ChooseNo,
			Evidence: []bot.MessageID{"test:$<1>", "test:$2"},
			Texts: []bot.EntryText{
				{Name: "text", Said: bot.Said{Text: "Zu teuer; „später“ 🟡\nzweite Zeile", By: "maria", Message: "test:$said", At: at}},
				{Name: "reason", Said: bot.Said{Text: "Kein Geld"}}, {Name: "wish", Said: bot.Said{Gone: true, Text: "gone"}},
			},
		}
		d.commit(bot.Change{Entries: []bot.Entry{e}})
		all := d.log(bot.LogQuery{})
		if len(all) != 1 {
			d.Fatalf("the log holds %+v", all)
		}
		r := all[0]
		at = at.Truncate(time.Millisecond)
		if r.Seq != 1 || r.Kind != e.Kind || r.Escalation != e.Escalation || r.Number != 12 || r.Project != "a" || !r.At.Equal(at) ||
			r.Person != "dora" || r.Role != e.Role || r.Choice != e.Choice || fmt.Sprint(r.Evidence) != fmt.Sprint(e.Evidence) || r.Prev != "" || r.Broken != "" {
			d.Errorf("entry %+v", r)
		}
		if len(r.Texts) != 3 {
			d.Fatalf("texts %+v", r.Texts)
		}
		first, second, gone := r.Texts[0], r.Texts[1], r.Texts[2]
		if first.Name != "text" || first.Text != e.Texts[0].Said.Text || first.Person != "maria" || first.Message != "test:$said" || !first.At.Equal(at) {
			d.Errorf("first text %+v", first)
		}
		if second.Text != "Kein Geld" || second.Who != "" || second.Person != "" || !second.At.IsZero() || second.Salt == first.Salt || len(second.Salt) < 32 {
			d.Errorf("second text %+v", second)
		}
		if gone.Name != "wish" || !gone.Erased() || gone.Commitment == "" {
			d.Errorf("a text that was deleted before: %+v", gone)
		}
		if got := d.verify(); got.Head != r.Hash || got.Entries != 1 || got.Texts != 3 || got.Erased != 1 {
			d.Errorf("the chain is %+v", got)
		}
	},
	"entries are chained in their order": func(d *desk) {
		d.commit(bot.Change{Entries: []bot.Entry{d.entry(bot.EntryConfirmed, 1, "maria", "a"), d.entry(bot.EntryPut, 1, "", "")}})
		d.later(time.Minute)
		vote := d.entry(bot.EntryVote, 1, "dora", "")
		vote.At = time.Time{}
		d.commit(bot.Change{Entries: []bot.Entry{vote}})
		all := d.log(bot.LogQuery{})
		if logged(all) != "[confirmed put vote]" {
			d.Fatalf("the log holds %s", logged(all))
		}
		for i, r := range all {
			if r.Seq != int64(i+1) || i > 0 && r.Prev != all[i-1].Hash {
				d.Errorf("entry %d follows %s, number %d", i+1, r.Prev, r.Seq)
			}
		}
		if !all[2].At.Equal(d.now) || all[1].Who != "" || all[0].Who == "" || all[0].Who == all[2].Who {
			d.Errorf("at %v, by %q, %q, %q", all[2].At, all[0].Who, all[1].Who, all[2].Who)
		}
		d.verify()
	},
	"a stale commit appends nothing": func(d *desk) {
		stale := escalation("a", 1, 1, bot.EscalationOpen)
		stale.Version = 7
		d.wantErr(d.tryCommit(bot.Change{Entries: []bot.Entry{d.entry(bot.EntryPut, 1, "maria", "a")}, Escalations: []bot.Escalation{stale}}), bot.ErrStale)
		if got := d.verify(); got.Entries != 0 {
			d.Errorf("the log has %d entries", got.Entries)
		}
	},
	"one escalation, one project": func(d *desk) {
		other := d.entry(bot.EntryDone, 3, "maria", "")
		other.Project = "b"
		d.commit(bot.Change{Entries: []bot.Entry{
			d.entry(bot.EntryPut, 1, "", ""), d.entry(bot.EntryVote, 2, "dora", ""), other, d.entry(bot.EntryDecided, 1, "", ""),
		}})
		for _, c := range []struct {
			q    bot.LogQuery
			want string
		}{
			{bot.LogQuery{Number: 1}, "[put decided]"}, {bot.LogQuery{Project: "a"}, "[put vote decided]"}, {bot.LogQuery{Project: "b"}, "[done]"},
			{bot.LogQuery{Number: 3, Project: "b"}, "[done]"}, {bot.LogQuery{Number: 3, Project: "a"}, "[]"}, {bot.LogQuery{Number: 9}, "[]"},
		} {
			if got := logged(d.log(c.q)); got != c.want {
				d.Errorf("%+v: %s, want %s", c.q, got, c.want)
			}
		}
	},
	"a person has one pseudonym, until it is erased": func(d *desk) {
		d.commit(bot.Change{Entries: []bot.Entry{d.entry(bot.EntryVote, 1, "dora", ""), d.entry(bot.EntryReason, 1, "dora", "weil"), d.entry(bot.EntryVote, 1, "maria", "")}})
		all := d.log(bot.LogQuery{})
		if all[0].Who != all[1].Who || all[1].Texts[0].Who != all[0].Who || all[0].Who == all[2].Who {
			d.Errorf("pseudonyms %q, %q (%q), %q", all[0].Who, all[1].Who, all[1].Texts[0].Who, all[2].Who)
		}
		if strings.Contains(all[0].Who, "dora") || all[0].Who != bot.Pseudonym(all[0].Key, "dora") {
			d.Errorf("the pseudonym of dora is %q, its key %q", all[0].Who, all[0].Key)
		}
	},
	"what is deleted in the chat goes from the log, and the chain holds": func(d *desk) {
		twice := d.entry(bot.EntryDecided, 1, "dora", "secret")
		twice.Texts = append(twice.Texts, bot.EntryText{Name: "reason", Said: bot.Said{Text: "stays", Message: "test:$stays"}}, bot.EntryText{Name: "advice", Said: bot.Said{Text: "no message"}})
		d.commit(bot.Change{Entries: []bot.Entry{d.entry(bot.EntryPut, 1, "maria", "secret"), twice}})
		before := d.verify()
		d.commit(bot.Change{Forget: []bot.MessageID{"test:$secret", "test:$unknown", ""}})
		all := d.log(bot.LogQuery{})
		if !all[0].Texts[0].Erased() || !all[1].Texts[0].Erased() {
			d.Errorf("the text is still there: %+v", all)
		}
		if all[1].Texts[1].Text != "stays" || all[1].Texts[2].Text != "no message" || all[0].Person != "maria" {
			d.Errorf("more than that was erased: %+v", all)
		}
		after := d.verify()
		if before.Erased != 0 || after.Erased != 2 || after.Head != before.Head {
			d.Errorf("the chain was %+v and is %+v", before, after)
		}
		// Said and deleted in one decision.
		d.commit(bot.Change{Entries: []bot.Entry{d.entry(bot.EntryAnswer, 1, "maria", "both")}, Forget: []bot.MessageID{"test:$both"}})
		if got := d.verify(); got.Entries != 3 || got.Erased != 3 {
			d.Errorf("the chain is %+v", got)
		}
	},
	"a long log is read whole": func(d *desk) {
		for range 3 {
			var change bot.Change
			for range 400 {
				change.Entries = append(change.Entries, d.entry(bot.EntryVote, 1, "dora", ""))
			}
			d.commit(change)
		}
		if got := d.verify(); got.Entries != 1200 {
			d.Errorf("%d entries", got.Entries)
		}
		if got := len(d.log(bot.LogQuery{Number: 1})); got != 1200 {
			d.Errorf("%d entries of escalation 1", got)
		}
	},
}
