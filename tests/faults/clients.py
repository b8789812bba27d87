"""Clients of the gateway: each does what a client may do, on records that others write too, and
notes what it asked and heard."""

import json
import random
import threading
import time

from connection import Connection
from history import Ask

KINDS = ["update"] * 10 + ["get"] * 6 + ["create"] * 2 + ["list"] + ["remove"]
TIMEOUT = 15        # seconds, longer than the gateway waits
TRIES_AGAIN = 4     # when an answer was lost, with the same id
PAUSE = 0.02        # seconds between two requests of a client, on average
SHARED = 10         # records that all clients write, of each seeded region
OWN = 6             # records of each client alone
HIGHEST_ID = 2**53 - 1  # each client makes a record of its own up there


def keys_of(number, shared=SHARED):
    """The seeded records that a client writes."""
    own = range(100 + OWN * number, 100 + OWN * (number + 1))
    return [*range(1, shared + 1), *range(1501, 1501 + shared), *own]


class Client(threading.Thread):
    def __init__(self, number, port, at_port, seed, clock, pause=PAUSE, shared=SHARED):
        super().__init__(daemon=True)
        self.name = f"c{number}"
        self.asks = []
        self.failure = None
        self._port = port
        self._at_port = at_port
        self._regions = list(at_port.values())
        self._clock = clock
        self._chance = random.Random(f"{seed} client {number}")
        self._stopped = threading.Event()
        self._connection = None
        self._count = 0
        self._pause = pause
        self._keys = keys_of(number, shared)
        self._gone = [HIGHEST_ID - number]
        self._versions = {}
        self._token = None

    def run(self):
        try:
            while not self._stopped.wait(self._chance.expovariate(1 / self._pause)):
                self._turn()
        except Exception as failure:  # told by whoever started it
            self.failure = failure
        finally:
            if self._connection:
                self._connection.close()

    def stop(self):
        self._stopped.set()

    def create_one(self, region):
        self.ask(Ask(self.name, "create", region, price=self._price()))

    # ---- what it does ----------------------------------------------------------------------------
    def _turn(self):
        ask = self._wish()
        self.ask(ask)
        for _ in range(TRIES_AGAIN):
            if not ask.id or not is_unknown(ask):
                break
            ask = self._again(ask)
        if ask.id and ask.acknowledged and self._chance.random() < 0.08:
            self._again(ask)

    def _wish(self):
        chance = self._chance
        ask = Ask(self.name, chance.choice(KINDS), chance.choice(self._regions))
        self._count += 1
        if ask.kind == "create" and self._gone and chance.random() < 0.7:
            ask.key = chance.choice(self._gone)
        elif ask.kind in ("get", "update", "remove"):
            ask.key = chance.choice(self._keys)
        if ask.kind in ("update", "remove"):
            ask.version = self._versions.get(ask.key, 1)
        if ask.kind in ("update", "create"):
            ask.price = self._price()
        if ask.is_write:
            kinds = ["id:", "key:"] if ask.kind == "remove" else ["id:", "key:", None]
            kind = chance.choice(kinds)
            ask.id = kind and f"{kind}{self.name}.{self._count}"
        elif ask.kind == "get" and chance.random() < 0.3:
            ask.token = self._token
        return ask

    def _price(self):
        cents = self._chance.randrange(10**11)  # ending in 1: as a float it has the same digits
        return f"{cents // 10}.{cents % 10}1"

    def _again(self, ask):
        more = Ask(ask.client, ask.kind, self._chance.choice(self._regions), ask.key, ask.price,
                   ask.version, ask.id, repeat=True)
        self.ask(more)
        return more

    # ---- how it asks -----------------------------------------------------------------------------
    def ask(self, ask):
        ask.invoked = self._clock()
        try:
            if not self._connection:
                self._connection = Connection(self._port, TIMEOUT)
            answer = self._connection.ask(*request_of(ask))
        except Connection.LOST as lost:
            ask.failure = f"{type(lost).__name__} {lost}"
            if self._connection:
                self._connection.close()
            self._connection = None
        else:
            self._hear(ask, answer)
        ask.returned = self._clock()
        self.asks.append(ask)

    def _hear(self, ask, answer):
        ask.status = answer.status
        tried = answer.headers.get("Tried", "")  # "127.0.0.1:4711, 127.0.0.1:4712"
        ask.by = self._at_port.get(int("0" + tried.rpartition(":")[2]))
        ask.tag = (answer.headers.get("ETag") or "").strip('"') or None
        ask.written = answer.headers.get("Atoll-Token") if ask.is_write else None
        ask.replayed = answer.headers.get("Idempotency-Replayed") == "true"
        ask.body = json.loads(answer.body, parse_float=str) if answer.body else None
        self._token = answer.headers.get("Atoll-Token", self._token)
        if answer.status in (204, 404) and ask.key in self._keys:
            self._keys.remove(ask.key)
            self._gone.append(ask.key)
        row = (ask.body or {}).get("current", ask.body)
        if isinstance(row, dict) and "version" in row and "id" in row:
            self._learn(row)

    def _learn(self, row):
        key = row["id"]
        self._versions[key] = row["version"]
        if key not in self._keys:
            self._keys.append(key)
        if key in self._gone:
            self._gone.remove(key)


def is_unknown(ask):
    """Whether the client cannot tell what became of its request."""
    return ask.status is None or ask.status >= 500


def request_of(ask):
    """Method, path, body and headers."""
    path = f"/{ask.region}/properties"
    headers = {"Atoll-Token": ask.token} if ask.token else {}
    if ask.id:
        kind, _, value = ask.id.partition(":")
        headers["X-Request-ID" if kind == "id" else "Idempotency-Key"] = value
    if ask.kind == "list":
        return "GET", f"{path}?limit=20&sort=-updated_at", None, headers
    if ask.kind == "get":
        return "GET", f"{path}/{ask.key}", None, headers
    if ask.kind == "remove":
        return "DELETE", f"{path}/{ask.key}?version={ask.version}", None, headers
    body = {"price": float(ask.price)}
    if ask.kind == "create":
        return "POST", path, body if ask.key is None else body | {"id": ask.key}, headers
    return "PUT", f"{path}/{ask.key}", body | {"version": ask.version}, headers


class Crowd:
    """All clients; their history, when they are done."""

    def __init__(self, port, at_port, seed, count=8, **habits):
        begun = time.monotonic()
        self.now = lambda: time.monotonic() - begun
        self.clients = [Client(number, port, at_port, seed, self.now, **habits)
                        for number in range(count)]

    def write_once(self, regions):
        """So that what lies between them has been used before anything goes wrong."""
        for region in regions:
            self.clients[0].create_one(region)

    def start(self):
        for client in self.clients:
            client.start()
        return self

    def stop(self):
        for client in self.clients:
            client.stop()
        for client in self.clients:
            client.join(TIMEOUT * (TRIES_AGAIN + 1))
        for client in self.clients:
            if client.failure:
                raise client.failure
        return self.asks()

    def asks(self):
        return sorted((ask for client in self.clients for ask in list(client.asks)),
                      key=lambda ask: ask.returned)
