package templates

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"lotse/bot"
)

// checker finds what execution would stumble over, also where no sample leads:
// fields, functions, arguments and templates that do not exist or do not fit. It
// walks the parsed template with the types of the data. A nil type is one that it
// does not know, as of no data; with such a value little may be done.
type checker struct {
	file   *template.Template
	tree   *parse.Tree
	run    *run
	funcs  map[string]reflect.Value
	vars   []variable
	faults []error
	nested []string // the templates being checked with their data, to end a recursion
}

type variable struct {
	name string
	typ  reflect.Type
}

// value is what is known about an argument: its type, and what it is if it is a
// constant.
type value struct {
	typ   reflect.Type
	fixed any
}

// builtin are the functions of text/template that texts may use, with what they
// return; a nil type is that of an argument. The others can fail on data that no
// sample shows, or escape for something that is no Markdown.
var builtin = map[string]reflect.Type{
	"and": nil, "or": nil,
	"not": boolType, "eq": boolType, "ne": boolType, "lt": boolType, "le": boolType, "gt": boolType, "ge": boolType,
	"len": intType, "print": stringType, "printf": stringType,
}

// either is text that is Markdown or not, as the data has it; it can be printed and
// nothing else.
type either string

func isText(t reflect.Type) bool { return t != nil && t.Kind() == reflect.String }

// kindOf names a type for a fault.
func kindOf(t reflect.Type) string {
	switch t {
	case nil:
		return "anything"
	case eitherType:
		return "text or Markdown"
	}
	return t.String()
}

var (
	eitherType   = reflect.TypeFor[either]()
	boolType     = reflect.TypeFor[bool]()
	intType      = reflect.TypeFor[int]()
	stringType   = reflect.TypeFor[string]()
	errorType    = reflect.TypeFor[error]()
	markdownType = reflect.TypeFor[bot.Markdown]()
	lightType    = reflect.TypeFor[bot.Light]()
)

// check checks a template for one type of data.
func (s *Set) check(t *template.Template, data reflect.Type) []error {
	r := s.run(bot.German, "")
	c := &checker{file: t, tree: t.Tree, run: r, funcs: map[string]reflect.Value{}, vars: []variable{{"$", data}}}
	for name, f := range r.funcs() {
		c.funcs[name] = reflect.ValueOf(f)
	}
	c.list(t.Tree.Root, data)
	return c.faults
}

func (c *checker) fault(n parse.Node, format string, args ...any) {
	where, _ := c.tree.ErrorContext(n)
	c.faults = append(c.faults, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

// list checks nodes with the dot being of a type. Variables end with it.
func (c *checker) list(list *parse.ListNode, dot reflect.Type) {
	if list == nil {
		return
	}
	defer func(n int) { c.vars = c.vars[:n] }(len(c.vars))
	for _, node := range list.Nodes {
		c.node(node, dot)
	}
}

func (c *checker) node(node parse.Node, dot reflect.Type) {
	vars := len(c.vars)
	switch n := node.(type) {
	case *parse.ActionNode:
		c.pipe(n.Pipe, dot)
		return // its variables live on
	case *parse.IfNode:
		c.pipe(n.Pipe, dot)
		c.list(n.List, dot)
		c.list(n.ElseList, dot)
	case *parse.WithNode:
		c.list(n.List, c.pipe(n.Pipe, dot).typ)
		c.list(n.ElseList, dot)
	case *parse.RangeNode:
		c.list(n.List, c.ranged(n, dot))
		c.list(n.ElseList, dot)
	case *parse.TemplateNode:
		var data reflect.Type
		if n.Pipe != nil {
			data = c.pipe(n.Pipe, dot).typ
		}
		c.call(n, data)
	}
	c.vars = c.vars[:vars]
}

// ranged checks what is ranged over and returns the type of its elements.
func (c *checker) ranged(n *parse.RangeNode, dot reflect.Type) reflect.Type {
	decl := n.Pipe.Decl
	over := c.pipe(n.Pipe, dot).typ
	var elem reflect.Type
	if over != nil {
		switch over.Kind() {
		case reflect.Slice, reflect.Array:
			elem = over.Elem()
		default: // a number, too: nothing needs it, and it may be large
			c.fault(n, "range cannot go over %s", over)
		}
	}
	if n.Pipe.IsAssign {
		c.fault(n, "range declares its variables with :=")
		return elem
	}
	c.vars = c.vars[:len(c.vars)-len(decl)]
	switch len(decl) {
	case 1:
		c.vars = append(c.vars, variable{decl[0].Ident[0], elem})
	case 2:
		c.vars = append(c.vars, variable{decl[0].Ident[0], intType}, variable{decl[1].Ident[0], elem})
	}
	return elem
}

// call checks {{template "name" data}}.
func (c *checker) call(n *parse.TemplateNode, data reflect.Type) {
	part := c.file.Lookup(n.Name)
	if part == nil || part.Tree == nil {
		c.fault(n, "the file defines no template %q", n.Name)
		return
	}
	id := fmt.Sprint(n.Name, " ", data)
	if slices.Contains(c.nested, id) {
		c.fault(n, "template %q calls itself", n.Name)
		return
	}
	c.nested = append(c.nested, id)
	vars, tree := c.vars, c.tree
	c.vars, c.tree = []variable{{"$", data}}, part.Tree
	c.list(part.Tree.Root, data)
	c.vars, c.tree = vars, tree
	c.nested = c.nested[:len(c.nested)-1]
}

// pipe checks a pipeline, declares its variables, and returns what comes out.
func (c *checker) pipe(p *parse.PipeNode, dot reflect.Type) value {
	var v value
	for i, cmd := range p.Cmds {
		var piped []value
		if i > 0 {
			piped = []value{v}
		}
		v = c.command(cmd, dot, piped)
	}
	for _, d := range p.Decl {
		if p.IsAssign {
			if old := c.arg(d, nil).typ; old != v.typ {
				c.fault(d, "%s holds %s and cannot hold %s", d.Ident[0], kindOf(old), kindOf(v.typ))
			}
			continue
		}
		c.vars = append(c.vars, variable{d.Ident[0], v.typ})
	}
	return v
}

func (c *checker) command(cmd *parse.CommandNode, dot reflect.Type, piped []value) value {
	if f, ok := cmd.Args[0].(*parse.IdentifierNode); ok {
		args := []value{}
		for _, a := range cmd.Args[1:] {
			args = append(args, c.arg(a, dot))
		}
		return c.function(f, append(args, piped...))
	}
	if len(cmd.Args) > 1 || len(piped) > 0 {
		c.fault(cmd.Args[0], "%s takes no arguments", cmd.Args[0])
		return value{}
	}
	return c.arg(cmd.Args[0], dot)
}

func (c *checker) arg(node parse.Node, dot reflect.Type) value {
	switch n := node.(type) {
	case *parse.DotNode:
		return value{typ: dot}
	case *parse.FieldNode:
		return value{typ: c.fields(n, dot, n.Ident)}
	case *parse.ChainNode:
		return value{typ: c.fields(n, c.arg(n.Node, dot).typ, n.Field)}
	case *parse.VariableNode:
		for _, v := range slices.Backward(c.vars) {
			if v.name == n.Ident[0] {
				return value{typ: c.fields(n, v.typ, n.Ident[1:])}
			}
		}
	case *parse.PipeNode:
		return c.pipe(n, dot)
	case *parse.IdentifierNode:
		return c.function(n, nil)
	case *parse.StringNode:
		return value{stringType, n.Text}
	case *parse.BoolNode:
		return value{boolType, n.True}
	case *parse.NumberNode:
		if n.IsInt {
			return value{intType, int(n.Int64)}
		}
		c.fault(n, "%s is no whole number", n)
	case *parse.NilNode:
		c.fault(n, "nil is nothing")
	}
	return value{}
}

// fields follows .A.B from a type.
func (c *checker) fields(n parse.Node, t reflect.Type, names []string) reflect.Type {
	for _, name := range names {
		if t == nil {
			c.fault(n, "%s: what it is a field of can be %s", n, kindOf(t))
			return nil
		}
		base := t
		if base.Kind() == reflect.Pointer {
			base = base.Elem()
		}
		if m, ok := reflect.PointerTo(base).MethodByName(name); ok {
			if m.Type.NumIn() != 1 {
				c.fault(n, "%s.%s needs arguments", base, name)
				return nil
			}
			t = m.Type.Out(0)
			continue
		}
		if base.Kind() == reflect.Struct {
			if f, ok := base.FieldByName(name); ok && f.IsExported() {
				t = f.Type
				continue
			}
		}
		c.fault(n, "%s has no field %s%s", base, name, nearestField(base, name))
		return nil
	}
	return t
}

func nearestField(t reflect.Type, name string) string {
	known := map[string]bool{}
	if t.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(t) {
			known[f.Name] = true
		}
	}
	return nearest(name, known)
}

func (c *checker) function(n *parse.IdentifierNode, args []value) value {
	if n.Ident == escaper && len(args) == 1 {
		c.printed(n, args[0].typ)
		return value{typ: markdownType}
	}
	if f, ok := c.funcs[n.Ident]; ok {
		return c.own(n, f, args)
	}
	out, ok := builtin[n.Ident]
	if !ok {
		c.fault(n, "texts do without the function %s", n.Ident)
		return value{}
	}
	switch n.Ident {
	case "and", "or":
		for i, a := range args {
			switch {
			case i == 0 || a.typ == out:
				out = a.typ
			case isText(a.typ) && isText(out):
				out = eitherType
			default:
				out = nil
			}
		}
	case "eq", "ne", "lt", "le", "gt", "ge":
		c.compared(n, args)
	case "len":
		if len(args) != 1 || args[0].typ != nil && !slices.Contains([]reflect.Kind{reflect.Slice, reflect.String, reflect.Map, reflect.Array}, args[0].typ.Kind()) {
			c.fault(n, "len wants one list")
		}
	case "not":
		if len(args) != 1 {
			c.fault(n, "not wants one argument")
		}
	}
	return value{typ: out}
}

// printed checks that a type can be printed; the escaper would refuse it.
func (c *checker) printed(n parse.Node, t reflect.Type) {
	if t == nil {
		c.fault(n, "what is printed here can be %s", kindOf(t))
		return
	}
	if t == lightType {
		c.fault(n, "a light is printed with {{light}} or {{emoji}}")
		return
	}
	if k := t.Kind(); k != reflect.String && k != reflect.Int && k != reflect.Int64 {
		c.fault(n, "a %s cannot be printed as it is", t)
	}
}

func (c *checker) compared(n *parse.IdentifierNode, args []value) {
	if len(args) < 2 || n.Ident != "eq" && len(args) > 2 {
		c.fault(n, "%s wants two arguments", n.Ident)
		return
	}
	for _, a := range args {
		if a.typ == nil {
			c.fault(n, "what %s compares can be %s", n.Ident, kindOf(a.typ))
			return
		}
		switch a.typ.Kind() {
		case reflect.Bool, reflect.Int, reflect.Int64, reflect.String:
		default:
			c.fault(n, "%s cannot compare a %s", n.Ident, a.typ)
			return
		}
	}
	for _, a := range args[1:] {
		if plain(a.typ) != plain(args[0].typ) {
			c.fault(n, "%s cannot compare a %s with a %s", n.Ident, args[0].typ, a.typ)
		}
	}
}

func plain(t reflect.Type) reflect.Kind {
	if t.Kind() == reflect.Int64 {
		return reflect.Int
	}
	return t.Kind()
}

// own checks a call of one of our functions, by number and types of the arguments,
// and, since many take more than one type, by calling it.
func (c *checker) own(n *parse.IdentifierNode, f reflect.Value, args []value) value {
	t := f.Type()
	out := value{typ: t.Out(0)}
	if len(args) < t.NumIn() && !t.IsVariadic() || len(args) < t.NumIn()-1 || len(args) > t.NumIn() && !t.IsVariadic() {
		c.fault(n, "%s wants %d arguments, here are %d", n.Ident, t.NumIn(), len(args))
		return out
	}
	var in []reflect.Value
	for i, a := range args {
		want := t.In(min(i, t.NumIn()-1))
		if t.IsVariadic() && i >= t.NumIn()-1 {
			want = want.Elem()
		}
		if a.typ == nil {
			c.fault(n, "argument %d of %s can be %s", i+1, n.Ident, kindOf(a.typ))
			return out
		}
		if a.typ == eitherType { // whatever the function takes
			c.fault(n, "argument %d of %s is %s, not %s", i+1, n.Ident, kindOf(a.typ), stringType)
			return out
		}
		if !a.typ.AssignableTo(want) && !(a.fixed != nil && a.typ.Kind() == want.Kind()) {
			c.fault(n, "argument %d of %s is %s, not %s", i+1, n.Ident, kindOf(a.typ), want)
			return out
		}
		example := exampleOf(a)
		if example.Type() != want && want.Kind() != reflect.Interface {
			example = example.Convert(want)
		}
		in = append(in, example)
	}
	if n.Ident == "want" || n.Ident == "help" { // they take a name that the data says
		return out
	}
	if results := f.Call(in); len(results) > 1 && t.Out(1) == errorType && !results[1].IsNil() {
		c.fault(n, "%s: %s", n.Ident, strings.TrimPrefix(results[1].Interface().(error).Error(), n.Ident+": "))
	}
	return out
}

// exampleOf is a value to try a function on: the constant, or an empty one; a list
// has one element.
func exampleOf(a value) reflect.Value {
	switch {
	case a.fixed != nil:
		return reflect.ValueOf(a.fixed)
	case a.typ.Kind() == reflect.Slice:
		return reflect.MakeSlice(a.typ, 1, 1)
	case a.typ.Kind() == reflect.Pointer:
		return reflect.New(a.typ.Elem())
	}
	return reflect.Zero(a.typ)
}
