package experiment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// conditionName is the definition that conditions refer to, because they hold conditions.
const conditionName = "condition"

// A schemaSource says how the schema of one kind of files comes about.
type schemaSource struct {
	name  string
	title string
	build func() shape
}

// schemaSources returns the kinds of files. Their schemas are built from the
// tables by which the decoder reads them.
func schemaSources() []schemaSource {
	return []schemaSource{
		{"readout", "readout.yaml: a project", func() shape {
			d := &decoder{errs: &Errors{}}
			return objectShape(d.projectFields(&Project{Location: time.UTC}))
		}},
		{"experiment", "experiments/NAME.yaml: an experiment or a personalization", func() shape {
			d := &experimentDecoder{decoder: decoder{errs: &Errors{}}, e: &Experiment{}}
			s := objectShape(d.fields(&Project{Location: time.UTC}))
			s["$defs"] = map[string]shape{conditionName: d.conditionShape(d.namedAudience)}
			return s
		}},
		{"metrics", "metrics/NAME.yaml: metrics", metricsShape},
		{"template", "templates/NAME.yaml: the payload of a variant", anythingShape},
		{"audience", "audiences/NAME.yaml: conditions on the attributes of users", func() shape {
			d := &decoder{errs: &Errors{}}
			s := refShape(conditionName)
			s["$defs"] = map[string]shape{conditionName: d.conditionShape(nil)}
			return s
		}},
	}
}

// SchemaNames returns the kinds of files that have a schema.
func SchemaNames() []string {
	var names []string
	for _, s := range schemaSources() {
		names = append(names, s.name)
	}
	return names
}

// Schema returns the JSON Schema (draft 2020-12) of one kind of files, indented.
// Whatever [Load] takes is valid by it; what depends on other files, on the
// calendar or on several keys at once only Load can say.
func Schema(name string) ([]byte, error) {
	for _, source := range schemaSources() {
		if source.name != name {
			continue
		}
		s := source.build()
		s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
		s["title"] = source.title
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		err := encoder.Encode(s)
		return out.Bytes(), err
	}
	return nil, fmt.Errorf("%s", Unknown("schema", name, SchemaNames()))
}

// conditionShape is one comparison, or several conditions.
func (d *decoder) conditionShape(named func(*node) (Condition, bool)) shape {
	groups := objectShape(d.conditionFields(&[]Condition{}, named))
	groups["minProperties"] = 1
	return anyShape(d.comparisonShape("attribute"), groups)
}

// metricsShape is a mapping of names to metrics.
func metricsShape() shape {
	d := &decoder{errs: &Errors{}}
	return mapShape(namePattern, anyShape(objectShape(d.singleFields(&Metric{})), objectShape(d.ratioFields(&Metric{}))))
}
