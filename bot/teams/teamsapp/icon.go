package teamsapp

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"slices"
)

// The sizes of the icons, in pixels.
const (
	colorSize   = 192
	outlineSize = 32
)

// The colours of the mark: a compass rose, by which a pilot steers.
var (
	night  = color.RGBA{0x10, 0x30, 0x4f, 0xff}
	water  = color.RGBA{0x3f, 0x6c, 0x93, 0xff}
	light  = color.RGBA{0xff, 0xff, 0xff, 0xff}
	shade  = color.RGBA{0xb4, 0xc8, 0xd9, 0xff}
	amber  = color.RGBA{0xf6, 0xb2, 0x3c, 0xff}
	copper = color.RGBA{0xd9, 0x8a, 0x1f, 0xff}
)

// Pictures are drawn in integers, so that they are the same on every machine: a pixel has
// fine × fine units, and a shape says which of them belong to it.
const fine = 16

type point struct{ x, y int }

// shape is what a figure covers, and, in pixels, where it lies.
type shape struct {
	within image.Rectangle
	covers func(p point) bool
}

// around is the pixels in which points lie, and, where they are thick, what they touch.
func around(thick int, points ...point) (r image.Rectangle) {
	for _, p := range points {
		r = r.Union(image.Rect((p.x-thick)/fine-1, (p.y-thick)/fine-1, (p.x+thick)/fine+2, (p.y+thick)/fine+2))
	}
	return r
}

// colorIcon is the mark on a full square; what matters stands in its middle 120 pixels,
// because Teams cuts the corners.
func colorIcon() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, colorSize, colorSize))
	draw.Draw(img, img.Bounds(), image.NewUniform(night), image.Point{}, draw.Src)
	const half = colorSize * fine / 2
	c := point{half, half}
	paint(img, water, ring(c, 46*fine, 43*fine))
	between := rose(c, 40*fine, 9*fine, true)
	for i, half := range between {
		paint(img, []color.RGBA{water, shade}[i%2], inside(half[:]))
	}
	for i, half := range rose(c, 60*fine, 15*fine, false) {
		tones := []color.RGBA{shade, light}
		if i < 2 { // north
			tones = []color.RGBA{copper, amber}
		}
		paint(img, tones[i%2], inside(half[:]))
	}
	return img
}

// outlineIcon is the mark in white on nothing: one half of each point full, the other
// half in outline.
func outlineIcon() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, outlineSize, outlineSize))
	const half = outlineSize * fine / 2
	c := point{half, half}
	var mark []shape
	for i, half := range rose(c, 15*fine, 5*fine, false) {
		if i%2 == 0 {
			mark = append(mark, inside(half[:]))
		}
		for j := range half {
			mark = append(mark, line(half[j], half[(j+1)%3], fine/2))
		}
	}
	paint(img, light, together(mark))
	return img
}

// rose returns the halves of the four points of a star as triangles, two and two,
// clockwise from north, or from north-east.
func rose(c point, long, waist int, diagonal bool) (halves [][3]point) {
	tips := []point{{0, -long}, {long, 0}, {0, long}, {-long, 0}}
	waists := []point{{-waist, -waist}, {waist, -waist}, {waist, waist}, {-waist, waist}}
	if diagonal { // a square's corner is about 7/5 times as far away as its side
		l, w := long*5/7, waist*7/5
		tips = []point{{l, -l}, {l, l}, {-l, l}, {-l, -l}}
		waists = []point{{0, -w}, {w, 0}, {0, w}, {-w, 0}}
	}
	for i, tip := range tips {
		for _, w := range []point{waists[i], waists[(i+1)%4]} {
			halves = append(halves, [3]point{c, {c.x + tip.x, c.y + tip.y}, {c.x + w.x, c.y + w.y}})
		}
	}
	return halves
}

// inside is a polygon.
func inside(corners []point) shape {
	return shape{around(0, corners...), func(p point) bool {
		in := false
		for i, a := range corners {
			b := corners[(i+1)%len(corners)]
			if (a.y > p.y) == (b.y > p.y) {
				continue
			}
			// Is p left of the edge, at its height?
			if d := (p.x-a.x)*(b.y-a.y) - (b.x-a.x)*(p.y-a.y); (d < 0) == (b.y > a.y) {
				in = !in
			}
		}
		return in
	}}
}

// ring is what lies between two circles.
func ring(c point, outer, inner int) shape {
	return shape{around(outer, c), func(p point) bool {
		d := (p.x-c.x)*(p.x-c.x) + (p.y-c.y)*(p.y-c.y)
		return d <= outer*outer && d >= inner*inner
	}}
}

// line is what is not farther than far from the line between two points.
func line(a, b point, far int) shape {
	dx, dy := b.x-a.x, b.y-a.y
	length := dx*dx + dy*dy
	return shape{around(far, a, b), func(p point) bool {
		x, y := p.x-a.x, p.y-a.y
		switch along := x*dx + y*dy; {
		case along < 0:
			return x*x+y*y <= far*far
		case along > length:
			return (p.x-b.x)*(p.x-b.x)+(p.y-b.y)*(p.y-b.y) <= far*far
		}
		across := x*dy - y*dx
		return across*across <= far*far*length
	}}
}

// together is what at least one of them covers.
func together(all []shape) shape {
	var t shape
	for _, s := range all {
		t.within = t.within.Union(s.within)
	}
	t.covers = func(p point) bool { return slices.ContainsFunc(all, func(s shape) bool { return s.covers(p) }) }
	return t
}

// paint fills a shape, with soft edges.
func paint(img draw.Image, c color.RGBA, s shape) {
	bounds := img.Bounds()
	mask := image.NewAlpha(bounds)
	within := s.within.Intersect(bounds)
	for y := within.Min.Y; y < within.Max.Y; y++ {
		for x := within.Min.X; x < within.Max.X; x++ {
			n := 0
			for i := range fine {
				for j := range fine {
					if s.covers(point{x*fine + i, y*fine + j}) {
						n++
					}
				}
			}
			mask.SetAlpha(x, y, color.Alpha{uint8(n * 255 / (fine * fine))})
		}
	}
	draw.DrawMask(img, bounds, image.NewUniform(c), image.Point{}, mask, image.Point{}, draw.Over)
}

// encode is a picture as PNG.
func encode(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img)
	return b.Bytes(), err
}
