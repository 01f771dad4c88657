package bot

import (
	"cmp"
	"slices"
	"time"

	"lotse/bot/calendar"
)

// Dossier is what is stored about a person, for that person to read.
type Dossier struct {
	Person     Person // no ID: only the account is known
	Projects   []Answering
	Asked      int         // how many reports say that they were asked
	Statements []Statement // the oldest first
	Waiting    int         // messages to them that are not sent yet
	Directs    int         // direct chats with them
	Hosting    []string    // the networks of which they are a host, by name
	Hosted     int         // of how many meetups they were, or will be
	Newcomer   int         // in how many networks they were new once: see Newcomer
	Quiet      int         // how many of their accounts want to be left alone: see Quiet
}

// Answering is that somebody answers for a project.
type Answering struct {
	Project ProjectName
	Role    Role
	From    calendar.Date `json:",omitzero"` // a deputy
	Until   calendar.Date `json:",omitzero"`
}

// StatementKind says what somebody has said or done.
type StatementKind string

// The kinds of statements.
const (
	StatementAnswer   StatementKind = "answer"   // in a report, or, without a round, on the board
	StatementTask     StatementKind = "task"     // the words of a task
	StatementQuestion StatementKind = "question" // back, about a report
	StatementReply    StatementKind = "reply"    // to such a question
	StatementSaid     StatementKind = "said"     // in an escalation
	StatementVote     StatementKind = "vote"     // in an escalation, as it stands
	StatementEntry    StatementKind = "entry"    // an entry of the decision log
	StatementMeetup   StatementKind = "meetup"   // words in a meetup: a topic, a summary, a link
	StatementTopic    StatementKind = "topic"    // 👍 for a topic of a meetup
	StatementComing   StatementKind = "coming"   // whether they plan to come to a meetup
	StatementNotice   StatementKind = "notice"   // an announcement
)

// Statement is something that a person has said or done, as it is stored.
type Statement struct {
	Kind    StatementKind
	At      time.Time `json:",omitzero"`
	Project ProjectID `json:",omitempty"`
	Round   RoundID   `json:",omitempty"`
	Field   Field     `json:",omitempty"`
	Meetup  MeetupID  `json:",omitempty"`
	Number  int       `json:",omitempty"` // of the escalation, the task, or the topic
	Light   Light     `json:",omitempty"`
	None    bool      `json:",omitempty"` // «keine»
	Choice  Choice    `json:",omitempty"`
	Role    Role      `json:",omitempty"` // as what
	Entry   EntryKind `json:",omitempty"`
	Text    string    `json:",omitempty"`
	Late    bool      `json:",omitempty"`
	PMO     bool      `json:",omitempty"` // entered by them as PMO
	Before  bool      `json:",omitempty"` // taken over from an earlier report
}

// Report gathers what the person has to do with a report.
func (d *Dossier) Report(r Report) {
	if slices.Contains(r.Asking, d.Person.ID) {
		d.Asked++
	}
	d.answers(r.Project, r.Round, r.Answers)
	for _, back := range r.Returned {
		if back.By == d.Person.ID && back.Text != "" {
			d.add(Statement{Kind: StatementQuestion, At: back.At, Project: r.Project, Round: r.Round, Text: back.Text})
		}
		if back.Author == d.Person.ID && back.Answer != "" {
			d.add(Statement{Kind: StatementReply, At: back.At, Project: r.Project, Round: r.Round, Text: back.Answer})
		}
	}
}

func (d *Dossier) answers(project ProjectID, round RoundID, answers map[Field]Answer) {
	for _, f := range Fields() {
		for _, p := range answers[f].Parts {
			if cmp.Or(p.Author, p.By) == d.Person.ID && (round != "" || p.Round == "") {
				d.add(Statement{Kind: StatementAnswer, At: p.At, Project: project, Round: round, Field: f, Light: p.Light, None: p.None, Text: p.Text,
					Late: p.Late, PMO: p.PMO && p.By == d.Person.ID, Before: p.Repeated})
			}
		}
	}
}

// Project gathers what the person has to do with a project; what stands on the board and
// is from no report is among it.
func (d *Dossier) Project(p Project) {
	if slices.Contains(p.Leads, d.Person.ID) {
		d.Projects = append(d.Projects, Answering{Project: p.name(), Role: RoleLead})
	}
	for _, deputy := range p.Deputies {
		if deputy.Person == d.Person.ID {
			d.Projects = append(d.Projects, Answering{Project: p.name(), Role: RoleDeputy, From: deputy.From, Until: deputy.Until})
		}
	}
	d.answers(p.ID, "", p.Current.Answers)
}

// Task gathers the words of a task.
func (d *Dossier) Task(t Task) {
	if t.By == d.Person.ID && t.Text != "" {
		d.add(Statement{Kind: StatementTask, At: t.Done, Project: t.Project, Round: t.Round, Number: t.Number, Text: t.Text})
	}
}

// Escalation gathers what the person has said and chosen in an escalation.
func (d *Dossier) Escalation(e Escalation) {
	for _, s := range e.Texts() {
		if s.saidBy(d.Person.ID) && s.Text != "" {
			d.add(Statement{Kind: StatementSaid, At: s.At, Project: e.Project, Number: e.Number, Text: s.Text})
		}
	}
	for _, v := range e.Votes {
		if v.By == d.Person.ID {
			d.add(Statement{Kind: StatementVote, At: v.At, Project: e.Project, Number: e.Number, Choice: v.Choice, Role: e.Role})
		}
	}
}

// Network gathers that the person is a host of a network.
func (d *Dossier) Network(n Network) {
	if n.Hosting(d.Person.ID) {
		d.Hosting = append(d.Hosting, n.Name)
	}
}

// Meetup gathers what the person has to do with a meetup.
func (d *Dossier) Meetup(m Meetup) {
	if m.Hosting(d.Person.ID) {
		d.Hosted++
	}
	for _, s := range m.Texts() {
		if s.Text != "" && (s.saidBy(d.Person.ID) || s.User != "" && slices.Contains(d.Person.Accounts, s.User)) {
			d.add(Statement{Kind: StatementMeetup, At: s.At, Meetup: m.ID, Text: s.Text})
		}
	}
	for _, topic := range m.Topics {
		if slices.ContainsFunc(topic.Votes, func(v TopicVote) bool { return d.voter(v.Voter) }) {
			d.add(Statement{Kind: StatementTopic, At: m.Announced, Meetup: m.ID, Number: topic.N})
		}
	}
	for _, c := range m.Coming {
		if d.voter(c.Voter) {
			d.add(Statement{Kind: StatementComing, At: c.At, Meetup: m.ID, Text: string(c.Answer)})
		}
	}
}

// voter reports whether a voter is the person.
func (d *Dossier) voter(v Voter) bool {
	return v.Person != "" && v.Person == d.Person.ID || slices.Contains(d.Person.Accounts, v.User)
}

// Notice gathers the words of an announcement.
func (d *Dossier) Notice(n Notice) {
	if n.Text.saidBy(d.Person.ID) && n.Text.Text != "" {
		d.add(Statement{Kind: StatementNotice, At: n.Text.At, Number: n.Number, Text: n.Text.Text})
	}
}

// Record gathers an entry of the decision log.
func (d *Dossier) Record(r Record) {
	d.add(Statement{Kind: StatementEntry, At: r.At, Project: r.Project, Number: r.Number, Entry: r.Kind, Choice: r.Choice, Role: r.Role})
}

func (d *Dossier) add(s Statement) { d.Statements = append(d.Statements, s) }

// Sort brings the statements into the order of time, to the minute: within one, what is of
// a kind stays together.
func (d *Dossier) Sort() {
	slices.SortStableFunc(d.Statements, func(a, b Statement) int { return a.At.Truncate(time.Minute).Compare(b.At.Truncate(time.Minute)) })
}

// Privacy is what the acting person reads about what is stored about them, but for the
// lines.
func (s Snapshot) Privacy() Privacy {
	var d Dossier
	if s.Dossier != nil {
		d = *s.Dossier
	}
	p := Privacy{
		Person: d.Person, Known: s.Person != nil, Account: s.User.Local(), Projects: d.Projects, Waiting: d.Waiting,
		Newcomer: d.Newcomer > 0, Quiet: d.Quiet > 0, Hosting: d.Hosting, Retention: s.Settings.Retention, Now: s.Now,
	}
	for _, u := range d.Person.Accounts {
		p.Accounts = append(p.Accounts, u.Local())
	}
	for _, role := range []Role{RolePMO, RoleDM, RoleDIKON} {
		if s.Is(role) {
			p.Roles = append(p.Roles, role)
		}
	}
	rounds := map[RoundID]bool{}
	for _, st := range d.Statements {
		switch st.Kind {
		case StatementAnswer:
			p.Answers++
			if st.Round != "" {
				rounds[st.Round] = true
			}
		case StatementTask:
			p.Tasks++
		case StatementQuestion:
			p.Questions++
		case StatementReply:
			p.Replies++
		case StatementSaid:
			p.Said++
		case StatementVote:
			p.Votes++
		case StatementEntry:
			p.Entries++
		case StatementMeetup:
			p.Topics++
		case StatementTopic:
			p.TopicVotes++
		case StatementComing:
			p.Comings++
		case StatementNotice:
			p.Notices++
		}
	}
	p.Rounds = len(rounds)
	return p
}
