package experiment

import "regexp"

// A shape is a JSON Schema (draft 2020-12) of a value, as far as a schema can
// say what the decoder reads. It never refuses what the decoder takes.
type shape map[string]any

func anythingShape() shape { return shape{} }

// textShape is text that is not empty. YAML dates are text.
func textShape() shape { return shape{"type": "string", "pattern": `\S`} }

// nameShape is text of allowed characters.
func nameShape(pattern *regexp.Regexp) shape {
	return shape{"type": "string", "pattern": pattern.String(), "maxLength": maxName}
}

func numberShape() shape { return shape{"type": "number"} }

func percentShape() shape { return shape{"type": "string", "pattern": percentPattern.String()} }

func durationShape() shape {
	return shape{"type": "string", "pattern": durationPattern.String(), "minLength": 1}
}

func choiceShape[T ~string](allowed []T) shape { return shape{"enum": asTexts(allowed)} }

// scalarShape is a single value.
func scalarShape() shape { return shape{"type": []string{"string", "number", "boolean"}} }

// operandShape is what an operator compares with.
func operandShape(op Operator) shape {
	if op == OpIn || op == OpNotIn {
		return filledShape(scalarShape())
	}
	switch op.Operand() {
	case ScalarNumber:
		return numberShape()
	case ScalarBool:
		return shape{"type": "boolean"}
	case ScalarText:
		return textShape()
	}
	return scalarShape()
}

func anyShape(shapes ...shape) shape { return shape{"anyOf": shapes} }

// refShape is a shape of the definitions of a schema.
func refShape(name string) shape { return shape{"$ref": "#/$defs/" + name} }

func listShape(item shape) shape { return shape{"type": "array", "items": item} }

// filledShape is a list that is not empty.
func filledShape(item shape) shape { return shape{"type": "array", "items": item, "minItems": 1} }

// setShape is a list of different values.
func setShape(item shape) shape { return shape{"type": "array", "items": item, "uniqueItems": true} }

// objectShape is a mapping with known keys.
func objectShape(fields []field) shape {
	properties := make(map[string]shape, len(fields))
	var required []string
	for _, f := range fields {
		properties[f.key] = f.value.shape
		if f.missing != "" {
			required = append(required, f.key)
		}
	}
	object := shape{"type": "object", "properties": properties, "additionalProperties": false}
	if required != nil {
		object["required"] = required
	}
	return object
}

// sizedShape is an object with so many keys.
func sizedShape(object shape, least, most int) shape {
	object["minProperties"], object["maxProperties"] = least, most
	return object
}

// mapShape is a mapping whose keys are names.
func mapShape(names *regexp.Regexp, value shape) shape {
	return shape{
		"type": "object", "additionalProperties": value,
		"propertyNames": shape{"pattern": names.String(), "maxLength": maxName},
	}
}

// forcedShape is a mapping of variants to the ids of users.
func forcedShape() shape {
	return mapShape(wordPattern, listShape(shape{"type": []string{"string", "number"}}))
}

// propertyPath returns the keys that lead to a key inside an object of known keys, itself
// the last, or nil. Of several ways it takes the shortest, and of these the first by name.
func propertyPath(s shape, key string) []string {
	properties, _ := s["properties"].(map[string]shape)
	if _, known := properties[key]; known {
		return []string{key}
	}
	var best []string
	for _, name := range sortedKeys(properties) {
		if path := propertyPath(properties[name], key); path != nil && (best == nil || len(path)+1 < len(best)) {
			best = append([]string{name}, path...)
		}
	}
	return best
}
