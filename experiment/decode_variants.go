package experiment

import "strings"

// maxVariants bounds the arms of one experiment.
const maxVariants = 100

// variants reads the variants in file order.
func (d *experimentDecoder) variants(n *node) {
	if n.kind != kindMapping {
		d.errorf(n, "variants: want a mapping of names to variants, got %s", n.describe())
		return
	}
	if len(n.pairs) > maxVariants {
		d.errorf(n, "variants: %d, at most %d are allowed", len(n.pairs), maxVariants)
		return
	}
	faults := len(*d.errs)
	for _, p := range n.pairs {
		d.variant(p.key, p.value)
	}
	if len(*d.errs) > faults || d.untyped {
		return
	}
	var sum Share
	for _, v := range d.e.Variants {
		sum += v.Traffic
	}
	control, ok := d.e.Variant(Control)
	switch {
	case sum != Whole:
		d.errorf(n, "traffic sums to %s, must be 100", sum.percent())
	case ok && control.Traffic == 0:
		d.errorf(n.get(Control).get("traffic"), "control gets no traffic, so nothing can be compared with it")
	}
}

func (d *experimentDecoder) variant(key, n *node) {
	v := Variant{Name: key.text, Line: key.line}
	d.word(key, v.Name, "variant")
	if n.kind != kindMapping {
		d.errorf(n, "variant %s: want a mapping such as {traffic: 50}, got %s", clip(v.Name), n.describe())
		d.e.Variants = append(d.e.Variants, v)
		return
	}
	var base, over *node
	fields := d.variantFields(&v, &base)
	if over = n.get("payload"); over != nil {
		n = without(n, "payload")
	}
	// A personalization has one variant, which gets everybody.
	switch {
	case n.get("traffic") != nil, d.untyped:
	case d.personalization():
		v.Traffic = Whole
	default:
		fields[0].missing = "traffic is missing"
	}
	d.object(n, "variant "+clip(v.Name), fields...)
	switch {
	case base != nil && d.full():
	case over != nil:
		v.Payload = d.payload(overlay(base, over), "payload")
	case base != nil:
		v.Payload = d.payload(base, "template")
	}
	if base != nil {
		d.writesOut(key, func() int { return len(v.Payload) })
	}
	d.e.Variants = append(d.e.Variants, v)
}

// variantFields returns the keys of a variant, the traffic first.
func (d *experimentDecoder) variantFields(v *Variant, base **node) []field {
	return []field{
		{"traffic", rule{func(t *node) { v.Traffic, _ = d.traffic(t) }, anyShape(numberShape(), percentShape())}, ""},
		{"template", rule{func(t *node) { v.Template, *base = d.template(t) }, textShape()}, ""},
		// null is a payload too, and no missing value.
		{"payload", rule{func(*node) {}, anythingShape()}, ""},
	}
}

func (d *experimentDecoder) variantsShape() shape {
	return mapShape(wordPattern, objectShape(d.variantFields(&Variant{}, new(*node))))
}

// traffic reads 50, 33.3 or 50%.
func (d *experimentDecoder) traffic(n *node) (Share, bool) {
	if n.kind == kindText && percentPattern.MatchString(n.text) {
		return d.share(n, "traffic")
	}
	x, ok := d.number(n, "traffic")
	switch {
	case !ok:
		return 0, false
	case x < 0:
		d.errorf(n, "traffic: %s is negative", clip(n.text))
		return 0, false
	case strings.ContainsAny(n.text, "eE"):
		d.errorf(n, "traffic: write %s without an exponent", clip(n.text))
		return 0, false
	}
	return d.millionths(n, strings.TrimPrefix(n.text, "-"), "traffic")
}

// template returns the payload of a template by name.
func (d *experimentDecoder) template(n *node) (string, *node) {
	name, ok := d.text(n, "template")
	if !ok {
		return "", nil
	}
	base, known := d.names.templates[name]
	if !known {
		d.errorf(n, "%s; templates are the files templates/NAME.yaml", Unknown("template", name, sortedKeys(d.names.templates)))
		return "", nil
	}
	d.blocked = d.blocked || base == nil
	return name, base
}
