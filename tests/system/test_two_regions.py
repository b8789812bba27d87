"""Two regions that follow each other: what one takes the other has, whatever is between them."""

import json
import pathlib
import threading

import pytest
import requests
from atoll import wait_until
from regions import TIMEOUT, Regions, read_with

STORES = ("sqlite", "postgres")
KAFKA = True

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def regions(make_node, tmp_path):
    """us and eu, level with each other."""
    made = Regions(make_node, tmp_path)
    made.start("us", "eu")
    return made.nodes


def lag(node):
    return requests.get(f"{node.base_url}/replication-lag", timeout=60).json()


def linked(node):
    return all(peer["connected"] for peer in lag(node)["peers"])


def get(node, key):
    return requests.get(f"{node.base_url}/properties/{key}", timeout=60).json()


def put(node, key, price, version, **headers):
    return requests.put(f"{node.base_url}/properties/{key}", timeout=TIMEOUT,
                        headers=JSON | headers,
                        data=json.dumps({"price": price, "version": version}))


def cut(us, eu, off):
    for node, peer in ((us, "eu"), (eu, "us")):
        answer = requests.post(f"{node.base_url}/_atoll/cut", timeout=60,
                               json={"peer": peer, "cut": off})
        assert answer.status_code == 200


def status(node):
    return requests.get(f"{node.base_url}/_atoll/status", timeout=60).json()


def are_level(us, eu):
    return status(us)["resources"] == status(eu)["resources"]


def test_what_one_region_takes_the_other_has(regions):
    us, eu = regions
    assert put(us, 10, 500000, 1).status_code == 200
    wait_until(lambda: get(eu, 10)["version"] == 2, what="the write being in eu")
    assert get(eu, 10) == get(us, 10)
    wait_until(lambda: are_level(us, eu), what="equal digests")


def test_a_write_goes_to_the_records_home_and_can_be_read_where_it_was_made(regions):
    us, eu = regions
    answer = put(eu, 10, 410000, 1, **{"X-Request-ID": "r1"})  # a record of us
    assert answer.status_code == 200
    assert get(eu, 10)["version"] == 2
    wait_until(lambda: get(us, 10)["version"] == 2, what="its home having it")
    for node in (eu, us):  # the id is known in both
        again = put(node, 10, 410000, 2, **{"X-Request-ID": "r1"})
        assert (again.status_code, again.json()["code"]) == (422, "duplicate_request")


def test_of_two_writes_in_two_regions_with_one_version_one_wins(regions):
    us, eu = regions
    for key in range(100, 120):
        answers = []
        start = threading.Barrier(2)

        def write(node, price, key=key, answers=answers, start=start):
            start.wait()
            answers.append(put(node, key, price, 1))

        threads = [threading.Thread(target=write, args=pair) for pair in ((us, 1), (eu, 2))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.status_code for answer in answers) == [200, 409], key
    wait_until(lambda: are_level(us, eu), what="equal digests")
    assert requests.get(f"{us.base_url}/_atoll/conflicts", timeout=60).json()["items"] == []


def test_both_sides_of_a_cut_link_go_on_and_are_joined(regions):
    us, eu = regions
    cut(us, eu, True)
    wait_until(lambda: not linked(us) and not linked(eu), what="the cut being noticed")
    assert put(us, 20, 111, 1).status_code == 200
    assert put(eu, 20, 222, 1).status_code == 200
    wait_until(lambda: lag(us)["lag_seconds"] > 0, what="its lag being told")
    cut(us, eu, False)
    wait_until(lambda: are_level(us, eu) and get(us, 20) == get(eu, 20), what="one row again")
    assert get(us, 20)["version"] == 3
    assert get(us, 20)["price"] in (111, 222)
    listed = [requests.get(f"{node.base_url}/_atoll/conflicts", timeout=60).json()["items"]
              for node in regions]
    assert any(c["key"] == "20" and c["detail"]["fields"] == ["price"]
               for items in listed for c in items)


def test_a_create_that_took_effect_in_both_regions_makes_one_record(regions):
    us, eu = regions
    cut(us, eu, True)
    headers = JSON | {"X-Request-ID": "made-once"}
    made = []
    for node, attempt in ((us, "first"), (eu, "second")):
        answer = requests.post(f"{node.base_url}/properties", timeout=60, data='{"price":7}',
                               headers=headers | {"Atoll-Attempt": attempt})
        assert answer.status_code == 201
        made.append(answer.json()["id"])
    first, second = made
    assert first != second
    cut(us, eu, False)
    wait_until(lambda: get(us, second).get("id") == first, what="the second record taken back")
    wait_until(lambda: are_level(us, eu), what="both regions being level")

    answer = requests.get(f"{us.base_url}/properties/{second}", timeout=60)
    assert answer.headers["Content-Location"] == f"/properties/{first}"
    changed = put(eu, second, 8, 1)
    assert (changed.status_code, changed.json()["id"], changed.json()["version"]) == (200, first, 2)
    assert get(eu, first) == changed.json()
    listed = requests.get(f"{eu.base_url}/properties?limit=1000&sort=-price", timeout=60).json()
    assert second not in [row["id"] for row in listed["items"]]
    gone = requests.delete(f"{us.base_url}/properties/{second}?version=2", timeout=60)
    assert gone.status_code == 204
    assert requests.get(f"{us.base_url}/properties/{second}", timeout=60).status_code == 404


def test_a_killed_region_comes_back_and_catches_up_before_it_serves(regions):
    us, eu = regions
    us.kill()
    wait_until(lambda: not linked(eu), what="eu noticing")
    assert put(eu, 30, 300000, 1, **{"X-Request-ID": "while-away"}).status_code == 200
    us.start()  # ready only when level
    assert get(us, 30)["version"] == 2
    assert put(us, 30, 300000, 2, **{"X-Request-ID": "while-away"}).status_code == 422
    wait_until(lambda: are_level(us, eu), what="equal digests")


def test_an_answer_can_wait_for_a_peer(regions):
    us, eu = regions
    answer = put(us, 40, 1, 1, Prefer="wait=25, atoll-peers=1")
    assert answer.headers["Preference-Applied"] == "atoll-peers=1"
    assert get(eu, 40)["version"] == 2


def test_a_token_of_one_region_is_waited_for_in_the_other(regions):
    us, eu = regions
    for version in range(1, 20):
        token = put(us, 50, version, version).headers["Atoll-Token"]
        read = read_with(token, eu, 50)
        assert read.json()["version"] == version + 1


def test_lag_is_near_zero_when_idle(regions):
    for node in regions:
        wait_until(lambda node=node: lag(node)["lag_seconds"] < 0.5, what="no lag")


def test_peer_routes_are_closed_to_strangers(make_node, tmp_path: pathlib.Path):
    node = make_node(env={"PEER_SECRET": "s3cret"}, alone=True).start()
    assert requests.get(f"{node.base_url}/_atoll/status", timeout=60).status_code == 404
    known = requests.get(f"{node.base_url}/_atoll/status", timeout=60,
                         headers={"Atoll-Peer-Secret": "s3cret"})
    assert known.status_code == 200
