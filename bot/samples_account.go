package bot

// accountSamples is the data for what is said about accounts: words_account.go.
func accountSamples() map[string][]any {
	matrix := AccountLine{Chat: "Matrix", Account: "@maria:stadt.example", Here: true}
	teams := AccountLine{Chat: "Teams", Account: "aaaaaaaa-0000-0000-0000-000000000001", Linked: sampleTime(18, 9, 5)}
	both := []AccountLine{matrix, teams}
	now := sampleTime(20, 10, 0)
	refusals := []any{}
	for _, why := range []string{"wrong", "tries", "own", "chat", "same", "configured", "taken", "room", "only", "complete", "none"} {
		refusals = append(refusals, AccountRefusal{Why: why, Left: 3, Until: now, Chat: "Teams"})
	}
	refusals = append(refusals, AccountRefusal{Why: "wrong", Left: 1}, AccountRefusal{Why: "wrong", Until: now}, AccountRefusal{Why: "none", Fixed: true})
	return map[string][]any{
		"reply.accounts": {
			AccountList{Lines: []AccountLine{matrix}, Elsewhere: []string{"Teams"}, Now: now}, AccountList{Lines: []AccountLine{matrix}, Now: now},
			AccountList{Person: sampleLead, Known: true, Lines: []AccountLine{matrix}, Elsewhere: []string{"Teams"}, Now: now},
			AccountList{Person: sampleLead, Known: true, Lines: both, Unlink: true, Now: now},
		},
		"reply.account.code":     {AccountCode{Line: "!konto verbinden 7KQF-2M9X", Elsewhere: []string{"Teams"}, Until: now.Add(LinkTime)}},
		"reply.account.confirm":  {AccountConfirm{Account: teams, Name: "Maria Beispiel", Roles: []Role{RoleDM, RoleLead}, Line: "!konto verbinden 7KQF-2M9X ja"}, AccountConfirm{Account: teams, Roles: []Role{RoleDM}, Line: "!konto verbinden 7KQF-2M9X ja"}},
		"reply.account.linked":   {AccountsJoined{Person: sampleLead, Lines: both, Now: now}},
		"reply.account.unlinked": {AccountsParted{Person: sampleLead, Lines: both[1:]}, AccountsParted{Person: sampleLead, Lines: both}},
		"account.told":           {AccountTold{Person: sampleLead, Account: teams}, AccountTold{Off: true, Person: sampleLead, Account: teams}},
		"account.pmo":            {AccountTold{Person: sampleLead, Account: teams, Roles: []Role{RoleLead}}, AccountTold{Off: true, Person: sampleLead, Account: teams, Roles: []Role{RoleDM, RoleLead}}},
		"error.account":          refusals,
	}
}
