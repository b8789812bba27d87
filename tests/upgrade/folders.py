#!/usr/bin/env python3
"""Makes what tests/system/test_upgrade.py opens: the stores of two regions as some build left them,
as SQL text, and what their API said. And, in wire.json, what its nodes said to each other, which
tests/unit/peers_upgrade_test.cc reads.

    tests/upgrade/folders.py BINARY NAME [sqlite|postgres]   writes tests/upgrade/NAME/…

NAME says which build it is. What is made is kept as it is: a build of today cannot make it again.
"""

import contextlib
import json
import pathlib
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import requests  # noqa: E402
from atoll import Node, wait_until  # noqa: E402
from ports import free_ports  # noqa: E402
from postgres import Cluster, installed  # noqa: E402

APP = HERE / "app.toml"
NAMES = ("us", "eu")
KEY = "Idempotency-Key"


class Recorder:
    """Lies between eu and us, and keeps what goes through it."""

    def __init__(self, port):
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.connections = []  # what was asked and what was answered, as bytes
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                asker, _ = self._listener.accept()
                self._connect(asker)

    def _connect(self, asker):
        try:
            server = socket.create_connection(("127.0.0.1", self._port))
        except OSError:
            asker.close()
            return
        asked, answered = bytearray(), bytearray()
        self.connections.append((asked, answered))
        for source, sink, kept in ((asker, server, asked), (server, asker, answered)):
            threading.Thread(target=carry, args=(source, sink, kept), daemon=True).start()

    def close(self):
        self._listener.close()

    def calls(self):
        """(target, body, answer's body) of each call, the feed's among them."""
        for asked, answered in self.connections:
            answers = messages(bytes(answered))
            for (head, body), (_, answer) in zip(messages(bytes(asked)), answers):
                yield head.split()[1], body, answer


def carry(source, sink, kept):
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            kept += piece
            sink.sendall(piece)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def messages(stream):
    """(head, body) of one HTTP message after the other; the last one may lack its end."""
    while b"\r\n\r\n" in stream:
        head, _, stream = stream.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
        if re.search(rb"\r\ntransfer-encoding: *chunked", head, re.I):
            body, stream = chunks(stream)
        else:
            size = int(length[1]) if length else 0
            body, stream = stream[:size], stream[size:]
        yield head.decode(), body.decode()


def chunks(stream):
    body = b""
    while b"\r\n" in stream:
        size, _, stream = stream.partition(b"\r\n")
        piece, stream = stream[:int(size, 16)], stream[int(size, 16) + 2:]
        body += piece
        if not piece:
            break
    return body, stream


def wire_of(recorder, us):
    """What eu and us said to each other, and what us says to one that takes a snapshot."""
    lines, forwarded = [], []
    for target, asked, answered in recorder.calls():
        if target.startswith("/_atoll/changes"):
            lines += [line for line in answered.splitlines() if line.endswith("}")]
        elif target == "/_atoll/forward":
            forwarded.append({"asked": asked, "answered": answered})
    heartbeats = [line for line in lines if line.startswith('{"heartbeat"')]
    changes = [line for line in dict.fromkeys(lines) if line.startswith('{"stamp"')]
    headers = {"Atoll-Peer": "eu", "Atoll-Schema": json.loads(changes[0])["schema"]}

    def snapshot(question):
        answer = requests.post(f"{us.base_url}/_atoll/snapshot", json=question, headers=headers,
                               timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.text

    return {"heartbeats": [heartbeats[0], heartbeats[-1]], "changes": changes,
            "forwarded": forwarded, "snapshot": snapshot({}),
            "rows": {name: snapshot({"resource": name}) for name in ("houses", "parcels")},
            "requests": snapshot({"requests": 0})}


def make_regions(folder, binary, databases=None, app=APP):
    """Not started, each in a folder of its own."""
    ports = dict(zip(NAMES, free_ports(len(NAMES))))
    urls = {f"{name.upper()}_URL": f"http://127.0.0.1:{port}" for name, port in ports.items()}
    nodes = {}
    for name, port in ports.items():
        env = urls | ({"DATABASE_URL": databases[name]} if databases else {})
        nodes[name] = Node(pathlib.Path(folder) / name, name=name, app=app, env=env, alone=False,
                           binary=pathlib.Path(binary))
        nodes[name].port = port
    return nodes


def record(nodes):
    recorder = Recorder(nodes["us"].port)
    nodes["eu"].env["US_URL"] = f"http://127.0.0.1:{recorder.port}"
    return recorder


def level(nodes):
    """By their positions: digests are sums of hashes, and builds may hash rows differently."""
    positions = [position(ask("GET", node, "_atoll/status").json()) for node in nodes]
    return all(one == positions[0] for one in positions)


def position(status):
    """A life that has not written yet is known to its node alone."""
    return {part for part in status["applied"].split(",") if not part.endswith(":0")}


def cut(nodes, off):
    for node in nodes.values():
        for peer in nodes:
            if peer == node.name:
                continue
            answer = requests.post(f"{node.base_url}/_atoll/cut", timeout=60,
                                   json={"peer": peer, "cut": off})
            assert answer.status_code == 200, answer.text


def ask(method, node, path, **options):
    return requests.request(method, f"{node.base_url}/{path}", timeout=60, **options)


def write(node, method, path, body, expected=(200, 201), **headers):
    answer = ask(method, node, path, json=body, headers=headers)
    assert answer.status_code in expected, (path, answer.status_code, answer.text)
    return answer


def hears(node):
    peers = ask("GET", node, "replication-lag").json()["peers"]
    return all(peer["connected"] for peer in peers)


def live(nodes):
    """A life with all that a store can hold."""
    us, eu = nodes["us"], nodes["eu"]
    house = {"price": 100.25, "area": 80.5, "plan": {"rooms": [1, 2.50]},
             "seen_at": "2026-01-02T03:04:05.000006Z"}
    write(us, "POST", "houses", house, **{"X-Request-ID": "make-house"})
    write(eu, "POST", "houses", {"price": 1}, **{KEY: "make-other"})
    write(us, "POST", "houses", {"id": 7, "price": 7})
    for name in ("one", "two", "gone", "twin"):
        write(us, "POST", "parcels", {"id": name, "label": name, "items": 5,
                                      "owner": "0193b3a0-0000-7000-8000-000000000001"})
    wait_until(lambda: level(nodes.values()), what="both being level")
    write(us, "PUT", "houses/101", {"price": 200, "sold": True, "version": 1})
    wait_until(lambda: level(nodes.values()), what="both being level")
    write(eu, "PUT", "houses/101", {"price": 250, "version": 2}, **{"X-Request-ID": "carried"})
    write(eu, "PUT", "parcels/one", {"items": 8, "heaviest": 12, "stage": "sent"})
    assert ask("DELETE", us, "parcels/gone").status_code == 204
    wait_until(lambda: level(nodes.values()), what="both being level")
    cut(nodes, True)
    write(us, "PUT", "parcels/two", {"label": "of us"})
    write(eu, "PUT", "parcels/two", {"label": "of eu"})
    for node in (us, eu):  # one request in both: twins
        write(node, "PUT", "parcels/twin", {"items": 9, "label": "sold"}, **{KEY: "sell"})
    cut(nodes, False)
    wait_until(lambda: hears(us) and hears(eu), what="both hearing each other")
    wait_until(lambda: level(nodes.values()), what="both being level")


REFUSES = {
    "sqlite": "CREATE TRIGGER theirs BEFORE UPDATE ON houses WHEN NEW.id = 7"
              " BEGIN SELECT RAISE(ABORT, 'not this one'); END",
    "postgres": "CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;"
                " CREATE TRIGGER theirs BEFORE UPDATE ON houses FOR EACH ROW"
                " WHEN (NEW.id = 7) EXECUTE FUNCTION theirs()",
}


def park_one(nodes, refuse):
    """eu's database refuses what us writes: a dead letter."""
    refuse(nodes["eu"])
    write(nodes["us"], "PUT", "houses/7", {"price": 8, "version": 1})
    wait_until(lambda: ask("GET", nodes["eu"], "_atoll/status").json()["dead"] == 1,
               what="the change being parked")


def what_is_said(node):
    """Of the API's answers all that a restart must not change."""
    said = {}
    for resource, keys in (("houses", ("7", "101", "102")),
                           ("parcels", ("one", "two", "gone", "twin"))):
        said[resource] = ask("GET", node, resource).json()
        for key in keys:
            answer = ask("GET", node, f"{resource}/{key}")
            said[f"{resource}/{key}"] = [answer.status_code, answer.headers.get("ETag"),
                                         answer.json() if answer.status_code == 200 else None]
    said["filtered"] = ask("GET", node, "houses?min_price=50&sort=price").json()
    said["conflicts"] = lines_of(node, "_atoll/conflicts")
    said["dead letters"] = lines_of(node, "_atoll/dead-letters")
    status = ask("GET", node, "_atoll/status").json()
    said["status"] = {name: status[name] for name in ("node", "applied", "resources", "dead")}
    return said


def lines_of(node, path):
    return ask("GET", node, path).text


def dump_sqlite(node, file):
    database, = (node.folder / "data").glob("*.db")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pragmas = [f"PRAGMA {name} = {connection.execute(f'PRAGMA {name}').fetchone()[0]};"
                   for name in ("user_version", "application_id")]
        file.write_text("\n".join([*pragmas, *connection.iterdump()]) + "\n", encoding="utf-8")


def dump_postgres(url, file):
    done = subprocess.run([installed() / "pg_dump", "--inserts", "--no-owner", url], text=True,
                          capture_output=True, timeout=60, check=True)
    lines = [line for line in done.stdout.splitlines()
             if line and not line.startswith(("--", "\\", "SET transaction_timeout"))]
    text = re.sub(r"'\\x([0-9a-f]*)'", shorter_bytes, "\n".join(lines))
    file.write_text(text + "\n", encoding="utf-8")


def shorter_bytes(literal):
    """The same bytes, long runs of zeros (empty digests) said in few words."""
    parts = []
    for part in re.split(rb"(\x00{32,})", bytes.fromhex(literal[1])):
        zeros = len(part) >= 32 and not part.strip(b"\0")
        if part:
            parts.append(f"decode(repeat('00', {len(part)}), 'hex')" if zeros
                         else f"'\\x{part.hex()}'::bytea")
    return " || ".join(parts) or literal[0]


def make(binary, name, kind, folder):
    target = HERE / name / kind
    target.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as at_the_end:
        databases = None
        if kind == "postgres":
            cluster = Cluster().create()
            at_the_end.callback(cluster.clean_up)
            databases = {node: cluster.new_database() for node in NAMES}
        nodes = make_regions(folder, binary, databases)
        recorder = record(nodes)
        at_the_end.callback(recorder.close)
        for node in nodes.values():
            at_the_end.callback(node.clean_up)
            node.start(ready=False)
        for node in nodes.values():
            node.wait_ready()
        wait_until(lambda: all(hears(node) for node in nodes.values()), what="hearing each other")
        live(nodes)
        park_one(nodes, lambda node: refuse(node, kind))
        said = {name: what_is_said(node) for name, node in nodes.items()}
        wire = wire_of(recorder, nodes["us"])
        for node in nodes.values():
            node.stop()
        for name, node in nodes.items():
            file = target / f"{name}.sql"
            if kind == "postgres":
                dump_postgres(databases[name], file)
            else:
                dump_sqlite(node, file)
        if kind == "sqlite":
            (target.parent / "wire.json").write_text(json.dumps(wire, indent=1) + "\n",
                                                   encoding="utf-8")
        (target / "said.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def refuse(node, kind):
    if kind == "postgres":
        subprocess.run([installed() / "psql", "-X", "-q", "-c", REFUSES[kind], node.database_url],
                       check=True, timeout=60)
        return
    file, = (node.folder / "data").glob("*.db")
    with contextlib.closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as database:
        database.execute(REFUSES[kind])


def main():
    binary, name, *kinds = sys.argv[1:]
    for kind in kinds or ("sqlite", "postgres"):
        with tempfile.TemporaryDirectory(prefix="atoll-upgrade-") as folder:
            make(pathlib.Path(binary).resolve(), name, kind, folder)


if __name__ == "__main__":
    main()
