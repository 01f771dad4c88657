package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// Forget takes an account out of what the adapter of the account self keeps: whose devices
// it knows, the room keys it had from them, and in which direct chat they are. It must not
// be running. Room keys of the bot's own that they were given are not used again.
//
// As long as the account is in rooms with the bot, the server tells of it again.
func Forget(ctx context.Context, memory Memory, keys *dbutil.Database, self string, account bot.UserID) error {
	if account.Chat() != ID {
		return nil
	}
	user := id.UserID(account.Local())
	c := &Chat{self: id.UserID(self), memory: memory}
	if err := c.forgetRooms(ctx, user); err != nil {
		return fmt.Errorf("forget an account in the rooms: %w", err)
	}
	if err := c.forgetUnread(ctx, user); err != nil {
		return fmt.Errorf("forget what an account has sent: %w", err)
	}
	made, err := keys.TableExists(ctx, "crypto_account")
	if err == nil && made {
		err = keys.DoTxn(ctx, nil, func(ctx context.Context) error { return forgetDevices(ctx, keys, user) })
	}
	if err != nil {
		return fmt.Errorf("forget the devices of an account: %w", err)
	}
	return nil
}

func (c *Chat) forgetRooms(ctx context.Context, user id.UserID) error {
	stored, err := c.memory.Recall(ctx, c.memo("rooms"))
	if err != nil || stored == "" {
		return err
	}
	rooms := map[id.RoomID]room{}
	if err := json.Unmarshal([]byte(stored), &rooms); err != nil {
		return err
	}
	changed := false
	for in, r := range rooms {
		if r.Direct == user {
			r.Direct, changed = "", true
			rooms[in] = r
		}
	}
	if !changed {
		return nil
	}
	b, err := json.Marshal(rooms)
	if err != nil {
		return err
	}
	return c.memory.Remember(ctx, c.memo("rooms"), string(b))
}

func (c *Chat) forgetUnread(ctx context.Context, user id.UserID) error {
	stored, err := c.memory.Recall(ctx, c.memo("unread"))
	if err != nil || !strings.Contains(stored, string(user)) {
		return err
	}
	var all []unread
	if err := json.Unmarshal([]byte(stored), &all); err != nil {
		return err
	}
	left := slices.DeleteFunc(all, func(u unread) bool {
		var e event.Event
		return json.Unmarshal(u.Event, &e) != nil || e.Sender == user
	})
	text, err := unreadText(left)
	if err != nil {
		return err
	}
	return c.memory.Remember(ctx, c.memo("unread"), text)
}

// forgetDevices empties mautrix's tables of what they hold about an account.
func forgetDevices(ctx context.Context, db *dbutil.Database, user id.UserID) error {
	const (
		devices  = `(SELECT identity_key FROM crypto_device WHERE user_id = $1)`
		sessions = `(SELECT session_id FROM crypto_megolm_inbound_session WHERE source_user = $1 OR sender_key IN ` + devices + `)`
	)
	for _, query := range []string{
		`DELETE FROM crypto_message_index WHERE session_id IN ` + sessions,
		`DELETE FROM crypto_megolm_inbound_session WHERE source_user = $1 OR sender_key IN ` + devices,
		`DELETE FROM crypto_olm_session WHERE sender_key IN ` + devices,
		`DELETE FROM crypto_megolm_outbound_session WHERE session_id IN (SELECT session_id FROM crypto_megolm_outbound_session_shared WHERE user_id = $1)`,
		`DELETE FROM crypto_megolm_outbound_session_shared WHERE user_id = $1`,
		`DELETE FROM crypto_cross_signing_signatures WHERE signed_user_id = $1 OR signer_user_id = $1`,
		`DELETE FROM crypto_cross_signing_keys WHERE user_id = $1`,
		`DELETE FROM crypto_device WHERE user_id = $1`,
		`DELETE FROM crypto_tracked_user WHERE user_id = $1`,
	} {
		if _, err := db.Exec(ctx, query, user); err != nil {
			return err
		}
	}
	return nil
}
