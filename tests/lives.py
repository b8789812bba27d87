"""Stores that come back from yesterday: how they do, and what must hold afterwards."""

import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess

import requests
from atoll import run_atoll, wait_until
from postgres import installed
from regions import put, status
from stored import SEQ_BITS, copy_of

TIMEOUT = 60
# More writes of an origin than it has made.
DAMAGE = "UPDATE properties SET atoll_vector = 'us.x:1:9' WHERE id = {}"


def file_of(node):
    return node.folder / "data" / f"{node.name}.db"


def command(verb, node, *more, **options):
    return run_atoll(verb, node.app, "--node", node.name, "--data", node.folder / "data", *more,
                     env=dict(os.environ) | node.env, **options)


# ---- ways in which a store comes back ------------------------------------------------------------


class Way:
    """`take` keeps what the store is now, `bring_back` makes it that again: with the node stopped
    unless it says otherwise."""

    running = False

    def __init__(self, node):
        self.node = node
        self.kept = node.folder / "kept"


class FileCopiedBack(Way):
    def take(self):
        shutil.copy(file_of(self.node), self.kept)

    def bring_back(self):
        fresh = file_of(self.node).with_suffix(".fresh")
        shutil.copy(self.kept, fresh)
        fresh.rename(file_of(self.node))


class CopiedInPlace(FileCopiedBack):
    """As `cp` does it: the file is the same one, of the same inode."""

    def bring_back(self):
        shutil.copyfile(self.kept, file_of(self.node))


class FolderCopiedBack(Way):
    """The mark with it: as when a virtual machine goes back to a snapshot."""

    def take(self):
        shutil.copytree(self.node.folder / "data", self.kept)

    def bring_back(self):
        shutil.copytree(self.kept, self.node.folder / "data", dirs_exist_ok=True)


class AtollRestore(Way):
    running = True

    def take(self):
        command("backup", self.node, self.kept)

    def bring_back(self):
        command("restore", self.node, self.kept)


class PgRestore(Way):
    running = True

    def take(self):
        self._run("pg_dump", "-Fc", "-f", self.kept, self.node.database_url)

    def bring_back(self):
        self._run("pg_restore", "--clean", "--if-exists", "-d", self.node.database_url, self.kept)

    def _run(self, program, *arguments):
        subprocess.run([installed() / program, *arguments], check=True, capture_output=True,
                       timeout=180)


class ColdFolder(Way):
    """PostgreSQL's data directory, copied while the server is stopped."""

    def __init__(self, node, cluster):
        super().__init__(node)
        self.cluster = cluster
        self.kept = cluster.folder / "kept"

    def take(self):
        self.cluster.stop("fast")
        self._copy(self.cluster.data, self.kept)
        self.cluster.start()

    def bring_back(self):
        self.cluster.stop("fast")
        shutil.rmtree(self.cluster.data)
        self._copy(self.kept, self.cluster.data)
        self.cluster.start()

    @staticmethod
    def _copy(source, target):
        subprocess.run(["cp", "-a", source, target], check=True)


# ---- what nodes know -----------------------------------------------------------------------------


def log_of(node):
    """All that a node's log holds: (origin, seq) → the change."""
    with contextlib.ExitStack() as at_the_end:
        if node.database_url:
            store = at_the_end.enter_context(copy_of(node.database_url))
        else:
            store = at_the_end.enter_context(contextlib.closing(
                sqlite3.connect(f"file:{file_of(node)}?mode=ro", uri=True)))
        names = dict(store.execute("SELECT number, origin FROM atoll_origins"))
        return {(names[id >> SEQ_BITS], id & ((1 << SEQ_BITS) - 1)): text
                for id, text in store.execute("SELECT id, json FROM atoll_log")}


class Numbers:
    """What each number was ever used for, in any store: never for two things."""

    def __init__(self):
        self.used = {}

    def see(self, *nodes):
        for node in nodes:
            for dot, change in log_of(node).items():
                assert self.used.setdefault(dot, change) == change, f"{dot} is used twice"

    def last_of(self, origin):
        return max((seq for name, seq in self.used if name == origin), default=0)


def origin_of(node):
    return status(node)["origin"]


def wait_for_new_life(node, origin):
    def has_begun():
        with contextlib.suppress(requests.ConnectionError):
            return origin_of(node) != origin
        return False

    wait_until(has_begun, what=f"a new life of {node.name}")
    node.wait_ready()


def trouble_of(node):
    return status(node).get("trouble", "")


def waits(node):
    """It takes no requests, and says why."""
    def says_why():
        with contextlib.suppress(requests.ConnectionError):
            return trouble_of(node)
        return ""

    why = wait_until(says_why, what=f"{node.name} saying why it waits")
    assert requests.get(f"{node.base_url}/readyz", timeout=TIMEOUT).status_code == 503
    refused = put(node, 10, 1, 1)
    assert (refused.status_code, refused.json()["code"]) == (503, "not_ready")
    return why


def lost(node):
    """(origin, first, last) of what it says nobody has, in its log since the start."""
    lines = [json.loads(line) for line in node.log(since_start=True).splitlines()
             if '"Writes are lost' in line]
    return [(line["origin"], line["first"], line["last"]) for line in lines]


IN_EU = {"Prefer": "wait=30, atoll-peers=1"}  # the answer comes when a peer has the write


def create(node, **headers):
    """The id that it gives."""
    answer = requests.post(f"{node.base_url}/properties", json={"price": 7}, timeout=TIMEOUT,
                           headers=headers)
    assert answer.status_code == 201, answer.text
    assert not headers or "atoll-peers=1" in answer.headers["Preference-Applied"]
    return answer.json()["id"]


def write(node, keys, price, **headers):
    """Each of these properties once."""
    for key in keys:
        version = requests.get(f"{node.base_url}/properties/{key}",
                               timeout=TIMEOUT).json()["version"]
        answer = put(node, key, price, version, **headers)
        assert answer.status_code == 200, answer.text
        assert not headers or "atoll-peers=1" in answer.headers["Preference-Applied"]


def prices(node, keys):
    return [requests.get(f"{node.base_url}/properties/{key}", timeout=TIMEOUT).json()["price"]
            for key in keys]


def verify(regions):
    run_atoll("verify", regions.app, env=regions.environment)


def folder_of_clone(node, name):
    """A copy of the node's whole data folder, taken while it runs."""
    folder = pathlib.Path(node.folder).with_name(name)
    data = folder / "data"
    data.mkdir(parents=True)
    if (marks := node.folder / "data/marks").exists():
        shutil.copytree(marks, data / "marks")
    command("backup", node, data / file_of(node).name)
    return folder
