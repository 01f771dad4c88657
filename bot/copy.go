package bot

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// personFile is the form of a copy of what is stored about a person. Programs read it:
// fields are added, never renamed or removed; a change of meaning raises Version.
type personFile struct {
	Version    int               `json:"version"`
	City       string            `json:"city"`
	Exported   time.Time         `json:"exported"`
	Person     personIdentity    `json:"person"`
	Roles      []Role            `json:"roles"` // in the city, by the configuration
	Projects   []personProject   `json:"projects"`
	Asked      int               `json:"asked"`   // in how many reports they were asked
	Waiting    int               `json:"waiting"` // messages to them that are not sent yet
	Directs    int               `json:"direct_chats"`
	Statements []personStatement `json:"statements"`
	Retention  personRetention   `json:"retention"`
}

type personProject struct {
	ID    ProjectID `json:"id"`
	Name  string    `json:"name"`
	Role  Role      `json:"role"`
	From  string    `json:"from,omitempty"`
	Until string    `json:"until,omitempty"`
}

type personStatement struct {
	Kind      StatementKind `json:"kind"`
	At        *time.Time    `json:"at,omitempty"`
	Project   ProjectID     `json:"project,omitempty"`
	Round     RoundID       `json:"round,omitempty"`
	Field     Field         `json:"field,omitempty"`
	Number    int           `json:"number,omitempty"` // of an escalation, or of a task
	Light     string        `json:"light,omitempty"`
	None      bool          `json:"none,omitempty"`
	Choice    Choice        `json:"choice,omitempty"`
	Role      Role          `json:"role,omitempty"`
	Entry     EntryKind     `json:"entry,omitempty"`
	Text      string        `json:"text,omitempty"`
	Late      bool          `json:"late,omitempty"`
	PMO       bool          `json:"pmo,omitempty"`
	TakenOver bool          `json:"taken_over,omitempty"`
}

// personRetention is how long things are kept; 0: for good.
type personRetention struct {
	ReportsMonths  int `json:"reports_months"`
	MessagesDays   int `json:"messages_days"`
	DecisionsYears int `json:"decisions_years"`
}

// personIdentity is who it is.
type personIdentity struct {
	ID       PersonID     `json:"id"`
	Name     string       `json:"name"`
	Accounts []UserID     `json:"accounts"`
	Linked   []personLink `json:"linked,omitempty"` // which of them the person has joined
}

type personLink struct {
	Account UserID    `json:"account"`
	Since   time.Time `json:"since"`
}

// JSON is the dossier for programs: what `lotse privacy export` writes, and what !datenschutz
// sends as a file.
func (d Dossier) JSON(s *Settings, now time.Time) ([]byte, error) {
	file := personFile{
		Version: 1, City: s.City, Exported: now.In(s.Zone).Truncate(time.Second),
		Person: personIdentity{ID: d.Person.ID, Name: d.Person.Name, Accounts: append([]UserID{}, d.Person.Accounts...)}, Roles: []Role{},
		Projects: []personProject{}, Asked: d.Asked, Waiting: d.Waiting, Directs: d.Directs, Statements: []personStatement{},
		Retention: personRetention{s.Retention.Reports, s.Retention.Messages, s.Retention.Decisions},
	}
	for _, link := range d.Person.Linked {
		if d.Person.Has(link.User) {
			file.Person.Linked = append(file.Person.Linked, personLink{link.User, link.Since.In(s.Zone)})
		}
	}
	for _, role := range []Role{RolePMO, RoleDM, RoleDIKON} {
		if slices.Contains(s.Roles[role], d.Person.ID) {
			file.Roles = append(file.Roles, role)
		}
	}
	for _, p := range d.Projects {
		file.Projects = append(file.Projects, personProject{p.Project.ID, p.Project.Name, p.Role, p.From.String(), p.Until.String()})
	}
	for _, st := range d.Statements {
		row := personStatement{Kind: st.Kind, Project: st.Project, Round: st.Round, Field: st.Field, Number: st.Number, Light: [...]string{"", "green", "yellow", "red"}[st.Light],
			None: st.None, Choice: st.Choice, Role: st.Role, Entry: st.Entry, Text: st.Text, Late: st.Late, PMO: st.PMO, TakenOver: st.Before}
		if at := st.At.In(s.Zone); !st.At.IsZero() {
			row.At = &at
		}
		file.Statements = append(file.Statements, row)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(file)
	return b.Bytes(), err
}
