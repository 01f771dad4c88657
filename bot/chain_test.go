package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// sealed is a text with its commitment.
func sealed(t RecordText) RecordText {
	t.Commitment = t.Commit()
	return t
}

// exampleLog is a log of three entries: one by somebody, with two texts; a vote by somebody
// who is erased; a decision by time, whose text is erased.
func exampleLog() []Record {
	at := time.Date(2026, 11, 25, 9, 3, 0, 250e6, time.UTC)
	maria := Pseudonym("00112233445566778899aabbccddeeff", "maria")
	records := []Record{
		{
			Seq: 1, Kind: EntryPut, Escalation: "serviceportal-3", Number: 12, Project: "serviceportal", At: at, Who: maria, Role: RoleLead,
			Evidence: []MessageID{"matrix:$draft", "matrix:$ok"}, Person: "maria", Key: "00112233445566778899aabbccddeeff",
			Texts: []RecordText{
				sealed(RecordText{Name: "text", Salt: "0f", Text: "Die Schnittstelle wartet auf „Freigabe“ 🟡", Who: maria, Message: "matrix:$said", At: at,
					Person: "maria", Key: "00112233445566778899aabbccddeeff"}),
				sealed(RecordText{Name: "wish", Salt: "1f"}),
			},
		},
		{Seq: 2, Kind: EntryVote, Escalation: "serviceportal-3", Number: 12, Project: "serviceportal", At: at.Add(time.Minute), Who: Pseudonym("x", "dora"),
			Role: RoleDM, Choice: ChooseYes, Evidence: []MessageID{"matrix:$vote"}},
		{Seq: 3, Kind: EntryDecided, Escalation: "serviceportal-3", Number: 12, Project: "serviceportal", At: at.Add(time.Hour), Role: RoleDM, Choice: ChooseYes,
			Texts: []RecordText{{Name: "reason", Commitment: sealed(RecordText{Salt: "2f", Text: "weg"}).Commitment}}},
	}
	for i := range records {
		if i > 0 {
			records[i].Prev = records[i-1].Hash
		}
		records[i].Hash = records[i].Sum()
	}
	return records
}

// check is the error of the first entry that does not fit.
func check(records []Record, counted int64) (Chain, error) {
	var c Chain
	for _, r := range records {
		if err := c.Add(r); err != nil {
			return c, err
		}
	}
	return c, c.End(counted)
}

func TestChain(t *testing.T) {
	log := exampleLog()
	c, err := check(log, 3)
	if want := (Chain{Head: log[2].Hash, Entries: 3, Texts: 3, Erased: 1}); err != nil || c != want {
		t.Errorf("the chain is %+v, error %v, want %+v", c, err, want)
	}
	if c, err := check(nil, 0); err != nil || c != (Chain{}) {
		t.Errorf("an empty log is %+v, error %v", c, err)
	}
}

// The form of what is hashed is for ever: logs that exist have to verify. These hashes were
// made by another program, from the words of the package comment.
func TestChainForm(t *testing.T) {
	log := exampleLog()
	for what, hash := range map[string][2]string{
		"pseudonym":   {log[0].Who, "5f9f516f53ed4aebc14e121f525ef9664565ba15888aaaa796a453755514ef90"},
		"text":        {log[0].Texts[0].Commitment, "212c534e11be83a8eb12c0ac7dd244707f50d9ecf5dad32f35b310e850e00474"},
		"empty text":  {log[0].Texts[1].Commitment, "064ca72e836d2d48721372ba1e32162a8260dc7b9ffbb677247c43d14d3baf1b"},
		"first entry": {log[0].Hash, "02887c5de3f50fc89daf06f8ff7ddbc0b29b06b3757acda2754d46afeb0c68be"},
		"last entry":  {log[2].Hash, "ca9a810c7cc5d2431306e5c656359fd285b3ac024ab91a7ec04236728571cccb"},
	} {
		if hash[0] != hash[1] {
			t.Errorf("the %s has the hash %s, want %s", what, hash[0], hash[1])
		}
	}
	// No two lists of texts are hashed alike.
	if digest("a", "b") == digest("ab") || digest("a:", "") == digest("a", ":") || digest("", "a") == digest("a", "") {
		t.Error("different lists have the same hash")
	}
	const list = "5:hallo,4:jä!,"
	sum := sha256.Sum256([]byte(list))
	if got, want := digest("hallo", "jä!"), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("the hash of %q is %s, want %s", list, got, want)
	}
}

// Whatever is changed, left out, swapped or added: the first entry that does not fit is named.
func TestChainMisfits(t *testing.T) {
	forged := func(r Record) Record {
		r.Hash = r.Sum()
		return r
	}
	for name, c := range map[string]struct {
		change  func(log []Record) []Record
		counted int64
		want    string
	}{
		"kind":           {func(log []Record) []Record { log[1].Kind = EntryUnvote; return log }, 3, "entry 2: its hash"},
		"escalation":     {func(log []Record) []Record { log[1].Escalation += "1"; return log }, 3, "entry 2: its hash"},
		"number":         {func(log []Record) []Record { log[0].Number++; return log }, 3, "entry 1: its hash"},
		"project":        {func(log []Record) []Record { log[1].Project = "x"; return log }, 3, "entry 2: its hash"},
		"a millisecond":  {func(log []Record) []Record { log[2].At = log[2].At.Add(time.Millisecond); return log }, 3, "entry 3: its hash"},
		"who":            {func(log []Record) []Record { log[1].Who = log[0].Who; return log }, 3, "entry 2: its hash"},
		"nobody":         {func(log []Record) []Record { log[1].Who = ""; return log }, 3, "entry 2: its hash"},
		"role":           {func(log []Record) []Record { log[1].Role = RoleDIKON; return log }, 3, "entry 2: its hash"},
		"choice":         {func(log []Record) []Record { log[1].Choice = ChooseNo; return log }, 3, "entry 2: its hash"},
		"evidence":       {func(log []Record) []Record { log[1].Evidence[0] = "matrix:$other"; return log }, 3, "entry 2: its hash"},
		"evidence added": {func(log []Record) []Record { log[1].Evidence = append(log[1].Evidence, ""); return log }, 3, "entry 2: its hash"},
		"evidence as one": {func(log []Record) []Record {
			log[0].Evidence = []MessageID{"matrix:$draft,10:matrix:$ok"}
			return log
		}, 3, "entry 1: its hash"},
		"text":             {func(log []Record) []Record { log[0].Texts[0].Text += "."; return log }, 3, `entry 1: its text "text" is not`},
		"salt":             {func(log []Record) []Record { log[0].Texts[0].Salt = "1f"; return log }, 3, `entry 1: its text "text" is not`},
		"who said it":      {func(log []Record) []Record { log[0].Texts[1].Who = log[0].Who; return log }, 3, `entry 1: its text "wish" is not`},
		"in which message": {func(log []Record) []Record { log[0].Texts[0].Message = "x"; return log }, 3, `entry 1: its text "text" is not`},
		"when":             {func(log []Record) []Record { log[0].Texts[1].At = log[0].At; return log }, 3, `entry 1: its text "wish" is not`},
		"half erased":      {func(log []Record) []Record { log[0].Texts[0].Salt, log[0].Texts[0].Text = "", ""; return log }, 3, `entry 1: its text "text" is not`},
		"put back":         {func(log []Record) []Record { log[2].Texts[0].Text = "Hin"; return log }, 3, `entry 3: its text "reason" is not`},
		"name of a text":   {func(log []Record) []Record { log[0].Texts[0].Name = "advice"; return log }, 3, "entry 1: its hash"},
		"commitment":       {func(log []Record) []Record { log[2].Texts[0].Commitment = ""; return log }, 3, "entry 3: its hash"},
		"texts swapped": {func(log []Record) []Record {
			log[0].Texts[0], log[0].Texts[1] = log[0].Texts[1], log[0].Texts[0]
			return log
		}, 3, "entry 1: its hash"},
		"a text dropped":       {func(log []Record) []Record { log[2].Texts = nil; return log }, 3, "entry 3: its hash"},
		"another person":       {func(log []Record) []Record { log[0].Person = "jonas"; return log }, 3, "entry 1: it is said to be by somebody"},
		"another's words":      {func(log []Record) []Record { log[0].Texts[0].Person = "jonas"; return log }, 3, `entry 1: its text "text" is said to be`},
		"unreadable":           {func(log []Record) []Record { log[1].Broken = "seq is string"; return log }, 3, "entry 2: it cannot be read: seq is string"},
		"prev":                 {func(log []Record) []Record { log[1].Prev = log[1].Hash; return log }, 3, "entry 2: it continues another"},
		"hash":                 {func(log []Record) []Record { log[1].Hash = log[0].Hash; return log }, 3, "entry 2: its hash"},
		"changed and resealed": {func(log []Record) []Record { log[1].Choice = ChooseNo; log[1] = forged(log[1]); return log }, 3, "entry 3: it continues another"},
		"the first dropped":    {func(log []Record) []Record { return log[1:] }, 3, "entry 1: it is missing"},
		"one dropped":          {func(log []Record) []Record { return []Record{log[0], log[2]} }, 3, "entry 2: it is missing"},
		"… and renumbered": {func(log []Record) []Record {
			log[2].Seq = 2
			return []Record{log[0], forged(log[2])}
		}, 3, "entry 2: it continues another"},
		"the last dropped": {func(log []Record) []Record { return log[:2] }, 3, "entry 3: it is missing; 3 were written"},
		"all dropped":      {func(log []Record) []Record { return nil }, 3, "entry 1: it is missing"},
		"two swapped":      {func(log []Record) []Record { log[1].Seq, log[2].Seq = 3, 2; return []Record{log[0], log[2], log[1]} }, 3, "entry 2: it continues another"},
		"one twice":        {func(log []Record) []Record { return []Record{log[0], log[0]} }, 3, "entry 2: in its place stands another one, numbered 1"},
		"one put before":   {func(log []Record) []Record { return append([]Record{forged(Record{})}, log...) }, 3, "entry 1: in its place stands another one, numbered 0"},
		"one put behind":   {func(log []Record) []Record { return append(log, forged(Record{Seq: 4, Prev: log[2].Hash})) }, 3, "entry 4: it was put behind the last one"},
		"… out of the air": {func(log []Record) []Record { return append(log, forged(Record{Seq: 4})) }, 4, "entry 4: it continues another"},
	} {
		_, err := check(c.change(exampleLog()), c.counted)
		if misfit, ok := errors.AsType[*MisfitError](err); !ok || !strings.HasPrefix(misfit.Error(), c.want) || strings.Contains(fmt.Sprint(err), "%!") {
			t.Errorf("%s: %v, want %s…", name, err, c.want)
		}
	}
}
