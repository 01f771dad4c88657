package matrix

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"maunium.net/go/mautrix"
)

// Session is what a login gives: enough for New. It is a secret.
type Session struct {
	Homeserver  string `json:"homeserver"`
	UserID      string `json:"user_id"`
	DeviceID    string `json:"device_id"`
	AccessToken string `json:"access_token"`
}

// Credentials are the ways to log in; one of them is used.
type Credentials struct {
	Password    string
	LoginToken  string // m.login.token, from single sign-on
	AccessToken string // of a session that exists already
	// DeviceName is how the new device is shown; "" means Lotse.
	DeviceName string
}

// Login logs in once. The session is to be stored: each login makes a new device,
// and transaction ids do not outlive one. homeserver is an address
// (https://matrix.example.org) or a server name (example.org), whose address is
// looked up.
func Login(ctx context.Context, homeserver string, hc *http.Client, user string, by Credentials) (Session, error) {
	if hc == nil {
		hc = &http.Client{}
	}
	address, err := Discover(ctx, homeserver, hc)
	if err != nil {
		return Session{}, err
	}
	client, err := newClient(address, hc, slog.New(slog.DiscardHandler))
	if err != nil {
		return Session{}, err
	}
	if by.AccessToken != "" {
		client.AccessToken = by.AccessToken
		who, err := client.Whoami(ctx)
		if err != nil {
			return Session{}, fmt.Errorf("log in to %s: %w", address, err)
		}
		if user != "" && string(who.UserID) != user && who.UserID.Localpart() != user {
			return Session{}, fmt.Errorf("log in to %s: the access token is %s's, not %s's", address, who.UserID, user)
		}
		return Session{Homeserver: address, UserID: string(who.UserID), DeviceID: string(who.DeviceID), AccessToken: by.AccessToken}, nil
	}
	req := &mautrix.ReqLogin{InitialDeviceDisplayName: cmp.Or(by.DeviceName, "Lotse")}
	switch {
	case by.LoginToken != "":
		req.Type, req.Token = mautrix.AuthTypeToken, by.LoginToken
	case by.Password != "":
		req.Type, req.Password = mautrix.AuthTypePassword, by.Password
		req.Identifier = mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: user}
	default:
		return Session{}, fmt.Errorf("log in to %s: neither password nor token", address)
	}
	resp, err := client.Login(ctx, req)
	if err != nil {
		return Session{}, fmt.Errorf("log in to %s: %w", address, err)
	}
	return Session{Homeserver: address, UserID: string(resp.UserID), DeviceID: string(resp.DeviceID), AccessToken: resp.AccessToken}, nil
}

// Discover returns the address of a homeserver given by address or server name.
func Discover(ctx context.Context, homeserver string, hc *http.Client) (string, error) {
	if strings.Contains(homeserver, "://") {
		return strings.TrimRight(homeserver, "/"), nil
	}
	if homeserver == "" {
		return "", fmt.Errorf("no homeserver given")
	}
	known, err := mautrix.DiscoverClientAPIWithClient(ctx, hc, homeserver)
	if err != nil {
		return "", fmt.Errorf("find the homeserver of %s: %w", homeserver, err)
	}
	if known == nil || known.Homeserver.BaseURL == "" {
		return "https://" + homeserver, nil
	}
	return strings.TrimRight(known.Homeserver.BaseURL, "/"), nil
}
