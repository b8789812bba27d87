"""unique = "home": of any number of writes anywhere that want one value, one gets it."""

import concurrent.futures
import itertools
import signal

import pytest
import requests
from atoll import wait_until
from logistics_servers import SERVERS, Servers

IN_STEAD = "Atoll-In-Stead"


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with Servers(tmp_path_factory.mktemp("unique")) as four:
        four.start()
        four.depot = four.warehouse("A")
        yield four


@pytest.fixture
def fresh_servers(tmp_path):
    with Servers(tmp_path) as four:
        four.start()
        four.depot = four.warehouse("A")
        yield four


def shipment(servers, number, warehouse=None):
    return {"tracking_number": number, "origin": "a", "destination": "b", "weight": 1,
            "warehouse_id": (warehouse or servers.depot)["id"]}


def create(servers, name, number, **headers):
    return servers.send(name, "POST", "/shipments/", shipment(servers, number), **headers)


def assert_taken(answer):
    assert answer.status_code == 409, answer.text
    problem = answer.json()
    assert problem["code"] == "not_unique", answer.text
    assert [error["pointer"] for error in problem["errors"]] == ["/tracking_number"]


def holders(servers, name, number):
    listed = servers.send(name, "GET", "/shipments/?limit=1000").json()
    return [one["id"] for one in listed if one["tracking_number"] == number]


def test_of_four_that_want_a_value_at_once_one_gets_it(servers):
    """The others hear which record has it, as soon as it has it. A server that is just starting, or
    whose disk takes seconds, is no home for that time: then an answer says so."""
    clean = 0
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for turn in itertools.count():
            number = f"PAIR-{turn}"
            answers = list(pool.map(lambda name, n=number: create(servers, name, n), SERVERS * 2))
            won = [answer for answer in answers if answer.status_code == 201]
            assert len([answer for answer in won if IN_STEAD not in answer.headers]) <= 1
            if any(IN_STEAD in answer.headers for answer in won):
                continue
            assert len(won) == 1
            for answer in answers:
                if answer not in won:
                    assert_taken(answer)
                    assert f"shipments/{won[0].json()['id']} has this" in answer.json()["detail"]
            clean += 1
            if clean == 20:
                break
    servers.wait_until_level()
    for name in SERVERS:
        assert len(holders(servers, name, number)) == 1


def test_an_update_takes_a_value_and_frees_another(servers):
    first = servers.shipment("B", servers.depot, "UP-1")
    second = servers.shipment("C", servers.depot, "UP-2")
    path = f"/shipments/{second['id']}"
    for name in SERVERS:
        assert_taken(servers.send(name, "PUT", path, {"tracking_number": "UP-1"}))
    whole = servers.send("D", "GET", path).json()
    assert servers.send("D", "PUT", path, whole).status_code == 200  # the value that it has
    servers.change("A", path, {"tracking_number": "UP-3"})
    servers.wait_until_level()
    servers.shipment("D", servers.depot, "UP-2")
    servers.remove("A", f"/shipments/{first['id']}")
    servers.wait_until_level()
    servers.change("B", path, {"tracking_number": "UP-1"})


def test_what_the_writer_knows_counts_though_the_home_has_not_heard_it(servers):
    """Deleted at a server and created there again at once: the value's home hears of the delete
    after it is asked for the value."""
    for name, turn in itertools.product(SERVERS, range(10)):
        number = f"AGAIN-{turn}"
        made = create(servers, name, number)
        assert made.status_code == 201, made.text
        servers.remove(name, f"/shipments/{made.json()['id']}")


def test_a_refused_write_takes_nothing(servers):
    body = shipment(servers, "REFUSED-1", {"id": 4711})
    for name in SERVERS:
        assert servers.send(name, "POST", "/shipments/", body).status_code == 422
    servers.shipment("D", servers.depot, "REFUSED-1")


def test_a_repeat_through_another_server_is_the_same_write(servers):
    attempt = {"Atoll-Attempt": "0123456789abcdef0123456789abcdef"}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda name: create(servers, name, "RETRY-1", **attempt), SERVERS))
    assert {answer.status_code for answer in answers} <= {201, 200}, [a.text for a in answers]
    servers.wait_until_level()
    for name in SERVERS:
        assert len(holders(servers, name, "RETRY-1")) == 1


def kept_by(servers, home, asked):
    """A number that this server keeps, which is silent: `asked` says so."""
    for turn in itertools.count():
        made = create(servers, asked, f"KEPT-{home}-{turn}")
        assert made.status_code == 201, made.text
        if made.headers.get(IN_STEAD) == home:
            return made


def test_without_the_home_it_is_decided_in_its_stead_and_said_so(fresh_servers):
    """What then collides is listed; the home knows of it before it decides again."""
    servers = fresh_servers
    servers["D"].kill()
    wait_until(lambda: not any(
        peer["connected"] for name in "ABC" for peer in
        requests.get(f"{servers[name].base_url}/replication-lag", timeout=60).json()["peers"]
        if peer["name"] == "D"), what="D being silent")
    made = kept_by(servers, "D", "A").json()
    assert_taken(create(servers, "A", made["tracking_number"]))
    servers["D"].start()
    servers.wait_for_links(True)
    for name in SERVERS:
        assert_taken(create(servers, name, made["tracking_number"]))


def test_a_value_whose_writer_died_half_way_stays_taken_until_it_is_back(fresh_servers):
    servers = fresh_servers
    writer = servers["A"]
    writer.stop()
    writer.start(env={"ATOLL_FAULT": "claim.granted:1"})
    servers.wait_for_links(True)
    for turn in itertools.count():  # until one is kept by another server than A
        number = f"HALF-{turn}"
        try:
            create(servers, "A", number)
        except requests.ConnectionError:
            break
    assert writer.process.wait(60) == -signal.SIGKILL
    writer.process = None
    answer = create(servers, "B", number)
    assert answer.status_code == 503 and "Retry-After" in answer.headers, answer.text
    assert "through A has claimed this value" in answer.json()["detail"]
    writer.start()
    servers.wait_for_links(True)
    wait_until(lambda: create(servers, "B", number).status_code == 201, what="the value being free")
