package main

import (
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// position is a place in a file, both from 1; zero: unknown.
type position struct{ Line, Column int }

// fault is one thing that is wrong with a file, for its writer.
type fault struct {
	position
	Text string
}

// faults are all that is wrong with a file, in the order of its lines.
type faults struct {
	file string
	list []fault
}

// Error has a line for each fault, "file:line:column: what is wrong".
func (f *faults) Error() string {
	lines := make([]string, len(f.list))
	for i, fault := range f.list {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", f.file, fault.Line, fault.Column, fault.Text)
	}
	return strings.Join(lines, "\n")
}

func (f *faults) add(at position, format string, args ...any) {
	f.list = append(f.list, fault{at, fmt.Sprintf(format, args...)})
}

// err is the faults in order, or nil if there are none.
func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	slices.SortStableFunc(f.list, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	f.list = slices.Compact(f.list)
	return f
}

// strict reads YAML into a struct and keeps all that is wrong and where everything stands. The library's own strict
// mode stops at the first fault; here a person can mend them all at once.
type strict struct {
	faults  *faults
	places  map[string]position // by path: "rooms[2].kind"
	wrong   map[string]bool     // paths about which a fault was told already
	anchors map[string]ast.Node
	root    reflect.Type
}

// readStrict fills the struct that into points to; what is not in the file stays as it is. The places are known also
// if there are faults.
func readStrict(data []byte, into any, f *faults) *strict {
	s := &strict{faults: f, places: map[string]position{"": {1, 1}},
		wrong: map[string]bool{}, anchors: map[string]ast.Node{}, root: reflect.TypeOf(into).Elem()}
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		s.wrong[""] = true
		at, text := position{1, 1}, err.Error()
		if wrong, ok := errors.AsType[*yaml.SyntaxError](err); ok {
			text = wrong.Message
			if wrong.Token != nil {
				at = position{wrong.Token.Position.Line, wrong.Token.Position.Column}
			}
		}
		f.add(at, "this is not YAML: %s%s", text, syntaxHint(text, data, at.Line))
		return s
	}
	docs := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil })
	if len(docs) > 1 {
		f.add(place(docs[1].Body), "a second document begins here: want one")
	}
	if len(docs) > 0 {
		s.value("", docs[0].Body, reflect.ValueOf(into).Elem())
	} else {
		s.wrong[""] = true
		f.add(position{1, 1}, "the file is empty; \"lotse init\" writes one with everything explained")
	}
	return s
}

// tagged is a line with a room's id that does not stand in quotes.
var tagged = regexp.MustCompile(`[:\[,-]\s*![^\s!]`)

// syntaxHint helps with the faults of YAML that people make most.
func syntaxHint(message string, data []byte, line int) string {
	lines := strings.Split(string(data), "\n")
	switch {
	case strings.Contains(message, "reserved character"):
		return `; a text that begins with it has to stand in quotes, like "@maria:stadt.example"`
	case strings.Contains(message, "'\t'"):
		return "; a line is moved to the right with spaces, not with tabs"
	case line >= 1 && line <= len(lines) && tagged.MatchString(lines[line-1]):
		return `; a text that begins with "!" has to stand in quotes, like "!abc:stadt.example"`
	}
	return ""
}

// fail notes a fault of a value. What is inside of it, or missing in it, is not told as well.
func (s *strict) fail(path string, at position, format string, args ...any) {
	s.wrong[path] = true
	text := fmt.Sprintf(format, args...)
	if path != "" {
		text = path + ": " + text
	}
	s.faults.add(at, "%s", text)
}

// told reports whether a fault of the path, or of something around it, was told already.
func (s *strict) told(path string) bool {
	for !s.wrong[path] {
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return s.wrong[""]
		}
		path = path[:i]
	}
	return true
}

// at is where a path stands, or the nearest thing around it.
func (s *strict) at(path string) position {
	for {
		if p, ok := s.places[path]; ok {
			return p
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return s.places[""]
		}
		path = path[:i]
	}
}

// has reports whether the file gives the path a value.
func (s *strict) has(path string) bool { _, ok := s.places[path]; return ok }

var (
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	durationType = reflect.TypeFor[time.Duration]()
)

func (s *strict) value(path string, n ast.Node, into reflect.Value) {
	at := place(n)
	switch node := n.(type) {
	case *ast.NullNode:
		return // the key without a value: as if it were not there
	case *ast.AnchorNode:
		s.anchors[node.Name.GetToken().Value] = node.Value
		s.value(path, node.Value, into)
		return
	case *ast.AliasNode:
		name := node.Value.GetToken().Value
		meant, ok := s.anchors[name]
		if !ok {
			s.fail(path, at, "there is no anchor &%s before this", name)
			return
		}
		s.value(path, meant, into)
		return
	case *ast.TagNode:
		s.fail(path, at, `a text that begins with "!" has to stand in quotes, like "!abc:stadt.example"`)
		if i := strings.LastIndex(path, "."); i > 0 {
			s.wrong[path[:i]] = true // it may have swallowed what follows
		}
		return
	}
	if _, known := s.places[path]; !known {
		s.places[path] = at
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if into.Addr().Type().Implements(textType) {
		if text, ok := s.text(path, n, "text"); ok {
			if err := into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
				s.fail(path, at, "%v", err)
			}
		}
		return
	}
	if into.Type() == durationType {
		if text, ok := s.text(path, n, `a duration like "90m" or "1h30m"`); ok {
			d, err := time.ParseDuration(text)
			if err != nil {
				s.fail(path, at, `%q is not a duration: want one like "90m" or "1h30m"`, text)
			}
			into.SetInt(int64(d))
		}
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		s.mapping(path, n, into)
	case reflect.Slice:
		s.list(path, n, into)
	case reflect.String:
		if text, ok := s.text(path, n, "text"); ok {
			into.SetString(text)
		}
	case reflect.Int:
		text, ok := s.text(path, n, "a whole number")
		number, err := strconv.Atoi(text)
		switch {
		case ok && err != nil:
			s.fail(path, at, "%q is not a whole number", text)
		case ok:
			into.SetInt(int64(number))
		}
	case reflect.Bool:
		if b, ok := n.(*ast.BoolNode); ok {
			into.SetBool(b.Value)
		} else {
			s.fail(path, at, "want true or false, got %s", kindOf(n))
		}
	default:
		panic("configuration of type " + into.Type().String())
	}
}

// text is a scalar as it is written.
func (s *strict) text(path string, n ast.Node, want string) (string, bool) {
	switch node := n.(type) {
	case *ast.StringNode:
		return node.Value, true
	case *ast.LiteralNode:
		return node.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode:
		return n.GetToken().Value, true
	}
	s.fail(path, place(n), "want %s, got %s", want, kindOf(n))
	return "", false
}

func (s *strict) list(path string, n ast.Node, into reflect.Value) {
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		s.fail(path, place(n), "want a list, each entry on a line of its own after \"- \", got %s", kindOf(n))
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(sequence.Values), len(sequence.Values)))
	for i, entry := range sequence.Values {
		s.value(fmt.Sprintf("%s[%d]", path, i), entry, into.Index(i))
	}
}

func (s *strict) mapping(path string, n ast.Node, into reflect.Value) {
	var entries []*ast.MappingValueNode
	switch node := n.(type) {
	case *ast.MappingNode:
		entries = node.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{node}
	default:
		s.fail(path, place(n), "want keys (%s), got %s", strings.Join(keysOf(into.Type()), ", "), kindOf(n))
		return
	}
	seen := map[string]position{}
	for _, entry := range entries {
		key, at := entry.Key.GetToken().Value, place(entry.Key)
		inner := strings.TrimPrefix(path+"."+key, ".")
		if before, twice := seen[key]; twice {
			s.faults.add(at, "%q stands here a second time, the first is in line %d", key, before.Line)
			continue
		}
		seen[key] = at
		field, ok := fieldOf(into, key)
		if !ok {
			s.faults.add(at, "%s", s.unknown(path, key, into.Type()))
			continue
		}
		s.places[inner] = at
		if _, empty := entry.Value.(*ast.NullNode); empty {
			delete(s.places, inner)
			continue
		}
		if _, scalar := entry.Value.(ast.ScalarNode); scalar {
			s.places[inner] = place(entry.Value)
		}
		s.value(inner, entry.Value, field)
	}
}

// unknown says what is wrong with a key that does not exist.
func (s *strict) unknown(path, key string, t reflect.Type) string {
	keys := keysOf(t)
	if i := slices.IndexFunc([]string{"password", "passwort", "token", "accesstoken", "secret", "proxypassword"},
		func(secret string) bool { return plain(key) == secret }); i >= 0 {
		name := "password"
		if strings.Contains(plain(key), "token") {
			name = "token"
		}
		for _, known := range keys {
			if known == key+"_file" {
				name = key
			}
		}
		return fmt.Sprintf("%q: a secret does not belong in this file; put it into a file of its own and name that (%s_file: …), or into an environment variable (%s_env: …)", key, name, name)
	}
	where := ""
	if path != "" {
		where = " in " + path
	}
	if near := nearest(key, keys); near != "" {
		s.wrong[strings.TrimPrefix(path+"."+near, ".")] = true
		return fmt.Sprintf("unknown key %q%s; did you mean %q?", key, where, near)
	}
	if home := homeOf(s.root, "", key); home != "" {
		return fmt.Sprintf("unknown key %q%s; it belongs under %q", key, where, home)
	}
	return fmt.Sprintf("unknown key %q%s; known are %s", key, where, strings.Join(keys, ", "))
}

// homeOf is the path of the mapping that has the key.
func homeOf(t reflect.Type, path, key string) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return ""
	}
	if path != "" && slices.Contains(keysOf(t), key) {
		return path
	}
	for field := range t.Fields() {
		if tag := field.Tag.Get("yaml"); tag != "" {
			if home := homeOf(field.Type, strings.TrimPrefix(path+"."+tag, "."), key); home != "" {
				return home
			}
		}
	}
	return ""
}

// keysOf are the keys of a struct, in its order.
func keysOf(t reflect.Type) []string {
	var keys []string
	for field := range t.Fields() {
		if tag := field.Tag.Get("yaml"); tag != "" {
			keys = append(keys, tag)
		}
	}
	return keys
}

func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if key != "" && v.Type().Field(i).Tag.Get("yaml") == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// place is where a node begins.
func place(n ast.Node) position {
	switch node := n.(type) {
	case *ast.MappingNode:
		if len(node.Values) > 0 && !node.IsFlowStyle {
			return place(node.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return place(node.Key)
	}
	if token := n.GetToken(); token != nil && token.Position != nil {
		return position{token.Position.Line, token.Position.Column}
	}
	return position{1, 1}
}

// kindOf is what a node is, for people. A value is never told: it could be a secret at the wrong place.
func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.BoolNode:
		return "true or false (put it in quotes if it is meant as text)"
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	}
	return "something else"
}
