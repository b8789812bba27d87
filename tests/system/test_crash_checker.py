"""The checks of the crash tests see what they are there to see: every fault here is planted."""

import contextlib
import os
import sqlite3
import struct

import crash_load
import pytest
import requests
from atoll import wait_until
from stored import Store

STORES = ("sqlite",)
WAL_HEAD, FRAME_HEAD = 32, 24


def commits(wal):
    """Where in a write-ahead log each transaction ends."""
    data = wal.read_bytes()
    page_bytes, = struct.unpack(">8xI", data[:12])
    at = WAL_HEAD
    while at + FRAME_HEAD + page_bytes <= len(data) and data[at + 8:at + 16] == data[16:24]:
        pages_after_commit, = struct.unpack(">4xI", data[at:at + 8])
        at += FRAME_HEAD + page_bytes
        if pages_after_commit:
            yield at


def killed_under_load(node):
    """A killed node, what it had answered, and its file."""
    load = crash_load.Load(node, 0, "planted")
    wait_until(lambda: load.answered() > 200, what="200 answers")
    node.kill()
    return load.over(), node.folder / "data" / "us.db"


def test_it_sees_an_answer_before_the_commit(node):
    """As if the process had answered, and died before the last transactions were durable: so many
    that each client had its answer in one of them."""
    writes, file = killed_under_load(node)
    wal = file.with_name(file.name + "-wal")
    ends = list(commits(wal))
    os.truncate(wal, ends[-12])
    node.start()
    store = Store(file).check()  # the file is as good as ever: only the clients know
    with pytest.raises(AssertionError, match="was acknowledged and is lost"):
        crash_load.check(writes, store, node.port)


def test_it_sees_nothing_where_nothing_is(node):
    writes, file = killed_under_load(node)
    node.start()
    crash_load.check(writes, Store(file).check(), node.port)


@pytest.mark.parametrize("sql, told", [
    ("UPDATE properties SET price = '1.00' WHERE id = 10", "10 is not as its last entry says"),
    ("UPDATE properties SET price = '1.00' WHERE id = 3000", "the hash of 3000 is wrong"),
    ("UPDATE properties SET version = 9 WHERE id = 10", "10 shows another version"),
    ("DELETE FROM properties WHERE id = 3000", "the stored digest is not the sum"),
    ("DELETE FROM properties WHERE id = 10", "a row is in the log and not in the table"),
    ("DELETE FROM atoll_log WHERE id & 0xffff = 2", "a hole in the log before 2"),
    ("DELETE FROM atoll_log WHERE id & 0xffff = 3", "the mark is not the log's end"),
    ("UPDATE atoll_log SET json = replace(json, '7', '8') WHERE id & 0xffff = 2",
     "the running hash of 2 is wrong"),
    ("UPDATE atoll_origins SET applied = received - 1", "nothing is parked here"),
    ("DELETE FROM atoll_requests WHERE id = 'id:2'", "are not those of the log"),
    ("UPDATE atoll_requests SET seq = 3 WHERE id = 'id:2'", "are not those of the log")])
def test_it_sees_what_is_wrong_in_the_file(node, sql, told):
    for version in (1, 2, 3):
        answer = requests.put(
            f"{node.base_url}/us/properties/10", json={"price": 7, "version": version},
            headers={"X-Request-ID": str(version)})
        answer.raise_for_status()
    node.stop()
    file = node.folder / "data" / "us.db"
    Store(file).check()
    with contextlib.closing(sqlite3.connect(file)) as store:
        changed = store.execute(sql).rowcount
        store.commit()
    assert changed == 1
    with pytest.raises(AssertionError, match=told):
        Store(file).check()
