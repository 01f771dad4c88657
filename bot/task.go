package bot

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// maxTasks is how many tasks one Ausblick may name, and how many may be open.
const maxTasks = 30

// putTask puts a task into the snapshot and the change, once.
func (d *draft) putTask(t Task) {
	put := func(list []Task) []Task {
		for i := range list {
			if list[i].Seq == t.Seq {
				list[i] = t
				return list
			}
		}
		return append(list, t)
	}
	d.Tasks = put(d.Tasks)
	d.c.Tasks = put(d.c.Tasks)
}

// freeNumber is the smallest number no open task has.
func (d *draft) freeNumber() int {
	for n := 1; ; n++ {
		if !slices.ContainsFunc(d.Tasks, func(t Task) bool { return t.Open() && t.Number == n }) {
			return n
		}
	}
}

// addTask puts a new task into To Do, unless an open one says the same.
func (d *draft) addTask(text string, from MessageID, rank int) bool {
	for _, t := range d.Tasks {
		if t.Open() && Fold(t.Text) == Fold(text) {
			return false
		}
	}
	d.Project.LastTask++
	t := Task{Project: d.Project.ID, Seq: d.Project.LastTask, Number: d.freeNumber(), Text: text, State: TaskToDo, Source: from, By: d.who(), Rank: rank}
	if d.running() {
		t.Round = d.Report.Round
	}
	d.putTask(t)
	d.putProject()
	return true
}

// deriveTasks makes the tasks that message m names be exactly lines: a line kept
// keeps its task and number, a changed one renames it, new ones are added, and
// those left out are dropped unless somebody has begun them.
func (d *draft) deriveTasks(m MessageID, lines []string) {
	var mine []Task
	for _, t := range d.Tasks {
		if t.Source == m && t.State != TaskDropped {
			mine = append(mine, t)
		}
	}
	slices.SortFunc(mine, func(a, b Task) int { return cmp.Compare(a.Rank, b.Rank) })
	take := func(match func(Task) bool) (Task, bool) {
		i := slices.IndexFunc(mine, match)
		if i < 0 {
			return Task{}, false
		}
		t := mine[i]
		mine = slices.Delete(mine, i, i+1)
		return t, true
	}
	fresh := make([]int, 0, len(lines))
	for rank, line := range lines {
		if t, ok := take(func(t Task) bool { return Fold(t.Text) == Fold(line) }); ok {
			t.Text, t.Rank, t.Worded, t.By = line, rank, "", d.who()
			d.putTask(t)
		} else {
			fresh = append(fresh, rank)
		}
	}
	for _, rank := range fresh {
		if t, ok := take(func(t Task) bool { return t.State == TaskToDo }); ok {
			t.Text, t.Rank, t.Worded, t.By = lines[rank], rank, "", d.who()
			d.putTask(t)
		} else {
			d.addTask(lines[rank], m, rank)
		}
	}
	for _, t := range mine {
		if t.State == TaskToDo {
			t.State, t.Done = TaskDropped, d.Now
			d.putTask(t)
		}
	}
}

// eraseTasks drops the tasks whose words message m gave: it was deleted. answered says
// that the acting person gave answers by it; of tasks that do not say whose words they
// are, that has to do.
func (d *draft) eraseTasks(m MessageID, answered bool) bool {
	found := false
	for _, t := range slices.Clone(d.Tasks) {
		mine := t.By != "" && t.By == d.who() || t.By == "" && answered
		if t.words() == m && t.Text != "" && mine {
			t.State, t.Text, t.Done, found = TaskDropped, "", d.Now, true
			d.putTask(t)
		}
	}
	return found
}

// move brings a task into a column. tick is the reaction that did it, or "".
func (d *draft) move(t Task, to TaskState, tick MessageID) {
	if !t.Open() && (to == TaskToDo || to == TaskDoing) {
		t.Number = d.freeNumber()
	}
	t.State, t.Ticks, t.Done = to, tick, time.Time{}
	if to == TaskDone || to == TaskDropped {
		t.Done = d.Now
	}
	d.putTask(t)
}

// tasksIn lists the tasks of a column, as the board shows them.
func (s Snapshot) tasksIn(state TaskState) []TaskLine {
	var tasks []Task
	for _, t := range s.Tasks {
		if t.State == state && t.Text != "" {
			tasks = append(tasks, t)
		}
	}
	slices.SortFunc(tasks, func(a, b Task) int {
		return cmp.Or(-cmp.Compare(a.Round, b.Round), cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Seq, b.Seq))
	})
	var lines []TaskLine
	for _, t := range tasks {
		line := TaskLine{Number: t.Number, Text: t.Text, State: t.State}
		if !t.Open() {
			line.Number = 0
		}
		lines = append(lines, line)
	}
	return lines
}

// OpenTasks lists what is under way, then what is to be done, with the numbers
// people use.
func (s Snapshot) OpenTasks() []TaskLine {
	return slices.Concat(s.tasksIn(TaskDoing), s.tasksIn(TaskToDo))
}

// DoneTasks lists what the last two checks saw done.
func (s Snapshot) DoneTasks() []TaskLine { return s.tasksIn(TaskDone) }

// tasksChanged finishes a change to tasks only: the summary of a running report
// shows it. Since when a project stands as it does is about its answers, not its tasks.
func (d *draft) tasksChanged() {
	d.putProject()
	if d.running() {
		if d.there().Forms {
			d.relist()
		}
		if d.Report.Completed {
			d.summarise()
		}
		d.redraw()
	}
}

// numbered finds open tasks by number (for TaskToDo also done ones have none).
func (d *draft) numbered(command string, numbers []int) ([]Task, error) {
	var tasks []Task
	for _, n := range numbers {
		i := slices.IndexFunc(d.Tasks, func(t Task) bool { return t.Open() && t.Number == n })
		if i < 0 {
			return nil, &UserError{Template: "error.task", Data: UnknownTask{Number: n, Project: d.Project.name(), Open: d.OpenTasks()}}
		}
		tasks = append(tasks, d.Tasks[i])
	}
	return tasks, nil
}

// MoveTasks moves tasks of the snapshot's project by number to another column
// (!erledigt, !begonnen).
func MoveTasks(s Snapshot, e Event, numbers []int, to TaskState) (Change, error) {
	d := &draft{Snapshot: s, e: e}
	tasks, err := d.numbered(string(to), numbers)
	if err != nil {
		return Change{}, err
	}
	for _, t := range tasks {
		d.move(t, to, "")
	}
	return d.confirm("tasks moved to " + string(to)), nil
}

// AddTask adds a task to the snapshot's project.
func AddTask(s Snapshot, e Event, text string) (Change, error) {
	d := &draft{Snapshot: s, e: e}
	text, err := d.taskText(text)
	if err != nil {
		return Change{}, err
	}
	rank := 0
	for _, t := range d.Tasks {
		if t.Open() {
			rank = max(rank, t.Rank+1)
		}
	}
	if len(d.OpenTasks()) >= maxTasks {
		return Change{}, &UserError{Template: "error.tasks", Data: TooLong{Got: len(d.OpenTasks()), Max: maxTasks}}
	}
	d.addTask(text, e.Source(), rank)
	d.remember(e.Source())
	return d.confirm("task added"), nil
}

// RenameTask gives a task other words.
func RenameTask(s Snapshot, e Event, number int, text string) (Change, error) {
	d := &draft{Snapshot: s, e: e}
	tasks, err := d.numbered("aufgabe", []int{number})
	if err != nil {
		return Change{}, err
	}
	if text, err = d.taskText(text); err != nil {
		return Change{}, err
	}
	tasks[0].Text, tasks[0].Worded, tasks[0].By = text, e.Source(), d.who()
	d.putTask(tasks[0])
	d.remember(e.Source())
	return d.confirm("task renamed"), nil
}

// DropTask takes a task off the board.
func DropTask(s Snapshot, e Event, number int) (Change, error) {
	d := &draft{Snapshot: s, e: e}
	tasks, err := d.numbered("aufgabe", []int{number})
	if err != nil {
		return Change{}, err
	}
	d.move(tasks[0], TaskDropped, "")
	return d.confirm("task dropped"), nil
}

// confirm ends a command about tasks: ✅ on it.
func (d *draft) confirm(reason string) Change {
	d.c.Reason = reason
	d.ack(d.e.Source(), nil, []string{"✅"})
	d.tasksChanged()
	return d.c
}

// taskText checks the words of a task: one line, not too long.
func (d *draft) taskText(text string) (string, error) {
	text = strings.Join(strings.Fields(Clean(text)), " ")
	if text == "" {
		return "", &UserError{Template: "error.argument", Data: BadArgument{Command: "aufgabe", Want: "text", Example: "!aufgabe Schulung planen"}}
	}
	return text, Short(text, d.Settings.MaxText)
}
