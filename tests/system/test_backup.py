"""`atoll backup` and `atoll restore`: a copy taken while the node serves, and put back."""

import json
import os
import shutil
import sqlite3
import threading

import pytest
from atoll import REPOSITORY, run_atoll
from postgres import psql
from regions import by_hand, get, put

STORES = ("sqlite", "postgres")
APP = "apps/property-listing.toml"


def command(verb, node, *more, status=0, env=()):
    """Of a node of a test's own, in its folder."""
    environment = dict(os.environ) | node.env | dict(env)
    return run_atoll(verb, node.app, "--node", node.name, "--data", node.folder / "data", *more,
                     status=status, env=environment)


def backup(node, file, *more, **options):
    return command("backup", node, file, *more, **options)


def restore(node, *more, **options):
    return command("restore", node, *more, **options)


def data_of(node):
    return node.folder / "data"


def price_of(node, key):
    return get(node, key).json()["price"]


@pytest.fixture
def copy(tmp_path):
    return tmp_path / "us.backup"


def test_a_copy_of_a_node_that_serves_goes_back(node, copy):
    assert put(node, 10, 111, 1).status_code == 200
    said = json.loads(backup(node, copy, "--json").stdout)
    origin = by_hand(node, "SELECT value FROM atoll_meta WHERE name = 'origin'",
                     "SELECT ledger->>'origin' FROM atoll_batches ORDER BY number DESC LIMIT 1")
    assert said == {"file": str(copy), "node": "us", "origin": origin,
                    "position": f"{origin}:1", "records": 3000, "bytes": copy.stat().st_size}
    assert put(node, 10, 222, 2).status_code == 200
    node.stop()
    said = restore(node, copy).stdout
    assert said.startswith(f"us  3000 records, up to {origin}:1\nWhat was there before is in ")
    node.start()
    assert price_of(node, 10) == 111


def test_a_copy_is_of_one_moment(node, copy):
    """Each turn writes one record and then another: no copy has the second one alone."""
    stopped = threading.Event()

    def write_both(turn):
        for key in (10, 11):
            assert put(node, key, turn, turn).status_code == 200

    def write():
        turn = 2
        while not stopped.is_set():
            write_both(turn)
            turn += 1

    write_both(1)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            before = price_of(node, 11)
            backup(node, copy, "--force")
            first, second = prices_in(copy, node, (10, 11))
            assert before <= second <= first <= second + 1
    finally:
        stopped.set()
        writer.join()


def prices_in(copy, node, keys):
    if not node.database_url:
        database = sqlite3.connect(f"file:{copy}?immutable=1", uri=True)
        return [float(database.execute("SELECT price FROM properties WHERE id = ?", [key])
                      .fetchone()[0]) for key in keys]
    url = node.database_url.rsplit("/", 1)
    psql(node.database_url, "DROP DATABASE IF EXISTS of_copy")
    psql(node.database_url, "CREATE DATABASE of_copy")
    there = f"{url[0]}/of_copy"
    psql(there, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    other = dict(node.env) | {"DATABASE_URL": there}
    restore(node, copy, env=other)
    return [float(psql(there, f"SELECT price FROM properties WHERE id = {key}")) for key in keys]


def test_a_copy_is_not_overwritten(node, copy):
    copy.write_text("somebody's letters")
    said = backup(node, copy, status=1)
    assert said.stderr == f"atoll: {copy} exists already: --force overwrites it\n"
    assert copy.read_text() == "somebody's letters"
    backup(node, copy, "--force")
    assert not list(copy.parent.glob("*.part*"))
    node.stop()
    restore(node, copy)


def test_a_store_in_use_is_not_replaced(node, copy):
    backup(node, copy)
    assert put(node, 10, 111, 1).status_code == 200
    said = restore(node, copy, status=1)
    assert "in use by" in said.stderr and "stop it first" in said.stderr
    assert price_of(node, 10) == 111
    node.restart()
    assert price_of(node, 10) == 111


def test_only_this_nodes_copies_go_back(make_node, copy):
    us, eu = make_node(name="us").start(), make_node(name="eu").start()
    backup(eu, copy)
    us.stop()
    said = restore(us, copy, status=1)
    assert said.stderr == f"atoll: {copy} is the store of the node eu, not of us\n"
    us.start()


@pytest.mark.parametrize(("old", "new", "why"), [
    ("bathrooms", "kitchens", 'no longer has the field "bathrooms"'),
    ('name = "properties"', 'name = "houses"',
     "is the store of another app: it has properties and nothing of this app"),
])
def test_only_this_apps_copies_go_back(node, copy, tmp_path, old, new, why):
    backup(node, copy)
    node.stop()
    other = tmp_path / "other.toml"
    other.write_text((REPOSITORY / APP).read_text().replace(old, new))
    node.app = str(other)
    said = restore(node, copy, status=1, env={"SEED": "none"})
    assert why in said.stderr


@pytest.mark.parametrize("text", ["", "no copy of anything" * 1000])
def test_what_is_no_copy_is_refused(node, copy, text):
    assert put(node, 10, 111, 1).status_code == 200
    node.stop()
    copy.write_text(text)
    said = restore(node, copy, status=1)
    assert str(copy) in said.stderr
    node.start()
    assert price_of(node, 10) == 111


def test_a_copy_that_does_not_exist(node, copy):
    node.stop()
    assert str(copy) in restore(node, copy, status=1).stderr
    assert "say which copy to put back" in restore(node, status=2).stderr


def test_what_was_there_is_kept(node, copy):
    backup(node, copy)
    assert put(node, 10, 222, 1).status_code == 200
    node.kill()  # its last write may be in the -wal alone
    kept = restore(node, copy).stdout.partition("What was there before is in ")[2].split(".\n")[0]
    node.start()
    assert price_of(node, 10) == 300780.89
    node.stop()
    restore(node, kept, "--force")
    node.start()
    assert price_of(node, 10) == 222
    assert len(list(data_of(node).glob("*.before-restore-*"))) == 1


def test_each_restore_keeps_what_it_found(node, copy):
    backup(node, copy)
    node.stop()
    for _ in range(3):
        restore(node, copy)
    assert len(list(data_of(node).glob("*.before-restore-*"))) == 3


def test_alone_is_one_file(node):
    """The node takes it; its store and its mark are left as they are, also while it serves."""
    mark = data_of(node) / "marks" / "us.mark"
    before = mark.read_bytes() if mark.exists() else None
    said = restore(node, "--alone").stdout
    assert "goes on without eu" in said
    assert (mark.read_bytes() if mark.exists() else None) == before
    assert get(node, 10).status_code == 200


def test_a_restore_leaves_the_mark_alone(node, copy):
    backup(node, copy)
    node.stop()
    [mark] = (data_of(node) / "marks").iterdir()
    before = mark.read_bytes(), mark.stat().st_ino
    restore(node, copy)
    assert (mark.read_bytes(), mark.stat().st_ino) == before
    assert list(mark.parent.iterdir()) == [mark]


def test_a_bare_copy_of_the_file_is_refused_and_says_why(on_sqlite, node, copy):
    """What everybody tries first: the writes are in us.db-wal."""
    shutil.copy(data_of(node) / "us.db", copy)
    assert copy.stat().st_size == 4096
    node.stop()
    said = restore(node, copy, status=1)
    assert "is not a store of Atoll; a bare copy of" in said.stderr
    assert "take copies with `atoll backup`" in said.stderr


def test_there_is_no_store(on_sqlite, tmp_path, copy):
    said = run_atoll("backup", APP, copy, "--node", "us", "--data", tmp_path, status=1)
    assert f"there is no store {tmp_path}/us.db" in said.stderr
    assert not copy.exists()


def test_a_copy_goes_into_an_empty_folder(on_sqlite, node, copy):
    """A new machine."""
    assert put(node, 10, 111, 1).status_code == 200
    backup(node, copy)
    node.stop()
    shutil.rmtree(data_of(node))
    said = restore(node, copy).stdout
    assert "What was there before" not in said
    node.start()
    assert price_of(node, 10) == 111


def test_a_copy_of_the_other_kind_of_store(node, copy):
    backup(node, copy)
    node.stop()
    other = {"DATABASE_URL": "" if node.database_url else "postgresql://nobody@127.0.0.1:1/nowhere"}
    said = restore(node, copy, status=1, env=other)
    assert said.stderr.startswith(f"atoll: {copy} is a copy of a")


def test_no_password_is_said(node, copy, tmp_path):
    """Not even when the database cannot be reached."""
    if not node.database_url:
        pytest.skip("SQLite has no password")
    url = node.database_url.replace("postgres@", "postgres:a-secret@")
    said = backup(node, copy, env={"DATABASE_URL": url})
    assert "a-secret" not in said.stdout + said.stderr
    wrong = url.rsplit("/", 1)[0] + "/nowhere"
    said = backup(node, tmp_path / "other", env={"DATABASE_URL": wrong}, status=1)
    assert "a-secret" not in said.stderr and "nowhere" in said.stderr
