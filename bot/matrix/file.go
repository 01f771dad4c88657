package matrix

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// maxUploads is how many uploads are remembered whose messages are not sent yet.
const maxUploads = 100

// attached is a file that the server holds: what a message says about it.
type attached struct {
	name string
	info event.FileInfo
	url  id.ContentURIString
	keys *attachment.EncryptedFile // of an encrypted room
}

// attach has the server hold a file, so that a message can point at it; nil if it will
// not, and then the words go alone. What was uploaded for a message whose send failed is
// used again. An error means that nothing was sent.
//
// In an encrypted room the server sees neither the content nor the name nor the type.
func (c *Chat) attach(ctx context.Context, what string, out bot.Outgoing, hidden bool) (*attached, error) {
	if out.File == nil {
		return nil, nil
	}
	key := fmt.Sprint(out.Transaction, hidden)
	c.mu.Lock()
	a := c.uploads[key]
	c.mu.Unlock()
	if a != nil {
		return a, nil
	}
	a = &attached{name: out.File.Name, info: event.FileInfo{MimeType: out.File.Type, Size: len(out.File.Bytes)}}
	upload := mautrix.ReqUploadMedia{ContentBytes: out.File.Bytes, ContentType: out.File.Type, FileName: out.File.Name}
	if hidden {
		sealed := bytes.Clone(out.File.Bytes)
		a.keys = attachment.NewEncryptedFile()
		a.keys.EncryptInPlace(sealed)
		upload = mautrix.ReqUploadMedia{ContentBytes: sealed, ContentType: "application/octet-stream"}
	}
	resp, err := c.client.UploadMedia(ctx, upload)
	if err == nil && resp.ContentURI.IsEmpty() {
		err = errors.New("the server did not say where it is")
	}
	if err != nil {
		return nil, c.withoutFile(ctx, what, out, err)
	}
	a.url = resp.ContentURI.CUString()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.uploads) >= maxUploads {
		clear(c.uploads)
	}
	c.uploads[key] = a
	return a, nil
}

// withoutFile says what a failed upload means: nil if the server will not have the file and
// there are words that can go without it.
func (c *Chat) withoutFile(ctx context.Context, what string, out bot.Outgoing, err error) error {
	err = sendError("upload its file", err)
	refusal, ok := errors.AsType[*bot.SendError](err)
	switch {
	case errors.Is(err, bot.ErrLoggedOut):
		return err
	case !ok:
		return &bot.SendError{Err: fmt.Errorf("%s: %w", what, err), Refused: true}
	case refusal.Final && out.Text.Markdown != "":
		c.log.WarnContext(ctx, "the homeserver does not take a file, the message goes without it",
			"room", out.Room, "kind", out.Kind, "bytes", len(out.File.Bytes), "error", err)
		return nil
	case refusal.Final:
		return refused(what, errors.New(refusal.Error())) // it is not the room that refuses: see explain
	}
	return err
}

// uploaded forgets what was uploaded for a message that is sent.
func (c *Chat) uploaded(out bot.Outgoing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.uploads, fmt.Sprint(out.Transaction, true))
	delete(c.uploads, fmt.Sprint(out.Transaction, false))
}

// put lets a message carry the file: its words become the caption.
func (a *attached) put(content *event.MessageEventContent) {
	if a == nil {
		return
	}
	content.MsgType, content.FileName, content.Info = event.MsgFile, a.name, &a.info
	if content.Body == "" {
		content.Body = a.name
	}
	if a.keys == nil {
		content.URL = a.url
	} else {
		content.File = &event.EncryptedFileInfo{EncryptedFile: *a.keys, URL: a.url}
	}
}
