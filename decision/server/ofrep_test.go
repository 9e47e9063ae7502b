package server

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlagErrorsHaveOFREPsCodes(t *testing.T) {
	s := start(t, nil)
	f := func(status int, path, body, code, details string) {
		t.Helper()
		got := s.post(status, path, body).flag(t)
		if got.ErrorCode != code || got.ErrorDetails != details {
			t.Errorf("%s: %s %q", body, got.ErrorCode, got.ErrorDetails)
		}
	}
	one := flagsPath + "/checkout-cta"
	for _, path := range []string{one, flagsPath} {
		f(http.StatusBadRequest, path, `{"context":{}}`, codeKeyMissing, "context.targetingKey is required")
		f(http.StatusBadRequest, path, `{}`, codeKeyMissing, "context.targetingKey is required")
		f(http.StatusBadRequest, path, `{"context":null}`, codeKeyMissing, "context.targetingKey is required")
		f(http.StatusBadRequest, path, `{"context":{"targetingKey":"u"},"context":{}}`, codeKeyMissing, "context.targetingKey is required")
		f(http.StatusBadRequest, path, `{"context":{"targetingKey":""}}`, codeKeyMissing, "context.targetingKey is required")
		f(http.StatusBadRequest, path, `{"context"`, codeParse, "the body is not JSON: byte 10")
		f(http.StatusBadRequest, path, `targetingKey=u`, codeParse, "the body is not JSON: byte 0")
		f(http.StatusBadRequest, path, `{"context":u}`, codeParse, "the body is not JSON: byte 11")
		f(http.StatusBadRequest, path, `{"context":[]}`, codeBadContext, "context must be an object")
		f(http.StatusBadRequest, path, `{"context":{"targetingKey":{}}}`, codeBadContext, "targetingKey must be a text or a number")
		f(http.StatusBadRequest, path, `{"context":{"targetingKey":"u","url":1}}`, codeBadContext, "url must be a text")
		f(http.StatusBadRequest, path, "{\"context\":{\"targetingKey\":\"\xff\"}}", codeBadContext, "an id is not UTF-8")
	}
	f(http.StatusNotFound, flagsPath+"/nobody-knows", `{"context":{"targetingKey":"u"}}`, codeNotFound, "no experiment has this selector")
	f(http.StatusNotFound, flagsPath+"/", `{"context":{"targetingKey":"u"}}`, codeNotFound, "no experiment has this selector")
	f(http.StatusNotFound, flagsPath+"/%ff%22%0a", `{"context":{"targetingKey":"u"}}`, codeNotFound, "no experiment has this selector")
}

func TestFlagReasons(t *testing.T) {
	s := start(t, nil)
	f := func(key, context, reason, value, variant string) {
		t.Helper()
		got := s.post(http.StatusOK, flagsPath+"/"+key, `{"context":`+context+`}`).flag(t)
		if got.Key != key || got.Reason != reason || string(got.Value) != value || got.Variant != variant || got.Metadata["experiment"] != key {
			t.Errorf("%s of %s: %+v", key, context, got)
		}
	}
	f("checkout-cta", `{"targetingKey":"u"}`, "SPLIT", `{"title":"Hi Ann"}`, "big")
	f("greeting", `{"targetingKey":"u","name":"Ann"}`, "TARGETING_MATCH", `{"text":"Hi Ann"}`, "big")
	f("forced", `{"targetingKey":"tester"}`, "TARGETING_MATCH", `5`, "big")
	f("later", `{"targetingKey":"u"}`, "DISABLED", ``, "")
	f("premium", `{"targetingKey":"u","plan":"basic"}`, "DEFAULT", ``, "")
	f("phones", `{"targetingKey":"u","device":"MOBILE"}`, "SPLIT", `"phone"`, "big")
	f("price_test", `{"targetingKey":"u"}`, "SPLIT", ``, "control")
	f("visit", `{"targetingKey":7,"sessionId":"s"}`, "SPLIT", `2`, "big")
	f("visit", `{"targetingKey":"7","sessionId":"s"}`, "DEFAULT", ``, "")
}

func TestTheDeviceOfAFlagIsASegment(t *testing.T) {
	s := start(t, nil)
	s.post(http.StatusOK, flagsPath+"/phones", `{"context":{"targetingKey":"u","device":"Mobile","plan":"pro"}}`)
	if diff := cmp.Diff([]string{"mobile", "pro"}, s.store.exposures[0].Segments); diff != "" {
		t.Error(diff)
	}
}

func TestBulkHasWhatIsShownAndCountsNothing(t *testing.T) {
	s := start(t, nil)
	bulk := func(context string) []string {
		t.Helper()
		keys := []string{}
		for _, f := range s.post(http.StatusOK, flagsPath, `{"context":`+context+`}`).flag(t).Flags {
			keys = append(keys, f.Key)
		}
		return keys
	}
	want := []string{"checkout-cta", "checkout_cta", "forced", "new_nav", "once", "price_test", "visit", "greeting"}
	for range 3 {
		if diff := cmp.Diff(want, bulk(`{"targetingKey":"u"}`)); diff != "" {
			t.Error(diff)
		}
	}
	if got := s.store.exposed("u"); len(got) != 0 {
		t.Errorf("exposures of %v", got)
	}
	s.exposeBulk = true
	bulk(`{"targetingKey":"u"}`)
	if diff := cmp.Diff([]string{"checkout-cta", "checkout_cta", "forced", "new_nav", "once", "price_test", "visit"}, s.store.exposed("u")); diff != "" {
		t.Error(diff)
	}
	if got := bulk(`{"targetingKey":"u"}`); len(got) != len(want)-1 {
		t.Errorf("after once was shown: %v", got)
	}
}
