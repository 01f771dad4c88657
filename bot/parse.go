package bot

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// folding makes German spellings alike: "Grün", "gruen" and "GRÜN".
var folding = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "a\u0308", "ae", "o\u0308", "oe", "u\u0308", "ue")

// Fold returns s in lower case with German umlauts written out, for comparing.
func Fold(s string) string { return folding.Replace(strings.ToLower(s)) }

// Clean takes out of foreign text what nobody can see: control characters other
// than newline and tab, directional marks, zero-width characters (but not the
// joiner within emoji), and white space at the ends.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r),
			r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, // embeddings, isolates
			r == 0x200E, r == 0x200F, r == 0x061C, // marks
			r == 0x200B, r == 0x200C, r == 0x2060, r == 0xFEFF, // zero width
			r >= 0xE0000 && r <= 0xE007F: // tags
			return -1
		}
		return r
	}, s)
	unseen := func(r rune) bool { return unicode.IsSpace(r) || r == 0x200D || r == 0xFE0F }
	if strings.TrimFunc(s, unseen) == "" { // nothing but joiners
		return ""
	}
	return strings.TrimSpace(s)
}

// Cut shortens s to at most n bytes without breaking a character.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// maxName is how many characters of a display or room name are kept.
const maxName = 80

// DisplayName makes a name of foreign text: one line of visible characters.
func DisplayName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Co) && r != '\u200d' {
			return -1
		}
		return r
	}, Clean(Cut(s, 50*maxName)))
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) > maxName {
		runes = append(runes[:maxName-1], '…')
	}
	return string(runes)
}

var entity = regexp.MustCompile(`^&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});`)

// Unescape reads the backslash escapes and entities of Markdown, as CommonMark does.
func Unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		case s[i] == '&':
			if e := entity.FindString(s[i:]); e != "" {
				b.WriteString(html.UnescapeString(e))
				i += len(e) - 1
				continue
			}
			b.WriteByte('&')
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// lightWords are the words for a light, folded. Among them the words that Lotse
// itself shows beside the colour.
var lightWords = map[string]Light{
	"gruen": Green, "green": Green, "im plan": Green, "on track": Green, "gruener bereich": Green,
	"gelb": Yellow, "yellow": Yellow, "amber": Yellow, "gefaehrdet": Yellow, "at risk": Yellow,
	"rot": Red, "red": Red, "kritisch": Red, "critical": Red,
}

// lightEmojis are the emojis for a light, without variation selectors.
var lightEmojis = map[string]Light{
	"🟢": Green, "🟩": Green, "💚": Green,
	"🟡": Yellow, "🟨": Yellow, "💛": Yellow,
	"🔴": Red, "🟥": Red, "❤": Red,
}

// EmojiLight returns the light an emoji stands for, or NoLight.
func EmojiLight(emoji string) Light {
	return lightEmojis[strings.ReplaceAll(emoji, "\ufe0f", "")]
}

// ParseLight reads the light at the start of an answer and returns it with the
// rest of the text. Only the start counts, only a whole word, and only one light:
// «nicht mehr rot», «rotieren», «gelb-rot» and «🟡🔴» are none, and text comes back
// unchanged.
func ParseLight(text string) (Light, string) {
	start := strings.TrimLeft(text, " \t\n*_~>#-–—•")
	for emoji, light := range lightEmojis {
		if rest, ok := strings.CutPrefix(start, emoji); ok {
			rest = strings.TrimPrefix(rest, "\ufe0f")
			// «🟡 gelb – …»: the word says the same once more.
			if again, after := ParseLight(rest); again == light {
				return light, after
			}
			if undecided(rest, light) {
				return NoLight, text
			}
			return light, afterLight(rest)
		}
	}
	for _, word := range firstWords(start) {
		light, ok := lightWords[Fold(word)]
		if !ok {
			continue
		}
		rest := start[len(word):]
		if next, _ := utf8.DecodeRuneInString(rest); next == '-' || next == '/' {
			if after, _ := utf8.DecodeRuneInString(rest[1:]); unicode.IsLetter(after) {
				return NoLight, text // «gelb-rot», «rot/gelb», «rot-grün»
			}
		}
		if undecided(rest, light) {
			return NoLight, text
		}
		return light, afterLight(rest)
	}
	return NoLight, text
}

var orLight = regexp.MustCompile(`^\s*(?:(?:[/|>→+]|->|=>|bis|oder|und|to|or|and)\s*)?`)

// undecided reports whether a second light follows the first: «🟡🔴», «gelb bis
// rot», «🟡 → 🟢». Nobody but its author knows which one counts.
func undecided(rest string, first Light) bool {
	link := orLight.FindString(rest)
	rest = rest[len(link):]
	for emoji, light := range lightEmojis {
		if light != first && strings.HasPrefix(rest, emoji) {
			return true
		}
	}
	if strings.TrimSpace(link) == "" {
		return false // «gelb rot markiert …»
	}
	for _, word := range firstWords(rest) {
		if light, ok := lightWords[Fold(word)]; ok {
			return light != first
		}
	}
	return false
}

// firstWords returns the first two words, then the first, as they stand in s.
func firstWords(s string) []string {
	end := func(from int) int {
		for i, r := range s[from:] {
			if !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) {
				return from + i
			}
		}
		return len(s)
	}
	one := end(0)
	if one == 0 {
		return nil
	}
	if one < len(s) && s[one] == ' ' {
		if two := end(one + 1); two > one+1 {
			return []string{s[:two], s[:one]}
		}
	}
	return []string{s[:one]}
}

// afterLight drops what stands between a light and its text.
func afterLight(rest string) string {
	return strings.TrimSpace(strings.TrimLeft(rest, " \t*_~,;:.!–—-→\ufe0f"))
}

// noneWords are the ways to say that there is nothing, folded.
var noneWords = map[string]bool{
	"-": true, "--": true, "–": true, "—": true, "/": true, "./": true,
	"kein": true, "keine": true, "keiner": true, "keines": true, "keins": true, "nein": true, "nichts": true, "entfaellt": true,
	"keine blocker": true, "keine huerden": true, "keine entscheidung": true, "keine entscheidungen": true,
	"kein bedarf": true, "kein entscheidungsbedarf": true, "derzeit keine": true, "aktuell keine": true, "zurzeit keine": true,
	"derzeit nicht": true, "aktuell nicht": true, "momentan keine": true, "nix": true, "none": true, "no": true, "nothing": true, "n/a": true,
	"currently none": true, "skip": true, "ueberspringen": true, "keine neuigkeiten": true, "nichts neues": true,
}

// IsNone reports whether text says that there is nothing: «keine», «–».
func IsNone(text string) bool {
	return noneWords[strings.TrimRight(Fold(strings.TrimSpace(text)), ".! ")]
}

var (
	nothing = wordSet("kein keine keinen keiner keines keinerlei nein nichts nix nicht none no nothing not")
	// around are the words that may stand around one of nothing and leave it what it is.
	around = wordSet("blocker huerde huerden hindernis hindernisse kritisch kritische kritischen bekannt bekannte bekannten " +
		"derzeit aktuell aktuelle aktuellen momentan zurzeit gerade bisher bislang im moment augenblick es gibt gab hier von bei uns mir " +
		"sehe ich sehen wir haben habe brauche brauchen entscheidung entscheidungen entscheidungsbedarf bedarf unterstuetzungsbedarf " +
		"noetig notwendig erforderlich nach wie vor auch doch danke known needed at the moment there are is blockers we have")
	// fine are the ways to say of hurdles that there are none.
	fine = wordSet("alles-gut alles-ok alles-okay alles-bestens alles-im-plan alles-gruen laeuft-alles passt-alles alles-fein all-good")
)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// saysNone reports whether an answer to the question after f says that there is
// nothing, also in a sentence: «nein, derzeit keine bekannt». A word that says more
// makes it an answer.
func saysNone(f Field, text string) bool {
	if IsNone(text) {
		return true
	}
	words := strings.FieldsFunc(strings.ReplaceAll(Fold(text), "zur zeit", "zurzeit"), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if strings.ContainsRune(text, '?') || len(words) > 12 {
		return false
	}
	if fine[strings.Join(words, "-")] {
		return f == FieldBlocker || f == FieldDecision
	}
	found := false
	for _, w := range words {
		switch {
		case nothing[w]:
			found = true
		case !around[w]:
			return false
		}
	}
	return found
}

// chatter are messages that answer nothing, folded.
var chatter = wordSet("danke danke-schoen dankeschoen vielen-dank herzlichen-dank danke-ihnen danke-dir merci thanks thank-you " +
	"hallo hi hey moin servus guten-morgen guten-tag hello good-morning gerne gern bitte " +
	"ok okay o-k alles-klar verstanden super prima moment moment-bitte mache-ich mach-ich kommt-gleich gleich spaeter")

// isChatter reports whether a message says nothing about any question: thanks, a
// salutation, «ok», «?», «👍».
func isChatter(text string) bool {
	words := strings.FieldsFunc(Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return len(words) == 0 || chatter[strings.Join(words, "-")]
}

// Chatter reports whether a message says nothing that is worth to be handed on.
func Chatter(text string) bool { return isChatter(text) }

// sameWords are the ways to say that an answer is as it was, folded.
var sameWords = map[string]bool{
	"unveraendert": true, "wie zuletzt": true, "wie gehabt": true, "wie bisher": true, "wie beim letzten mal": true, "keine aenderung": true,
	"keine aenderungen": true, "unchanged": true, "as before": true, "no change": true, "🔁": true,
}

// isSame reports whether text says that the answer is as last time.
func isSame(text string) bool {
	return sameWords[strings.TrimRight(Fold(strings.TrimSpace(text)), ".! ")]
}

// labels are the words before a colon that name a question, folded.
var labels = map[string]Field{
	"status": FieldStatus, "status aktuell": FieldStatus, "stand": FieldStatus, "aktueller status": FieldStatus, "current status": FieldStatus, "ampel": FieldStatus,
	"ausblick": FieldOutlook, "outlook": FieldOutlook, "prognose": FieldOutlook,
	"blocker": FieldBlocker, "blockers": FieldBlocker, "huerde": FieldBlocker, "huerden": FieldBlocker, "kritische huerde": FieldBlocker, "kritische huerden": FieldBlocker, "hindernis": FieldBlocker, "hindernisse": FieldBlocker,
	"entscheidung": FieldDecision, "entscheidungen": FieldDecision, "entscheidungsbedarf": FieldDecision, "entscheidungsbedarfe": FieldDecision, "unterstuetzung": FieldDecision, "decision": FieldDecision, "decisions": FieldDecision, "decisions needed": FieldDecision, "decision need": FieldDecision,
	"kommunikation": FieldCommunication, "communication": FieldCommunication, "einbindung": FieldCommunication, "nutzereinbindung": FieldCommunication, "kommunikation/einbindung": FieldCommunication,
}

// ParseField returns the question a word names («Ausblick», "blocker"), or "".
func ParseField(word string) Field { return labels[Fold(strings.TrimSpace(word))] }

// Labelled is the part of a message that a label assigns to a question.
type Labelled struct {
	Field Field
	Text  string
}

var (
	labelLine = regexp.MustCompile(`^[\s*_\-–•>]*([\p{L}\p{M}/ ]{2,40}?)[\s*_]*[:：=][\s*_]*(.*)$`)
	bareLabel = regexp.MustCompile(`^[\s*_\-–•>]*([\p{L}\p{M}]+(?: aktuell)?)\s+(\S.*)$`)
	nextLabel = regexp.MustCompile(`[,;|.]\s+`)
)

// label reads the label at the start of a line. It stands before a colon, or
// without one before a light or a «keine» that is all there is («Status gelb»,
// «Blocker keine»).
func label(line string) (f Field, rest string) {
	if m := labelLine.FindStringSubmatch(line); m != nil {
		if f := ParseField(m[1]); f != "" {
			return f, m[2]
		}
	}
	m := bareLabel.FindStringSubmatch(line)
	if m == nil {
		return "", ""
	}
	f, rest = ParseField(m[1]), m[2]
	switch {
	case f == "":
		return "", ""
	case f.HasLight():
		light, more := ParseLight(rest)
		first, _, _ := strings.Cut(more, " ")
		glue := strings.TrimSuffix(rest, more)
		if light == NoLight || more != "" && !strings.ContainsAny(glue, ",;:.–—-") && !becauseWords[Fold(first)] {
			return "", "" // «Status rot ist übertrieben»
		}
	default:
		none := rest
		if at := nextLabel.FindStringIndex(rest); at != nil {
			if names(rest[at[1]:]) {
				none = rest[:at[0]]
			}
		}
		if !IsNone(none) {
			return "", ""
		}
	}
	return f, rest
}

// names reports whether a text begins with a label's word.
func names(text string) bool {
	for _, re := range []*regexp.Regexp{labelLine, bareLabel} {
		if m := re.FindStringSubmatch(text); m != nil && ParseField(m[1]) != "" {
			return true
		}
	}
	return false
}

// longLine is how many bytes a line may have that several labels are looked for in.
const longLine = 4000

var becauseWords = wordSet("weil wegen da because")

// labelled splits a line that begins with a label; further ones may follow behind
// commas: «Status gelb, Ausblick grün, Blocker: keine».
func labelled(line string) []Labelled {
	f, rest := label(line)
	if f == "" {
		return nil
	}
	if len(rest) > longLine {
		return []Labelled{{f, rest}}
	}
	for _, at := range nextLabel.FindAllStringIndex(rest, -1) {
		if more := labelled(rest[at[1]:]); more != nil {
			return append([]Labelled{{f, rest[:at[0]]}}, more...)
		}
	}
	return []Labelled{{f, rest}}
}

// ParseLabels splits a message with labelled lines («Status: gelb – …», «Blocker:
// keine») into its parts; lines without a label belong to the one before. before
// is what stands above the first label. A label given twice counts twice: both
// texts belong to it. Without any label the result is nil.
func ParseLabels(text string) (parts []Labelled, before string) {
	var lines [][]string // of each part; the first: above
	lines = append(lines, nil)
	at := map[Field]int{}
	current := 0
	for line := range strings.SplitSeq(text, "\n") {
		said := labelled(line)
		if said == nil {
			lines[current] = append(lines[current], line)
		}
		for _, l := range said {
			if _, ok := at[l.Field]; !ok {
				at[l.Field] = len(lines)
				lines = append(lines, nil)
				parts = append(parts, Labelled{Field: l.Field})
			}
			current = at[l.Field]
			lines[current] = append(lines[current], l.Text)
		}
	}
	if len(parts) == 0 {
		return nil, text
	}
	for i := range parts {
		parts[i].Text = strings.TrimSpace(strings.Join(lines[i+1], "\n"))
	}
	return parts, strings.TrimSpace(strings.Join(lines[0], "\n"))
}

var bullet = regexp.MustCompile(`^\s*(?:[-–—*•·‣+]\s+|[-–—•·‣]\s*|\(?\d{1,2}[.)]\s+|\[[ xX]?\]\s*)+`)

// taskLines splits the text of an Ausblick into tasks, most important first: one
// a line, without bullets and numbers.
func taskLines(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(bullet.ReplaceAllString(line, ""))
		if line != "" && !IsNone(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// digits are the emojis 1️⃣ … 9️⃣ without variation selectors.
func digitEmoji(n int) string { return string(rune('0'+n)) + "\ufe0f\u20e3" }

// emojiDigit returns 1 to 9 for 1️⃣ … 9️⃣, else 0.
func emojiDigit(emoji string) int {
	e := strings.ReplaceAll(emoji, "\ufe0f", "")
	if len(e) == 1+len("\u20e3") && e[0] >= '1' && e[0] <= '9' && strings.HasSuffix(e, "\u20e3") {
		return int(e[0] - '0')
	}
	return 0
}

// greets reports whether text is no more than a salutation before a report.
func greets(text string) bool {
	words := strings.Fields(Fold(text))
	if len(words) == 0 {
		return true
	}
	switch strings.Trim(words[0], ",.!") {
	case "hallo", "hi", "hey", "moin", "servus", "guten", "gruess", "liebe", "lieber", "liebes", "hier", "anbei", "hello", "good", "dear":
		return len(words) <= 10
	}
	return false
}
