package teams

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	algorithm = "RS256"
	skew      = 5 * time.Minute // how much clocks may differ
	maxToken  = 16 << 10        // bytes
)

// NoToken is what a request without a token is answered: by it one can tell that it is
// the bot that answers.
const NoToken = "no bearer token"

// door lets in what the Bot Connector has signed for this bot, and nothing else. There
// is no way around it.
type door struct {
	keys   *keyring
	parser *jwt.Parser
}

func newDoor(c Config) *door {
	return &door{
		keys: &keyring{metadata: c.Metadata, http: c.HTTPClient, now: time.Now},
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{algorithm}),
			jwt.WithIssuer(c.Issuer),
			jwt.WithAudience(c.AppID),
			jwt.WithExpirationRequired(),
			jwt.WithLeeway(skew),
		),
	}
}

// What an operator can mend by a line in the configuration.
const (
	unlistedTenant = "the tenant is not on the list"
	unlistedTeam   = "the team is not on the list"
)

// Unlisted reports whether a reason of [Chat.Refused] is that a list lacks something.
func Unlisted(reason string) bool { return reason == unlistedTenant || reason == unlistedTeam }

// visitor is whom a token speaks for.
type visitor struct {
	service  string // the address that the token is for
	endorses []string
}

// claims of a token of the Bot Connector.
type claims struct {
	jwt.RegisteredClaims
	Service string `json:"serviceurl"`
}

// refusal is why something is not let in. Its reason is one of ours, never a part of
// what came in.
type refusal struct {
	status int
	reason string
	about  []any // for the log
}

func (r *refusal) Error() string { return r.reason }

func refuse(status int, reason string) *refusal { return &refusal{status: status, reason: reason} }

// ask reads the token of a request.
func (d *door) ask(ctx context.Context, header string) (visitor, *refusal) {
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return visitor{}, refuse(http.StatusUnauthorized, NoToken)
	}
	if len(token) > maxToken {
		return visitor{}, refuse(http.StatusUnauthorized, "the token is too long")
	}
	var said claims
	var by key
	var outage error
	_, err := d.parser.ParseWithClaims(token, &said, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		if id == "" {
			return nil, errUnknownKey
		}
		k, err := d.keys.find(ctx, id)
		if errors.Is(err, errNoKeys) {
			outage = err
		}
		by = k
		return k.public, err
	})
	switch {
	case err == nil:
		return visitor{service: said.Service, endorses: by.endorses}, nil
	case outage != nil:
		return visitor{}, refuse(http.StatusServiceUnavailable, outage.Error())
	}
	return visitor{}, refuse(http.StatusUnauthorized, why(err))
}

// why says in our words what is wrong with a token.
func why(err error) string {
	for _, known := range []struct {
		err    error
		reason string
	}{
		{errUnknownKey, errUnknownKey.Error()},
		{jwt.ErrTokenMalformed, "the token is malformed"},
		{jwt.ErrTokenSignatureInvalid, "the token's signature or algorithm is wrong"},
		{jwt.ErrTokenExpired, "the token has expired"},
		{jwt.ErrTokenNotValidYet, "the token is not valid yet"},
		{jwt.ErrTokenUsedBeforeIssued, "the token is not valid yet"},
		{jwt.ErrTokenInvalidIssuer, "the token is by another issuer"},
		{jwt.ErrTokenInvalidAudience, "the token is for another bot"},
	} {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return "the token is not valid"
}

// admits reports whether what a visitor brings is what its token is for.
func (c *Chat) admits(v visitor, a *activity) *refusal {
	switch {
	case v.service == "" || !sameAddress(v.service, a.ServiceURL) || !trusted(a.ServiceURL):
		return refuse(http.StatusUnauthorized, "the token is for another service address")
	case a.ChannelID != channel:
		return refuse(http.StatusForbidden, "the activity is not of Teams")
	case !endorsed(v.endorses):
		return refuse(http.StatusForbidden, "the token's key is not endorsed for Teams")
	case !c.tenants[strings.ToLower(a.tenant())]:
		return refuse(http.StatusForbidden, unlistedTenant).named("tenant", a.tenant(), isTenant)
	case len(c.teams) > 0 && a.team() != "" && !c.teams[strings.ToLower(a.team())]:
		return refuse(http.StatusForbidden, unlistedTeam).named("team", a.team(), isTeam)
	}
	return nil
}

// endorsed reports whether a key vouches for Teams.
func endorsed(channels []string) bool { return slices.Contains(channels, channel) }

// sameAddress compares addresses as Microsoft's libraries do: without regard to case and
// a slash at the end.
func sameAddress(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, "/"), strings.TrimRight(b, "/"))
}
