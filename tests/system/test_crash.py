"""`kill -9` at any moment: every acknowledged write is there, nothing is half there.

KILLS says how often (thousands, by hand), SEED repeats the choices of a run."""

import contextlib
import os
import random
import signal

import crash_load
import pytest
import requests
from atoll import wait_until
from connection import Connection
from postgres import psql
from stored import store_of

STORES = ("sqlite", "postgres")
KILLS = int(os.environ.get("KILLS", 60))


@pytest.fixture
def chance():
    seed = os.environ.get("SEED") or str(random.randrange(1_000_000))
    print(f"SEED={seed}")
    made = random.Random(seed)
    made.text = seed
    return made


def pytest_timeout_for(kills):
    return 60 + 5 * kills


@pytest.mark.timeout(pytest_timeout_for(KILLS))
@pytest.mark.parametrize("where", ["anywhere", "commit.before", "commit.after"])
def test_killed_under_load(make_node, chance, where):
    node = make_node().start()
    store = store_of(node).check()
    rounds = KILLS // (6 if node.database_url else 3)
    for round in range(rounds):
        if where == "anywhere":
            load = crash_load.Load(node, round, chance.text)
            least = chance.randint(1, 400)
            wait_until(lambda: load.answered() >= least, what=f"{least} answers")
            node.kill()
        else:
            node.stop()
            # The first commit notes that the process runs.
            node.start(env={"ATOLL_FAULT": f"{where}:{chance.randint(2, 150)}"})
            load = crash_load.Load(node, round, chance.text)
            assert node.wait_for_exit() == -signal.SIGKILL
        writes = load.over()
        node.start()
        crash_load.check(writes, store.check(), node.port)
    store_of(node).check()  # all of it, from the first entry
    assert len(store.entries) > 10 * rounds


@pytest.mark.parametrize("where, there", [("commit.before", False), ("commit.after", True)])
def test_killed_beside_the_commit_of_one_write(node, where, there):
    node.stop()
    node.start(env={"ATOLL_FAULT": f"{where}:3"})  # the first one notes that the process runs
    path, headers = "/us/properties/10", {"X-Request-ID": "second", "Atoll-Attempt": "1"}
    with Connection(node.port) as connection:
        first = connection.ask("PUT", path, {"price": 1, "version": 1})
        assert first.status == 200
        with pytest.raises(Connection.LOST):
            connection.ask("PUT", path, {"price": 2, "version": 2}, headers)
    assert node.wait_for_exit() == -signal.SIGKILL
    node.start()
    store_of(node).check()
    with Connection(node.port) as connection:
        row = connection.ask("GET", path)
        assert row.body == first.body or there
        again = connection.ask("PUT", path, {"price": 2, "version": 2}, headers)  # the gateway's
        assert (again.status, again.headers["Idempotency-Replayed"] == "true") == (200, there)
        assert again.body == row.body or not there
        repeat = connection.ask("PUT", path, {"price": 3, "version": 3}, {"X-Request-ID": "second"})
        assert repeat.status == 422


@pytest.mark.parametrize("piece", [1, 2, 3])
def test_killed_while_seeding(make_node, piece):
    node = make_node()
    node.start(env={"ATOLL_FAULT": f"seed.piece:{piece}"}, ready=False)
    assert node.wait_for_exit() == -signal.SIGKILL
    node.start()
    assert seeded_wholly(node)


def test_killed_while_starting(make_node, chance, store):
    """Anywhere between the process's start and its readiness."""
    for _ in range(max(1, KILLS // (20 if store == "postgres" else 10))):
        node = make_node()
        file = node.folder / "data" / "us.db"
        node.start(ready=False)
        with contextlib.suppress(AssertionError):  # it may be done before it is that far
            if node.database_url:
                rows = chance.choice([-1, 0, 1, 500, 1500, 2500])
                wait_until(lambda: rows_seeded(node) >= rows, 2)
            else:
                size = chance.choice([0, 1, 4096, 100_000, 400_000, 700_000])
                wait_until(lambda: file.exists() and size_of(file) >= size, 2)
        node.kill()
        node.start()
        assert seeded_wholly(node)
        node.stop()


def size_of(file):
    wal = file.with_name(file.name + "-wal")
    with contextlib.suppress(FileNotFoundError):
        return file.stat().st_size + wal.stat().st_size
    return 0


def rows_seeded(node):
    """-1 while there is no table."""
    table = psql(node.database_url, "SELECT to_regclass('properties')")
    return int(psql(node.database_url, "SELECT count(*) FROM properties")) if table else -1


def seeded_wholly(node):
    store_of(node).check()
    page = requests.get(f"{node.base_url}/us/properties?limit=1&count=true").json()
    written = requests.put(f"{node.base_url}/us/properties/3000", json={"price": 1, "version": 1})
    return page["total"] == 3000 and written.status_code == 200


def test_killed_again_and_again_without_a_write(node):
    before = requests.get(f"{node.base_url}/us/properties?limit=1000").text
    for _ in range(5):
        node.kill()
        node.start()
    assert requests.get(f"{node.base_url}/us/properties?limit=1000").text == before
    store_of(node).check()
