// OpenFeature's SDK for Go with its OFREP provider.
package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/open-feature/go-sdk-contrib/providers/ofrep"
	"github.com/open-feature/go-sdk/openfeature"
)

var background = context.Background()

// client returns a client of its own provider.
func client(domain, url string, options ...ofrep.Option) *openfeature.Client {
	if err := openfeature.SetNamedProviderAndWait(domain, ofrep.NewProvider(url, options...)); err != nil {
		panic(err)
	}
	return openfeature.NewClient(domain)
}

// visitor returns the context of a visitor.
func visitor(id string, attributes map[string]any) openfeature.EvaluationContext {
	return openfeature.NewEvaluationContext(id, attributes)
}

// check reports whether what a function wants to be equal is.
func check(name string, facts func(equal func(got, want any))) {
	var faults []string
	facts(func(got, want any) {
		if !reflect.DeepEqual(got, want) {
			faults = append(faults, fmt.Sprintf("got %#v, want %#v", got, want))
		}
	})
	if len(faults) > 0 {
		fmt.Printf("failed\t%s\t%s\n", name, strings.Join(faults, " | "))
		return
	}
	fmt.Printf("passed\t%s\n", name)
}

// answer is what of an evaluation the checks compare.
type answer struct {
	value   any
	reason  openfeature.Reason
	variant string
	code    openfeature.ErrorCode
}

// The calls of the client, whose error is in the details too.

func text(c *openfeature.Client, flag, fallback string, v openfeature.EvaluationContext) answer {
	d, _ := c.StringValueDetails(background, flag, fallback, v)
	return answer{d.Value, d.Reason, d.Variant, d.ErrorCode}
}

func truth(c *openfeature.Client, flag string, fallback bool, v openfeature.EvaluationContext) answer {
	d, _ := c.BooleanValueDetails(background, flag, fallback, v)
	return answer{d.Value, d.Reason, d.Variant, d.ErrorCode}
}

func number(c *openfeature.Client, flag string, fallback float64, v openfeature.EvaluationContext) answer {
	d, _ := c.FloatValueDetails(background, flag, fallback, v)
	return answer{d.Value, d.Reason, d.Variant, d.ErrorCode}
}

func object(c *openfeature.Client, flag string, fallback any, v openfeature.EvaluationContext) answer {
	d, _ := c.ObjectValueDetails(background, flag, fallback, v)
	return answer{d.Value, d.Reason, d.Variant, d.ErrorCode}
}

func main() {
	url, key := os.Getenv("READOUT_URL"), os.Getenv("READOUT_KEY")
	// Visitors whose assignment follows from the hash: one in every treatment, one in every control.
	treated, control := visitor("u-6", nil), visitor("u-3", nil)
	c := client("main", url, ofrep.WithBearerToken(key))

	check("found", func(equal func(got, want any)) {
		equal(text(c, "checkout-title", "Hello", treated), answer{"Welcome back", "SPLIT", "friendly", ""})
		equal(truth(c, "new-nav", false, treated), answer{true, "SPLIT", "on", ""})
		equal(number(c, "price", 1, treated), answer{9.5, "SPLIT", "lower", ""})
		offer := map[string]any{"percent": 50.0, "text": "Hi there"}
		equal(object(c, "offer", nil, treated), answer{offer, "SPLIT", "half", ""})
		byHeader := client("header", url, ofrep.WithApiKeyAuth(key))
		equal(truth(byHeader, "new-nav", false, treated), answer{true, "SPLIT", "on", ""})
		d, err := c.StringValueDetails(background, "checkout-title", "", treated)
		equal(err, nil)
		equal(d.FlagMetadata, openfeature.FlagMetadata{"experiment": "checkout-title", "reason": "assigned"})
	})
	check("no payload", func(equal func(got, want any)) {
		equal(text(c, "checkout-title", "Hello", control), answer{"Hello", "ERROR", "", openfeature.TypeMismatchCode})
		equal(truth(c, "new-nav", true, control), answer{false, "SPLIT", "control", ""})
		// Callers of objects get nil, and not their default.
		equal(object(c, "offer", map[string]any{"percent": 0.0}, control), answer{nil, "SPLIT", "control", ""})
	})
	check("not shown", func(equal func(got, want any)) {
		equal(object(c, "premium", map[string]any{}, treated), answer{nil, "DEFAULT", "", ""})
	})
	check("unknown", func(equal func(got, want any)) {
		equal(truth(c, "nobody", true, treated), answer{true, "ERROR", "", openfeature.FlagNotFoundCode})
	})
	check("no id", func(equal func(got, want any)) {
		for _, nobody := range []openfeature.EvaluationContext{{}, visitor("", map[string]any{"plan": "premium"})} {
			equal(truth(c, "new-nav", true, nobody), answer{true, "ERROR", "", openfeature.TargetingKeyMissingCode})
		}
	})
	check("context", func(equal func(got, want any)) {
		premium := visitor("u-6", map[string]any{"plan": "premium", "url": "https://shop.example/", "device": "mobile"})
		equal(object(c, "premium", nil, premium), answer{map[string]any{"plan": "premium"}, "SPLIT", "on", ""})
		equal(number(c, "price", 1, control), answer{10.5, "SPLIT", "control", ""})
	})
	check("wrong key", func(equal func(got, want any)) {
		wrong := client("wrong", url, ofrep.WithBearerToken(key+"x"))
		equal(truth(wrong, "new-nav", true, treated), answer{true, "ERROR", "", openfeature.GeneralCode})
	})
	check("429", func(equal func(got, want any)) {
		limited := client("limited", os.Getenv("READOUT_LIMITED_URL"), ofrep.WithBearerToken(key))
		equal(truth(limited, "new-nav", false, treated), answer{true, "SPLIT", "on", ""})
		d, _ := limited.BooleanValueDetails(background, "new-nav", false, treated)
		equal(answer{d.Value, d.Reason, d.Variant, d.ErrorCode}, answer{false, "ERROR", "", openfeature.GeneralCode})
		equal(strings.HasPrefix(d.ErrorMessage, "rate limit exceeded, try again after "), true)
	})
}
