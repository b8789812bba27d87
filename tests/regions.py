"""Several regions of one app on free ports, and what tests ask of them."""

import contextlib
import json
import os
import pathlib
import shutil
import sqlite3

import requests
from atoll import REPOSITORY, wait_until
from ports import free_ports
from postgres import psql

JSON = {"Content-Type": "application/json"}
# However busy this machine is: else a node that waits for its turn is taken for one that is away,
# and others decide in its stead. One that is cut off, stops, or refuses to connect is away at once.
NEVER_SILENT = {"silence_ms_min": 30_000, "round_trip_ms_max": 30_000}
TIMEOUT = 90  # longer than a write may take that another node decides


def table(name, settings):
    return f"\n[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())


def app_file(folder, names, limits, foreign=(), links=NEVER_SILENT):
    """property-listing with these regions, limits and links of its own, in a folder of the test's.
    `foreign`: those that are another program."""
    apps = REPOSITORY / "apps"
    text = (apps / "property-listing.toml").read_text(encoding="utf-8")
    for name in names[2:]:
        more = ["[[node]]", f'name = "{name}"', 'listen = "127.0.0.1:0"',
                f'url = "${{{name.upper()}_URL:-}}"', "", "[serve]"]
        text = text.replace("[serve]", "\n".join(more), 1)
    for name in foreign:
        text = text.replace(f'name = "{name}"\n', f'name = "{name}"\nforeign = true\n', 1)
    text += table("links", links) + table("limits", limits)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(apps / "property-listing.csv", folder)
    file = folder / "property-listing.toml"
    file.write_text(text, encoding="utf-8")
    return file


class Regions:
    """Nodes by name, not started. `environment` is what a command needs to find them."""

    def __init__(self, make_node, folder, names=("us", "eu"), env=(), foreign=(),
                 links=NEVER_SILENT, **limits):
        self.app = str(app_file(pathlib.Path(folder) / "app", names, limits, foreign, links))
        names = [name for name in names if name not in foreign]
        ports = dict(zip(names, free_ports(len(names))))
        self.urls = {f"{n.upper()}_URL": f"http://127.0.0.1:{p}" for n, p in ports.items()}
        self.by_name = {}
        for name, port in ports.items():
            node = make_node(name=name, app=self.app, env=self.urls | dict(env), alone=False)
            node.port = port
            self.by_name[name] = node

    def __getitem__(self, name):
        return self.by_name[name]

    @property
    def nodes(self):
        return list(self.by_name.values())

    @property
    def environment(self):
        return dict(os.environ) | self.urls

    def start(self, *names):
        for name in names:
            self[name].start()
        wait_until(lambda: all(hears(self[a], b) for a in names for b in names if a != b),
                   what="all hearing each other")

    def cut(self, a, b, off=True):
        for node, peer in ((self[a], b), (self[b], a)):
            answer = requests.post(f"{node.base_url}/_atoll/cut", timeout=TIMEOUT,
                                   json={"peer": peer, "cut": off})
            assert answer.status_code == 200
        wait_until(lambda: not off or not (hears(self[a], b) or hears(self[b], a)),
                   what="the cut")


def lag(node):
    return requests.get(f"{node.base_url}/replication-lag", timeout=TIMEOUT).json()


def hears(node, peer):
    return any(p["name"] == peer and p["connected"] for p in lag(node)["peers"])


def get(node, key):
    return requests.get(f"{node.base_url}/properties/{key}", timeout=TIMEOUT)


def put(node, key, price, version, **headers):
    return requests.put(f"{node.base_url}/properties/{key}", timeout=TIMEOUT,
                        headers=JSON | headers,
                        data=json.dumps({"price": price, "version": version}))


def read_with(token, node, key):
    """As a client does: the wait is bounded, and 503 says that it was not enough."""
    def read():
        answer = requests.get(f"{node.base_url}/properties/{key}", timeout=TIMEOUT,
                              headers={"Atoll-Token": token})
        return answer if answer.status_code != 503 else None

    return wait_until(read, what="what the token names")


def status(node):
    return requests.get(f"{node.base_url}/_atoll/status", timeout=TIMEOUT).json()


def metric(node, name):
    """The sum of a metric over its labels."""
    lines = requests.get(f"{node.base_url}/metrics", timeout=TIMEOUT).text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines
               if line.startswith((name + " ", name + "{")))


def are_level(*nodes):
    first, *others = [status(node) for node in nodes]
    return all(first["resources"] == other["resources"] for other in others)


def by_hand(node, sqlite, postgres=None):
    """What somebody types into the node's database beside it, in either's SQL; the first value that
    comes back, as text, or ""."""
    if node.database_url:
        return psql(node.database_url, postgres or sqlite)
    file, = (node.folder / "data").glob("*.db")
    connection = sqlite3.connect(file, timeout=60, isolation_level=None)
    with contextlib.closing(connection) as database:
        row = database.execute(sqlite).fetchone()
    return "" if row is None or row[0] is None else str(row[0])


def oldest_logged(node, origin):
    """The lowest seq of this origin that the node's log still has; 0 when it has none."""
    return int(by_hand(
        node,
        "SELECT min(l.id & ((1 << 48) - 1)) FROM atoll_log l JOIN atoll_origins o"
        f" ON l.id >> 48 = o.number WHERE o.origin = '{origin}'",
        f"SELECT min(seq) FROM atoll_log WHERE origin = '{origin}'") or 0)
