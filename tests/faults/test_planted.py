"""The checker sees a promise that a running node breaks: one of another program, which is the real
one with a fault planted (planted/). Two nodes, and one client that does the same each time."""

import contextlib

import checker
import clients
import one_round
import pytest
from atoll import BINARY
from cluster import Cluster
from history import Ask
from servers import STACKS

PLANTED = BINARY.parent / "tests" / "planted-atoll"
RECORDS = range(1, 6)


def write(client, region):
    """Each record is updated twice, the second time by somebody who did not see the first."""
    for key in RECORDS:
        for turn in ("first", "second"):
            price = f"{key}.{len(turn)}1"
            client.ask(Ask(client.name, "update", region, key, price, 1, f"id:{turn}.{key}"))


@pytest.mark.parametrize("plant, told", [
    ("drop-applied", " differs: us has"),
    ("forget-requests", "is forgotten"),
    ("load-stale", "all write over version 1 of 1"),
    ("drop-commit", "acknowledged and lost")])
def test_it_sees_a_promise_that_is_broken(tmp_path, plant, told):
    cluster = Cluster(tmp_path / "run", 2, 1, STACKS["embedded"], {"PLANT": plant},
                      binary=PLANTED)
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(cluster.clean_up)
        cluster.start()
        crowd = clients.Crowd(cluster.gateway.port, cluster.at_port, 1, count=1)
        write(crowd.clients[0], "us")
        one_round.wait_for_logs(cluster)
        found = checker.check(one_round.noted(cluster, crowd.asks()))
    assert told in "\n".join(found)


def test_the_program_that_ships_has_no_plants():
    assert b"drop-commit" in PLANTED.read_bytes()
    assert b"drop-commit" not in BINARY.read_bytes()
