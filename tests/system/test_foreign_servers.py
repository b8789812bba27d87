"""Servers of logistics beside one that is another program: FastAPI and pika, on the same exchange,
with records and numbers of its own, which knows nothing of Atoll (tests/usual_server.py)."""

import contextlib
import json
import os
import subprocess
import sys

import pika
import pytest
import rabbitmq_broker
import requests
from atoll import PATIENCE, REPOSITORY, run_atoll, wait_until
from ports import free_port
from regions import TIMEOUT, are_level, metric, status
from servers_on_rabbitmq import Servers, all_published, call, has, letters_of, warehouse

HOUSE = {"name": "Main", "location": "New York, NY"}


@pytest.fixture(scope="module")
def rabbit():
    with rabbitmq_broker.Broker() as broker:
        yield broker


class UsualServer:
    """A, as another program. It is asked as a server of Atoll is."""

    def __init__(self, servers, folder, says_result=True):
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log_file = folder / "usual_server.log"
        environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "SERVER_ID": "A",
                       "PORT": str(self.port), "OTHERS": ",".join(servers.by_name),
                       "RABBITMQ_URL": servers.rabbit.url(), "EXCHANGE": servers.exchange,
                       "QUEUE": servers.queues, "SAYS_RESULT": "1" if says_result else "0"}
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, REPOSITORY / "tests/usual_server.py"],
                                            env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT)
        wait_until(self._answers, what="the program answering")

    def _answers(self):
        assert self.process.poll() is None, self.log_file.read_text()
        try:
            return requests.get(f"{self.base_url}/health", timeout=TIMEOUT).status_code == 200
        except requests.ConnectionError:
            return False

    def end(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def rows(self, kind="warehouses"):
        return {row["id"]: row for row in call(self, "GET", f"/{kind}/").json()}


@pytest.fixture
def beside(make_node, tmp_path, rabbit):
    """Makes servers of which A is another program, and that program."""
    with contextlib.ExitStack() as at_the_end:

        def make(*names, runs=True, env=(), **options):
            servers = Servers(make_node, tmp_path, rabbit, ("A", *names), foreign=("A",), env=env)
            servers.start(*names)
            wait_until(lambda: all(metric(servers[n], "atoll_broker_reading") for n in names),
                       what="all reading their queues")
            program = UsualServer(servers, tmp_path, **options) if runs else None
            if program:
                at_the_end.callback(program.end)
            return servers, program

        yield make


def row(server, path):
    answer = call(server, "GET", path)
    return answer.json() if answer.status_code == 200 else None


def wait_for(servers, path, **fields):
    """All have the record so; none has it, where no field is named."""

    def is_so(found):
        return found is not None and fields.items() <= found.items() if fields else found is None

    wait_until(lambda: all(is_so(row(server, path)) for server in servers),
               what=f"{path} being {fields}")


def events_of(server, **asked):
    answer = requests.get(f"{server.base_url}/_atoll/events", params=asked, timeout=TIMEOUT)
    return answer.json()["items"]


def dead_of(server):
    return status(server)["dead"]


def unpublished(server):
    return metric(server, "atoll_broker_unpublished")


@contextlib.contextmanager
def spying(servers, target):
    """What is sent to a server from now on; returns a function that takes all of it by now."""
    with servers.channel() as channel:
        channel.exchange_declare(servers.exchange, "topic", durable=True)
        name = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(name, servers.exchange, f"*.{target}")

        def take():
            taken = []
            while (got := channel.basic_get(name, auto_ack=True))[0]:
                taken.append(got[2])
            return taken

        yield take


def send(servers, *bodies, target="B"):
    with servers.channel() as channel:
        channel.confirm_delivery()
        for body in bodies:
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            channel.basic_publish(servers.exchange, f"A.{target}", text)


def told(method, path, inputs, result=None, source="A"):
    """As the program says it."""
    return {"source_server": source, "operation_name": "by-hand", "url": f"/api/v1{path}",
            "method": method, "inputs": inputs, "timestamp": "2026-01-01T12:00:00",
            "result": result}


def test_calls_travel_both_ways(beside):
    servers, a = beside("B", "C")
    b, c = servers["B"], servers["C"]
    with spying(servers, "A") as sent_to_a:
        for name in ("first", "second"):
            made = call(a, "POST", "/warehouses/", HOUSE | {"name": name}, "create-at-a")
            assert made.status_code == 201, made.text
        wait_for((b, c), "/warehouses/1", name="first")
        wait_for((b, c), "/warehouses/17", name="second")
        goods = {"tracking_number": "T1", "origin": "a", "destination": "b", "weight": 1.5,
                 "warehouse_id": 2}
        assert call(a, "POST", "/shipments/", goods).status_code == 201
        wait_for((b, c), "/shipments/1", warehouse_id=17, status="created")
        whole = a.rows("shipments")[1] | {"weight": 2.5}  # with A's id and times
        assert call(a, "PUT", "/shipments/1", whole).status_code == 200
        wait_for((b, c), "/shipments/1", weight=2.5)
        assert call(a, "DELETE", "/warehouses/1").status_code == 200
        wait_for((b, c), "/warehouses/1")
        wait_until(lambda: all_published(b) and all_published(c), what="all being published")
        assert sent_to_a() == [], "it has all of this already"

        mine = warehouse(b, name="of B")
        wait_until(lambda: "of B" in [r["name"] for r in a.rows().values()], what="it at A")
        assert call(c, "PUT", "/warehouses/17", {"name": "by C"}).status_code == 200
        wait_until(lambda: a.rows()[2]["name"] == "by C", what="what C wrote, at A")
        more = goods | {"tracking_number": "T2", "warehouse_id": 17}
        assert call(b, "POST", "/shipments/", more).status_code == 201
        wait_until(lambda: a.rows("shipments").get(2, {}).get("warehouse_id") == 2,
                   what="B's shipment in A's own warehouse")
        assert call(c, "DELETE", "/shipments/1").status_code == 200
        wait_until(lambda: 1 not in a.rows("shipments"), what="it being gone at A")
        urls = [json.loads(body)["url"] for body in sent_to_a()]
        assert urls == ["/api/v1/warehouses/", "/api/v1/warehouses/2", "/api/v1/shipments/",
                        "/api/v1/shipments/1"]
    wait_until(lambda: are_level(b, c), what="equal digests")
    first, *_ = events_of(c, resource="warehouses", key="1")
    assert (first["server"], first["operation"]) == ("B", "replicated-from-A-create-at-a")
    assert mine == 2 and dead_of(b) == dead_of(c) == 0


def test_a_call_that_comes_again_is_made_once(beside):
    servers, a = beside("B", "C")
    b, c = servers["B"], servers["C"]
    with spying(servers, "B") as sent_to_b:
        assert call(a, "POST", "/warehouses/", HOUSE).status_code == 201
        assert call(a, "PUT", "/warehouses/1", {"name": "new"}).status_code == 200
        wait_for((b, c), "/warehouses/1", name="new")
        messages = sent_to_b()
    assert call(b, "PUT", "/warehouses/1", {"name": "newer"}).status_code == 200
    b.kill()
    for _ in range(2):
        send(servers, *messages)
        send(servers, *messages, target="C")
    b.start()
    assert call(a, "POST", "/warehouses/", HOUSE | {"name": "after"}).status_code == 201
    wait_for((b, c), "/warehouses/17", name="after")
    wait_until(lambda: servers.waiting("B") == servers.waiting("C") == 0, what="all being read")
    wait_for((b, c), "/warehouses/1", name="newer")
    assert len(call(b, "GET", "/warehouses/").json()) == 2
    wait_until(lambda: are_level(b, c), what="equal digests")


def test_the_queue_stands_in_for_the_server_that_executes(beside):
    servers, a = beside("B", "C")
    b, c = servers["B"], servers["C"]
    b.kill()
    for number in range(5):
        assert call(a, "POST", "/warehouses/", HOUSE | {"name": f"W{number}"}).status_code == 201
    assert call(a, "DELETE", "/warehouses/3").status_code == 200
    key = warehouse(c)
    wait_until(lambda: servers.waiting("C") == 0, what="C passing over its copies")
    assert not has(c, 1)
    b.start()
    for number in (0, 1, 3, 4):
        wait_for((b, c), f"/warehouses/{1 + 16 * number}", name=f"W{number}")
    wait_for((b, c), "/warehouses/33")
    wait_until(lambda: has(b, key) and are_level(b, c), what="equal digests")
    assert {e["server"] for e in events_of(c, resource="warehouses", key="17")} == {"B"}
    assert dead_of(b) == dead_of(c) == 0


def test_what_cannot_be_done_becomes_a_dead_letter(beside):
    servers, _ = beside("B", "C", runs=False)
    b, c = servers["B"], servers["C"]
    kept = warehouse(b)
    bad = {"not_found: there is no warehouses/17 (A calls it warehouses/2)":
           told("PUT", "/warehouses/2", {"name": "x"}),
           "not_found: there is no warehouses/1 (A calls it warehouses/1)":
           told("DELETE", "/warehouses/1", {}),
           "invalid_request: /colour is not a field of warehouses; /location is missing":
           told("POST", "/warehouses/", {"name": "x", "colour": "red"}, {"id": 7}),
           "invalid_request: id must be an integer": told("PUT", "/warehouses/x", {"name": "x"}),
           "unknown_reference: there is no warehouses/33":
           told("POST", "/shipments/", {"tracking_number": "T", "origin": "a", "destination": "b",
                                        "weight": 1, "warehouse_id": 3}),
           "it describes no write: GET /api/v1/warehouses/": told("GET", "/warehouses/", {}),
           "it describes no write: POST /api/v1/../../_atoll/cut": told("POST", "/../../_atoll/cut",
                                                                      {}),
           'it is no change, and "Z" is not a server whose messages are calls (foreign = true)':
           told("POST", "/warehouses/", HOUSE, source="Z"),
           "it describes no call: it does not say which server made it": {"id": 3},
           "it describes no call: it does not say anything: it is no JSON object": [1, 2]}
    send(servers, *bad.values(), b'{"source_server":"A","source_server":"B"}', b"\xff\x00")
    wait_until(lambda: dead_of(b) == len(bad) + 2, what="the letters")
    reasons = [letter["reason"] for letter in letters_of(servers)]
    assert [reason for reason in bad if reason not in reasons] == [], reasons
    with servers.channel() as channel:
        copy = wait_until(lambda: (got := channel.basic_get(f"{servers.exchange}.dead"))[0] and got,
                          what="a copy of a letter")
    assert copy[1].headers["atoll-reason"] in reasons
    assert [one["id"] for one in call(b, "GET", "/warehouses/").json()] == [kept]
    # What comes behind them is done.
    send(servers, told("POST", "/warehouses/", HOUSE, {"id": 5}))
    wait_for((b, c), "/warehouses/65", name="Main")
    assert dead_of(c) == 0
    # And what was in the way of a letter may be there by now.
    send(servers, told("POST", "/warehouses/", HOUSE, {"id": 3}))
    wait_for((b, c), "/warehouses/33", name="Main")
    letter, = (one for one in letters_of(servers) if "unknown_reference" in one["reason"])
    run_atoll("dead-letters", "replay", servers.app, f"B/{letter['id']}", env=servers.environment)
    wait_for((b, c), "/shipments/tracking/T", warehouse_id=33)


def test_a_program_that_does_not_say_its_ids(beside):
    """Its creates are done for real; no later call reaches what is another record here."""
    servers, a = beside("B", says_result=False)
    b, = servers.by_name.values()
    mine = warehouse(b)
    wait_until(lambda: a.rows(), what="it at A, as its own 1")
    assert call(a, "POST", "/warehouses/", HOUSE | {"name": "of A"}).status_code == 201
    wait_for((b,), f"/warehouses/{mine + 16}", name="of A")
    for key in (1, 2):
        assert call(a, "PUT", f"/warehouses/{key}", {"name": "changed"}).status_code == 200
        assert call(a, "DELETE", f"/warehouses/{key}").status_code == 200
    wait_until(lambda: dead_of(b) == 4, what="the letters")
    assert sorted(one["name"] for one in call(b, "GET", "/warehouses/").json()) == ["W", "of A"]


# ---- calls over HTTP -----------------------------------------------------------------------------

def replicated(server, method, path, body=None, **headers):
    return requests.request(method, f"{server.base_url}/api/v1{path}", json=body, timeout=TIMEOUT,
                            headers={"operation-name": "replicated", "X-Replicated-From": "A"} |
                            headers)


def test_a_write_that_a_program_has_told_all_of(beside):
    """A calls each server itself; nobody tells A, and all end with one record."""
    servers, _ = beside("B", "C", "D", runs=False)
    b, c, d = nodes = [servers[name] for name in "BCD"]
    with spying(servers, "A") as sent_to_a:
        made = [replicated(node, "POST", "/warehouses/", HOUSE) for node in nodes]
        assert {answer.status_code for answer in made} == {201}
        wait_until(lambda: are_level(*nodes) and
                   all(len(call(n, "GET", "/warehouses/").json()) == 1 for n in nodes),
                   what="one record everywhere")
        key, = {call(n, "GET", "/warehouses/").json()[0]["id"] for n in nodes}
        for name in ("x", "y", "x"):
            for node in nodes:
                answer = replicated(node, "PUT", f"/warehouses/{key}", {"name": name})
                assert answer.status_code == 200, answer.text
        wait_for(nodes, f"/warehouses/{key}", name="x")
        for node in nodes:
            assert replicated(node, "DELETE", f"/warehouses/{key}").status_code == 200
        wait_for(nodes, f"/warehouses/{key}")
        again = [replicated(node, "POST", "/warehouses/", HOUSE) for node in nodes]
        assert {answer.status_code for answer in again} == {201}
        wait_until(lambda: are_level(*nodes) and
                   all(len(call(n, "GET", "/warehouses/").json()) == 1 for n in nodes),
                   what="one new record everywhere")
        other = [replicated(node, "POST", "/warehouses/", HOUSE, **{"X-Request-ID": "another"})
                 for node in nodes]
        assert {answer.status_code for answer in other} == {201}
        wait_until(lambda: are_level(*nodes) and
                   all(len(call(n, "GET", "/warehouses/").json()) == 2 for n in nodes),
                   what="one more, since it has an id of its own")
        wait_until(lambda: all(all_published(node) for node in nodes), what="all being published")
        assert sent_to_a() == []
        warehouse(d)
        wait_until(lambda: sent_to_a(), what="a client's write going there")
    assert "Does not believe" not in b.log() + c.log()


def test_who_is_not_believed(beside):
    """Without the secret, under another name or through a gateway it is a write like any other."""
    servers, _ = beside("B", "C", runs=False, env={"PEER_SECRET": "of the peers"})
    b, c = servers["B"], servers["C"]
    secret = {"Atoll-Peer-Secret": "of the peers"}
    with spying(servers, "A") as sent_to_a:
        for headers in ({}, {"Atoll-Peer-Secret": "guessed"}, secret | {"X-Replicated-From": "C"},
                        secret | {"Atoll-Attempt": "of-nginx"}):
            assert replicated(b, "POST", "/warehouses/", HOUSE, **headers).status_code == 201
        wait_until(lambda: not unpublished(b), what="all being published")
        assert len(sent_to_a()) == 4
        assert replicated(b, "POST", "/warehouses/", HOUSE, **secret).status_code == 201
        wait_until(lambda: len(call(c, "GET", "/warehouses/").json()) == 5, what="all at C")
        wait_until(lambda: not unpublished(b), what="all being published")
        assert sent_to_a() == []
    assert b.log().count("Does not believe X-Replicated-From") == 1
