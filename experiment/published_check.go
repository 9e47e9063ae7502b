package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Check says why an experiment cannot be served. What is published by this
// program can; a service asks all the same before it serves.
func (e *PublishedExperiment) Check() error {
	for _, check := range []func() error{e.checkNames, e.checkTimes, e.checkVariants, e.checkTargeting} {
		if err := check(); err != nil {
			return fmt.Errorf("experiment %q: %w", clip(e.Name), err)
		}
	}
	return nil
}

// checkNames says which fixed name or text is not one of those allowed.
func (e *PublishedExperiment) checkNames() error {
	for _, name := range []struct {
		what, got string
		allowed   []string
	}{
		{"type", string(e.Type), asTexts(Types())},
		{"hash", string(e.Hash), asTexts(Hashes())},
		{"display", string(e.Display), asTexts(Displays())},
		{"devices", string(e.Devices), asTexts(AllDevices())},
		{"excluded", string(e.Excluded), asTexts(ExcludedPolicies())},
		{"status", string(e.Status), asTexts([]Status{Draft, Scheduled, Running, ReadyForReview, Completed})},
	} {
		if !slices.Contains(name.allowed, name.got) {
			return errors.New(Unknown(name.what, name.got, name.allowed))
		}
	}
	if !namePattern.MatchString(e.Name) || e.Salt == "" || !wordPattern.MatchString(e.Selector) {
		return errors.New("name, salt or selector is missing or has other characters than are allowed")
	}
	for _, group := range e.Groups {
		if !wordPattern.MatchString(group) {
			return fmt.Errorf("group %q has other characters than are allowed", clip(group))
		}
	}
	return nil
}

// checkTimes says which instant is missing or out of order.
func (e *PublishedExperiment) checkTimes() error {
	if e.End.IsZero() || e.Start == nil && e.Status != Draft || e.Start != nil && !e.End.After(*e.Start) {
		return errors.New("start or end is missing, or the end is not after the start")
	}
	for i := 1; i < len(e.Phases); i++ {
		if !e.Phases[i].From.After(e.Phases[i-1].From) {
			return errors.New("phases are out of order")
		}
	}
	return nil
}

// checkVariants says what is wrong with the variants or with what names them.
func (e *PublishedExperiment) checkVariants() error {
	var sum Share
	seen := make(map[string]bool)
	for _, v := range e.Variants {
		if !wordPattern.MatchString(v.Name) || seen[v.Name] || v.Traffic < 0 || v.Traffic > Whole {
			return fmt.Errorf("variant %q is there twice, or its name or traffic is not allowed", clip(v.Name))
		}
		if v.Payload != nil && !json.Valid(v.Payload) {
			return fmt.Errorf("the payload of variant %s is no JSON", v.Name)
		}
		seen[v.Name] = true
		sum += v.Traffic
	}
	switch {
	case len(e.Variants) > maxVariants || sum != Whole:
		return fmt.Errorf("%d variants share %s, want at most %d that share 100%%", len(e.Variants), sum, maxVariants)
	case e.Type == TypeExperiment && !seen[Control]:
		return errors.New("variant control is missing")
	case e.Type == TypePersonalization && len(e.Variants) != 1:
		return fmt.Errorf("a personalization with %d variants", len(e.Variants))
	case e.Decision != nil && !seen[e.Decision.Variant]:
		return fmt.Errorf("decided for %q, which is no variant", clip(e.Decision.Variant))
	}
	for _, v := range e.Stopped {
		if v.Variant == Control {
			return errors.New("control was stopped")
		}
	}
	for _, f := range e.Forced {
		if !seen[f.Variant] {
			return fmt.Errorf("users are forced into %q, which is no variant", clip(f.Variant))
		}
	}
	return nil
}

// checkTargeting says which share or rule is impossible.
func (e *PublishedExperiment) checkTargeting() error {
	if e.Coverage < 0 || e.Coverage > Whole {
		return fmt.Errorf("coverage of %d millionths", e.Coverage)
	}
	if x := e.Exclusion; x != nil && (!wordPattern.MatchString(x.Group) || x.Share < 0 || x.Share > Whole) {
		return fmt.Errorf("exclusion group %q with %d millionths", clip(x.Group), x.Share)
	}
	return nil
}
