"""What travels between two regions: compressed where it is asked for, without waiting for each
piece, and from where it broke off."""

import contextlib

import pytest
import requests
from atoll import wait_until
from regions import (
    JSON,
    NEVER_SILENT,
    Regions,
    are_level,
    get,
    lag,
    metric,
    oldest_logged,
    put,
    status,
)
from wan import Wan

WRITES = 400
TINY = {"log_bytes_max": 8192}  # about ten changes


@pytest.fixture
def linked(make_node, tmp_path):
    """us, and eu not started: what eu asks of us passes `link`, so many seconds there and back."""
    with contextlib.ExitStack() as ends:
        def make(compress, round_trip=0.0, **limits):
            links = NEVER_SILENT | {"compress": f'"{compress}"'}
            regions = Regions(make_node, tmp_path, links=links, **limits)
            regions.wan = Wan(seed=3)
            ends.callback(regions.wan.close)
            regions.link = regions.wan.link(regions["us"].port, round_trip)
            regions["eu"].env["US_URL"] = f"http://127.0.0.1:{regions.link.port}"
            regions["us"].start()
            return regions

        yield make


def write(node, count):
    with requests.Session() as session:
        for key in range(1, count + 1):
            answer = session.put(f"{node.base_url}/properties/{key}", timeout=60, headers=JSON,
                                 json={"price": 1000.25 + key, "version": 1})
            assert answer.status_code == 200, answer.text


def catch_up(regions):
    """Bytes that us sent eu until eu was level with it."""
    before = regions.link.back.passed
    regions["eu"].start()
    wait_until(lambda: are_level(*regions.nodes), what="both regions being equal")
    return regions.link.back.passed - before


@pytest.mark.parametrize("compress, bytes_max", [("always", 150), ("never", 2000)])
def test_missed_changes_take_few_bytes_where_a_link_is_compressed(linked, compress, bytes_max):
    regions = linked(compress)
    write(regions["us"], WRITES)
    came = catch_up(regions)
    written = WRITES * bytes_max
    # Beside the changes there are beats: so much in a minute, the longest that this may take.
    assert came < written + 60 * 500, came / WRITES
    assert compress == "always" or came > WRITES * 300, "it came as it is"
    # What follows is not held back until there is more of it.
    for version in range(2, 12):
        assert put(regions["us"], 1, 7.0 + version, version).status_code == 200
        wait_until(lambda v=version: get(regions["eu"], 1).json()["version"] == v + 1,
                   what="each write being there")


def test_who_does_not_ask_for_it_hears_plain_lines(linked):
    regions = linked("always")
    us = regions["us"]
    write(us, 3)
    schema = requests.get(f"{us.base_url}/_atoll/schema", timeout=30).json()["id"]
    with requests.get(f"{us.base_url}/_atoll/changes?after=", stream=True, timeout=30,
                      headers={"Atoll-Peer": "eu", "Atoll-Schema": schema,
                               "Accept-Encoding": "gzip"}) as feed:
        assert "Content-Encoding" not in feed.headers
        lines = feed.iter_lines()
        assert all(next(lines).startswith(b'{"stamp":"us.') for _ in range(3))
        assert next(lines).startswith(b'{"heartbeat":')


def beyond_the_log(regions):
    """us has rows that eu lacks and that its log no longer has; each record's version there."""
    us, eu = regions["us"], regions["eu"]
    catch_up(regions)
    eu.stop()
    origin, turn = status(us)["origin"], 0
    while oldest_logged(us, origin) < 30:
        turn += 1
        assert put(us, turn % 50 + 1, turn, 1 + (turn - 1) // 50).status_code == 200
    return us, eu


@pytest.mark.parametrize("compress", ["always", "never"])
def test_a_snapshot_does_not_ask_for_each_piece(linked, compress):
    regions = linked(compress, round_trip=0.2, **TINY)
    _, eu = beyond_the_log(regions)
    regions.link.there.sought = b"POST /_atoll/snapshot "
    catch_up(regions)
    assert metric(eu, "atoll_replication_snapshot_rows_total") == 3000
    # The position, rows, request ids; asked for one by one the pieces of rows alone were twelve.
    assert 3 <= regions.link.there.found < 12
    assert lag(eu)["peers"][0].get("trouble") is None


def test_a_snapshot_goes_on_where_its_link_broke(linked):
    regions = linked("never", round_trip=0.02, **TINY)
    us, eu = beyond_the_log(regions)
    link = regions.link
    # Each time it breaks behind the first of its pieces, which have 256 rows.
    link.back.until = link.back.passed + 150_000
    eu.start(ready=False)
    for breaks in (1, 2):
        taken = rows_of(eu)
        wait_until(lambda before=taken: rows_of(eu) > before, what="some rows being taken")
        link.back.until = link.back.passed + 150_000
        regions.wan.reset(link)
        wait_until(lambda n=breaks: eu.log().count("Goes on with a snapshot") >= n,
                   what="it going on")
    link.back.until = 0
    wait_until(lambda: "Took a snapshot" in eu.log(), what="all rows being taken")
    wait_until(lambda: are_level(us, eu), what="both regions being equal")
    assert rows_of(eu) == 3000, "what had been taken was not taken again"


def rows_of(node):
    try:
        return metric(node, "atoll_replication_snapshot_rows_total")
    except requests.ConnectionError:  # it has only begun to start
        return 0
