package bot

import (
	"slices"
	"strconv"
	"strings"
)

// inputs are the fields of the form in which f is answered: for the light, "" if it has
// none, and for the words.
func (f Field) inputs() (light, words string) {
	switch f {
	case FieldStatus:
		return inputStatus, inputStatusText
	case FieldOutlook:
		return inputOutlook, inputOutlookText
	case FieldBlocker:
		return "", inputBlocker
	case FieldDecision:
		return "", inputDecision
	}
	return "", inputCommunication
}

// form is the Projektcheck's form, as far as it is filled in: with what was answered and,
// where nothing was, with what the last report says. Of the Ausblick only the light is
// taken over: its tasks are on the board.
func (d *draft) form() *Form {
	f := &Form{Folded: d.Report.Completed}
	for _, field := range Fields() {
		light, words := field.inputs()
		is, text := d.filled(field)
		if light != "" {
			in := Input{Name: light, Required: true, Value: is.Emoji()}
			for _, l := range []Light{Green, Yellow, Red} {
				in.Options = append(in.Options, Option{Value: l.Emoji()})
			}
			f.Fields = append(f.Fields, in)
		}
		f.Fields = append(f.Fields, Input{Name: words, Long: words != inputStatusText || strings.Contains(text, "\n"), Value: text, Max: d.Settings.MaxText})
	}
	done := Input{Name: inputDone, Many: true}
	for _, t := range d.OpenTasks() {
		done.Options = append(done.Options, Option{Value: strconv.Itoa(t.Number), Label: t.Text})
	}
	if len(done.Options) > 0 {
		f.Fields = append(f.Fields, done)
	}
	return f
}

// filled is what the form shows as the answer to f.
func (d *draft) filled(f Field) (Light, string) {
	a := d.Report.Answers[f]
	if !a.Given() {
		return d.before(f)
	}
	light := a.Light()
	if f == FieldOutlook {
		a.Parts = slices.DeleteFunc(slices.Clone(a.Parts), func(p Part) bool { return p.Repeated })
	}
	return light, a.Text()
}

// before is what the last report says to f, as the form shows it.
func (d *draft) before(f Field) (Light, string) {
	a := d.Report.Before.Answers[f]
	if f == FieldOutlook {
		return a.Light(), ""
	}
	return a.Light(), a.Text()
}

// fill decides about a form that was handed in. What it says belongs to the message that
// it is on: handed in once more, it takes the place of what it said before, whoever did.
func (d *draft) fill() (Change, error) {
	k := d.Target
	if k == nil || !k.Own || k.Kind != KindOpening || d.Project == nil || d.Project.State == ProjectArchived ||
		d.Report == nil || d.Round == nil || k.Subject.Round != d.Report.Round || !d.here() {
		return Change{}, nil
	}
	if d.ProjectRole() == "" && !d.Is(RolePMO) {
		return Change{}, &UserError{Template: "error.forbidden", Data: Forbidden{Command: string(FieldStatus), Roles: []Role{RoleLead, RoleDeputy, RolePMO}}}
	}
	if !d.running() {
		return d.over(), nil
	}
	done := d.tickOff()
	var changed []Field
	for _, f := range Fields() {
		took, err := d.fillIn(f)
		if err != nil {
			return Change{}, err
		}
		if took {
			changed = append(changed, f)
		}
	}
	switch {
	case changed != nil:
		return d.accepted(changed, "form handed in"), nil
	case done:
		d.c.Reason = "tasks ticked off in a form"
		d.tasksChanged()
	case d.Report.Complete() && !d.Report.Completed: // nothing new, and nothing more to come
		return d.accepted(nil, "form handed in"), nil
	}
	return d.c, nil
}

// tickOff moves the tasks that the form names to what is done.
func (d *draft) tickOff() (any bool) {
	for s := range strings.SplitSeq(d.e.Fields[inputDone], ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			continue
		}
		if i := slices.IndexFunc(d.Tasks, func(t Task) bool { return t.Open() && t.Number == n }); i >= 0 {
			d.move(d.Tasks[i], TaskDone, "")
			any = true
		}
	}
	return any
}

// fillIn takes what the form says to f, if that is anything new.
func (d *draft) fillIn(f Field) (bool, error) {
	r, m := d.Report, d.e.Target
	lightName, name := f.inputs()
	text, has := d.e.Fields[name]
	text = Clean(text)
	if err := Short(text, d.Settings.MaxText); err != nil {
		return false, err
	}
	light := NoLight
	if lightName != "" {
		light = EmojiLight(d.e.Fields[lightName])
		if has = light != NoLight || text != ""; light == NoLight {
			light, text = ParseLight(text)
		}
	}
	if !has {
		return false, nil
	}
	a := r.Answers[f]
	wasLight, wasText := d.filled(f)
	same := text == Clean(wasText)
	if same && light == wasLight && a.Answers(f) {
		return false, nil
	}
	part := d.part()
	part.Message = m
	beforeLight, beforeText := d.before(f)
	if r.Before.Answers[f].Answers(f) && light == beforeLight && text == Clean(beforeText) {
		d.put(f, r.Before.Answers[f].repeated(part), true)
		return true, nil
	}
	part.Light = light
	gave := slices.ContainsFunc(a.Parts, func(p Part) bool { return p.Message == m })
	if a.Given() && same && !gave {
		d.put(f, []Part{part}, false) // the words stay those that somebody wrote
		return true, nil
	}
	if part.Text = text; !f.HasLight() && (text == "" || saysNone(f, text)) {
		part.Text, part.None = "", true
	}
	d.put(f, []Part{part}, true)
	return true, nil
}
