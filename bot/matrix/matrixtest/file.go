package matrixtest

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Download returns the bytes that the server holds under an address (mxc://…), and what
// it says they are. What is encrypted stays so: see [JSUser.File].
func (u *User) Download(t testing.TB, mxc string) (data []byte, kind string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.Server.URL+"/_matrix/client/v1/media/download/"+strings.TrimPrefix(mxc, "mxc://"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+u.Token)
	resp, err := u.Server.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if data, err = io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: download %s: %s, %v: %s", u.ID, mxc, resp.Status, err, data)
	}
	return data, resp.Header.Get("Content-Type")
}
