package bot

import "strconv"

// The kinds of posts, for the trace: the first part of a template's name is its
// kind unless a constant here says otherwise.
const (
	KindOpening   Kind = "check.opening"
	KindQuestion  Kind = "check.question"
	KindReminder  Kind = "check.reminder"
	KindSummary   Kind = "check.summary"
	KindOverview  Kind = "check.overview"
	KindStand     Kind = "check.stand"
	KindAgenda    Kind = "check.agenda"
	KindMoved     Kind = "check.moved"
	KindCancelled Kind = "check.cancelled"
	KindAdded     Kind = "check.added"
	KindShifted   Kind = "check.shifted"
	KindReturned  Kind = "check.returned"
	KindOver      Kind = "check.over"
	KindEntered   Kind = "check.entered"
	KindAck       Kind = "ack"
	KindSeed      Kind = "seed"
	KindReply     Kind = "reply"
	KindError     Kind = "error"
	KindRoom      Kind = "room"
	KindNote      Kind = "note"
)

// askKey is the key of a project's opening message.
func askKey(round RoundID, project ProjectID, to string) Key {
	return NewKey("check", string(round), "ask", string(project), to)
}

// questionKey is the key of a question message.
func questionKey(round RoundID, project ProjectID, q Question, to string) Key {
	return NewKey("check", string(round), "question", string(project), string(q.Field), strconv.Itoa(q.N), to)
}

// To is where the report's project was asked: its room, or the account in whose
// direct chat it was asked.
func (r Report) To() string {
	if r.Room != "" {
		return string(r.Room)
	}
	return string(r.User)
}

// AskKey is the key of the report's opening message.
func (r Report) AskKey() Key { return askKey(r.Round, r.Project, r.To()) }

// OpenKey is the key of the message that ends the question before: the question
// that is open, or, once nothing is open any more, the summary.
func (r Report) OpenKey() Key {
	if r.Open == nil {
		return r.SummaryKey()
	}
	return questionKey(r.Round, r.Project, *r.Open, r.To())
}

// SummaryKey is the key of the report's summary.
func (r Report) SummaryKey() Key {
	return NewKey("check", string(r.Round), "summary", string(r.Project), r.To())
}
