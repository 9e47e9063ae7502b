package server

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// openAPI returns the routes of the document that is served.
func openAPI(t testing.TB) routers.Router {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(openapi)
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	return router
}

// described returns a handler whose answers are held to the OpenAPI document. Preflights and
// what is asked at other paths are not described.
func described(t testing.TB, next http.Handler) http.Handler {
	router := openAPI(t)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		next.ServeHTTP(recorder, r)
		answer := recorder.Result()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Error(err)
		}
		if route, values := describedRoute(router, r); route != nil && r.Method != http.MethodHead {
			input := &openapi3filter.ResponseValidationInput{
				RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: route, PathParams: values},
				Status:                 answer.StatusCode, Header: answer.Header, Body: io.NopCloser(bytes.NewReader(body)),
				Options: &openapi3filter.Options{IncludeResponseStatus: true},
			}
			if err := openapi3filter.ValidateResponse(r.Context(), input); err != nil {
				t.Errorf("%s %s: %d %s: %v", r.Method, r.URL.Path, answer.StatusCode, body, err)
			}
		}
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.StatusCode)
		if len(body) == 0 {
			return
		}
		if _, err := w.Write(body); err != nil {
			t.Error(err)
		}
	})
}

// describedRoute returns the route of a request, for a method that is not served the one that
// is, and nil for what is not described.
func describedRoute(router routers.Router, r *http.Request) (*routers.Route, map[string]string) {
	if r.Method == http.MethodOptions || strings.HasSuffix(r.URL.Path, "/") {
		return nil, nil
	}
	for _, method := range []string{r.Method, http.MethodPost, http.MethodGet} {
		asked := *r
		asked.Method = method
		if route, values, err := router.FindRoute(&asked); err == nil {
			return route, values
		}
	}
	return nil, nil
}

// TestRequestsOfClientsAreDescribed holds the document to what published clients send.
func TestRequestsOfClientsAreDescribed(t *testing.T) {
	router := openAPI(t)
	for _, c := range readCaptured(t) {
		r := httptest.NewRequest(c.Method, c.Path, bytes.NewReader([]byte(c.Body)))
		for name, value := range c.Headers {
			r.Header.Set(name, value)
		}
		route, values, err := router.FindRoute(r)
		if err != nil {
			t.Fatal(err)
		}
		input := &openapi3filter.RequestValidationInput{
			Request: r, Route: route, PathParams: values,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
		}
		if err := openapi3filter.ValidateRequest(t.Context(), input); err != nil {
			t.Errorf("%s, %s: %v", c.Client, c.Case, err)
		}
	}
}
