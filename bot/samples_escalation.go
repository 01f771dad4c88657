package bot

import (
	"maps"
	"slices"
	"time"

	"lotse/bot/calendar"
)

// The members of the DM and of DIKON in the samples.
var (
	sampleMember  = Person{ID: "anna", Name: "Anna Entscheid", Accounts: []UserID{"matrix:@anna:example.org"}}
	sampleMember2 = Person{ID: "bernd", Name: "Bernd Beschluss", Accounts: []UserID{"matrix:@bernd:example.org"}}
	sampleAdviser = Person{ID: "doris", Name: "Doris Rat", Accounts: []UserID{"matrix:@doris:example.org"}}
)

func sampleSaid(text string, by Person, at time.Time) SaidLine {
	return SaidLine{Text: text, By: by, At: at}
}

// sampleCard is an escalation as it comes before the DM.
func sampleCard() EscalationCard {
	now := sampleTime(20, 14, 5)
	return EscalationCard{
		Place: InDM, Kind: EscalationMatter, State: EscalationOpen, Number: 12, Project: sampleProject, To: []Person{sampleLead}, Now: now,
		Text: sampleSaid("Die Schnittstelle zum Melderegister wartet auf eine Freigabe.", sampleLead, sampleTime(19, 9, 20)),
		Wish: sampleSaid("Priorität in der IT-Abteilung", sampleLead, sampleTime(19, 9, 20)),
		Due:  sampleDay(32), Since: sampleDay(4), Checks: 2, Round: true, Asker: sampleLead, Role: RoleDM, Reactions: true, Threads: true, DIKON: true,
		Rule: EscalationRule{Quorum: 1, Pause: 15 * time.Minute}, Put: sampleTime(19, 9, 25), Days: 1,
	}
}

// sampleBare is the card with nothing but what every escalation has.
func sampleBare() EscalationCard {
	c := sampleCard()
	c.Wish, c.Due, c.Since, c.Checks, c.DIKON, c.Round = SaidLine{}, calendar.Date{}, sampleDay(19), 1, false, false
	return c
}

// sampleWeighty is one with everything.
func sampleWeighty() EscalationCard {
	c := sampleCard()
	c.Weighty, c.Urgent, c.Checks = true, true, 1
	c.Rule = EscalationRule{Quorum: 2, Pause: 15 * time.Minute, Typed: true, NoOwn: true}
	c.Text.Text = "Die Vergabe ist gescheitert.\nOhne neuen Vertrag kein Start im Januar."
	c.Wish = SaidLine{}
	c.More = []SaidLine{
		sampleSaid("Der Dienstleister hat abgesagt.", sampleDeputy, sampleTime(20, 9, 0)),
		{By: sampleDeputy, At: sampleTime(20, 9, 5), Gone: true},
	}
	return c
}

// sampleMeeting is a decision of the meeting, sampleRelease a new project.
func sampleMeeting() EscalationCard {
	c := sampleBare()
	c.Kind, c.Number, c.Asker, c.Since, c.Rule = EscalationMeeting, 13, samplePMO, sampleDay(25), EscalationRule{Quorum: 1}
	c.Text = sampleSaid("Das Serviceportal startet am 1. März in zwei Bürgerbüros.", samplePMO, sampleTime(25, 11, 30))
	c.Put, c.Now = sampleTime(25, 11, 30), sampleTime(25, 12, 10)
	return c
}

func sampleRelease() EscalationCard {
	c := sampleBare()
	c.Kind, c.Number, c.Asker, c.Role, c.Project = EscalationRelease, 14, samplePMO, RoleDIKON, sampleLearning
	c.Text = sampleSaid(sampleLearning.Name, samplePMO, sampleTime(19, 9, 25))
	return c
}

// sampleStates takes a card through the states of its life from when it is put.
func sampleStates(c EscalationCard) map[EscalationState]EscalationCard {
	all := map[EscalationState]EscalationCard{}
	for _, state := range EscalationStates() {
		x := c
		x.State = state
		switch state {
		case EscalationDraft, EscalationMerged, EscalationDiscarded, EscalationLapsed:
			x.Number, x.Put, x.Asker, x.Place = 0, time.Time{}, Person{}, InProject
			x.Lapses = sampleTime(25, 10, 0)
		case EscalationPMO:
			x.Put, x.Standing = time.Time{}, sampleTime(23, 9, 0)
		case EscalationWaiting:
			x.Awaits = Awaited{Answer: true}
			x.Inquiries = []InquiryLine{{N: 1, Question: sampleSaid("Bis wann wird die Freigabe gebraucht?", sampleMember, sampleTime(20, 10, 0))}}
		case EscalationPausing:
			x.Decision, x.Yes, x.Standing = ChooseYes, []Person{sampleMember}, sampleTime(20, 14, 20)
		case EscalationAccepted, EscalationDone, EscalationSetAside:
			x.Decision, x.Deciders, x.Decided = ChooseYes, []Person{sampleMember, sampleMember2}, sampleTime(20, 14, 20)
			x.Reasons = []SaidLine{sampleSaid("Das Portal ist das Leuchtturmprojekt des Jahres.", sampleMember, sampleTime(20, 14, 10))}
			x.Now = sampleTime(20, 14, 20)
		case EscalationRefused:
			x.Decision, x.Deciders, x.Decided, x.Now = ChooseNo, []Person{sampleMember}, sampleTime(20, 14, 20), sampleTime(20, 14, 20)
		case EscalationWithdrawn:
			x.Ended, x.EndedBy = sampleTime(20, 15, 0), sampleLead
		case EscalationSolved:
			x.Put, x.Ended, x.EndedBy = time.Time{}, sampleTime(20, 15, 0), samplePMO
			x.EndNote = sampleSaid("Die Freigabe kommt morgen.", samplePMO, x.Ended)
		}
		switch state {
		case EscalationDone:
			x.Ended, x.EndedBy = sampleTime(60, 9, 0), sampleLead
			x.EndNote, x.Now = sampleSaid("läuft seit gestern", sampleLead, x.Ended), x.Ended
		case EscalationSetAside:
			x.Ended, x.EndedBy, x.Aside = sampleTime(30, 9, 0), sampleMember, []Person{sampleMember, sampleMember2}
			x.EndNote, x.Now = sampleSaid("Der Haushalt ist gesperrt.", sampleMember, x.Ended), x.Ended
		}
		if x.Kind == EscalationRelease && state == EscalationDone { // nothing of it is to be carried out
			x.Ended, x.EndedBy, x.EndNote, x.Now, x.Reasons = time.Time{}, Person{}, SaidLine{}, x.Decided, nil
		}
		all[state] = x
	}
	return all
}

// sampleRecorded is a release that the PMO has recorded.
func sampleRecorded() EscalationCard {
	c := sampleStates(sampleRelease())[EscalationDone]
	c.Deciders, c.Recorder = nil, samplePMO
	return c
}

// samplePending is what a project has open.
func samplePending() []EscalationLine {
	states := sampleStates(sampleCard())
	accepted, draft := states[EscalationAccepted].Line(), sampleStates(sampleBare())[EscalationDraft].Line()
	waiting := sampleWeighty().Line()
	waiting.Number = 14
	draft.Text, draft.Gone = "", true
	return []EscalationLine{accepted, waiting, draft}
}

// escalationSamples is the data for what is said about escalations: words_escalation.go.
func escalationSamples() map[string][]any {
	all := map[string][]any{}
	for _, samples := range []map[string][]any{draftSamples(), councilSamples(), endSamples(), escalationReplySamples()} {
		maps.Copy(all, samples)
	}
	return all
}

// placed puts cards into a place.
func placed(place Place, cards ...EscalationCard) (list []any) {
	for _, c := range cards {
		c.Place = place
		list = append(list, c)
	}
	return list
}

// unthreaded are cards as they stand where nobody can answer in a thread.
func unthreaded(cards ...any) []any {
	for i, c := range cards {
		card := c.(EscalationCard)
		card.Threads = false
		cards[i] = card
	}
	return cards
}

// draftSamples is what the lead and the PMO read before it is put to the DM.
func draftSamples() map[string][]any {
	full, bare := sampleStates(sampleCard()), sampleStates(sampleBare())
	weighty := sampleStates(sampleWeighty())
	belongs := bare[EscalationDraft]
	belongs.Belongs, belongs.About = 12, sampleCard().Text
	gone := bare[EscalationLapsed]
	gone.Text = SaidLine{By: sampleLead, At: gone.Text.At, Gone: true}
	merged := bare[EscalationMerged]
	merged.Belongs = 12
	archived := bare[EscalationDiscarded]
	archived.Archived = true
	drafts := placed(InProject, full[EscalationDraft], weighty[EscalationDraft], belongs, merged, bare[EscalationMerged], full[EscalationDiscarded], archived, gone)
	for _, state := range EscalationStates() {
		if c := full[state]; c.Number > 0 {
			drafts = append(drafts, placed(InProject, c)...)
		}
	}
	addressed := full[EscalationDraft]
	addressed.AsksDIKON = true
	drafts = append(drafts, placed(InProject, addressed)...)
	drafts = append(drafts, unthreaded(placed(InProject, full[EscalationDraft], weighty[EscalationDraft])...)...)
	told := placed(InPMO, weighty[EscalationPMO], weighty[EscalationOpen], bare[EscalationOpen])
	for _, state := range EscalationStates() {
		if c := full[state]; c.Number > 0 {
			told = append(told, placed(InPMO, c)...)
		}
	}
	addressed = full[EscalationOpen]
	addressed.AsksDIKON = true
	told = append(told, placed(InPMO, addressed, sampleMeeting(), sampleRelease())...)
	return map[string][]any{
		"escalation.draft": drafts,
		"escalation.nudge": placed(InProject, full[EscalationDraft], belongs, func() EscalationCard {
			c := bare[EscalationDraft]
			c.Text = gone.Text
			return c
		}()),
		"escalation.told": told,
	}
}

// councilSamples is what those who decide and advise read.
func councilSamples() map[string][]any {
	full, weighty, bare := sampleStates(sampleCard()), sampleStates(sampleWeighty()), sampleStates(sampleBare())
	var requests []any
	for _, state := range EscalationStates() {
		if full[state].Number > 0 {
			requests = append(requests, placed(InDM, full[state])...)
		}
	}
	with := func(c EscalationCard, change func(*EscalationCard)) EscalationCard {
		change(&c)
		return c
	}
	against := func(c *EscalationCard) {
		c.State, c.Decision, c.No, c.Standing = EscalationPausing, ChooseNo, []Person{sampleMember}, sampleTime(23, 12, 0)
	}
	reason := sampleSaid("Die Abteilung ist bis März ausgelastet.", sampleMember, sampleTime(20, 14, 10))
	waits := func(a Awaited) EscalationCard {
		return with(full[EscalationWaiting], func(c *EscalationCard) { c.Awaits, c.Forwarded = a, a.Advice })
	}
	requests = append(requests, placed(InDM,
		bare[EscalationOpen],
		weighty[EscalationOpen],
		with(full[EscalationOpen], func(c *EscalationCard) { c.AsksDIKON = true }),
		with(full[EscalationOpen], func(c *EscalationCard) { c.AsksDIKON, c.Reactions = true, false }),
		with(weighty[EscalationOpen], func(c *EscalationCard) {
			c.Yes, c.No, c.Reactions = []Person{sampleMember}, []Person{sampleMember2}, false
		}),
		with(full[EscalationOpen], func(c *EscalationCard) {
			c.Yes, c.No, c.Buttons = []Person{sampleMember}, []Person{sampleMember2}, true
		}),
		with(full[EscalationOpen], func(c *EscalationCard) { c.Yes, c.Buttons = []Person{sampleMember}, true }),
		waits(Awaited{Question: true}), waits(Awaited{Advice: true}),
		with(full[EscalationOpen], against),
		with(full[EscalationOpen], func(c *EscalationCard) { against(c); c.Reasons = []SaidLine{reason, {By: sampleMember, Gone: true}} }),
		with(full[EscalationRefused], func(c *EscalationCard) { c.Reasons = []SaidLine{reason} }),
		with(full[EscalationWithdrawn], func(c *EscalationCard) { c.EndNote = sampleSaid("hat sich erledigt", sampleLead, c.Ended) }),
		with(full[EscalationWithdrawn], func(c *EscalationCard) { c.EndedBy, c.Archived = samplePMO, true }),
		with(bare[EscalationDone], func(c *EscalationCard) { c.EndNote = SaidLine{}; c.Text = SaidLine{Gone: true} }),
	)...)
	for _, x := range []EscalationCard{sampleMeeting(), sampleRelease()} {
		states := sampleStates(x)
		requests = append(requests, placed(InDM, states[EscalationOpen], states[EscalationPausing], with(states[EscalationOpen], against),
			states[EscalationAccepted], states[EscalationRefused], states[EscalationDone], states[EscalationSetAside])...)
	}
	requests = append(requests, placed(InDM, sampleRecorded())...)
	advice := sampleSaid("Die Freigabe passt zur Strategie.\nBitte vor Weihnachten.", sampleAdviser, sampleTime(20, 13, 0))
	asked := waits(Awaited{Advice: true})
	asked.Inquiries = []InquiryLine{{N: 1, Question: asked.Inquiries[0].Question, Answers: []SaidLine{sampleSaid("Bis 15. Dezember.", sampleLead, sampleTime(20, 11, 0))}}}
	advised := with(full[EscalationOpen], func(c *EscalationCard) { c.Forwarded, c.Advice = true, []SaidLine{advice} })
	requests = append(requests, placed(InDIKON, asked, advised, full[EscalationOpen], full[EscalationAccepted], full[EscalationRefused], full[EscalationWithdrawn])...)
	requests = append(requests, unthreaded(placed(InDM,
		full[EscalationOpen], waits(Awaited{Question: true}), full[EscalationWaiting], waits(Awaited{Advice: true}), with(full[EscalationOpen], against),
		with(weighty[EscalationOpen], func(c *EscalationCard) { c.Reactions = false }), full[EscalationRefused], sampleMeeting(), sampleRelease(),
	)...)...)
	requests = append(requests, unthreaded(placed(InDIKON, asked)...)...)

	question := with(full[EscalationWaiting], func(c *EscalationCard) { c.N = 1 })
	answered := with(full[EscalationOpen], func(c *EscalationCard) { c.N, c.M, c.Inquiries = 1, 1, asked.Inquiries })
	more := with(answered, func(c *EscalationCard) {
		c.State, c.Awaits = EscalationWaiting, Awaited{Answer: true}
		c.Inquiries = append(c.Inquiries[:1:1], InquiryLine{N: 2, Question: sampleSaid("Und wenn nicht?", sampleMember2, sampleTime(20, 12, 0))})
	})
	goneAnswer := with(answered, func(c *EscalationCard) {
		c.Inquiries = []InquiryLine{{N: 1, Question: c.Inquiries[0].Question, Answers: []SaidLine{{By: sampleLead, Gone: true}}}}
	})
	wordy := func(c *EscalationCard) { c.Reactions = false }
	return map[string][]any{
		"escalation.request": requests,
		"escalation.question": append(placed(InProject,
			question, answered,
			with(question, func(c *EscalationCard) { c.State = EscalationAccepted }),
			with(question, func(c *EscalationCard) {
				c.Inquiries = []InquiryLine{{N: 1, Question: SaidLine{By: sampleMember, Gone: true}}}
			}),
			with(question, func(c *EscalationCard) { c.Role = RoleDIKON }), with(answered, func(c *EscalationCard) { c.Role = RoleDIKON }),
			with(question, func(c *EscalationCard) { c.N = 3 }), // not there: nothing fails
		), unthreaded(placed(InProject, question, answered)...)...),
		"escalation.answer": append(placed(InDM, answered, more, goneAnswer, with(answered, func(c *EscalationCard) { c.State = EscalationAccepted })),
			unthreaded(placed(InDM, answered, with(answered, wordy))...)...),
		"escalation.advice": append(placed(InDM,
			with(advised, func(c *EscalationCard) { c.N = 1 }),
			with(advised, func(c *EscalationCard) { c.N, c.Advice = 1, []SaidLine{{By: sampleAdviser, Gone: true}} }),
			with(advised, func(c *EscalationCard) { c.N, c.State = 1, EscalationAccepted }),
		), unthreaded(placed(InDM, with(advised, func(c *EscalationCard) { c.N = 1 }), with(advised, func(c *EscalationCard) { c.N = 1; wordy(c) }))...)...),
		"escalation.note": {
			EscalationNote{Why: "question", Number: 12, To: []Person{sampleMember}, Threads: true},
			EscalationNote{Why: "question", Number: 12, To: []Person{sampleMember}},
			EscalationNote{Why: "reason", Number: 12, To: []Person{sampleMember, sampleMember2}, Threads: true},
			EscalationNote{Why: "reason", Number: 12, To: []Person{sampleMember}},
			EscalationNote{Why: "typed", Number: 12, To: []Person{sampleMember}, Choice: ChooseYes},
			EscalationNote{Why: "typed", Number: 12, To: []Person{sampleMember}, Choice: ChooseNo},
			EscalationNote{Why: "own", Number: 12, To: []Person{sampleMember}},
			EscalationNote{Why: "nodikon", Number: 12, To: []Person{sampleMember}},
			EscalationNote{Why: "forwarded", Number: 12},
			EscalationNote{Why: "aside", Number: 12, Have: 1, Want: 2},
			EscalationNote{Why: "aside", Number: 12, Have: 2, Want: 3},
		},
		"escalation.reminder": slices.Concat(placed(InDM,
			with(full[EscalationOpen], func(c *EscalationCard) { c.Days = 3 }), bare[EscalationOpen], sampleMeeting(), sampleRelease(),
			question, waits(Awaited{Advice: true}), waits(Awaited{Question: true}),
			with(full[EscalationOpen], func(c *EscalationCard) { c.Yes, c.No = []Person{sampleMember}, []Person{sampleMember2} }),
		), unthreaded(placed(InDM, waits(Awaited{Question: true}))...), placed(InPMO,
			with(full[EscalationOpen], func(c *EscalationCard) { c.Days = 5 }), sampleMeeting(), sampleRelease(),
			with(question, func(c *EscalationCard) { c.Text = SaidLine{Gone: true} }),
		), placed(InDIKON, with(full[EscalationOpen], func(c *EscalationCard) { c.Days = 5 }))),
	}
}

// endSamples is how it is told what became of it.
func endSamples() map[string][]any {
	full, bare := sampleStates(sampleCard()), sampleStates(sampleBare())
	ends := []EscalationState{EscalationAccepted, EscalationRefused, EscalationDone, EscalationSetAside, EscalationWithdrawn, EscalationSolved}
	var outcomes, asides []any
	for _, place := range []Place{InProject, InPMO, InDIKON} {
		for _, state := range ends {
			outcomes = append(outcomes, placed(place, full[state])...)
		}
		asides = append(asides, placed(place, full[EscalationSetAside])...)
	}
	refused := bare[EscalationRefused]
	refused.Reasons = []SaidLine{sampleSaid("Die Abteilung ist bis März ausgelastet.", sampleMember, refused.Decided)}
	withdrawn := bare[EscalationWithdrawn]
	withdrawn.EndNote = sampleSaid("hat sich erledigt", sampleLead, withdrawn.Ended)
	archived := bare[EscalationWithdrawn]
	archived.EndedBy, archived.Archived = samplePMO, true
	done := bare[EscalationDone]
	done.EndNote, done.Text = SaidLine{}, SaidLine{Gone: true}
	outcomes = append(outcomes, placed(InProject, refused, withdrawn, archived, done)...)
	for _, x := range []EscalationCard{sampleMeeting(), sampleRelease()} {
		states := sampleStates(x)
		for _, state := range []EscalationState{EscalationAccepted, EscalationRefused, EscalationDone, EscalationSetAside} {
			outcomes = append(outcomes, placed(InProject, states[state])...)
			outcomes = append(outcomes, placed(InPMO, states[state])...)
		}
		aside := states[EscalationSetAside]
		aside.EndNote = SaidLine{}
		asides = append(asides, placed(InProject, aside)...)
	}
	outcomes = append(outcomes, placed(InProject, sampleRecorded())...)
	no := full[EscalationSetAside]
	no.Decision = ChooseNo
	asides = append(asides, placed(InProject, no)...)
	return map[string][]any{"escalation.outcome": outcomes, "escalation.aside": asides}
}

// escalationReplySamples is what the commands answer, and an escalation's state in words.
func escalationReplySamples() map[string][]any {
	states := EscalationStates()
	full, bare := sampleStates(sampleCard()), sampleStates(sampleBare())
	var stories, words []any
	for _, state := range states {
		stories = append(stories, placed(InPMO, full[state])...)
		words = append(words, full[state].Line())
	}
	for _, a := range []Awaited{{Question: true}, {Advice: true}} {
		line := full[EscalationWaiting].Line()
		line.Awaits = a
		words = append(words, line)
	}
	story := full[EscalationSetAside]
	story.More = sampleWeighty().More
	story.Weighty, story.Urgent, story.Forwarded = true, true, true
	story.Inquiries = []InquiryLine{{
		N: 1, Question: sampleSaid("Bis wann wird die Freigabe gebraucht?", sampleMember, sampleTime(20, 10, 0)),
		Answers: []SaidLine{sampleSaid("Bis 15. Dezember.\nSpäter ist der Start in Gefahr.", sampleLead, sampleTime(20, 11, 0)), {By: sampleLead, At: sampleTime(20, 11, 30), Gone: true}},
	}}
	story.Text.Link = Link{Room: "matrix:!abc:example.org", Message: "matrix:$Q2hlY2s/+_-"}
	story.Inquiries[0].Question.Link = Link{Room: "matrix:!sO2ln)<g", Message: "matrix:$Q2hlY2s"}
	story.Inquiries[0].Answers[1].Link = story.Text.Link // but it is deleted
	story.Advice = []SaidLine{sampleSaid("Die Freigabe passt zur Strategie.", sampleAdviser, sampleTime(20, 13, 0))}
	waiting := full[EscalationWaiting]
	waiting.Forwarded, waiting.Awaits = true, Awaited{Advice: true}
	dueOnly := full[EscalationOpen]
	dueOnly.Wish = SaidLine{}
	stories = append(stories, placed(InPMO, story, waiting, dueOnly, bare[EscalationWithdrawn])...)
	stories = append(stories, placed(InDM, full[EscalationOpen], full[EscalationRefused])...)
	for _, x := range []EscalationCard{sampleMeeting(), sampleRelease()} {
		of := sampleStates(x)
		for _, state := range []EscalationState{EscalationOpen, EscalationAccepted, EscalationRefused, EscalationDone} {
			stories = append(stories, placed(InPMO, of[state])...)
			words = append(words, of[state].Line())
		}
	}
	stories = append(stories, placed(InPMO, sampleRecorded())...)
	gone := bare[EscalationAccepted].Line()
	gone.Text, gone.Gone, gone.Number = "", true, 9
	long := sampleWeighty().Line()
	long.Number, long.Project, long.Text = 15, sampleArchive, "Für die Digitalisierung der Hausakten fehlt ein Raum, in dem die Kisten gesichtet und für den Versand zum Scan-Dienstleister vorbereitet werden können."
	lines := []EscalationLine{gone, full[EscalationWaiting].Line(), sampleMeeting().Line(), sampleRelease().Line(), long, full[EscalationDraft].Line()}
	refusals := []any{}
	for _, why := range []string{"none", "nodm", "archived", "nodikon", "same", "voted", "past", "notpmo", "done", "aside", "there", "own"} {
		refusals = append(refusals, EscalationRefusal{Why: why, Number: 12, State: EscalationOpen})
	}
	for _, why := range []string{"same", "notpmo", "undecided"} {
		refusals = append(refusals, EscalationRefusal{Why: why, State: EscalationDraft})
	}
	for _, state := range []EscalationState{EscalationOpen, EscalationRefused, EscalationWithdrawn, EscalationSolved, EscalationSetAside} {
		refusals = append(refusals, EscalationRefusal{Why: "undecided", Number: 12, State: state})
	}
	for _, state := range states {
		n := full[state].Number
		refusals = append(refusals, EscalationRefusal{Why: "over", Number: n, State: state})
	}
	return map[string][]any{
		"escalation.state": words,
		"reply.escalation": stories,
		"reply.escalations": {
			EscalationList{Lines: lines, Open: true, More: 16, Next: "!eskalationen ab 16"},
			EscalationList{Lines: lines[1:3], Own: true},
			EscalationList{Lines: lines[1:3], Project: sampleProject, Open: true},
			EscalationList{Open: true}, EscalationList{Open: true, Own: true}, EscalationList{Project: sampleProject}, EscalationList{},
		},
		"error.escalation": refusals,
	}
}
