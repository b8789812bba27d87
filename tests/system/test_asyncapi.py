"""/asyncapi.json: the official parser takes it. That messages are as it says is shown by the tests
of the brokers (`asyncapi.assert_described`)."""

import json
import os
import subprocess

import pytest
import requests
from atoll import REPOSITORY, run_atoll

PARSER = REPOSITORY / "build/asyncapi/node_modules"


def checked(file):
    """What the parser says of a document: a line for each channel."""
    assert PARSER.exists(), "tools/install test fetches it"
    done = subprocess.run(["node", REPOSITORY / "tools/asyncapi/check.js", file], text=True,
                          capture_output=True, timeout=180, check=False,
                          env={"PATH": os.environ["PATH"], "NODE_PATH": str(PARSER)})
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("app, node, channels", [
    ("property-listing", "us", [
        "property-updates: propertyCreated propertyUpdated propertyDeleted"]),
    ("logistics", "A", [
        "{source}.{target}: warehouseCreated warehouseUpdated warehouseDeleted shipmentCreated "
        "shipmentUpdated shipmentDeleted"]), ("products", "primary", [])])
def test_the_official_parser_takes_it(make_node, tmp_path, app, node, channels):
    served = requests.get(f"{make_node(name=node, app=f'apps/{app}.toml').start().base_url}"
                          "/asyncapi.json", timeout=30)
    assert served.headers["Content-Type"] == "application/json"
    assert served.json()["asyncapi"] == "3.0.0"
    printed = run_atoll("asyncapi", f"apps/{app}.toml", env={"PATH": os.environ["PATH"]})
    assert json.loads(printed.stdout) == served.json()
    file = tmp_path / "asyncapi.json"
    file.write_bytes(served.content)
    assert checked(file) == channels


def test_the_parser_finds_what_is_wrong(tmp_path):
    file = tmp_path / "asyncapi.json"
    file.write_text('{"asyncapi":"3.0.0","info":{"title":"x"},"channels":{"a":{"adress":"x"}}}')
    with pytest.raises(AssertionError, match="version"):
        checked(file)
