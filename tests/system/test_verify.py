"""`atoll verify`: whether the nodes hold the same rows, and which they do not."""

import json
import pathlib
import subprocess
import threading

import pytest
import requests
from atoll import BINARY, wait_until
from regions import Regions, are_level, by_hand, get, put

STORES = ("sqlite", "postgres")


@pytest.fixture
def regions(make_node, tmp_path):
    regions = Regions(make_node, tmp_path)
    regions.start("us", "eu")
    return regions


def verify(regions, *arguments):
    return subprocess.run([BINARY, "verify", regions.app, *arguments], capture_output=True,
                          text=True, timeout=180, env=regions.environment)


def differences(regions, *arguments):
    done = verify(regions, "--json", *arguments)
    assert done.returncode == 3, done.stderr
    [properties] = json.loads(done.stdout)["resources"]
    return {row["key"]: row for row in properties["differences"]}


def test_equal_regions_are_equal(regions):
    assert put(regions["us"], 10, 5.25, 1).status_code == 200
    wait_until(lambda: are_level(*regions.nodes), what="both level")
    done = verify(regions)
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    assert line.split() == ["us", "=", "eu", "properties", "3000/3000", "equal", "digest",
                            line.split()[-1]]
    [said] = json.loads(verify(regions, "--json").stdout)["resources"]
    assert (said["records"], said["differences"]) == (3000, [])
    assert said["digest"] == line.split()[-1]


def test_what_another_program_changed_in_one_of_them_is_found(regions):
    by_hand(regions["eu"], "UPDATE properties SET price = 7 WHERE id = 2000")
    by_hand(regions["us"], "DELETE FROM properties WHERE id = 7")
    by_hand(regions["us"], "INSERT INTO properties (id, price, region_origin)"
                           " VALUES (9999, 1, 'us')")
    found = differences(regions, "--wait", "0")
    assert {key: row["why"] for key, row in found.items()} == {
        "7": "us lacks it, eu has base:1:1",
        "2000": "eu's was changed by another program",
        "9999": "us's was changed by another program",
    }
    done = verify(regions, "--wait", "0")
    assert done.returncode == 3
    assert done.stdout.startswith("  us ≠ eu   properties  2998/3001 equal")
    assert "properties/2000   eu's was changed by another program" in done.stdout


def test_a_cut_link_shows_as_rows_that_differ_until_it_is_healed(regions):
    regions.cut("us", "eu")
    assert put(regions["us"], 10, 5.25, 1).status_code == 200
    assert list(differences(regions, "--wait", "0.2")) == ["10"]
    regions.cut("us", "eu", off=False)
    assert verify(regions).returncode == 0


def test_rows_that_are_on_their_way_are_waited_for(regions):
    """While somebody writes, some row is always ahead in one region."""
    us, eu = regions.nodes
    stop = threading.Event()
    done = []

    def write(key):
        version = get(us, key).json()["version"]
        while not stop.is_set():
            assert put(us, key, 1, version).status_code == 200
            version += 1
        done.append(version)

    writers = [threading.Thread(target=write, args=(key,)) for key in (1, 1500)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(3):
            said = verify(regions, "--wait", "60")
            assert said.returncode == 0, said.stdout
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert min(done) > 2


def test_with_one_node_there_is_nothing_to_compare(regions):
    regions["eu"].stop()
    done = verify(regions)
    assert (done.returncode, done.stdout) == (3, "")
    first, second = done.stderr.splitlines()
    assert first.startswith("atoll: not compared: eu: ")
    assert second == "atoll: there is nothing to compare us with"
    said = json.loads(verify(regions, "--json").stdout)
    assert said == {"resources": [],
                    "not_compared": [{"node": "eu", "trouble": "Connection refused"}]}


def test_a_node_that_is_away_is_named_and_the_others_are_compared(make_node, tmp_path):
    regions = Regions(make_node, tmp_path, names=("us", "eu", "ap"))
    regions.start("us", "eu", "ap")
    regions["eu"].stop()
    done = verify(regions)
    assert done.returncode == 3
    assert done.stdout.startswith("  us = ap   properties  3000/3000 equal   digest ")
    assert done.stderr.startswith("atoll: not compared: eu: ")
    by_hand(regions["ap"], "UPDATE properties SET price = 7 WHERE id = 2000")
    assert list(differences(regions, "--wait", "0")) == ["2000"]


def test_rows_stay_equal_when_a_field_is_added(regions):
    """Rows of before, on one node after the other, and rows that only one of them fully knows."""
    us, eu = regions.nodes
    assert put(us, 10, 5.25, 1).status_code == 200
    wait_until(lambda: are_level(us, eu), what="both level")
    app = pathlib.Path(regions.app)
    text = app.read_text(encoding="utf-8")
    app.write_text(text.replace('bathrooms = {', 'garages = { type = "int32?" }\nbathrooms = {', 1)
                   .replace('region_origin = {',
                            'heated = { type = "int32", default = 1 }\nregion_origin = {', 1),
                   encoding="utf-8")
    assert app.read_text(encoding="utf-8").count("garages") == 1
    us.stop()
    us.start()
    assert "garages" in get(us, 10).json() and "garages" not in get(eu, 10).json()
    assert verify(regions).returncode == 0
    made = requests.post(f"{us.base_url}/properties", json={"price": 1}, timeout=60).json()
    assert requests.put(f"{us.base_url}/properties/10", timeout=60,
                        json={"price": 5.5, "version": 2, "garages": 2}).status_code == 200
    eu.stop()
    eu.start()
    done = verify(regions, "--wait", "60")
    assert done.returncode == 0, done.stdout
    assert get(eu, 10).json()["garages"] == 2
    assert get(eu, made["id"]).json() == get(us, made["id"]).json()
