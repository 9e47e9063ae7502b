package decision

import "maps"

// Attributes are what is known of a visitor, by name. What is nested in JSON has the names
// joined by dots, such as user.first_name.
type Attributes map[string]Value

// Known is everything that is known of a visitor. The profile wins over what the request
// claims, except for the attributes that the project allows requests to override: a browser
// must not claim to be on plan pro.
type Known struct {
	Request, Profile Attributes
	override         map[string]bool
}

// get returns an attribute, absent when nobody knows it.
func (k Known) get(name string) Value {
	request, asked := k.Request[name]
	if asked && request.Present() && k.override[name] {
		return request
	}
	if v, ok := k.Profile[name]; ok && v.Present() {
		return v
	}
	return request
}

// all returns all attributes, for templates.
func (k Known) all() Attributes {
	out := make(Attributes, len(k.Request)+len(k.Profile))
	maps.Copy(out, k.Request)
	for name := range k.Profile {
		out[name] = k.get(name)
	}
	return out
}
