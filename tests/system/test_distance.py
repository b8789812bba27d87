"""Two regions with an ocean between them: what is promised holds at any distance."""

import contextlib
import os
import signal
import threading

import pytest
import requests
from atoll import wait_until
from regions import JSON, NEVER_SILENT, TIMEOUT, Regions, are_level, get, hears, lag, put
from wan import Wan

HOMES = {"us": 1, "eu": 1501}  # a record of the seed at home in each
# Silence is noticed long before a request is given up.
SOON_SILENT = {"silence_ms_max": 1000, "round_trip_ms_max": 30_000}


@pytest.fixture
def far(make_node, tmp_path):
    """us and eu, so many seconds apart there and back."""
    with contextlib.ExitStack() as ends:
        def make(round_trip, jitter=0.0, links=NEVER_SILENT):
            regions = Regions(make_node, tmp_path, links=links)
            regions.wan = Wan(seed=7)
            ends.callback(regions.wan.close)
            regions.links = {}
            for name, other in (("us", "eu"), ("eu", "us")):
                link = regions.wan.link(regions[other].port, round_trip, jitter=jitter)
                regions.links[name, other] = link
                regions[name].env[f"{other.upper()}_URL"] = f"http://127.0.0.1:{link.port}"
            regions.start("us", "eu")
            for name, key in HOMES.items():
                assert get(regions["us"], key).json()["region_origin"] == name
            wait_until(lambda: all(round_trip_of(node) is not None for node in regions.nodes),
                       what="the distance being measured")
            return regions

        yield make


def round_trip_of(node):
    peer, = lag(node)["peers"]
    return peer.get("round_trip_seconds")


def version_of(node, key):
    return get(node, key).json()["version"]


def wait_for_version(regions, key, version):
    wait_until(lambda: all(version_of(node, key) == version for node in regions.nodes),
               what=f"version {version} everywhere")


def conflicts_of(node, key=None):
    listed = requests.get(f"{node.base_url}/_atoll/conflicts", timeout=60).json()["items"]
    return {item["id"]: item for item in listed if key is None or item["key"] == str(key)}


def pair(regions, key, version, offset):
    """One write at the record's home, the other one through the other region, one `offset` seconds
    after the other."""
    home = get(regions["us"], key).json()["region_origin"]
    away = "eu" if home == "us" else "us"
    answers = {}

    def write(name, price):
        answers[name] = put(regions[name], key, price, version)

    both = [threading.Timer(max(offset, 0), write, [home, 111.0]),
            threading.Timer(max(-offset, 0), write, [away, 222.0])]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    return answers


@pytest.mark.parametrize("round_trip", [0.0, 0.15, 0.3, 0.6])
def test_a_write_is_carried_home_however_far_that_is(far, round_trip):
    regions = far(round_trip)
    assert round_trip_of(regions["eu"]) >= round_trip
    version = version_of(regions["eu"], HOMES["us"])
    for price in range(3):
        answer = put(regions["eu"], HOMES["us"], 100.0 + price, version)
        assert answer.status_code == 200, answer.text
        assert "Atoll-In-Stead" not in answer.headers
        assert answer.json()["version"] == version + 1
        version += 1
    wait_for_version(regions, HOMES["us"], version)
    assert not conflicts_of(regions["us"]) and not conflicts_of(regions["eu"])


@pytest.mark.parametrize("round_trip", [0.0, 0.15, 0.4])
def test_of_two_writes_with_one_version_one_wins_at_any_distance(far, round_trip):
    regions = far(round_trip, jitter=round_trip / 4)
    version = version_of(regions["us"], HOMES["us"])
    for step in range(-2, 5):
        answers = pair(regions, HOMES["us"], version, step * round_trip / 2)
        assert sorted(answer.status_code for answer in answers.values()) == [200, 409]
        version += 1
        wait_for_version(regions, HOMES["us"], version)
    assert not conflicts_of(regions["us"]) and not conflicts_of(regions["eu"])


def test_a_client_that_goes_through_both_regions_never_meets_itself(far):
    regions = far(0.15)
    session = {name: requests.Session() for name in HOMES}
    version = version_of(regions["us"], HOMES["eu"])
    for turn in range(12):
        name = ("us", "eu")[turn % 3 % 2]
        answer = session[name].put(f"{regions[name].base_url}/properties/{HOMES['eu']}",
                                   timeout=TIMEOUT, headers=JSON,
                                   json={"price": 100.0 + turn, "version": version})
        assert answer.status_code == 200, (turn, name, answer.text)
        version = answer.json()["version"]
    assert not conflicts_of(regions["us"]) and not conflicts_of(regions["eu"])


def test_what_is_decided_in_stead_says_so_and_is_listed_everywhere(far):
    """Also where both wrote the same: nothing is lost, and two clients were told that they won."""
    regions = far(0.02, links=SOON_SILENT)
    key = HOMES["us"]
    version = version_of(regions["us"], key)
    for link in regions.links.values():
        link.set(stalled=True)
    wait_until(lambda: not hears(regions["eu"], "us"), what="silence")
    wait_until(lambda: not hears(regions["us"], "eu"), what="silence there")
    away = put(regions["eu"], key, 5.0, version)
    home = put(regions["us"], key, 5.0, version)
    assert (away.status_code, away.headers.get("Atoll-In-Stead")) == (200, "us"), away.text
    assert (home.status_code, home.headers.get("Atoll-In-Stead")) == (200, None), home.text
    for link in regions.links.values():
        link.set(stalled=False)
    wait_until(lambda: conflicts_of(regions["us"], key) and conflicts_of(regions["eu"], key),
               what="both being listed")
    here, there = (conflicts_of(node, key) for node in regions.nodes)
    assert set(here) == set(there)
    assert {item["kind"] for item in here.values()} == {"in_stead"}


def test_connections_that_are_reset_cost_no_answer(far):
    regions = far(0.1)
    version = version_of(regions["eu"], HOMES["us"])
    for price in range(4):
        for link in regions.links.values():
            regions.wan.reset(link)
        answer = put(regions["eu"], HOMES["us"], 300.0 + price, version)
        assert answer.status_code == 200, answer.text
        version = answer.json()["version"]


def test_a_stopped_home_is_stood_in_for_and_told_when_it_wakes(far):
    regions = far(0.05, links=SOON_SILENT)
    key = HOMES["us"]
    version = version_of(regions["eu"], key)
    os.kill(regions["us"].pid, signal.SIGSTOP)
    try:
        answer = put(regions["eu"], key, 7.0, version)
        assert (answer.status_code, answer.headers.get("Atoll-In-Stead")) == (200, "us")
    finally:
        os.kill(regions["us"].pid, signal.SIGCONT)
    # The home may have found the request, too, when it woke: then the two are one.
    wait_until(lambda: are_level(*regions.nodes) and lag(regions["us"])["lag_seconds"] == 0,
               what="equal rows")
    for node in regions.nodes:
        assert get(node, key).json()["price"] == 7.0
        assert not conflicts_of(node, key)
