package bot

// Suited is data of a template that says different things in different chats: of one
// message for several rooms each is written for its own. Suit returns the data for a chat
// that can do so much.
type Suited interface{ Suit(can Abilities) any }

// Form is how a message can be answered at once, in a chat with Abilities.Forms: by fields
// that somebody fills in, and by buttons. Other chats do without it, so the words beside it
// must be enough, and everything that it offers can be said in words as well.
//
// A decision names the fields of a form; what stands on it the engine adds, in the room's
// language, from the templates form.label, form.hint, form.missing, form.option, form.button
// and form.answer. The buttons are the post's Seeds, and what the fields need.
type Form struct {
	Language Language `json:",omitempty"` // of its words
	Fields   []Input  `json:",omitempty"`
	// Folded: the fields show only once somebody asks for them.
	Folded  bool     `json:",omitempty"`
	Buttons []Button `json:",omitempty"`
	// What is said at once to who has pressed a button: that it is noted, or that
	// nothing is, because what the fields hold is too long.
	Noted   string `json:",omitempty"`
	TooLong string `json:",omitempty"`
}

// Input is a field of a form: one of some options, any number of them, or a text.
type Input struct {
	Name    string
	Label   string   `json:",omitempty"` // what is asked; foreign text, as all words of a form
	Hint    string   `json:",omitempty"` // what stands in it while it is empty
	Value   string   `json:",omitempty"` // what is filled in already; of several options: joined by commas
	Options []Option `json:",omitempty"`
	Many    bool     `json:",omitempty"` // any number of the options
	Long    bool     `json:",omitempty"` // a text of several lines
	// Required: there must be a value; Missing says so to who leaves it empty.
	Required bool   `json:",omitempty"`
	Missing  string `json:",omitempty"`
	Max      int    `json:",omitempty"` // how many characters it takes; 0: no limit
}

// Option is what can be chosen in a field.
type Option struct {
	Value string
	Label string // "": from the template form.option
}

// Button is something to press.
type Button struct {
	Act   Act
	Emoji string `json:",omitempty"` // ActReact
	Label string
}

// Act is what a button does.
type Act string

// What buttons do.
const (
	ActReact Act = "react" // as if who presses it had reacted to the message with Emoji
	ActBack  Act = "back"  // … takes back all that they had pressed there
	ActSend  Act = "send"  // hands the fields in: an EventForm
	ActShow  Act = "show"  // shows the fields of a Folded form
)

// FormWord is what the templates form.label, form.hint, form.missing, form.option,
// form.button and form.answer are filled with. Of a button without words in the template,
// an ActReact shows the emoji alone, and all others are left out.
type FormWord struct {
	Kind Kind // of the message
	// Name is that of the field; or what the button does: an Act or, for ActReact, the
	// emoji; or what is answered: "noted", "too long".
	Name  string
	Value string // form.option: which
}

// The fields of the Projektcheck's form, in their order; what stands for a text that is
// empty is «keine».
const (
	inputStatus        = "status"
	inputStatusText    = "status.text"
	inputOutlook       = "outlook"
	inputOutlookText   = "outlook.text"
	inputBlocker       = "blocker"
	inputDecision      = "decision"
	inputCommunication = "communication"
	inputDone          = "done" // the numbers of tasks
)

// InputTopic is the field in which one proposes a topic for a meetup.
const InputTopic = "topic"
