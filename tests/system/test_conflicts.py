"""`atoll conflicts`: what was written on both sides of a cut link, listed and shown."""

import json
import subprocess

import pytest
from atoll import BINARY, wait_until
from regions import Regions, are_level, put


@pytest.fixture
def regions(make_node, tmp_path):
    """us and eu, with the conflict that two writes have made while they were cut."""
    made = Regions(make_node, tmp_path)
    made.start("us", "eu")
    made.cut("us", "eu")
    for node, price in zip(made.nodes, (111, 222)):
        assert put(node, 20, price, 1).status_code == 200
    made.cut("us", "eu", off=False)
    wait_until(lambda: are_level(*made.nodes), what="one row again")
    return made


def conflicts(regions, verb, *more):
    return subprocess.run([BINARY, "conflicts", verb, regions.app, *more], text=True,
                          env=regions.environment, capture_output=True, timeout=180, check=False)


def listed(regions):
    done = conflicts(regions, "list")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_one_that_is_there_is_listed_and_shown(regions):
    [line, *_] = listed(regions)
    name, _, record, kind, field = line.split()
    assert (record, field) == ("properties/20", "price")
    done = conflicts(regions, "show", name)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert (shown["key"], shown["kind"]) == ("20", kind)
    whole = [json.loads(one) for one in conflicts(regions, "list", "--json").stdout.splitlines()]
    assert shown in whole


@pytest.mark.parametrize("name", ["eu/4711", "us/0", "mars/1", "eu/x", "eu/-1", "eu", "nonsense"])
def test_one_that_is_not_there(regions, name):
    done = conflicts(regions, "show", name)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"there is no conflict {name}; `atoll conflicts list " in done.stderr


def test_a_node_that_there_is_not_has_no_list(regions):
    done = conflicts(regions, "list", "--node", "mars")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no node mars (it has us, eu)" in done.stderr


def test_a_node_that_is_away_is_named(regions):
    before = listed(regions)
    regions["eu"].stop()
    done = conflicts(regions, "list")
    assert done.returncode == 3
    assert done.stdout.splitlines() == [line for line in before if line.startswith("us/")]
    assert "atoll: eu: " in done.stderr
    assert conflicts(regions, "show", "eu/1").returncode == 3
