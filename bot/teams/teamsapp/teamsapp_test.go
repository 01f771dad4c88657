package teamsapp

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"flag"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"lotse/bot"
)

var update = flag.Bool("update", false, "write what comes out into the golden files")

func sample() App {
	return App{
		ID: "11111111-2222-3333-4444-55555555AAAA", Name: "Lotse", Developer: "Musterstadt", Website: "https://www.stadt.example",
		Privacy: "https://www.stadt.example/datenschutz", Terms: "https://www.stadt.example/nutzung", Language: bot.German, Version: FirstVersion,
	}
}

// What the manifest says, for reading.
func TestManifest(t *testing.T) {
	for _, l := range []bot.Language{bot.German, bot.English} {
		app := sample()
		app.Language = l
		got, err := app.Manifest().encode()
		if err != nil {
			t.Fatal(err)
		}
		golden := "testdata/manifest." + string(l) + ".json"
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v; the manifest is\n%s\nwant\n%s", err, got, want)
		}
	}
	app := sample()
	app.Language = bot.GermanDu
	if got := app.Manifest(); got.Localization.Tag != "de" || strings.Contains(got.Description.Full+got.Description.Short, "Sie ") {
		t.Errorf("for a city that says «du»: %+v", got.Description)
	}
}

// The package, read back as Teams does.
func TestPackage(t *testing.T) {
	data, err := sample().Package()
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	files := map[string][]byte{}
	for _, f := range z.File {
		names = append(names, f.Name)
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil { // checks the sum, too
			t.Fatal(err)
		}
	}
	if want := []string{"manifest.json", "color.png", "outline.png"}; !slices.Equal(names, want) {
		t.Errorf("in it are %q, want %q, at the top", names, want)
	}
	var m struct {
		Icons map[string]string `json:"icons"`
	}
	if err := json.Unmarshal(files["manifest.json"], &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Icons) != 2 {
		t.Errorf("the manifest names %v", m.Icons)
	}
	for name, file := range m.Icons {
		if files[file] == nil {
			t.Errorf("the manifest's icon %s is %s, which is not there", name, file)
		}
	}

	big := picture(t, files["color.png"], 192)
	if !big.(interface{ Opaque() bool }).Opaque() {
		t.Error("the colour icon is not a full square")
	}
	seen := map[color.Color]bool{}
	for y := range 192 {
		for x := range 192 {
			c := color.RGBAModel.Convert(big.At(x, y))
			seen[c] = true
			if middle := image.Rect(36, 36, 156, 156); !(image.Point{x, y}).In(middle) && c != night {
				t.Fatalf("at %d, %d it shows something outside of its middle, where Teams may cut it off", x, y)
			}
		}
	}
	for _, c := range []color.RGBA{night, water, light, shade, amber, copper} {
		if !seen[c] {
			t.Errorf("the colour %v is nowhere in the icon", c)
		}
	}

	small := picture(t, files["outline.png"], 32)
	full, none := 0, 0
	for y := range 32 {
		for x := range 32 {
			c := color.NRGBAModel.Convert(small.At(x, y)).(color.NRGBA)
			switch {
			case c.A == 0:
				none++
			case c.R != 255 || c.G != 255 || c.B != 255:
				t.Fatalf("at %d, %d the outline icon is %v, not white", x, y, c)
			case c.A == 255:
				full++
			}
		}
	}
	if full < 100 || none < 400 {
		t.Errorf("of the outline icon's 1024 pixels %d are white and %d are nothing", full, none)
	}
}

// picture reads a PNG and checks its size.
func picture(t *testing.T, data []byte, size int) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds() != image.Rect(0, 0, size, size) {
		t.Errorf("the icon is %v, want %d × %d", img.Bounds(), size, size)
	}
	return img
}

// The same app has the same bytes; another version, and anything else, has others.
func TestSameBytes(t *testing.T) {
	pack := func(change func(*App)) []byte {
		t.Helper()
		app := sample()
		change(&app)
		data, err := app.Package()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	first := pack(func(*App) {})
	if !bytes.Equal(first, pack(func(a *App) { a.ID = strings.ToUpper(a.ID) })) {
		t.Error("the same app has other bytes the second time")
	}
	for what, change := range map[string]func(*App){
		"version":  func(a *App) { a.Version = a.Version.Next() },
		"name":     func(a *App) { a.Name = "Lotsin" },
		"privacy":  func(a *App) { a.Privacy = a.Website },
		"language": func(a *App) { a.Language = bot.English },
	} {
		if bytes.Equal(first, pack(change)) {
			t.Errorf("with another %s it has the same bytes", what)
		}
	}
}

func TestRead(t *testing.T) {
	app := sample()
	app.Version = Version{2, 10, 0}
	data, err := app.Package()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(data)
	if err != nil || got.Version != app.Version || got.App != strings.ToLower(app.ID) || got.Name != "Lotse" ||
		!slices.Equal(got.Permissions, []string{"ChannelMessage.Read.Group", "ChatMessage.Read.Chat"}) {
		t.Errorf("read %+v: %v", got, err)
	}
	zipped := func(name, text string) []byte {
		b, err := pack([]file{{name, []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for what, tt := range map[string]struct {
		data []byte
		want string
	}{
		"no zip":      {[]byte("PNG"), "it is no zip"},
		"empty":       {nil, "it is no zip"},
		"cut off":     {data[:len(data)/2], "it is no zip"},
		"no manifest": {zipped("readme.txt", "x"), "it has no manifest.json"},
		"no JSON":     {zipped("manifest.json", "x"), "read manifest.json"},
		"no bot":      {zipped("manifest.json", `{"version":"1.0.0"}`), "has no bot"},
		"no version":  {zipped("manifest.json", `{"version":"new","bots":[{}]}`), "is not a version"},
	} {
		if _, err := Read(tt.data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", what, err, tt.want)
		}
	}
}

func TestVersion(t *testing.T) {
	for _, s := range []string{"1.0.0", "0.0.1", "12.345.6"} {
		if v, err := ParseVersion(s); err != nil || v.String() != s {
			t.Errorf("%s: %v %v", s, v, err)
		}
	}
	for _, s := range []string{"", "1", "1.0", "1.0.0.0", "v1.0.0", "1.0.0-beta", "01.0.0", "1.0.-1", "0.0.0", "1.0.99999999", " 1.0.0"} {
		if v, err := ParseVersion(s); err == nil {
			t.Errorf("%q is the version %s", s, v)
		}
	}
	if got := (Version{1, 2, 3}).Next(); got != (Version{1, 3, 0}) {
		t.Errorf("after 1.2.3 comes %s", got)
	}
}

// What is missing or too long is said, all at once.
func TestUnfinished(t *testing.T) {
	_, err := App{ID: "lotse", Name: strings.Repeat("ä", 31), Developer: strings.Repeat("ö", 33), Website: "http://www.stadt.example", Version: FirstVersion}.Package()
	if err == nil {
		t.Fatal("it is packed")
	}
	for _, want := range []string{
		"id is no application's id", "name.short has 31 characters, Teams takes 30", "developer.name has 33 characters, Teams takes 32",
		"developer.websiteUrl must begin with https://", "developer.privacyUrl is missing", "developer.termsOfUseUrl is missing",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q: %v", want, err)
		}
	}
}
