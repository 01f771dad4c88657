package commands

import (
	"strconv"

	"lotse/bot"
)

// page is the n-th message (from 0) of an answer that takes several.
func (c call) page(n int, template string, data any) bot.Post {
	post := bot.Reply(c.event, 0, template, data)
	post.Key = bot.NewKey("reply", string(c.event.ID), strconv.Itoa(n), string(c.event.Room))
	return post
}
