package bot

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// However a code is typed, it is the same one; what cannot be one is none.
func TestHashCode(t *testing.T) {
	for token := range 200 {
		code := NewCode(strings.Repeat("x", token))
		if len(code) != codeLength+1 || HashCode(code) == "" {
			t.Fatalf("%q is no code", code)
		}
	}
	want := HashCode("70KQ-F11M")
	for _, typed := range []string{"70kq-f11m", "7OKQFILM", " 70kq f11m ", "`70KQ–F11M`", "70KQF11M."} {
		if HashCode(typed) != want {
			t.Errorf("%q is another code than 70KQ-F11M", typed)
		}
	}
	for _, typed := range []string{"", "70KQF11", "70KQF11M9", "70KQ-F11U", "70KQ-F11é", "mit Outlook"} {
		if HashCode(typed) != "" {
			t.Errorf("%q is taken for a code", typed)
		}
	}
}

func TestJoinAndUnlink(t *testing.T) {
	now := time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	maria := Person{ID: "maria", Accounts: []UserID{"matrix:@maria"}}
	kim := Person{ID: "kim", Accounts: []UserID{"teams:kim"}, Former: []PersonID{"k"}}
	both := maria.Join(kim, now)
	if !slices.Equal(both.Accounts, []UserID{"matrix:@maria", "teams:kim"}) || !both.IsLinked("teams:kim") || both.IsLinked("matrix:@maria") || !slices.Equal(both.Former, []PersonID{"kim", "k"}) {
		t.Errorf("joined they are %+v", both)
	}
	if len(maria.Accounts) != 1 || len(maria.Linked) != 0 {
		t.Errorf("the one handed in was changed: %+v", maria)
	}
	apart := both.Unlink("teams:kim")
	if apart.Has("teams:kim") || apart.IsLinked("teams:kim") || !apart.Has("matrix:@maria") || !both.Has("teams:kim") {
		t.Errorf("separated it is %+v", apart)
	}
	// An account that has gone elsewhere is not linked any more.
	if elsewhere := (Person{ID: "m", Linked: []AccountLink{{User: "teams:kim"}}}); elsewhere.IsLinked("teams:kim") {
		t.Error("linked without having it")
	}
}
