"""Ids that clients give do not move those of the nodes: one request must not end creation."""

import pytest
import requests
from answers import problem
from atoll import wait_until
from regions import Regions, by_hand, get

STORES = ("sqlite", "postgres")
HIGHEST = 2**53 - 1


def create(node, **fields):
    return requests.post(f"{node.base_url}/properties", json={"price": 1, **fields}, timeout=60)


def given(node):
    answer = create(node)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.mark.parametrize("number, bound", [
    (0, "at least 1"), (-1, "at least 1"), (HIGHEST + 1, f"at most {HIGHEST}"),
    (2**62, f"at most {HIGHEST}"), (10**30, f"at most {HIGHEST}")])
def test_an_id_beyond_the_bounds_is_refused(shared_node, number, bound):
    document = problem(create(shared_node, id=number), 400, "invalid_request")
    assert document["errors"] == [{"pointer": "/id", "detail": f"must be {bound}"}]


def test_ids_of_clients_do_not_move_those_of_the_nodes(make_node, tmp_path):
    world = Regions(make_node, tmp_path)
    world.start("us", "eu")
    us, eu = world["us"], world["eu"]
    first = given(us)
    assert create(us, id=HIGHEST).status_code == 201
    for taken in (first + 16, first + 48, first + 32):
        assert create(eu, id=taken).status_code == 201
    assert requests.delete(f"{eu.base_url}/properties/{first + 32}?version=1",
                           timeout=60).status_code == 204
    wait_until(lambda: get(us, first + 48).status_code == 200
               and get(us, first + 32).status_code == 404
               and get(us, first + 16).status_code == 200, what="eu's in us")
    assert given(us) == first + 64, "neither a living nor a deleted one is given again"
    wait_until(lambda: get(eu, HIGHEST).status_code == 200, what="us's in eu")
    assert given(eu) == 3002
    us.restart()
    assert given(us) == first + 80


def test_a_store_whose_ids_were_moved_recovers(node):
    """Up to an earlier version a client's id moved the node's, out of all reach."""
    assert [given(node), given(node)] == [3001, 3017]
    node.stop()
    moved = 2**62 + 5
    by_hand(node, f"UPDATE atoll_meta SET value = {moved} WHERE name = 'next_slot.properties'"
            " RETURNING value",
            "UPDATE atoll_batches SET ledger = jsonb_set(ledger::jsonb, '{next_slot,properties}',"
            f" '{moved}')::json WHERE number = (SELECT max(number) FROM atoll_batches)")
    node.start()
    assert given(node) == 3033
