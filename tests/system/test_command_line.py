"""The commands: what they print, where, and with which exit status."""

import contextlib
import csv
import http.server
import json
import os
import re
import sqlite3
import threading

import pytest
import requests
from atoll import REPOSITORY, run_atoll

APP = "apps/property-listing.toml"


# ---- check ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("app, told", [
    ("property-listing", "2 nodes, 1 resource"), ("logistics", "4 nodes, 2 resources"),
    ("products", "1 node, 1 resource")])
def test_check_of_an_app_that_is_right(app, told):
    done = run_atoll("check", f"apps/{app}.toml")
    assert done.stdout == f"apps/{app}.toml  ok ({told})\n"
    assert done.stderr == ""


def test_check_says_all_that_is_wrong(tmp_path):
    text = (REPOSITORY / APP).read_text()
    text = text.replace("home_down =", "home_dwon =").replace('"int32?"', '"int23?"', 1)
    app = tmp_path / "app.toml"
    app.write_text(text.replace("property-listing.csv", str(tmp_path / "none.csv")))
    done = run_atoll("check", app, status=2)
    assert done.stdout == ""
    told = done.stderr.splitlines()
    assert len(told) >= 2
    line = 1 + text.split("home_dwon")[0].count("\n")
    assert any(one.startswith(f'{app}:{line}:1: unknown field "home_dwon"')
               and 'did you mean "home_down"?' in one for one in told)
    assert any('unknown type "int23" (did you mean "int32"?)' in one for one in told)


@pytest.mark.parametrize("command", ["check", "serve", "seed", "openapi"])
def test_an_app_file_that_is_not_there(command):
    done = run_atoll(command, "apps/nothing.toml", status=2)
    assert done.stdout == ""
    assert "apps/nothing.toml" in done.stderr


# ---- seed ----------------------------------------------------------------------------------------

def test_seed_fills_empty_stores_and_no_others(tmp_path):
    done = run_atoll("seed", APP, "--data", tmp_path)
    assert done.stdout == "us  3000 records\neu  3000 records\n"
    with (REPOSITORY / "apps" / "property-listing.csv").open() as file:
        wanted = [(int(row["id"]), row["region_origin"]) for row in csv.DictReader(file)]
    for node in ("us", "eu"):
        with contextlib.closing(sqlite3.connect(tmp_path / f"{node}.db")) as store:
            rows = store.execute("SELECT id, region_origin FROM properties ORDER BY id")
            assert rows.fetchall() == wanted
    with contextlib.closing(sqlite3.connect(tmp_path / "us.db")) as store:
        store.execute("DELETE FROM properties WHERE id = 7")
        store.commit()
    run_atoll("seed", APP, "--data", tmp_path, "--node", "us")
    with contextlib.closing(sqlite3.connect(tmp_path / "us.db")) as store:
        assert store.execute("SELECT count(*) FROM properties").fetchone() == (2999,)
    run_atoll("seed", APP, "--data", tmp_path, "--node", "us", "--fresh")
    with contextlib.closing(sqlite3.connect(tmp_path / "us.db")) as store:
        assert store.execute("SELECT count(*) FROM properties").fetchone() == (3000,)


def test_people_may_use_the_table_as_they_know_it(tmp_path):
    run_atoll("seed", APP, "--data", tmp_path, "--node", "us")
    with contextlib.closing(sqlite3.connect(tmp_path / "us.db")) as store:
        columns = [row[1] for row in store.execute("PRAGMA table_info(properties)")]
        assert columns[:7] == ["id", "price", "bedrooms", "bathrooms", "region_origin", "version",
                               "updated_at"]
        assert all(name.startswith("atoll_") for name in columns[7:])
        store.execute("INSERT INTO properties (id, price, region_origin) VALUES (5000, 1.5, 'us')")
        for wrong in ("price = -1", "price = 1.001", "price = NULL", "bedrooms = -1",
                      "bathrooms = 1001", "region_origin = 'usa'", "version = 0",
                      "updated_at = 'x'"):
            with pytest.raises(sqlite3.IntegrityError):
                store.execute(f"UPDATE properties SET {wrong} WHERE id = 5000")


def test_seed_of_a_node_that_the_app_does_not_have():
    assert "mars" in run_atoll("seed", APP, "--node", "mars", status=2).stderr


# ---- openapi -------------------------------------------------------------------------------------

@pytest.mark.parametrize("app", ["property-listing", "logistics", "products"])
def test_openapi_prints_the_document(app):
    done = run_atoll("openapi", f"apps/{app}.toml")
    assert json.loads(done.stdout)["openapi"].startswith("3.1")
    assert done.stderr == ""


def test_openapi_is_what_a_node_serves(base_url):
    document = run_atoll("openapi", APP).stdout
    assert requests.get(f"{base_url}/openapi.json").json() == json.loads(document)


# ---- health --------------------------------------------------------------------------------------

def test_health_of_a_node(base_url):
    for url in (base_url, f"{base_url}/", f"{base_url}/readyz", base_url.removeprefix("http://")):
        assert run_atoll("health", url).stdout == "ok\n"
    assert run_atoll("health", f"{base_url}/us/health").stdout == (
        '{"status":"ok","region":"us"}\n')
    run_atoll("health", f"{base_url}/mars/health", status=3)


def test_health_of_nobody():
    done = run_atoll("health", "http://127.0.0.1:1", status=3)
    assert "127.0.0.1:1" in done.stderr


def test_health_of_one_that_is_not_ready():
    class NotReady(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(503)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), NotReady)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        run_atoll("health", f"http://127.0.0.1:{server.server_port}", status=3)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# ---- cut -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("ends, told", [
    (("us", "us"), "a link has two ends: name another node than us as well"),
    (("us", "mars"), "property-listing has no node mars (it has us, eu)"),
    (("mars", "us"), "property-listing has no node mars (it has us, eu)")])
def test_cut_of_a_link_that_there_is_not(ends, told):
    done = run_atoll("cut", APP, *ends, status=2)
    assert (done.stdout, done.stderr) == ("", f"atoll: {told}\n")


# ---- usage ---------------------------------------------------------------------------------------

HELP = REPOSITORY / "tests/golden/help.txt"


def help_of(*words):
    """Of a command, and of all commands below it, as people would type it."""
    text = run_atoll(*words, "--help").stdout
    told = f"$ {' '.join(['atoll', *words])} --help\n{text}\n"
    for name in re.findall(r"^  (\S+)", text.partition("\nSubcommands:\n")[2].partition("\n\n")[0],
                           re.MULTILINE):
        told += help_of(*words, name)
    return told


def test_the_help_of_every_command():
    """To accept a change: ATOLL_WRITE_GOLDEN=1 ./test system -k help, and read the difference."""
    told = help_of()
    if os.environ.get("ATOLL_WRITE_GOLDEN"):
        HELP.write_text(told)
    assert told == HELP.read_text()


@pytest.mark.parametrize("command", ["", "serve", "check", "seed", "openapi", "health"])
def test_help_ends_with_examples(command):
    done = run_atoll(*command.split(), "--help")
    assert "Example" in done.stdout
    assert f"atoll {command}" in done.stdout.split("Example", 1)[1]


@pytest.mark.parametrize("arguments", [
    [], ["fly"], ["serve"], ["serve", APP, "--node", "mars"], ["serve", APP],
    ["serve", APP, "--node", "us", "--listen", "x"], ["serve", APP, "--colour", "red"],
    ["serve", APP, "--node", "us", "--log-level", "loud"], ["health"], ["health", "https://x"],
    ["serve", APP, "--node", "us", "--env-file", "/nothing.env"]])
def test_wrong_usage(arguments):
    done = run_atoll(*arguments, status=2, env={"PATH": ""})
    assert done.stdout == ""
    assert done.stderr


@pytest.mark.parametrize("typed, said", [
    ("statu", 'atoll: there is no command "statu" (did you mean "status"?)'),
    ("verfiy --json", 'atoll: there is no command "verfiy" (did you mean "verify"?)'),
    ("conflict list", 'atoll: there is no command "conflict" (did you mean "conflicts"?)'),
    ("conflicts lst", 'atoll conflicts: there is no command "lst" (did you mean "list"?)'),
    ("dead-letters replya x", 'atoll dead-letters: there is no command "replya" '
                              '(did you mean "replay"?)'),
    ("fly", 'atoll: there is no command "fly"')])
def test_a_command_that_there_is_not(typed, said):
    where = said.split(":")[0]
    done = run_atoll(*typed.split(), status=2)
    assert done.stderr == f"{said}; {where} --help lists them\n"


def test_the_version():
    assert run_atoll("--version").stdout.startswith("atoll ")
