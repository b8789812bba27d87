"""Load that dies with its node, and what must be true of it afterwards."""

import collections
import json
import random
import threading

from connection import Connection

# A request that was sent, and the answer: None when it was lost with the node.
Write = collections.namedtuple("Write", "id kind record price answer")

KINDS = ["update"] * 16 + ["create"] * 3 + ["remove"]
SHARED = range(1, 6)  # records that every client writes


class Client(threading.Thread):
    """Writes on one connection until that is lost: records of its own, and the shared ones."""

    def __init__(self, port, number, round, seed, accepted):
        super().__init__()
        self.accepted = accepted
        self.port = port
        self.name = f"{round}.{number}"
        self.chance = random.Random(f"{seed} {self.name}")
        self.records = [*SHARED, *range(100 + 10 * number, 110 + 10 * number)]
        self.gone = []  # deleted, to be created again
        self.versions = {}
        self.writes = []
        self.failure = None
        self.finished = False  # told to

    def run(self):
        try:
            with Connection(self.port) as connection:
                while not self.finished and self.write(connection):
                    pass
        except Connection.LOST:
            pass  # before it was connected
        except Exception as failure:  # told by the test
            self.failure = failure

    def write(self, connection):
        kind = self.chance.choice(KINDS) if self.records else "create"
        known = self.gone if kind == "create" else self.records
        record = self.chance.choice(known) if known else None
        # No other write has this price, so that a row tells which write made it.
        id, price = f"{self.name}.{len(self.writes)}", self.chance.randrange(10**12) / 100
        try:
            answer = connection.ask(*self.request(kind, record, price), {"X-Request-ID": id})
        except Connection.LOST:
            self.writes.append(Write(id, kind, record, price, None))
            return False
        self.writes.append(Write(id, kind, record, price, answer))
        self.learn(record, answer)
        return True

    def request(self, kind, record, price):
        path, version = f"/us/properties/{record}", self.versions.get(record, 1)
        if kind == "create":
            body = {"price": price} if record is None else {"price": price, "id": record}
            return "POST", "/us/properties", body
        if kind == "remove":
            return "DELETE", f"{path}?version={version}", None
        return "PUT", path, {"price": price, "version": version}

    def learn(self, record, answer):
        assert answer.status in self.accepted, answer
        if answer.status == 503:
            return
        if answer.status in (204, 404):
            self.records.remove(record)
            self.gone.append(record)
            return
        told = json.loads(answer.body)
        row = told.get("current", told)
        self.versions[row["id"]] = row["version"]
        if row["id"] not in self.records:
            self.records.append(row["id"])
        if row["id"] in self.gone:
            self.gone.remove(row["id"])


class Load:
    """Several clients; started, and over when their node is, or when they are told to finish."""

    def __init__(self, node, round, seed, clients=8, accepted=(200, 201, 204, 404, 409)):
        self.clients = [Client(node.port, number, round, seed, accepted)
                        for number in range(clients)]
        for client in self.clients:
            client.start()

    def answered(self):
        return sum(len(client.writes) for client in self.clients)

    def count(self, status):
        return sum(write.answer is not None and write.answer.status == status
                   for client in self.clients for write in list(client.writes))

    def finish(self):
        """Lets each client have its answer first."""
        for client in self.clients:
            client.finished = True
            client.join()

    def over(self):
        """All writes, when every client has lost its connection."""
        for client in self.clients:
            client.join()
        for client in self.clients:
            if client.failure:
                raise client.failure
        return [write for client in self.clients for write in client.writes]


def check(writes, store, port):
    """After the restart: what was answered is there, what was not is there wholly or not at all,
    and exactly the ids of what is there are used up."""
    entries = {id: entry for entry in store.entries for id in entry.ids}
    with Connection(port) as connection:
        for write in writes:
            entry = entries.get(f"id:{write.id}")
            if write.answer is None or may_have_taken_effect(write.answer):
                check_lost(write, entry, connection)
            elif write.answer.status < 300:
                check_answered(write, entry)
            else:
                assert entry is None, f"{write} was refused and took effect"
        done = [write for write in writes if write.answer and write.answer.status < 300]
        for write in done[-5:]:
            again = put(connection, 1, write.id, {"price": 1, "version": 1})
            assert again.status == 422, f"the id of {write} is free again"


def may_have_taken_effect(answer):
    """What a node says that cannot tell what its database has saved; any other 503 is a no."""
    return answer.status == 503 and "may have taken effect" in json.loads(answer.body)["detail"]


def check_answered(write, entry):
    assert entry, f"{write} was acknowledged and is lost"
    assert entry.kind == write.kind
    if write.kind == "remove":
        assert entry.key == write.record
        return
    told = json.loads(write.answer.body)
    assert (entry.key, entry.version) == (told["id"], told["version"])
    for name, value in entry.row.items():
        assert told[name] == value, f"{write}: {name} is {value} in the log"
    assert told["price"] == write.price


def check_lost(write, entry, connection):
    if entry:
        assert entry.kind == write.kind
        assert write.kind == "remove" or entry.row["price"] == write.price
        assert put(connection, 1, write.id, {"price": 1, "version": 1}).status == 422
        return
    # Its id is free: the same client may try again, with the version that there is now.
    row = connection.ask("GET", f"/us/properties/{write.record}")
    if row.status == 200:
        body = {"price": write.price, "version": json.loads(row.body)["version"]}
        assert put(connection, write.record, write.id, body).status == 200


def put(connection, record, id, body):
    return connection.ask("PUT", f"/us/properties/{record}", body, {"X-Request-ID": id})
