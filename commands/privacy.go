package commands

import (
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"lotse/bot"
	"lotse/bot/calendar"
)

func privacyCommand() command {
	return command{
		words: []string{"datenschutz", "privacy", "dsgvo", "gdpr"},
		forms: []form{{
			name:    "privacy",
			usage:   []text{{"!datenschutz", "!privacy"}},
			example: text{"!datenschutz", "!privacy"},
			unbound: true, anywhere: true,
			query:  func(call) bot.Query { return bot.Query{Dossier: true, AllProjects: true, Archived: true} },
			decide: call.privacy,
		}},
	}
}

const (
	// wordsPerPage is how many characters of what somebody has said stand in one message.
	wordsPerPage = 5000
	// morePages is how many messages are sent at most; the rest is in the file.
	morePages = 20
)

// privacy tells somebody what is stored about them, and nobody else: in a direct chat.
func (c call) privacy(s bot.Snapshot) (bot.Change, error) {
	if c.args != "" {
		return bot.Change{}, c.refuse(s, "nothing", c.args)
	}
	all := s.Privacy()
	list := statementPages(s)
	if len(list) > morePages {
		for _, page := range list[morePages:] {
			all.More += len(page)
		}
		list = list[:morePages]
	}
	file, err := c.privacyFile(s)
	if err != nil {
		return bot.Change{}, err
	}
	all.File = file != nil
	change := bot.Change{Reason: "somebody was told what is stored about them"}
	if !c.event.Direct {
		change.Posts = append(change.Posts, bot.Reply(c.event, 0, "reply.privacy.sent", nil))
	}
	for i, lines := range list {
		page := all
		page.Lines, page.Page, page.Pages = lines, i+1, len(list)
		change.Posts = append(change.Posts, c.private(i, "reply.privacy", page))
	}
	if file != nil {
		post := c.private(len(list), "reply.privacy.file", nil)
		post.File = file
		change.Posts = append(change.Posts, post)
	}
	return change, nil
}

// private is the n-th message (from 0) of an answer that nobody else shall read.
func (c call) private(n int, template string, data any) bot.Post {
	post := c.page(n, template, data)
	if !c.event.Direct {
		post.Key = bot.NewKey("reply", string(c.event.ID), strconv.Itoa(n+1), string(c.event.Sender))
		post.Room, post.User, post.Thread, post.ReplyTo, post.Quiet = "", c.event.Sender, bot.Target{}, bot.Target{}, false
	}
	return post
}

// privacyFile is all of it for programs; nil where no file can be sent, or none so large,
// and of somebody of whom nothing is stored.
func (c call) privacyFile(s bot.Snapshot) (*bot.File, error) {
	if s.Person == nil || s.Dossier == nil || !s.Abilities.Files {
		return nil, nil
	}
	body, err := s.Dossier.JSON(s.Settings, s.Now)
	if err != nil {
		return nil, fmt.Errorf("write what is stored about somebody as JSON: %w", err)
	}
	if len(body) > bot.MaxFile {
		return nil, nil
	}
	return &bot.File{Name: "lotse-datenschutz-" + calendar.DateOf(s.Now).String() + ".json", Type: "application/json", Bytes: body}, nil
}

// statementPages are the lines of the asker's statements, page by page; there is one page
// at least.
func statementPages(s bot.Snapshot) [][]bot.StatementLine {
	list, size := [][]bot.StatementLine{nil}, 0
	var statements []bot.Statement
	if s.Dossier != nil {
		statements = s.Dossier.Statements
	}
	for _, st := range statements {
		line := bot.StatementLine{Statement: st, Project: bot.ProjectName{ID: st.Project}}
		if i := slices.IndexFunc(s.Projects, func(p bot.Project) bool { return p.ID == st.Project }); i >= 0 {
			line.Project = nameOf(s.Projects[i])
		}
		if day, err := time.Parse(time.DateOnly, string(st.Round)[:min(len(st.Round), len(time.DateOnly))]); err == nil {
			line.Check = calendar.DateOf(day)
		}
		cost := 100 + utf8.RuneCountInString(st.Text)
		if last := len(list) - 1; size > 0 && size+cost > wordsPerPage {
			list, size = append(list, []bot.StatementLine{line}), cost
		} else {
			list[last], size = append(list[last], line), size+cost
		}
	}
	return list
}
