package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"lotse/bot"
)

// render turns the posts of a change into slots, each in the language of the room
// it will stand in, and seeds into reactions of their own.
func (e *Engine) render(ctx context.Context, s bot.Snapshot, c bot.Change) ([]bot.Slot, error) {
	if len(c.Posts) == 0 {
		return nil, nil
	}
	langs, err := e.languages(ctx, s, c)
	if err != nil {
		return nil, err
	}
	var slots []bot.Slot
	for _, p := range c.Posts {
		room := p.Room
		if room == "" {
			room = bot.RoomID(p.User) // a direct chat, which need not be there yet
		}
		can, _ := e.abilitiesIn(room)
		if p.Op == bot.OpReaction && !can.Reactions {
			continue
		}
		if !can.Files {
			p.File = nil
			if p.Date != nil {
				continue
			}
		}
		if data, ok := p.Data.(bot.Suited); ok {
			p.Data = data.Suit(can)
		}
		lang := langs.of(p, e.Settings.Language)
		slot, err := e.slot(p, lang, room.Chat())
		if err != nil {
			return nil, fmt.Errorf("post %s: %w", p.Key, err)
		}
		if can.Forms && slot.Op == bot.OpMessage && !p.Absent {
			if slot.Text.Form, err = e.form(p, lang); err != nil {
				return nil, fmt.Errorf("post %s: %w", p.Key, err)
			}
		}
		slots = append(slots, slot)
		if can.Reactions && !p.Absent && !p.EditOnly {
			slots = append(slots, seeds(p)...)
		}
	}
	return slots, nil
}

// slot renders one post.
func (e *Engine) slot(p bot.Post, lang bot.Language, chat bot.ChatID) (bot.Slot, error) {
	slot := bot.Slot{
		Key: p.Key, Op: p.Op, Kind: p.Kind, Subject: p.Subject, Room: p.Room, User: p.User,
		Thread: p.Thread, ReplyTo: p.ReplyTo, Target: p.Target, Emoji: p.Emoji, Absent: p.Absent,
		EditOnly: p.EditOnly, Expires: p.Expires, Through: p.Through, Secret: p.Secret,
	}
	put(&slot.Op, bot.OpMessage)
	if p.Op != "" {
		slot.Op = p.Op
	}
	if slot.Op != bot.OpMessage || p.Absent {
		return slot, nil
	}
	text, err := e.Renderer.Render(lang, p.Template, p.Data, chat)
	if err != nil {
		return slot, fmt.Errorf("render %s: %w", p.Template, err)
	}
	text.Quiet = text.Quiet || p.Quiet
	slot.Text, slot.File = text, p.File
	if p.Date != nil {
		if slot.File, err = e.date(*p.Date, lang); err != nil {
			return slot, err
		}
	}
	return slot, nil
}

// form puts words on a post's form, and buttons: one for each seed, and those that its
// fields need. It returns nil if the post has none and there is nothing to press.
func (e *Engine) form(p bot.Post, lang bot.Language) (*bot.Form, error) {
	f := bot.Form{}
	if p.Form != nil {
		f = *p.Form
	}
	var failed error
	say := func(template, name, value string) string {
		words, err := e.Renderer.Plain(lang, template, bot.FormWord{Kind: p.Kind, Name: name, Value: value})
		if err != nil && failed == nil {
			failed = fmt.Errorf("render %s: %w", template, err)
		}
		return words
	}
	f.Fields, f.Buttons = slices.Clone(f.Fields), nil
	for i := range f.Fields {
		in := &f.Fields[i]
		in.Label, in.Hint = say("form.label", in.Name, ""), say("form.hint", in.Name, "")
		if in.Required {
			in.Missing = say("form.missing", in.Name, "")
		}
		in.Options = slices.Clone(in.Options)
		for j := range in.Options {
			if o := &in.Options[j]; o.Label == "" {
				o.Label = say("form.option", in.Name, o.Value)
			}
		}
	}
	button := func(act bot.Act) {
		if label := say("form.button", string(act), ""); label != "" {
			f.Buttons = append(f.Buttons, bot.Button{Act: act, Label: label})
		}
	}
	if len(f.Fields) > 0 {
		if f.Folded {
			button(bot.ActShow)
		}
		button(bot.ActSend)
	}
	for _, emoji := range p.Seeds {
		f.Buttons = append(f.Buttons, bot.Button{Act: bot.ActReact, Emoji: emoji, Label: cmp.Or(say("form.button", emoji, ""), emoji)})
	}
	if len(p.Seeds) > 0 {
		button(bot.ActBack)
	}
	if p.Form == nil && len(f.Buttons) == 0 {
		return nil, failed
	}
	f.Language = lang
	if len(f.Buttons) > 0 {
		f.Noted = say("form.answer", "noted", "")
	}
	if len(f.Fields) > 0 {
		f.TooLong = say("form.answer", "too long", "")
	}
	return &f, failed
}

// date is a date as a file.
func (e *Engine) date(d bot.Date, lang bot.Language) (*bot.File, error) {
	var words [2]string
	for i, template := range []string{"calendar.title", "calendar.about"} {
		var err error
		if words[i], err = e.Renderer.Plain(lang, template, d.About); err != nil {
			return nil, fmt.Errorf("render %s: %w", template, err)
		}
	}
	file := d.File(words[0], words[1])
	return &file, nil
}

// seeds are the reactions the bot puts on its own message.
func seeds(p bot.Post) []bot.Slot {
	var slots []bot.Slot
	for _, emoji := range p.Seeds {
		slots = append(slots, bot.Slot{
			Key: bot.NewKey("seed", emoji, string(p.Key)), Op: bot.OpReaction, Kind: bot.KindSeed,
			Subject: p.Subject, Room: p.Room, User: p.User,
			Target: bot.Target{Key: p.Key}, Emoji: emoji, Expires: p.Expires,
		})
	}
	return slots
}

// languages are those of rooms, and of the direct chats with accounts.
type languages struct {
	rooms map[bot.RoomID]bot.Language
	users map[bot.UserID]bot.Language
}

func (l languages) add(rooms ...bot.Room) {
	for _, r := range rooms {
		if r.ID != "" {
			l.rooms[r.ID] = r.Language
		}
		if r.User != "" {
			l.users[r.User] = r.Language
		}
	}
}

func (l languages) of(p bot.Post, otherwise bot.Language) bot.Language {
	lang := l.rooms[p.Room]
	if p.Room == "" {
		lang = l.users[p.User]
	}
	if lang == "" {
		return otherwise
	}
	return lang
}

// languages finds the languages of all posts: from what the snapshot holds, and
// for other rooms from the store; what the change itself says comes last.
func (e *Engine) languages(ctx context.Context, s bot.Snapshot, c bot.Change) (languages, error) {
	l := languages{map[bot.RoomID]bot.Language{}, map[bot.UserID]bot.Language{}}
	l.add(s.Room, s.ProjectRoom)
	l.add(s.Rooms...)
	var rooms []bot.RoomID
	var users []bot.UserID
	for _, p := range c.Posts {
		_, room := l.rooms[p.Room]
		_, user := l.users[p.User]
		switch {
		case p.Op != "" && p.Op != bot.OpMessage:
		case p.Room != "" && !room && !slices.Contains(rooms, p.Room):
			rooms = append(rooms, p.Room)
		case p.Room == "" && !user && !slices.Contains(users, p.User):
			users = append(users, p.User)
		}
	}
	if len(rooms)+len(users) > 0 {
		found, err := e.Store.Rooms(ctx, rooms, users)
		if err != nil {
			return l, fmt.Errorf("look up the languages of rooms: %w", err)
		}
		l.add(found...)
	}
	l.add(c.Rooms...)
	return l, nil
}
