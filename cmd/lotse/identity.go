package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lotse/bot/matrix"
)

// recovery is where the recovery key of the account's identity is kept, see the configuration.
type recovery struct {
	config *Config
	out    io.Writer // hears of a new key that no file keeps
}

// recoveryFile is the file of the recovery key, "" if an environment variable holds it.
func (c *Config) recoveryFile() string {
	if c.Matrix.RecoveryKeyEnv != "" {
		return ""
	}
	return c.path(cmp.Or(c.Matrix.RecoveryKeyFile, "recovery-key"))
}

// Load implements matrix.Recovery.
func (r recovery) Load() (string, error) {
	path := r.config.recoveryFile()
	if path == "" {
		return os.Getenv(r.config.Matrix.RecoveryKeyEnv), nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the recovery key: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

// Keep implements matrix.Recovery. A key that is there already stays, under another name.
func (r recovery) Keep(key string) error {
	path := r.config.recoveryFile()
	if path == "" {
		_, err := fmt.Fprintf(r.out, "The recovery key of the bot's account, shown this once. Keep it in %s:\n\n  %s\n\n", r.config.Matrix.RecoveryKeyEnv, key)
		return err
	}
	if err := os.Rename(path, path+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the folder %s does not exist: %w", filepath.Dir(path), err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, key)
	return errors.Join(err, file.Sync(), file.Close())
}

// where says where the recovery key is.
func (r recovery) where() string {
	return cmp.Or(r.config.recoveryFile(), "the environment variable "+r.config.Matrix.RecoveryKeyEnv)
}

// vouch sees that the account's identity vouches for the device, and says so. password is "" if it is not known.
func (a *app) vouch(ctx context.Context, config *Config, chat *matrix.Chat, password string, anew bool) error {
	r := recovery{config, a.stdout}
	who, err := chat.Vouch(ctx, r, password, anew)
	switch {
	case errors.Is(err, matrix.ErrNoRecovery):
		return fmt.Errorf("the device is not verified: %w; put the key into %s and do this again. "+
			"If it is lost, \"lotse login --new-identity\" makes a new identity: whoever has verified the bot has to do it again", err, r.where())
	case err != nil:
		return fmt.Errorf("the device is not verified: %w", err)
	}
	_, err = fmt.Fprintf(a.stdout, "verified by the account's identity, recovery key in %s\nfingerprint of the identity: %s\n", r.where(), who.Fingerprint)
	return err
}

// identity tells how people's clients see the device.
func (c *check) identity(ctx context.Context, session bool) {
	if !session {
		return
	}
	who, err := c.chat.CheckIdentity(ctx)
	key, unread := recovery{config: c.config}.Load()
	switch {
	case err != nil:
		c.do("try again", "encryption: %s", err)
	case !who.Published:
		c.do("run \"lotse login\"", "encryption: the account has no identity (cross-signing), so people's clients may keep the keys of encrypted rooms from the bot")
	case !who.Verified:
		c.do("run \"lotse login\"", "encryption: the account's identity does not vouch for this device, so people's clients may keep the keys of encrypted rooms from it")
	case unread != nil:
		c.do("make it readable for the bot", "encryption: %s", unread)
	case key == "":
		c.do("put it there, or make a new one (\"lotse login --new-identity\"): without it no new device can be verified", "encryption: there is no recovery key in %s", recovery{config: c.config}.where())
	default:
		c.ok("encryption: the device is verified; identity %s", who.Fingerprint)
	}
}
