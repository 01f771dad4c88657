package commands

import (
	"regexp"
	"strconv"

	"lotse/bot"
)

func taskCommand() command {
	return command{
		words: []string{"aufgabe", "task", "aufgaben", "tasks", "todo"},
		forms: []form{{
			name: "task",
			usage: []text{
				{"!aufgabe STICHWORTE", "!task WORDS"},
				{"!aufgabe 2 NEUE WORTE", "!task 2 NEW WORDS"},
				{"!aufgabe 2 streichen", "!task 2 drop"},
				{"!aufgabe", "!task"},
			},
			example: text{"!aufgabe Schulung der Sachbearbeitung planen", "!task Plan the staff training"},
			may:     entrants,
			query:   named,
			decide:  call.task,
		}},
	}
}

var (
	taskNumber = regexp.MustCompile(`^(?:[Nn]r\.?\s*|#)?(\d{1,3}):?(?:\s+(.*))?$`)
	taskWord   = regexp.MustCompile(`^(\pL+)\s+(?:[Nn]r\.?\s*|#)?(\d{1,3})(?::|\s|$)\s*(.*)$`)

	dropWords   = []string{"streichen", "drop", "löschen", "entfernen", "delete", "remove", "weg"}
	renameWords = []string{"umbenennen", "rename", "ändern", "change", "neu"}
	addWords    = []string{"hinzufügen", "add"}
)

// task adds, renames or drops a task, or shows them.
func (c call) task(s bot.Snapshot) (bot.Change, error) {
	p, rest, err := c.subject(s, true)
	if err != nil {
		return bot.Change{}, err
	}
	if err := c.answers(s, p); err != nil {
		return bot.Change{}, err
	}
	if err := c.alive(s, p); err != nil {
		return bot.Change{}, err
	}
	rest = oneLine(rest)
	if rest == "" {
		return c.tasks(s, p), nil
	}
	if m := taskWord.FindStringSubmatch(rest); m != nil && (is(fold(m[1]), dropWords) && m[3] == "" || is(fold(m[1]), renameWords[:len(renameWords)-1])) {
		rest = m[2] + " " + m[1] + " " + m[3] // «streichen 2» like «2 streichen»
	}
	m := taskNumber.FindStringSubmatch(rest)
	if m == nil {
		if word, text := firstWord(rest); is(fold(word), addWords) && text != "" {
			rest = text
		}
		return bot.AddTask(s, c.event, rest)
	}
	n, _ := strconv.Atoi(m[1])
	word, text := firstWord(m[2])
	switch {
	case m[2] == "", is(fold(word), renameWords) && text == "":
		return bot.Change{}, c.wrong(s, "task", rest)
	case is(fold(word), dropWords) && text == "":
		return c.dropTask(s, p, n)
	case is(fold(word), renameWords):
		return bot.RenameTask(s, c.event, n, text)
	}
	return bot.RenameTask(s, c.event, n, m[2])
}

// dropTask takes a task off the board and says how to have it back.
func (c call) dropTask(s bot.Snapshot, p bot.Project, n int) (bot.Change, error) {
	words := ""
	for _, t := range s.Tasks {
		if t.Open() && t.Number == n {
			words = t.Text
		}
	}
	change, err := bot.DropTask(s, c.event, n)
	if err != nil {
		return bot.Change{}, err
	}
	change.Posts = append(change.Posts, bot.Reply(c.event, 1, "reply.task.dropped", bot.TaskGone{Project: nameOf(p), Number: n, Text: words}))
	return change, nil
}

// tasks shows the project's tasks.
func (c call) tasks(s bot.Snapshot, p bot.Project) bot.Change {
	if !c.shows(s, p.ID) {
		return c.elsewhere(s, "room", p)
	}
	data := bot.TaskList{Project: nameOf(p), Done: s.DoneTasks()}
	data.Doing, data.ToDo = columns(s)
	return c.reply("tasks shown", "reply.tasks", data)
}

// columns are the open tasks, by column.
func columns(s bot.Snapshot) (doing, todo []bot.TaskLine) {
	for _, t := range s.OpenTasks() {
		if t.State == bot.TaskDoing {
			doing = append(doing, t)
		} else {
			todo = append(todo, t)
		}
	}
	return doing, todo
}

// elsewhere answers that something is not shown here.
func (c call) elsewhere(s bot.Snapshot, why string, p bot.Project) bot.Change {
	return c.reply("not shown here: "+why, "reply.elsewhere", bot.Elsewhere{Why: why, Command: c.title(s), Project: nameOf(p)})
}
