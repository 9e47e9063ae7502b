package server

import _ "embed"

// openapi is what GET /openapi.json answers.
//
//go:embed openapi.json
var openapi []byte
