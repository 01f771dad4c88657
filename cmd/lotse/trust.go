package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func newTrust(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "trust ACCOUNT",
		Short: "Take somebody's new Matrix identity for theirs, after comparing it",
		Long: `Take the present identity (cross-signing) of an account for the right one.

Somebody who loses all devices and the recovery key makes a new identity. With matrix.only_verified_devices nothing they
write counts then, because it might be somebody else's. Ask them, not in this chat, for the fingerprint that this command
shows, and confirm it. The bot may be running.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.trust(cmd.Context(), args[0], yes) },
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (a *app) trust(ctx context.Context, account string, yes bool) (err error) {
	if near, ok := goodUser(account); !ok {
		return fmt.Errorf(`%q is not a Matrix account: want one like "@maria:stadt.example"%s`, account, didYouMean(near))
	}
	config, err := loadConfig(a.config)
	if err != nil {
		return err
	}
	if !config.Matrix.on() {
		return fmt.Errorf("%s has no matrix: only accounts there have an identity", config.file)
	}
	client, err := config.client()
	if err != nil {
		return err
	}
	store, err := config.openBooks(ctx, false)
	if err != nil {
		return err
	}
	if store == nil {
		return fmt.Errorf("%w: run \"lotse login\" first", errNotLoggedIn)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	session, err := config.session(ctx, store)
	if err != nil {
		return err
	}
	chat, err := config.chat(session, client, store)
	if err != nil {
		return err
	}
	account = strings.TrimPrefix(account, "matrix:")
	return chat.Acknowledge(ctx, account, func(fingerprint string, changed bool) error {
		if _, err := fmt.Fprintf(a.stdout, "%s\nfingerprint of the identity: %s\n", account, fingerprint); err != nil || !changed {
			if err == nil {
				_, err = fmt.Fprintln(a.stdout, "this is the identity that the bot has known from the beginning; there is nothing to do")
			}
			return err
		}
		if !yes && !a.agreed("It is not the one seen first. Is it theirs? [y/N] ") {
			fmt.Fprintln(a.stdout, "left as it was")
			return errSaid
		}
		_, err := fmt.Fprintln(a.stdout, "taken for theirs")
		return err
	})
}
