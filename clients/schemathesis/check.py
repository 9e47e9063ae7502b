"""Requests that schemathesis makes from the served OpenAPI document: no answer is a 5xx, and
none has a status, a header or a body that the document does not describe."""

import pathlib
import subprocess
import sys
import tempfile

from checks import KEY, URL, check

CONFIG = str(pathlib.Path(__file__).with_name("schemathesis.toml"))
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,allow_header_conformance,"
    "positive_data_acceptance,ignored_auth,unsupported_method"
)

with tempfile.TemporaryDirectory() as scratch, check("contract"):
    run = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG, "run", URL + "/openapi.json",
            "--checks", CHECKS, "--header", f"Authorization: Bearer {KEY}",
            "--phases", "examples,coverage,fuzzing", "--max-examples", "100", "--seed", "1",
            "--generation-database", "none", "--continue-on-failure", "--no-color",
        ],
        cwd=scratch, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )
    if run.returncode != 0:
        raise AssertionError(run.stdout)
