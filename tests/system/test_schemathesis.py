"""schemathesis reads /openapi.json and tries what it describes, and what it does not: no 5xx, and
no answer whose status, headers, content type or body the document does not describe.

SEED repeats a run, EXAMPLES makes it longer."""

import os
import pathlib
import subprocess
import sys

import openapi_spec_validator
import pytest
import requests

SEED = os.environ.get("SEED", "20260101")
EXAMPLES = os.environ.get("EXAMPLES", "30")
APPS = {"property-listing": "us", "logistics": "A", "products": "primary"}

# The document cannot say that a version must be the current one, or that an id is used up.
LEFT_OUT = "positive_data_acceptance"


@pytest.mark.parametrize("app", APPS)
def test_what_is_described_is_what_is_answered(make_node, tmp_path, app):
    node = make_node(name=APPS[app], app=f"apps/{app}.toml").start()
    document = requests.get(f"{node.base_url}/openapi.json").json()
    openapi_spec_validator.validate(document)
    command = pathlib.Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [command, "run", f"{node.base_url}/openapi.json", "--seed", SEED, "--max-examples",
         EXAMPLES, "--exclude-checks", LEFT_OUT, "--generation-database", "none", "--no-color",
         "--request-timeout", "60", "--suppress-health-check", "too_slow"],  # of this machine
        cwd=tmp_path, text=True, capture_output=True)
    print(f"SEED={SEED}", done.stdout, done.stderr, sep="\n")
    assert done.returncode == 0
    methods = [method for path in document["paths"].values() for method in path]
    operations = sum(method in ("get", "put", "patch", "post", "delete") for method in methods)
    assert f"Tested: {operations}\n" in done.stdout
    assert node.process.poll() is None
