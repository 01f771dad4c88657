package commands

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lotse/bot"
)

func doneCommand() command {
	return moves("task.done", bot.TaskDone,
		[]string{"erledigt", "done", "fertig", "finished"},
		text{"!erledigt NUMMER …", "!done NUMBER …"},
		text{"!erledigt 1 3", "!done 1 3"})
}

// moves is a command that moves tasks to another column by their numbers.
func moves(name string, to bot.TaskState, words []string, usage, example text) command {
	return command{
		words: words,
		forms: []form{{
			name:    name,
			usage:   []text{usage},
			example: example,
			may:     entrants,
			query:   named,
			decide: func(c call, s bot.Snapshot) (bot.Change, error) {
				p, rest, err := c.subject(s, false)
				if err != nil {
					return bot.Change{}, err
				}
				if err := c.answers(s, p); err != nil {
					return bot.Change{}, err
				}
				if err := c.alive(s, p); err != nil {
					return bot.Change{}, err
				}
				numbers, ok := parseNumbers(rest)
				if !ok {
					return bot.Change{}, c.wrong(s, "numbers", rest)
				}
				return bot.MoveTasks(s, c.event, numbers, to)
			},
		}},
	}
}

var (
	span    = regexp.MustCompile(`^(\d{1,3})[-–—](\d{1,3})$`)
	between = strings.NewReplacer(",", " ", ";", " ", "+", " ", "&", " ", "\ufe0f", "", "\u20e3", " ", "#", " ")
)

// parseNumbers reads task numbers as people write them: "1 3", "1, 2 und 4", "#1",
// "2-4", "1️⃣ 3️⃣". Each comes once, in the order given.
func parseNumbers(s string) ([]int, bool) {
	var numbers []int
	for _, word := range strings.Fields(between.Replace(s)) {
		from, to := 0, 0
		switch m := span.FindStringSubmatch(word); {
		case fold(word) == "und" || fold(word) == "and" || fold(word) == "nr" || fold(word) == "nr.":
			continue
		case m != nil:
			from, _ = strconv.Atoi(m[1])
			to, _ = strconv.Atoi(m[2])
		default:
			n, err := strconv.Atoi(strings.TrimRight(word, "."))
			if err != nil || n > 999 {
				return nil, false
			}
			from, to = n, n
		}
		if from < 1 || to < from || to-from > 50 {
			return nil, false
		}
		for n := from; n <= to; n++ {
			if !slices.Contains(numbers, n) {
				numbers = append(numbers, n)
			}
		}
	}
	return numbers, len(numbers) > 0 && len(numbers) <= 50
}
