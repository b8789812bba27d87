"""Many clients at once: one winner, no version twice, no read that goes back."""

import collections
import contextlib
import json
import os
import random
import threading
import time

import pytest
from atoll import Node
from connection import Connection

STORES = ("sqlite", "postgres")

CLIENTS = 24
ROUNDS = 20
OPERATIONS = 250  # of each client in the random history


@pytest.fixture
def connections(node):
    with contextlib.ExitStack() as open_ones:
        yield [open_ones.enter_context(Connection(node.port)) for _ in range(CLIENTS)]


def at_once(connections, request):
    """Sends request(i) on the i-th connection, all before any answer is read; the answers."""
    for i, connection in enumerate(connections):
        connection.send(*request(i))
    return [connection.receive() for connection in connections]


def test_of_writes_of_one_version_one_wins(connections):
    for version in range(1, ROUNDS + 1):
        answers = at_once(connections, lambda i: (
            "PUT", "/us/properties/10", {"price": 1000 * version + i, "version": version}))
        statuses = collections.Counter(answer.status for answer in answers)
        assert statuses == {200: 1, 409: CLIENTS - 1}
        [won] = [json.loads(answer.body) for answer in answers if answer.status == 200]
        assert won["version"] == version + 1
        assert won["price"] in [1000 * version + i for i in range(CLIENTS)]
        for answer in answers:
            if answer.status == 409:
                assert json.loads(answer.body)["current"] == won


def test_of_requests_with_one_id_one_takes_effect(connections):
    for round in range(ROUNDS):
        headers = {"X-Request-ID": f"round {round}", "If-Match": "*"}
        answers = at_once(connections, lambda i: (
            "PUT", f"/us/properties/{100 + i}", {"price": round}, headers))
        assert collections.Counter(answer.status for answer in answers) == {
            200: 1, 422: CLIENTS - 1}


def test_of_requests_with_one_key_all_get_one_answer(connections):
    for round in range(ROUNDS):
        answers = at_once(connections, lambda i: (
            "POST", "/us/properties", {"price": round}, {"Idempotency-Key": f"round {round}"}))
        assert {answer.status for answer in answers} == {201}
        assert len({answer.body for answer in answers}) == 1
        replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]
        assert collections.Counter(replayed) == {None: 1, "true": CLIENTS - 1}


def test_of_takers_of_a_unique_value_one_gets_it(make_node):
    server = make_node(name="A", app="apps/logistics.toml").start()
    named = {"operation-name": "test"}
    with contextlib.ExitStack() as open_ones:
        connections = [open_ones.enter_context(Connection(server.port)) for _ in range(CLIENTS)]
        warehouse = {"name": "x", "location": "y"}
        connections[0].ask("POST", "/api/v1/warehouses/", warehouse, named)
        for round in range(ROUNDS):
            shipment = {"tracking_number": f"T{round}", "origin": "a", "destination": "b",
                        "weight": 1, "warehouse_id": 1}
            answers = at_once(connections, lambda i: (
                "POST", "/api/v1/shipments/", shipment, named))
            assert collections.Counter(answer.status for answer in answers) == {
                201: 1, 409: CLIENTS - 1}


def test_a_deletion_and_writes_at_once(connections):
    """Either the deletion wins and all writes fail, or one write does and the deletion fails."""
    for id in range(200, 200 + ROUNDS):
        answers = at_once(connections, lambda i: (
            "DELETE", f"/us/properties/{id}?version=1") if i == CLIENTS // 2 else (
            "PUT", f"/us/properties/{id}", {"price": i, "version": 1}))
        deleted = answers[CLIENTS // 2].status == 204
        others = collections.Counter(a.status for a in answers[:CLIENTS // 2] +
                                     answers[CLIENTS // 2 + 1:])
        if deleted:
            assert others == {404: CLIENTS - 1}
        else:
            assert answers[CLIENTS // 2].status == 409
            assert others == {200: 1, 409: CLIENTS - 2}


# ---- a random history, checked -------------------------------------------------------------------

Event = collections.namedtuple("Event", "client record kind begun ended version price")


class Client(threading.Thread):
    """Reads and writes records at random on one connection; notes what it was told, and when."""

    def __init__(self, port, number, seed, records):
        super().__init__()
        self.connection = Connection(port)
        self.number = number
        self.chance = random.Random(f"{seed} {number}")
        self.records = records
        self.known = {}   # record → the highest version seen
        self.events = []
        self.failure = None

    def run(self):
        try:
            with self.connection:
                for operation in range(OPERATIONS):
                    self.do(operation)
        except Exception as failure:  # told by the test
            self.failure = failure

    def do(self, operation):
        record = self.chance.choice(self.records)
        path = f"/us/properties/{record}"
        begun = time.monotonic()
        if self.chance.random() < 0.5 or record not in self.known:
            answer = self.connection.ask("GET", path)
            assert answer.status == 200, answer
            self.note("read", record, begun, json.loads(answer.body))
            return
        price = self.number * OPERATIONS + operation + 0.25  # no other write has it
        answer = self.connection.ask(
            "PUT", path, {"price": price, "version": self.known[record]})
        told = json.loads(answer.body)
        if answer.status == 200:
            assert told["price"] == price
            self.note("write", record, begun, told)
        else:
            assert (answer.status, told["code"]) == (409, "version_conflict"), answer
            self.note("read", record, begun, told["current"])

    def note(self, kind, record, begun, row):
        self.events.append(Event(self.number, record, kind, begun, time.monotonic(),
                                 row["version"], row["price"]))
        self.known[record] = row["version"]


def check(events):
    """What must hold of one record's history; each event names one state of the record."""
    prices = {}
    writes = {}
    for event in events:
        known = prices.setdefault(event.version, event.price)
        assert known == event.price, f"two states under one version: {event}, {known}"
        if event.kind == "write":
            assert event.version not in writes, f"two writes got {event.version}"
            writes[event.version] = event
    assert sorted(writes) == list(range(2, len(writes) + 2)), "versions have holes"
    # In real time: whatever begins after an answer was read sees at least what that answer told.
    told, seen = 0, sorted(events, key=lambda event: event.ended)
    position = 0
    for event in sorted(events, key=lambda event: event.begun):
        while seen[position].ended < event.begun:
            told = max(told, seen[position].version)
            position += 1
        assert event.version >= told + (event.kind == "write"), f"went back from {told}: {event}"


def test_a_random_history_of_reads_and_writes(node):
    seed = os.environ.get("SEED", random.randrange(1_000_000))
    print(f"SEED={seed}")
    records = range(10, 16)
    clients = [Client(node.port, number, seed, records) for number in range(12)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert [client.failure for client in clients if client.failure] == []
    events = [event for client in clients for event in client.events]
    assert sum(event.kind == "write" for event in events) > 50
    for record in records:
        check([event for event in events if event.record == record])


def event(kind, begun, ended, version, price=None):
    return Event(0, 10, kind, begun, ended, version, version if price is None else price)


@pytest.mark.parametrize("wrong", [
    [event("write", 0, 1, 2), event("write", 0, 1, 2)],                     # one version twice
    [event("write", 0, 1, 2), event("write", 2, 3, 4)],                     # a hole
    [event("write", 0, 1, 2), event("read", 2, 3, 1)],                      # a read that goes back
    [event("write", 0, 1, 2), event("read", 2, 3, 2, price=7)],             # another state
    [event("read", 0, 1, 1), event("write", 0, 5, 2), event("read", 1, 2, 2),
     event("read", 3, 4, 1)]])                                              # seen, then not
def test_the_checker_sees(wrong):
    with pytest.raises(AssertionError):
        check(wrong)


def test_the_checker_takes_what_is_right():
    check([event("read", 0, 1, 1), event("write", 0, 5, 2), event("read", 1, 2, 2),
           event("read", 1, 4, 1), event("write", 6, 7, 3)])
