"""A peer that was away for longer than the others' logs reach back."""

import json

import pytest
import requests
from atoll import wait_until
from regions import Regions, are_level, by_hand, get, lag, metric, oldest_logged, put, status

STORES = ("sqlite", "postgres")

TINY = {"log_bytes_max": 8192}  # about ten changes


def write_until_trimmed(node, keys):
    """Writes until the node's log has lost the first of its own changes; each key's version."""
    versions = dict.fromkeys(keys, 1)
    origin = status(node)["origin"]

    def trimmed():
        for key in keys:
            answer = put(node, key, 1000 + versions[key], versions[key])
            assert answer.status_code == 200, answer.text
            versions[key] += 1
        return oldest_logged(node, origin) > 5

    wait_until(trimmed, what="the log being trimmed")
    return versions


def test_both_sides_of_a_long_cut_end_equal_and_keep_their_writes(make_node, tmp_path):
    regions = Regions(make_node, tmp_path, **TINY)
    regions.start("us", "eu")
    us, eu = regions["us"], regions["eu"]
    regions.cut("us", "eu")
    assert put(us, 200, 77, 1, **{"X-Request-ID": "seen-by-us"}).status_code == 200
    gone = requests.delete(f"{us.base_url}/properties/300?version=1", timeout=60)
    assert gone.status_code == 204
    in_us = write_until_trimmed(us, range(1, 20))
    assert put(eu, 1600, 88, 1).status_code == 200  # its own, not yet seen by others
    assert put(eu, 5, 99, 1).status_code == 200  # on both sides
    regions.cut("us", "eu", False)
    wait_until(lambda: are_level(us, eu) and not lag(eu)["peers"][0].get("trouble"),
               what="both regions being equal")
    assert metric(eu, "atoll_replication_snapshot_rows_total") >= 3000
    assert get(eu, 2).json()["version"] == in_us[2]
    assert get(eu, 300).status_code == 404, "a tombstone is part of a snapshot"
    assert get(us, 1600).json()["price"] == 88
    assert get(us, 5).json() == get(eu, 5).json()
    assert get(us, 5).json()["version"] == in_us[5] + 1, "both sides' writes are inside"
    again = put(eu, 200, 77, 2, **{"X-Request-ID": "seen-by-us"})
    assert (again.status_code, again.json()["code"]) == (422, "duplicate_request")
    # The stream goes on behind it.
    assert put(us, 1, 5, in_us[1]).status_code == 200
    wait_until(lambda: get(eu, 1).json()["version"] == in_us[1] + 1, what="the next write")
    assert put(eu, 1700, 6, 1).status_code == 200
    wait_until(lambda: get(us, 1700).json()["version"] == 2, what="the next write of eu")


def test_a_log_that_no_longer_reaches_back_says_so(make_node, tmp_path):
    regions = Regions(make_node, tmp_path, **TINY)
    us = regions["us"].start()
    write_until_trimmed(us, range(1, 20))
    origin = status(us)["origin"]
    # The schema's id is in every change.
    schema = by_hand(us, "SELECT json ->> '$.schema' FROM atoll_log LIMIT 1",
                     "SELECT json::json ->> 'schema' FROM atoll_log LIMIT 1")
    headers = {"Atoll-Peer": "eu", "Atoll-Schema": schema}
    for more in ("", f"&origin={origin}&limit=5"):
        answer = requests.get(f"{us.base_url}/_atoll/changes?after={origin}:2{more}", timeout=60,
                              headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (410, "needs_snapshot")
        assert f"of {origin} the log here holds" in answer.json()["detail"]

    def three_after_the_oldest():
        """None when the log has been trimmed between the two looks."""
        oldest = oldest_logged(us, origin)
        piece = requests.get(f"{us.base_url}/_atoll/changes?after={origin}:{oldest}"
                             f"&origin={origin}&limit=3", timeout=60, headers=headers)
        return (oldest, piece.text) if piece.status_code == 200 else None

    oldest, text = wait_until(three_after_the_oldest, what="a piece of the log")
    stamps = [line.split('"')[3].split("@")[0] for line in text.splitlines()]
    assert stamps == [f"{origin}:{oldest + n}" for n in (1, 2, 3)]


@pytest.fixture
def two_of_three(make_node, tmp_path):
    """us and eu with a history that their logs no longer hold; ap was never there."""
    regions = Regions(make_node, tmp_path, names=("us", "eu", "ap"), **TINY)
    regions.start("us", "eu")
    regions.versions = write_until_trimmed(regions["us"], range(1, 20))
    write_until_trimmed(regions["eu"], range(1501, 1520))
    wait_until(lambda: are_level(regions["us"], regions["eu"]), what="the two being equal")
    return regions


def test_a_new_node_joins_two_with_a_trimmed_history(two_of_three):
    us, eu, ap = (two_of_three[name] for name in ("us", "eu", "ap"))
    ap.start()  # ready only when level
    assert get(ap, 3).json()["version"] == two_of_three.versions[3]
    wait_until(lambda: are_level(us, eu, ap), what="all three being equal")
    assert put(ap, 3001, 1, 1).status_code == 404
    assert put(us, 3, 5, two_of_three.versions[3]).status_code == 200
    wait_until(lambda: are_level(us, eu, ap) and get(ap, 3).json()["price"] == 5,
               what="the next write in all")


def test_a_snapshot_goes_on_where_it_was_killed(two_of_three):
    us, eu, ap = (two_of_three[name] for name in ("us", "eu", "ap"))
    ap.start(env={"ATOLL_FAULT": "snapshot.piece:6"}, ready=False)
    ap.wait_for_exit()
    place = by_hand(ap, "SELECT value FROM atoll_meta WHERE name = 'cursor.snapshot'",
                    "SELECT ledger -> 'cursors' ->> 'snapshot' FROM atoll_batches"
                    " ORDER BY number DESC LIMIT 1")
    assert '"after":"' in place
    ap.start()
    said = ap.log(since_start=True)
    assert "Goes on with a snapshot" in said
    [first, *_] = [json.loads(line) for line in said.splitlines() if '"Took a snapshot"' in line]
    assert first["rows"] < 3000, "not from the beginning"
    wait_until(lambda: are_level(us, eu, ap), what="all three being equal")


def test_when_one_dies_half_way_through_spreading_the_others_level_themselves(make_node, tmp_path):
    regions = Regions(make_node, tmp_path, names=("us", "eu", "ap"))
    regions.start("us", "eu", "ap")
    us, eu, ap = (regions[name] for name in ("us", "eu", "ap"))
    ap.kill()
    for key in range(1, 30):
        assert put(us, key, 5, 1).status_code == 200
    wait_until(lambda: get(eu, 29).json()["version"] == 2, what="eu having them")
    us.kill()
    ap.start()
    wait_until(lambda: get(ap, 29).json()["version"] == 2 and are_level(eu, ap),
               what="ap having them")
