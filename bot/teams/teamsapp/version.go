package teamsapp

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Version is the version of an app package: major, minor, patch.
type Version [3]int

// FirstVersion is the version of the first package.
var FirstVersion = Version{1, 0, 0}

var isVersion = regexp.MustCompile(`^(?:0|[1-9][0-9]{0,6})(?:\.(?:0|[1-9][0-9]{0,6})){2}$`)

// ParseVersion reads three numbers, like "1.2.0".
func ParseVersion(s string) (Version, error) {
	var v Version
	if !isVersion.MatchString(s) || s == "0.0.0" {
		return v, fmt.Errorf("%q is not a version: want three numbers like 1.2.0", s)
	}
	for i, part := range strings.Split(s, ".") {
		v[i], _ = strconv.Atoi(part) // at most seven digits
	}
	return v, nil
}

// Next is the version of the next package.
func (v Version) Next() Version { return Version{v[0], v[1] + 1, 0} }

func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }

// MarshalText implements encoding.TextMarshaler.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *Version) UnmarshalText(text []byte) (err error) {
	*v, err = ParseVersion(string(text))
	return err
}
