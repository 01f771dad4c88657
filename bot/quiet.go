package bot

import (
	"slices"
	"time"
)

// Quiet is that an account does not want to be written to without having asked (!ruhe).
type Quiet struct {
	User  UserID
	Since time.Time // zero: it wants to, again
}

// Hush leaves out what somebody in whose direct chat it would stand does not want: see
// [Post.Unasked]. What they wait for, and what they have to know in time because they
// answer for something, comes all the same: the questions to a lead whose project has no
// room, a check that is moved, what was decided. A project without a lead's answer would be
// missing before the DM, and nobody would know that it was for this wish.
func Hush(s Snapshot, posts []Post) []Post {
	if len(s.Quiet) == 0 {
		return posts
	}
	return slices.DeleteFunc(slices.Clone(posts), func(p Post) bool {
		return p.Unasked && !p.Absent && p.User != "" && slices.Contains(s.Quiet, p.User)
	})
}
