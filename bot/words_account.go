package bot

import "time"

// This file holds what the templates about accounts are filled with: !konto. See words.go.

// Title is what people call the chat.
func (c ChatID) Title() string {
	switch c {
	case "matrix":
		return "Matrix"
	case "teams":
		return "Teams"
	}
	return string(c)
}

// AccountLine is an account as it is told to its owner.
type AccountLine struct {
	Chat    string
	Account string    // its id there
	Linked  time.Time // when it was joined by a code; zero: it was not
	Here    bool      // from which is asked
}

// AccountList answers !konto: reply.accounts.
type AccountList struct {
	Person    Person
	Known     bool // the books know the person; else there is one line
	Lines     []AccountLine
	Elsewhere []string // chats in which the bot is, and no account is known
	Unlink    bool     // there is something to separate
	Now       time.Time
}

// AccountCode gives a code: reply.account.code.
type AccountCode struct {
	Line      string // to write in the other chat
	Elsewhere []string
	Until     time.Time
}

// AccountConfirm asks before an account gets somebody's rights: reply.account.confirm.
type AccountConfirm struct {
	Account AccountLine // which was given the code
	Name    string      // how it is called there; anybody may call themselves anything
	Roles   []Role
	Line    string // to write, if so
}

// AccountsJoined tells who has joined accounts: reply.account.linked.
type AccountsJoined struct {
	Person Person
	Lines  []AccountLine
	Now    time.Time
}

// AccountsParted tells who has separated accounts: reply.account.unlinked.
type AccountsParted struct {
	Person Person
	Lines  []AccountLine // those that were separated
}

// AccountTold tells the other account what was done: account.told. In the PMO's room it
// says so of people who have a role: account.pmo.
type AccountTold struct {
	Off     bool // separated
	Person  Person
	Account AccountLine // which was joined or separated
	Roles   []Role
}

// AccountRefusal says why accounts were not joined or separated: error.account. Why is
//
//	wrong     the code is none, or holds no more; Left more may be said
//	tries     too many wrong ones were said: none is taken until Until
//	own       it was given to this account
//	chat      it was given to an account of the same chat
//	same      both accounts are one person's already
//	configured  both people stand in the configuration
//	taken     the person has another account in Chat
//	room      it was said where others read
//	only      the bot is in one chat only
//	complete  there is an account in every chat
//	none      nothing was joined by a code; Fixed: the accounts come from elsewhere
type AccountRefusal struct {
	Why   string
	Left  int
	Until time.Time
	Chat  string
	Fixed bool
}
