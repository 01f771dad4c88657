package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"lotse/bot"
	"lotse/bot/matrix"
	"lotse/storage"
)

// sessionName is where the database remembers the session on Matrix: a matrix.Session as JSON.
const sessionName = "matrix/session"

func newLogin(a *app) *cobra.Command {
	var o loginOptions
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Log the bot in on its homeserver, once, and keep the session",
		Long: `Log the bot in on its homeserver, once, and keep the session in the database.

The password comes from matrix.password_file or matrix.password_env of the configuration, an access token from
matrix.token_file or matrix.token_env. Without any of these it is asked for here; what is typed is not shown.

For encrypted rooms the account gets an identity (cross-signing) that vouches for the device; its recovery key is kept
where matrix.recovery_key_file or matrix.recovery_key_env says. With a session that works, only that is seen to.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.login(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.force, "force", false, "log in anew although there is a session that works")
	cmd.Flags().BoolVar(&o.token, "token", false, "ask for an access token instead of a password")
	cmd.Flags().BoolVar(&o.sso, "sso", false, "log in by single sign-on, in a browser")
	cmd.Flags().BoolVar(&o.anew, "new-identity", false, "make a new identity because the recovery key is lost; who has verified the bot has to do it again")
	cmd.MarkFlagsMutuallyExclusive("token", "sso")
	return cmd
}

type loginOptions struct{ force, token, sso, anew bool }

func (a *app) login(ctx context.Context, o loginOptions) (err error) {
	config, err := loadConfig(a.config)
	if err != nil {
		return err
	}
	if !config.Matrix.on() {
		_, err := fmt.Fprintf(a.stdout, "there is nothing to log in to: %s has no matrix, and Microsoft Teams wants no login\nnext: lotse check\n", config.file)
		return err
	}
	if err := config.guard(ctx, config.logger(a.stderr)); err != nil {
		return err
	}
	client, err := config.client()
	if err != nil {
		return err
	}
	store, err := config.openBooks(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if !o.force {
		works, err := a.stillLoggedIn(ctx, config, client, store, o.anew)
		if works || err != nil {
			return err
		}
	}
	unlock, err := lockDatabase(config.databasePath())
	if err != nil {
		return err
	}
	defer unlock()
	by, err := a.credentials(ctx, config, o)
	if err != nil {
		return err
	}
	by.DeviceName = config.Matrix.DeviceName
	session, err := matrix.Login(ctx, config.Matrix.Homeserver, client, config.Matrix.User, by)
	if err != nil {
		return err
	}
	if session.UserID != config.Matrix.User {
		return fmt.Errorf("this logs in %s, but the configuration says matrix.user: %s; nothing was kept", session.UserID, config.Matrix.User)
	}
	data, err := json.Marshal(session)
	if err != nil {
		return err
	}
	if err := store.Remember(ctx, sessionName, string(data)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(a.stdout, "logged in as %s, device %s\n", session.UserID, session.DeviceID); err != nil {
		return err
	}
	chat, err := config.chat(session, client, store)
	if err != nil {
		return err
	}
	if err := a.vouch(ctx, config, chat, by.Password, o.anew); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, "next: lotse check")
	return err
}

// chat is the bot's account as commands see it that do not run it.
func (c *Config) chat(session matrix.Session, client *http.Client, store *storage.Store) (*matrix.Chat, error) {
	return matrix.New(matrix.Config{
		Homeserver: c.Matrix.Homeserver, UserID: session.UserID, DeviceID: session.DeviceID, AccessToken: session.AccessToken,
		HTTPClient: client, Memory: store, Keys: store.DB(),
	})
}

// stillLoggedIn reports whether the session that is kept works. One that the server does not accept any more is as good
// as none. A device that is not verified is verified.
func (a *app) stillLoggedIn(ctx context.Context, config *Config, client *http.Client, store *storage.Store, anew bool) (bool, error) {
	session, err := config.session(ctx, store)
	if errors.Is(err, errNotLoggedIn) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	chat, err := config.chat(session, client, store)
	if err != nil {
		return false, err
	}
	if _, err := chat.CheckAccount(ctx); errors.Is(err, bot.ErrLoggedOut) {
		fmt.Fprintln(a.stderr, "the homeserver does not accept the session any more: logging in anew")
		return false, nil
	} else if err != nil {
		return false, err
	}
	if _, err = fmt.Fprintf(a.stdout, "already logged in as %s, device %s; a new login wants --force\n", session.UserID, session.DeviceID); err != nil {
		return true, err
	}
	who, err := chat.CheckIdentity(ctx)
	if err != nil || who.Verified && !anew {
		return true, err
	}
	unlock, err := lockDatabase(config.databasePath())
	if err != nil {
		return true, err
	}
	defer unlock()
	password, err := config.password()
	if err != nil && !errors.Is(err, errNoSecret) {
		return true, err
	}
	return true, a.vouch(ctx, config, chat, password, anew)
}

// errNotLoggedIn: the database knows no session for the configured user.
var errNotLoggedIn = errors.New("not logged in")

// session is the session of the configured user.
func (c *Config) session(ctx context.Context, store *storage.Store) (matrix.Session, error) {
	text, err := store.Recall(ctx, sessionName)
	if err != nil {
		return matrix.Session{}, err
	}
	if text == "" {
		return matrix.Session{}, fmt.Errorf("%w: run \"lotse login\" first", errNotLoggedIn)
	}
	var session matrix.Session
	if err := json.Unmarshal([]byte(text), &session); err != nil {
		return matrix.Session{}, fmt.Errorf("%w: the session in the database cannot be read; run \"lotse login\" again", errNotLoggedIn)
	}
	if session.UserID != c.Matrix.User {
		return matrix.Session{}, fmt.Errorf("%w: the database has a session of %s, the configuration says %s; run \"lotse login\" again",
			errNotLoggedIn, session.UserID, c.Matrix.User)
	}
	return session, nil
}

// credentials are what the command line wants asked, else what the configuration names, else the password, asked.
func (a *app) credentials(ctx context.Context, config *Config, o loginOptions) (matrix.Credentials, error) {
	var by matrix.Credentials
	switch {
	case o.sso:
		fmt.Fprintf(a.stderr, "Open this address in a browser and log in as %s:\n\n  %s\n\n"+
			"The browser ends up at an address that begins with http://localhost/ and shows nothing. Copy that address.\n",
			config.Matrix.User, strings.TrimRight(config.Matrix.Homeserver, "/")+"/_matrix/client/v3/login/sso/redirect?redirectUrl="+url.QueryEscape("http://localhost/"))
		text, err := a.secretly(ctx, "Address: ")
		by.LoginToken = loginToken(text)
		return by, err
	case o.token:
		var err error
		by.AccessToken, err = a.secretly(ctx, "Access token of "+config.Matrix.User+": ")
		return by, err
	}
	password, err := config.password()
	if err == nil || !errors.Is(err, errNoSecret) {
		by.Password = password
		return by, err
	}
	token, err := config.token()
	if err == nil || !errors.Is(err, errNoSecret) {
		by.AccessToken = token
		return by, err
	}
	by.Password, err = a.secretly(ctx, "Password of "+config.Matrix.User+": ")
	return by, err
}

// loginToken takes the token out of the address that single sign-on ends at; a bare token is taken as it is.
func loginToken(text string) string {
	if address, err := url.Parse(text); err == nil && address.Query().Get("loginToken") != "" {
		return address.Query().Get("loginToken")
	}
	return text
}

// secretly asks for a secret. On a terminal it is not shown; from a file or pipe it is the first line.
func (a *app) secretly(ctx context.Context, question string) (string, error) {
	restore := func() {}
	if terminal(a.stdin) {
		fmt.Fprint(a.stderr, question)
		hide := func(echo string) error {
			cmd := exec.Command("stty", echo)
			cmd.Stdin = a.stdin.(*os.File)
			return cmd.Run()
		}
		if err := hide("-echo"); err != nil {
			return "", errors.New("what is typed here would be shown; name a file in matrix.password_file instead")
		}
		restore = func() {
			_ = hide("echo")
			fmt.Fprintln(a.stderr)
		}
	}
	defer restore()
	in := newLines(a.stdin)
	defer in.close()
	line, err := in.next(ctx)
	if errors.Is(err, io.EOF) || err == nil && line == "" {
		return "", errors.New("nothing was given to log in with: name matrix.password_file in the configuration, or type it here")
	}
	return line, err
}

// lines reads lines of somebody who may take their time, until told to stop.
type lines struct {
	want chan struct{}
	got  chan line
}

type line struct {
	text string
	err  error
}

// newLines starts reading when the first line is wanted. A read of a terminal or a pipe cannot be ended from outside: the
// one under way at the end of the program ends with it.
func newLines(r io.Reader) *lines {
	l := &lines{want: make(chan struct{}), got: make(chan line, 1)}
	go func() {
		in := bufio.NewReader(r)
		for range l.want {
			text, err := in.ReadString('\n')
			if text != "" && errors.Is(err, io.EOF) {
				err = nil // the last line may have no end
			}
			l.got <- line{strings.TrimRight(text, "\r\n"), err}
		}
	}()
	return l
}

// close says that no more lines are wanted.
func (l *lines) close() { close(l.want) }

// next is the next line, without its end. io.EOF means that there is none.
func (l *lines) next(ctx context.Context) (string, error) {
	select {
	case l.want <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	select {
	case got := <-l.got:
		return got.text, got.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
