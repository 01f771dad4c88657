package templates

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"lotse/bot"
)

//go:embed text
var embedded embed.FS

const suffix = ".md"

// languages lists the template sets, each behind the one it falls back to.
var languages = []bot.Language{bot.German, bot.GermanDu, bot.English}

// file is a text as it was read.
type file struct {
	lang bot.Language
	name string // of the template
	path string // to say in errors
	text string
	ours bool // built in
}

// load reads the built-in texts and, behind them, those of the folder dir.
func load(dir string) ([]file, error) {
	own, err := fs.Sub(embedded, "text")
	if err != nil {
		return nil, err
	}
	files, err := read(own, func(p string) string { return "templates/text/" + p }, nil)
	if err != nil || dir == "" {
		return files, err
	}
	if info, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", dir)
	}
	known := map[string]bool{}
	for _, f := range files {
		known[f.name] = true
	}
	more, err := read(os.DirFS(dir), func(p string) string { return filepath.Join(dir, filepath.FromSlash(p)) }, known)
	return append(files, more...), err
}

// read reads <language>/<name>.md. Hidden files are left out; anything else that is
// not a text is an error, as is a name not in known, unless known is nil.
func read(root fs.FS, shown func(string) string, known map[string]bool) ([]file, error) {
	var files []file
	var faults []error
	top, err := fs.ReadDir(root, ".")
	if err != nil {
		return nil, err
	}
	for _, folder := range top {
		if strings.HasPrefix(folder.Name(), ".") {
			continue
		}
		lang := bot.Language(folder.Name())
		if info, err := fs.Stat(root, folder.Name()); err != nil || !info.IsDir() || !slices.Contains(languages, lang) {
			faults = append(faults, fmt.Errorf("%s: here are only the folders %s", shown(folder.Name()), languageList()))
			continue
		}
		entries, err := fs.ReadDir(root, folder.Name())
		if err != nil {
			faults = append(faults, err)
			continue
		}
		for _, entry := range entries {
			p := path.Join(folder.Name(), entry.Name())
			name, isText := strings.CutSuffix(entry.Name(), suffix)
			switch {
			case strings.HasPrefix(entry.Name(), "."):
				continue
			case !isText:
				faults = append(faults, fmt.Errorf("%s: the name of a text ends in %s", shown(p), suffix))
				continue
			case known != nil && !known[name]:
				faults = append(faults, fmt.Errorf("%s: there is no text %s%s", shown(p), name, nearest(name, known)))
				continue
			}
			text, err := fs.ReadFile(root, p)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			clean := strings.ReplaceAll(strings.TrimPrefix(string(text), "\ufeff"), "\r\n", "\n")
			files = append(files, file{lang, name, shown(p), clean, known == nil})
		}
	}
	return files, errors.Join(faults...)
}

func languageList() string {
	var list []string
	for _, l := range languages {
		list = append(list, string(l))
	}
	return strings.Join(list, ", ")
}

// nearest suggests a known name that differs in a few letters.
func nearest(name string, known map[string]bool) string {
	const most = 3
	best, least := "", most+1
	for k := range known {
		if d := bot.Slips(name, k, most); d < least || d == least && k < best {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", is %s meant?", best)
}

// parse compiles the files, later ones replacing earlier ones.
func (s *Set) parse(files []file) error {
	var faults []error
	s.texts = map[bot.Language]map[string]*entry{}
	for _, lang := range languages {
		s.texts[lang] = map[string]*entry{}
	}
	for _, f := range files {
		// Named after its path: the errors of text/template begin with it.
		t, err := template.New(f.path).Option("missingkey=error").Funcs((&run{}).funcs()).Parse(f.text)
		if err != nil {
			faults = append(faults, located(err))
			continue
		}
		for _, part := range t.Templates() {
			rewrite(part.Tree, part.Tree.Root)
		}
		s.texts[f.lang][f.name] = &entry{template: t, ours: f.ours}
	}
	for name, e := range s.texts[bot.German] {
		if s.texts[bot.GermanDu][name] == nil {
			s.texts[bot.GermanDu][name] = e
		}
	}
	return sorted(faults)
}

// rewrite lets every pipeline that prints end in the escaper.
func rewrite(tree *parse.Tree, node parse.Node) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, child := range n.Nodes {
			rewrite(tree, child)
		}
	case *parse.ActionNode:
		if len(n.Pipe.Decl) > 0 {
			return // {{$x := …}} prints nothing
		}
		escape := parse.NewIdentifier(escaper).SetTree(tree).SetPos(n.Pos)
		n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos, Args: []parse.Node{escape}})
	case *parse.IfNode:
		rewrite(tree, n.List)
		rewrite(tree, n.ElseList)
	case *parse.RangeNode:
		rewrite(tree, n.List)
		rewrite(tree, n.ElseList)
	case *parse.WithNode:
		rewrite(tree, n.List)
		rewrite(tree, n.ElseList)
	}
}

// located takes from an error of text/template what is in front of file and line.
func located(err error) error {
	return &locatedError{strings.TrimPrefix(err.Error(), "template: "), err}
}

type locatedError struct {
	text string
	err  error
}

func (e *locatedError) Error() string { return e.text }
func (e *locatedError) Unwrap() error { return e.err }

// sorted joins errors in the order of their texts, each text once.
func sorted(faults []error) error {
	slices.SortFunc(faults, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(slices.CompactFunc(faults, func(a, b error) bool { return a.Error() == b.Error() })...)
}
