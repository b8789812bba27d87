"""An app that gains a field is restarted node by node: changes go on in both directions, the new
field's values go through nodes that do not know it, and what cannot go on says why."""

import json
import pathlib
import re

import pytest
import requests
from atoll import run_atoll, wait_until
from regions import JSON, Regions, are_level, get, hears, lag, status

GARDEN = 'garden = { type = "bool", default = false }\n'
DIFFERS = "us has a field that eu does not know: properties.garden"


def with_field(app, line):
    """Another app file beside it, whose properties have one field more."""
    file = pathlib.Path(app)
    text = file.read_text(encoding="utf-8")
    made = file.with_name("later.toml")
    made.write_text(text.replace("version = { type =", f"{line}version = {{ type =", 1),
                    encoding="utf-8")
    return str(made)


@pytest.fixture
def regions(make_node, tmp_path):
    """us has the field already, eu does not."""
    regions = Regions(make_node, tmp_path, env={"SEED": "none"})
    regions.start("us", "eu")
    for key, node in ((10, "us"), (20, "eu")):
        made = requests.post(f"{regions[node].base_url}/properties", timeout=60,
                             json={"id": key, "price": 100})
        assert made.status_code == 201, made.text
    wait_until(lambda: are_level(*regions.nodes), what="both being level")
    us = regions["us"]
    us.stop()
    us.app = with_field(regions.app, GARDEN)
    us.start()
    wait_until(lambda: hears(regions["us"], "eu") and hears(regions["eu"], "us"),
               what="both hearing each other")
    return regions


def change(node, key, **fields):
    return requests.put(f"{node.base_url}/properties/{key}", timeout=60, headers=JSON,
                        data=json.dumps(fields))


def difference(node):
    return lag(node)["peers"][0].get("differs", "")


def test_changes_go_on_while_one_node_has_a_field_more(regions):
    us, eu = regions["us"], regions["eu"]
    assert change(us, 10, price=200, garden=True, version=1).json()["garden"] is True
    wait_until(lambda: get(eu, 10).json()["version"] == 2, what="the change being in eu")
    carried_home = change(eu, 10, price=300, version=2)
    assert carried_home.status_code == 200, carried_home.text
    assert change(eu, 20, price=400, version=1).status_code == 200
    wait_until(lambda: get(us, 20).json()["version"] == 2 and get(eu, 10).json()["version"] == 3,
               what="the changes being in both")
    assert get(us, 20).json()["garden"] is False
    run_atoll("verify", regions.app, env=regions.environment)
    assert (difference(us), difference(eu)) == (DIFFERS, DIFFERS)
    table = run_atoll("status", regions.app, env=regions.environment).stdout
    assert f"us → eu: {DIFFERS}\n" in table
    eu.stop()
    eu.app = us.app
    eu.start()
    wait_until(lambda: hears(us, "eu") and hears(eu, "us"), what="both hearing each other")
    assert get(eu, 10).json() == get(us, 10).json()
    assert get(eu, 10).json()["garden"] is True, "it went through eu, which did not know it"
    assert (difference(us), difference(eu)) == ("", "")
    assert status(us)["dead"] == status(eu)["dead"] == 0


def test_a_write_that_its_home_cannot_read_says_so(regions):
    us, eu = regions["us"], regions["eu"]
    refused = change(us, 20, price=1, garden=True, version=1)
    assert (refused.status_code, refused.json()["code"]) == (503, "home_unreachable")
    assert "there is no field garden" in refused.json()["detail"]
    assert get(us, 20).json()["version"] == get(eu, 20).json()["version"] == 1


def test_a_field_that_two_apps_read_differently_parts_them_by_name(regions):
    us, eu = regions["us"], regions["eu"]
    eu.stop()
    text = pathlib.Path(regions.app).read_text(encoding="utf-8")
    file = pathlib.Path(regions.app).with_name("other.toml")
    file.write_text(re.sub(r'bathrooms = \{ type = "int32\?", .*?example = 1', 'bathrooms = '
                           '{ type = "text(9)?", example = "1"', text), encoding="utf-8")
    eu.app = str(file)
    eu.options.append("--fresh")
    eu.start(ready=False)
    named = "properties.bathrooms is int32 in us and text in eu"
    wait_until(lambda: named in difference(us), what="us naming the field")
    peer = lag(us)["peers"][0]
    assert not peer["connected"] and "other_schema" in peer["trouble"]
    assert named in peer["reason"]
    table = run_atoll("status", regions.app, status=3, env=regions.environment).stdout
    assert re.search(r"eu → us +schema ", table) and f"eu → us: {named}" in table
