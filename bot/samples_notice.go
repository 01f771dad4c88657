package bot

import "time"

// noticeSamples is the data for announcements, newcomers and who wants to be left alone.
func noticeSamples() map[string][]any {
	now := sampleTime(25, 11, 0)
	text := "Am Freitag ist das Rechenzentrum von 18 bis 20 Uhr nicht zu erreichen.\nBitte speichern Sie vorher.\n\n" +
		"Mehr dazu: https://intranet.stadt.example/wartung?id=7&x=*1*."
	to := Audience{Networks: []string{"Digilotsen", "IT-Verantwortliche"}}
	places := []NoticePlace{{Network: "Digilotsen", Nth: 1}, {Network: "Digilotsen", Nth: 2}, {Network: "IT-Verantwortliche"}}
	card := NoticeCard{
		Number: 3, State: NoticeDraft, To: to, Said: NoticeText{Text: text}, By: samplePMO, Lapses: sampleTime(26, 11, 0), Now: now,
		Reactions: true, Places: places,
	}
	with := func(change func(*NoticeCard)) NoticeCard {
		c := card
		change(&c)
		return c
	}
	scheduled := with(func(c *NoticeCard) {
		c.State, c.At, c.Confirmed = NoticeScheduled, sampleTime(27, 9, 0), samplePMO
	})
	sent := with(func(c *NoticeCard) {
		c.State, c.Sent, c.Confirmed, c.Total, c.Done, c.Places = NoticeSent, now, samplePMO, 3, 3, nil
	})
	underway := sent
	underway.Done, underway.Waiting = 1, []NoticePlace{{Network: "Digilotsen", Nth: 2, Why: RefusedMute}, {Network: "IT-Verantwortliche"}}
	failed := sent
	failed.Done, failed.Corrected, failed.Changed = 1, true, sampleTime(25, 11, 30)
	failed.Failed = []NoticePlace{{Network: "Digilotsen", Nth: 2, Why: RefusedAway}, {Network: "Zentrale Dienste", Why: RefusedMute, Late: true}, {Project: sampleProject}}
	nobody := with(func(c *NoticeCard) {
		c.To, c.Reactions, c.Lapses = Audience{All: true, Projects: true}, false, sampleTime(25, 15, 0)
		c.At, c.Places = sampleTime(25, 15, 0), []NoticePlace{{Project: sampleProject}}
	})
	missed := func(why string) NoticeCard {
		return with(func(c *NoticeCard) {
			c.State, c.Why, c.At, c.Gone = NoticeMissed, why, sampleTime(24, 9, 0), why == "gone"
		})
	}
	waits := []NoticeLine{
		{Number: 4, State: NoticeScheduled, To: to, Text: text, At: sampleTime(27, 9, 0)},
		{Number: 3, State: NoticeDraft, To: Audience{Projects: true}, Text: text},
		{Number: 2, State: NoticeMissed, To: Audience{All: true}, Gone: true},
	}
	over := []NoticeLine{{Number: 1, State: NoticeSent, To: to, Text: text, Sent: sampleTime(20, 9, 0)}}
	for _, state := range []NoticeState{NoticeBack, NoticeDiscarded, NoticeLapsed} {
		over = append(over, NoticeLine{Number: 1, State: state, To: Audience{All: true}, Text: text})
	}
	refusal := func(r NoticeRefusal) NoticeRefusal {
		r.Now, r.Example = now, "!ansage digilotsen Das Rechenzentrum ist am Freitag nicht zu erreichen."
		return r
	}
	greeting := Greeting{Network: "Digilotsen", ID: "digilotsen", To: []Person{sampleLead}, Now: now, Meetup: sampleTime(33, 10, 0), BotName: "Lotse", Threads: true}
	later, several, unthreaded := greeting, greeting, greeting
	unthreaded.Threads = false
	later.Meetup, later.Network, later.ID = time.Time{}, "Zentrale Dienste", "zentrale-dienste"
	several.To = []Person{sampleLead, sampleColead}
	return map[string][]any{
		"notice.said": {NoticeText{Text: text}, NoticeText{Text: "- *kein* Punkt"}},
		"notice.preview": {
			card, scheduled, sent, underway, failed, nobody, missed("late"), missed("norooms"), missed("gone"),
			with(func(c *NoticeCard) { c.State, c.Changed = NoticeDiscarded, now }), with(func(c *NoticeCard) { c.State = NoticeLapsed }),
			with(func(c *NoticeCard) { c.State, c.Total, c.Done, c.Changed, c.Sent = NoticeBack, 3, 3, now, now }),
			with(func(c *NoticeCard) {
				c.State, c.Total, c.Done, c.Changed, c.Sent, c.Failed, c.Waiting = NoticeBack, 3, 1, now, now, failed.Failed[:1], underway.Waiting[1:]
			}),
		},
		"notice.deleted": {NoticeDeleted{Number: 3}},
		"reply.notices":  {NoticeList{Waiting: waits, Over: over, Now: now}, NoticeList{Over: over[:1], Now: now}, NoticeList{Now: now}},
		"error.notice": {
			refusal(NoticeRefusal{Why: "network", Given: "digilosten", Nearest: "Digilotsen", Known: to.Networks}),
			refusal(NoticeRefusal{Why: "network", Given: "Bürger", Known: to.Networks}), refusal(NoticeRefusal{Why: "network", Given: "Bürger"}),
			refusal(NoticeRefusal{Why: "norooms", To: to}), refusal(NoticeRefusal{Why: "past", At: sampleTime(24, 9, 0)}),
			refusal(NoticeRefusal{Why: "number", Number: 7}), refusal(NoticeRefusal{Why: "which"}), refusal(NoticeRefusal{Why: "none"}),
			refusal(NoticeRefusal{Why: "draft", Number: 3}), refusal(NoticeRefusal{Why: "waits", Number: 3}),
			refusal(NoticeRefusal{Why: "over", Number: 3, State: NoticeSent}), refusal(NoticeRefusal{Why: "over", Number: 3, State: NoticeBack}),
			refusal(NoticeRefusal{Why: "edit", Number: 3}), refusal(NoticeRefusal{Why: "place"}),
		},
		"greeting.direct": {greeting, later},
		"greeting.room":   {greeting, several, unthreaded},
		"greeting.thread": {greeting, several, later},
		"greeting.about":  {greeting, later},
		"greeting.many":   {ManyNewcomers{Network: "Digilotsen", Count: 70}, ManyNewcomers{Network: "Digilotsen", Count: 3, Hour: true}},
		"reply.quiet":     {QuietSet{}, QuietSet{Asked: true}, QuietSet{Asked: true, Projects: []ProjectName{sampleProject, sampleRecord}}, QuietSet{Same: true}, QuietSet{Off: true}, QuietSet{Off: true, Same: true}},
	}
}
