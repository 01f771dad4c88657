package bot

import (
	"net/url"
	"strings"
	"unicode"
)

// Secure reports whether an address is one of https that may be shown as a link: with a
// host, without a user in it, and without anything that cannot be seen.
func Secure(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil &&
		!strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7f || !unicode.IsPrint(r) })
}
