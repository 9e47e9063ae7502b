package reports

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"regexp"
	"strconv"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The size of a picture in points, and of its text. Pages scale pictures to the width there
// is; on the narrowest screens the text is still readable.
const (
	plotWidth    = 430
	plotHeight   = 240
	plotTextSize = 13
	// plotGap keeps numbers off the drawing, also where the reader's typeface is wider than
	// the one they were placed for.
	plotGap = 8
)

// A paint is a colour of a picture that the page's style sheet decides, so that pictures
// follow the reader's light or dark scheme.
type paint int

const (
	paintText paint = iota
	paintLine
	paintZero
	paintBand
	paintSeries // the first of plotSeries paints
)

// plotSeries is how many series have a colour of their own; further ones begin anew.
const plotSeries = 6

// seriesGlyphs is how many marks there are. It shares no factor with plotSeries, so that
// colour and mark together repeat late.
const seriesGlyphs = 7

// paintStep keeps paints apart in the blue channel, by more than what a renderer may round.
const paintStep = 8

// color returns the stand-in under which the renderer knows the paint.
func (p paint) color() color.Color {
	return color.NRGBA{R: 16, G: 16, B: uint8(p)*paintStep + paintStep/2, A: 255}
}

// css returns how the style sheet calls the paint.
func (p paint) css() string {
	switch p {
	case paintText:
		return "var(--muted)"
	case paintLine:
		return "var(--line)"
	case paintZero:
		return "var(--ink)"
	case paintBand:
		return "var(--band)"
	}
	return seriesCSS(int(p - paintSeries))
}

// seriesPaint returns the paint of the i-th series.
func seriesPaint(i int) paint { return paintSeries + paint(i%plotSeries) }

// seriesCSS returns how the style sheet calls the colour of the i-th series.
func seriesCSS(i int) string { return "var(--s" + strconv.Itoa(i%plotSeries+1) + ")" }

// seriesGlyph returns the mark of the i-th series, so that colour is not all that tells
// them apart.
func seriesGlyph(i int) draw.GlyphDrawer {
	glyphs := [seriesGlyphs]draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{}}
	return glyphs[i%seriesGlyphs]
}

// picture is a drawing without its outer element, which the page writes with a description.
type picture struct {
	Width, Height int
	Body          template.HTML
}

// newPlot returns an empty plot over days, without names: those stand in the page, where
// they are escaped and searchable.
func newPlot(from, to float64, lo, hi float64, label func(v float64, decimals int) string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = from, to, lo, hi
	p.X.Tick.Marker, p.Y.Tick.Marker = dayTicks{}, valueTicks{label}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Padding = plotGap
		axis.LineStyle.Width = 0
		axis.Tick.LineStyle.Width = 0
		axis.Tick.Label.Color = paintText.color()
		axis.Tick.Label.Font.Variant = "Sans" // pages have no serifs, which are narrower
		axis.Tick.Label.Font.Size = plotTextSize
	}
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal = draw.LineStyle{Color: paintLine.color(), Width: 0.75}
	p.Add(grid)
	return p
}

// hex finds the stand-ins of paints; nothing else in a picture is written like one.
var hex = regexp.MustCompile(`#[0-9A-F]{4}([0-9A-F]{2})`)

// face finds the typeface: pictures use the page's.
var face = regexp.MustCompile(`font-family:[^"]*?font-style:[a-z]*;?`)

// tag finds the elements of a picture without the texts between them, and fraction the
// decimals beyond the first, which no eye can see in a place but which belong to a text.
var (
	tag      = regexp.MustCompile(`<[^>]*>`)
	fraction = regexp.MustCompile(`\.[0-9][0-9]+`)
)

// drawPlot draws the plot.
func drawPlot(p *plot.Plot) (picture, error) {
	canvas := vgsvg.New(plotWidth, plotHeight)
	p.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return picture{}, fmt.Errorf("draw picture: %w", err)
	}
	body := face.ReplaceAll(bodyOf(b.Bytes()), nil)
	body = tag.ReplaceAllFunc(body, func(element []byte) []byte {
		return fraction.ReplaceAllFunc(element, func(found []byte) []byte { return found[:2] })
	})
	body = hex.ReplaceAllFunc(body, func(found []byte) []byte {
		blue, err := strconv.ParseUint(string(found[len(found)-2:]), 16, 8)
		if err != nil {
			return found
		}
		return []byte(paint(blue / paintStep).css())
	})
	return picture{plotWidth, plotHeight, template.HTML(body)}, nil
}

// bodyOf returns a drawing without its outer element and what stands before that.
func bodyOf(svg []byte) []byte {
	_, element, _ := bytes.Cut(svg, []byte("<svg"))
	_, body, _ := bytes.Cut(element, []byte(">"))
	return bytes.TrimSuffix(bytes.TrimRight(body, " \t\r\n"), []byte("</svg>"))
}

// dayNumber returns a date as a number of days, or false where it is none.
func dayNumber(date string) (float64, bool) {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return 0, false
	}
	return float64(t.Unix() / secondsPerDay), true
}

const secondsPerDay = 24 * 60 * 60

// dayTicks names a handful of days, a whole number of days apart.
type dayTicks struct{}

// Ticks returns the ticks between two days.
func (dayTicks) Ticks(from, to float64) []plot.Tick {
	const most = 6
	step := 1.0
	for _, s := range []float64{1, 2, 7, 14, 28, 56, 112, 224, 365} {
		if step = s; (to-from)/s <= most-1 {
			break
		}
	}
	for (to-from)/step > most-1 {
		step *= 2
	}
	layout := "Jan 2"
	if step >= 112 {
		layout = "Jan 2006"
	}
	var ticks []plot.Tick
	for i := range most {
		v := math.Ceil(from) + float64(i)*step
		if v > to {
			break
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: time.Unix(int64(v)*secondsPerDay, 0).UTC().Format(layout)})
	}
	return ticks
}

// valueTicks names a handful of round values.
type valueTicks struct {
	label func(v float64, decimals int) string
}

// Ticks returns the multiples of 1, 2 or 5 times a power of ten between two values.
func (t valueTicks) Ticks(lo, hi float64) []plot.Tick {
	const most = 5
	exponent := math.Floor(math.Log10((hi - lo) / most))
	unit := math.Pow(10, exponent)
	step := 10 * unit
	for _, s := range []float64{1, 2, 5} {
		if (hi-lo)/(s*unit) <= most {
			step = s * unit
			break
		}
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []plot.Tick
	for i, n := math.Ceil(lo/step), 0; i*step <= hi && n <= most+1; i, n = i+1, n+1 {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: t.label(i*step, decimals)})
	}
	return ticks
}

// drawable reports whether values between lo and hi can be told apart in a picture.
func drawable(lo, hi float64) bool {
	span := hi - lo
	return span > 1e-250 && span < 1e250 && span > 1e-9*math.Max(math.Abs(lo), math.Abs(hi))
}

// clip returns the line moved into [lo, hi], with a point added wherever it crosses one of
// the two, so that what lies inside keeps its slope.
func clip(line plotter.XYs, lo, hi float64) plotter.XYs {
	var out plotter.XYs
	for i, p := range line {
		if i > 0 {
			out = append(out, crossings(line[i-1], p, lo, hi)...)
		}
		p.Y = math.Max(lo, math.Min(p.Y, hi))
		if n := len(out); n > 1 && out[n-1].Y == p.Y && out[n-2].Y == p.Y {
			out = out[:n-1]
		}
		out = append(out, p)
	}
	return out
}

// crossings returns where the segment from a to b crosses lo and hi, in order of the way.
func crossings(a, b plotter.XY, lo, hi float64) plotter.XYs {
	if b.Y < a.Y {
		lo, hi = hi, lo
	}
	var out plotter.XYs
	for _, bound := range []float64{lo, hi} {
		if (a.Y-bound)*(b.Y-bound) < 0 {
			x := a.X + (b.X-a.X)*(bound-a.Y)/(b.Y-a.Y)
			if math.IsNaN(x) || math.IsInf(x, 0) { // values so large that their differences are not numbers
				x = a.X + (b.X-a.X)*((bound/2-a.Y/2)/(b.Y/2-a.Y/2))
			}
			out = append(out, plotter.XY{X: x, Y: bound})
		}
	}
	return out
}

// addLine draws a line.
func addLine(p *plot.Plot, line plotter.XYs, c paint, width vg.Length, dashes ...vg.Length) {
	if len(line) < 2 {
		return
	}
	p.Add(&plotter.Line{XYs: line, LineStyle: draw.LineStyle{Color: c.color(), Width: width, Dashes: dashes}})
}

// addMarks draws a mark at each point.
func addMarks(p *plot.Plot, points plotter.XYs, c paint, shape draw.GlyphDrawer, radius vg.Length) {
	if len(points) == 0 {
		return
	}
	p.Add(&plotter.Scatter{XYs: points, GlyphStyle: draw.GlyphStyle{Color: c.color(), Shape: shape, Radius: radius}})
}

// addBand fills what lies between two lines.
func addBand(p *plot.Plot, lower, upper plotter.XYs, c paint) {
	outline := append(plotter.XYs{}, upper...)
	for i := len(lower) - 1; i >= 0; i-- {
		outline = append(outline, lower[i])
	}
	p.Add(&plotter.Polygon{XYs: []plotter.XYs{outline}, Color: c.color()})
}
