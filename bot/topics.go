package bot

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// TopicVote is a 👍 for a topic: a reaction that stands. Somebody may have put several, on
// the bot's message and on the proposer's own, say, and has one vote all the same.
type TopicVote struct {
	Voter
	Message MessageID // the reaction
}

const (
	// MostCarried is how often a topic moves on to the next meetup; then it is let go.
	MostCarried = 2
	// TopicLength is what a topic takes if nobody has said.
	TopicLength = 15 * time.Minute
)

// Count is how many people want to talk about the topic, each of them counted once.
func (t Topic) Count() int {
	n := t.Voted
	for i, v := range t.Votes {
		if !slices.ContainsFunc(t.Votes[:i], func(other TopicVote) bool { return other.Same(v.Voter) }) {
			n++
		}
	}
	return n
}

// LetGo reports whether the topic has moved on often enough: it is only named once more.
func (t Topic) LetGo() bool { return t.Carried > MostCarried }

// Stands reports whether the topic is to be talked about.
func (t Topic) Stands() bool { return t.Said.Text != "" && !t.Dropped && !t.LetGo() }

// Takes is how long the topic takes.
func (t Topic) Takes() time.Duration {
	if t.Minutes > 0 {
		return time.Duration(t.Minutes) * time.Minute
	}
	return TopicLength
}

// Topic finds a topic by its number, nil if there is none.
func (m *Meetup) Topic(n int) *Topic {
	for i := range m.Topics {
		if m.Topics[i].N == n {
			return &m.Topics[i]
		}
	}
	return nil
}

// NextTopic is the number that the next topic gets.
func (m Meetup) NextTopic() (n int) {
	for _, t := range m.Topics {
		n = max(n, t.N)
	}
	return n + 1
}

// Agenda returns the topics that stand in the order in which they are talked about: first
// those that the host has put first, then by votes; of as many votes, first those that have
// waited longest, then those proposed first.
func (m Meetup) Agenda() []Topic {
	var all []Topic
	for _, t := range m.Topics {
		if t.Stands() {
			all = append(all, t)
		}
	}
	const last = 1 << 30
	slices.SortStableFunc(all, func(a, b Topic) int {
		return cmp.Or(cmp.Compare(cmp.Or(a.Rank, last), cmp.Or(b.Rank, last)),
			cmp.Compare(b.Count(), a.Count()), cmp.Compare(b.Carried, a.Carried), cmp.Compare(a.N, b.N))
	})
	return all
}

// Fits is how many topics of the agenda there is time for.
func (m Meetup) Fits() (n int) {
	left := m.Length
	for _, t := range m.Agenda() {
		if left -= t.Takes(); left < 0 {
			break
		}
		n++
	}
	return n
}

// PlainEmoji is a reaction without what only changes how it looks: «👍🏽» is a 👍.
func PlainEmoji(emoji string) string {
	return strings.Map(func(r rune) rune {
		if r == 0xfe0f || r == 0xfe0e || r >= 0x1f3fb && r <= 0x1f3ff {
			return -1
		}
		return r
	}, emoji)
}
