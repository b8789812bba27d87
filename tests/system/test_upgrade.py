"""Stores that earlier builds left behind are opened, and nothing in them is lost or changed.
tests/upgrade/folders.py has made them."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys

import pytest
from atoll import BINARY, REPOSITORY, run_atoll, wait_until
from postgres import psql, psql_command

sys.path.insert(0, str(REPOSITORY / "tests/upgrade"))
import folders  # noqa: E402

STORES = ("sqlite", "postgres")
BUILDS = sorted(folder.name for folder in folders.HERE.iterdir() if (folder / "sqlite").is_dir())
# Twins count in versions since: a number that was shown never comes back.
TWIN_VERSION = 4


def load_sqlite(node, text):
    data = node.folder / "data"
    data.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(data / f"{node.name}.db")) as database:
        database.executescript(text)


def load_postgres(node, text):
    done = subprocess.run([*psql_command(node.database_url), "-f", "-"], input=text, text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.fixture(params=BUILDS)
def opened(request, store, tmp_path):
    """Both regions on what that build left, started; and what its API said."""
    left = folders.HERE / request.param / ("sqlite" if store == "mixed" else store)
    databases = None
    if store == "postgres":
        cluster = request.getfixturevalue("cluster")
        databases = {name: cluster.new_database() for name in folders.NAMES}
    nodes = folders.make_regions(tmp_path, BINARY, databases)
    with contextlib.ExitStack() as at_the_end:
        for name, node in nodes.items():
            load = load_postgres if databases else load_sqlite
            load(node, (left / f"{name}.sql").read_text(encoding="utf-8"))
            at_the_end.callback(node.clean_up)
            node.start(ready=False)
        for node in nodes.values():
            node.wait_ready()
        wait_until(lambda: all(folders.hears(node) for node in nodes.values()),
                   what="both hearing each other")
        yield nodes, json.loads((left / "said.json").read_text(encoding="utf-8"))


def with_new_versions(said):
    """What the API says today of what the earlier build said."""
    for item in said["parcels"]["items"]:
        if item["id"] == "twin":
            item["version"] = TWIN_VERSION
    said["parcels/twin"][2]["version"] = TWIN_VERSION
    said["conflicts"] = [as_listed_today(one) for one in json.loads(said["conflicts"])["items"]]
    return said


def as_listed_today(conflict):
    """Said of the two rows was which one the node had. Now it is which one lost."""
    detail = conflict["detail"]
    here, there, result = (detail[row] for row in ("here", "there", "result"))
    field, = detail["fields"]
    here_won = here["stamps"][field] == result["stamps"][field]
    kept, lost = (here, there) if here_won else (there, here)
    return conflict | {"id": None, "detail": {"fields": [field], "kept": kept, "lost": lost}}


def without_ids(conflicts):
    """And the ids, which no earlier build gave."""
    items = json.loads(conflicts)["items"]
    ids = [(one.pop("number"), one.pop("write"), one["id"])[1:] for one in items]
    return [one | {"id": None} for one in items], ids


def test_what_an_earlier_build_left_is_served_and_goes_on(opened):
    nodes, left = opened
    ids = []
    for name, node in nodes.items():
        now, then = folders.what_is_said(node), with_new_versions(left[name])
        assert folders.position(then["status"]) <= folders.position(now["status"])
        now["conflicts"], found = without_ids(now["conflicts"])
        ids.append(found)
        for said in (now, then):  # a store may have begun another life since
            said["status"].pop("applied")
        assert now == then
    assert ids[0] == ids[1] and len(ids[0]) == 1, "it is one for both nodes"
    its_requests_are_known(**nodes)
    its_records_are_written(**nodes)
    what_was_parked_is_applied(nodes)


def its_requests_are_known(us, eu):
    again = folders.ask("POST", us, "houses", json={"price": 100.25},
                        headers={"X-Request-ID": "make-house"})
    assert (again.status_code, again.json()["code"]) == (422, "duplicate_request")
    again = folders.write(eu, "PUT", "parcels/twin", {"items": 9, "label": "sold"},
                          **{folders.KEY: "sell"})
    assert again.headers["Idempotency-Replayed"] == "true"


def its_records_are_written(us, eu):
    twin = folders.write(us, "PUT", "parcels/twin", {"items": 10}).json()
    assert twin["version"] == TWIN_VERSION + 1
    carried_home = folders.write(eu, "PUT", "houses/101", {"price": 300, "version": 3}).json()
    assert carried_home["version"] == 4


def what_was_parked_is_applied(nodes):
    drop_what_refuses(nodes["eu"])
    urls = {name: url for name, url in nodes["us"].env.items() if name != "DATABASE_URL"}
    databases = {f"DATABASE_URL_{name.upper()}": node.database_url for name, node in nodes.items()
                 if node.database_url}
    environment = dict(os.environ) | urls | databases
    run_atoll("dead-letters", "replay", str(folders.APP), "eu/1", env=environment)
    wait_until(lambda: folders.level(nodes.values()), what="both being level")
    run_atoll("verify", str(folders.APP), env=environment)


def drop_what_refuses(node):
    if node.database_url:
        psql(node.database_url, "DROP TRIGGER theirs ON houses")
        return
    file, = (node.folder / "data").glob("*.db")
    with contextlib.closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as database:
        database.execute("DROP TRIGGER theirs")
