package bot

// formSamples is the data for the words on forms.
func formSamples() map[string][]any {
	buttons := []struct {
		kind  Kind
		names []string
	}{
		{KindOpening, []string{string(ActSend), string(ActShow), string(ActBack), repeatEmoji, "1️⃣"}},
		{KindQuestion, []string{Green.Emoji(), Yellow.Emoji(), Red.Emoji(), "✅"}},
		{"escalation.draft", []string{string(ChooseYes), string(ChooseNo), "👍"}},
		{"escalation.told", []string{string(ChooseForward), "👍"}},
		{"escalation.request", []string{string(ChooseYes), string(ChooseNo), string(ChooseAsk), string(ChooseForward), "👍", string(ActBack)}},
		{"meetup.announcement", []string{string(ActSend), string(ComingYes), string(ComingNo), string(ComingMaybe), "✅", string(ActBack)}},
		{"meetup.topic", []string{string(ComingYes), "✅", string(ActBack)}},
		{"notice.preview", []string{string(ChooseYes), string(ChooseNo), "👍"}},
		{"something.unheard-of", []string{"👍"}},
	}
	words := map[string][]any{}
	for _, b := range buttons {
		for _, name := range b.names {
			words["form.button"] = append(words["form.button"], FormWord{Kind: b.kind, Name: name})
		}
	}
	for _, name := range []string{
		inputStatus, inputStatusText, inputOutlook, inputOutlookText, inputBlocker, inputDecision, inputCommunication, inputDone, InputTopic,
	} {
		word := FormWord{Kind: KindOpening, Name: name}
		words["form.label"] = append(words["form.label"], word)
		words["form.hint"] = append(words["form.hint"], word)
		words["form.missing"] = append(words["form.missing"], word)
		for _, light := range []Light{Green, Yellow, Red, NoLight} {
			word.Value = light.Emoji()
			words["form.option"] = append(words["form.option"], word)
		}
	}
	for _, name := range []string{"noted", "too long"} {
		words["form.answer"] = append(words["form.answer"], FormWord{Kind: KindOpening, Name: name})
	}
	return words
}
