"""`atoll conflicts`: what lost against a write that its writer had not seen, listed once for all
nodes, shown, and settled. And what is so now: values taken twice, references to what is gone."""

import itertools
import json
import subprocess

import pytest
import requests
from atoll import BINARY, wait_until
from ports import free_ports
from regions import (JSON, NEVER_SILENT, TIMEOUT, Regions, are_level, by_hand, get, metric, put,
                     status, table)

STORES = ("sqlite", "postgres")


@pytest.fixture
def regions(make_node, tmp_path):
    """us and eu, with the conflict that two writes have made while they were cut."""
    made = Regions(make_node, tmp_path)
    made.start("us", "eu")
    made.cut("us", "eu")
    for node, price in zip(made.nodes, (111, 222)):
        assert put(node, 20, price, 1).status_code == 200
    made.cut("us", "eu", off=False)
    wait_until(lambda: are_level(*made.nodes), what="one row again")
    return made


def conflicts(regions, verb, *more):
    return subprocess.run([BINARY, "conflicts", verb, regions.app, *more], text=True,
                          env=regions.environment, capture_output=True, timeout=180, check=False)


def listed(regions, *more):
    done = conflicts(regions, "list", *more)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def ids_at(node, **asked):
    page = requests.get(f"{node.base_url}/_atoll/conflicts", params=asked, timeout=60).json()
    assert "next" not in page
    return {one["id"] for one in page["items"]}


def test_one_that_two_nodes_found_is_listed_once_and_shown(regions):
    [line] = listed(regions)
    name, _, record, kind, field = line.split()
    assert (record, kind, field) == ("properties/20", "fields", "price")
    assert ids_at(regions["us"]) == ids_at(regions["eu"]) == {name}
    done = conflicts(regions, "show", name)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"conflict   {name}\nrecord     properties/20\n")
    assert "state      open\n" in done.stdout
    price, = (line.split() for line in done.stdout.splitlines() if line.startswith("  price"))
    kept = f"{get(regions['us'], 20).json()['price']:.2f}"
    lost, = {"111.00", "222.00"} - {kept}
    writers = {"111.00": "us,", "222.00": "eu,"}
    assert price[1:3] + price[4:6] == [kept, writers[kept], lost, writers[lost]]
    [whole] = listed(regions, "--json")
    assert json.loads(whole)["nodes"] == ["us", "eu"]
    assert whole == conflicts(regions, "show", name, "--json").stdout.strip()
    assert conflicts(regions, "show", "eu/1", "--json").stdout.strip() == whole


def test_one_that_is_not_there(regions):
    asked = [("show", name) for name in ("eu/4711", "us/0", "mars/1", "eu/x", "eu/-1", "eu",
                                         "nonsense", "0123456789abcdef0123")]
    for verb, name, *more in [*asked, ("resolve", "nonsense", "--keep", "kept")]:
        done = conflicts(regions, verb, name, *more)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"there is no conflict {name}; `atoll conflicts list " in done.stderr


def test_a_node_that_there_is_not_has_no_list(regions):
    done = conflicts(regions, "list", "--node", "mars")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no node mars (it has us, eu)" in done.stderr


def test_a_node_that_is_away_is_named(regions):
    before = listed(regions)
    regions["eu"].stop()
    done = conflicts(regions, "list")
    assert done.returncode == 3
    assert [line.split()[0] for line in done.stdout.splitlines()] == [before[0].split()[0]]
    assert "atoll: eu: " in done.stderr
    assert conflicts(regions, "show", "eu/1").returncode == 3


def test_some_are_asked_for(regions):
    for nothing in (("--kind", "life"), ("--since", "2031-01-01T00:00:00Z")):
        assert not listed(regions, *nothing)
    for all_of_them in (("--kind", "fields"), ("--resource", "properties"), ("--since", "1h"),
                        ("--node", "eu")):
        assert len(listed(regions, *all_of_them)) == 1
    done = conflicts(regions, "list", "--resource", "houses")
    assert (done.returncode, done.stdout) == (2, "")
    assert "resource can't be houses" in done.stderr


def test_a_person_keeps_what_was_kept(regions):
    [name] = ids_at(regions["us"])
    before = get(regions["us"], 20).json()
    done = conflicts(regions, "resolve", name, "--keep", "kept")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: are_level(*regions.nodes), what="both having the write")
    after = get(regions["eu"], 20).json()
    assert (after["price"], after["version"]) == (before["price"], before["version"] + 1)
    is_settled_on_all(regions, name, done.stdout.split()[-1])
    again = conflicts(regions, "resolve", name, "--keep", "lost")
    assert again.stdout == done.stdout.replace("settled by", "it was settled before, by")


def is_settled_on_all(regions, name, by):
    assert not listed(regions)
    assert listed(regions, "--all")[0].endswith(f"  settled by {by}")
    for node in regions.nodes:
        assert ids_at(node) == {name} and not ids_at(node, open="true")
        assert status(node)["conflicts"] == metric(node, "atoll_conflicts_open") == 0
        assert metric(node, "atoll_conflicts_total") == 1


def test_a_person_keeps_what_was_lost(regions):
    [name] = ids_at(regions["us"])
    lost = {111, 222} - {get(regions["us"], 20).json()["price"]}
    done = conflicts(regions, "resolve", name, "--keep", "lost", "--json")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: are_level(*regions.nodes), what="both having the write")
    assert {get(node, 20).json()["price"] for node in regions.nodes} == lost
    is_settled_on_all(regions, name, json.loads(done.stdout)["settled"])


# ---- many ----------------------------------------------------------------------------------------

def test_all_pages_are_listed(regions):
    columns = "(resource, key, at, kind, detail, name)"
    values = "'properties', n, 5, 'fields', '{\"fields\":[]}', printf('%020x', n)"
    numbers = "WITH RECURSIVE n(n) AS (VALUES (100) UNION ALL SELECT n + 1 FROM n WHERE n < 2599)"
    insert = f"INSERT INTO atoll_conflicts {columns}"
    by_hand(regions["us"], f"{insert} {numbers} SELECT {values} FROM n",
            f"{insert} SELECT 'properties', n::text, now(), 'fields',"
            " '{\"fields\":[]}', lpad(to_hex(n), 20, '0') FROM generate_series(100, 2599) AS n")
    assert len(listed(regions)) == 2501
    assert status(regions["us"])["conflicts"] == 2501
    page = requests.get(f"{regions['us'].base_url}/_atoll/conflicts?limit=7", timeout=60).json()
    assert (len(page["items"]), page["next"]) == (7, page["items"][-1]["number"])


# ---- of four -------------------------------------------------------------------------------------

NAMES = ("us", "eu", "ap", "sa")


@pytest.fixture
def four(make_node, tmp_path):
    made = Regions(make_node, tmp_path, names=NAMES)
    made.start(*NAMES)
    return made


def apart(regions, off):
    for a, b in itertools.combinations(NAMES, 2):
        regions.cut(a, b, off)


def delete(node, key, version):
    return requests.delete(f"{node.base_url}/properties/{key}?version={version}", timeout=60)


def test_what_four_regions_did_apart_is_listed_once_each(four):
    apart(four, True)
    for price, name in enumerate(("us", "eu", "ap"), 101):
        assert put(four[name], 20, price, 1).status_code == 200
    assert delete(four["us"], 21, 1).status_code == 204
    assert put(four["sa"], 21, 300, 1).status_code == 200
    apart(four, False)
    wait_until(lambda: are_level(*four.nodes), what="all level")
    kinds = sorted(line.split()[2:] for line in listed(four))
    assert kinds == [["properties/20", "fields", "price"]] * 2 + [["properties/21", "life"]]
    ids = {frozenset(ids_at(node)) for node in four.nodes}
    assert len(ids) == 1, "each node lists the same"
    for name in sorted(next(iter(ids))):
        kept = conflicts(four, "resolve", name, "--keep", "lost")
        assert kept.returncode == 0, kept.stderr
    wait_until(lambda: are_level(*four.nodes), what="all level again")
    assert not listed(four)
    assert {get(node, 21).json()["price"] for node in four.nodes} == {300}


# ---- what is so now ------------------------------------------------------------------------------

SHOP = """
[app]
name = "shop"

[[node]]
name = "us"
listen = "127.0.0.1:0"
url = "${US_URL:-}"

[[node]]
name = "eu"
listen = "127.0.0.1:0"
url = "${EU_URL:-}"

[serve]
store = "${DATABASE_URL:-}"

[[resource]]
name = "shelves"

[resource.fields]
id = { type = "text(20)", key = "client" }
place = { type = "text(20)" }

[[resource]]
name = "goods"
one = "good"

[resource.fields]
id = { type = "text(20)", key = "client" }
code = { type = "text(20)?", unique = true }
shelf = { type = "text(20)?", refers_to = "shelves" }
left = { type = "int32", merge = "counter", min = 0, default = 5 }
"""


class Shop(Regions):
    def __init__(self, make_node, folder):
        file = folder / "shop.toml"
        file.write_text(SHOP + table("links", NEVER_SILENT), encoding="utf-8")
        self.app = str(file)
        ports = dict(zip(("us", "eu"), free_ports(2)))
        self.urls = {f"{n.upper()}_URL": f"http://127.0.0.1:{p}" for n, p in ports.items()}
        self.by_name = {}
        for name, port in ports.items():
            node = make_node(name=name, app=self.app, env=self.urls, alone=False)
            node.port = port
            self.by_name[name] = node


@pytest.fixture
def shop(make_node, tmp_path):
    made = Shop(make_node, tmp_path)
    made.start("us", "eu")
    return made


def ask(node, method, path, status_code, **body):
    answer = requests.request(method, f"{node.base_url}/{path}", timeout=TIMEOUT, headers=JSON,
                              data=json.dumps(body) if body else None)
    assert answer.status_code == status_code, answer.text
    return answer


def level(shop):
    wait_until(lambda: are_level(*shop.nodes), what="both level")
    assert ids_at(shop["us"]) == ids_at(shop["eu"])
    return {one.split()[3]: one.split()[0] for one in listed(shop)}


def test_what_is_so_now_is_listed_until_it_is_so_no_longer(shop):
    us, eu = shop.nodes
    ask(us, "POST", "shelves", 201, id="s1", place="left")
    ask(us, "POST", "goods", 201, id="g0", code="A0")
    assert not level(shop)
    shop.cut("us", "eu")
    ask(us, "POST", "goods", 201, id="g1", code="A1", shelf="s1")
    ask(eu, "POST", "goods", 201, id="g2", code="A1")
    ask(eu, "DELETE", "shelves/s1", 204)
    for node in shop.nodes:
        ask(node, "PUT", "goods/g0", 200, left=1)
    shop.cut("us", "eu", off=False)
    found = level(shop)
    assert set(found) == {"unique", "dangling", "counter"}
    for node in shop.nodes:
        assert status(node)["conflict_kinds"] == dict.fromkeys(found, 1)

    unique = json.loads(conflicts(shop, "show", found["unique"], "--json").stdout)
    assert unique["key"] == "g1" and unique["detail"]["records"] == ["goods/g1", "goods/g2"]
    done = conflicts(shop, "resolve", found["unique"], "--keep", "lost")
    assert done.returncode == 0, done.stderr
    assert set(level(shop)) == {"dangling", "counter"}
    codes = [ask(eu, "GET", f"goods/{id}", 200).json()["code"] for id in ("g1", "g2")]
    assert codes == [None, "A1"]

    dangling = conflicts(shop, "show", found["dangling"]).stdout
    assert "record     shelves/s1\n" in dangling and "records    goods/g1\n" in dangling
    conflicts(shop, "resolve", found["dangling"], "--keep", "lost")
    assert set(level(shop)) == {"counter"}
    assert ask(us, "GET", "shelves/s1", 200).json()["place"] == "left"

    counter = json.loads(conflicts(shop, "show", found["counter"], "--json").stdout)
    assert (counter["key"], counter["detail"]["sum"]) == ("g0", -3)
    refused = conflicts(shop, "resolve", found["counter"], "--keep", "lost")
    assert refused.returncode == 1 and "nothing of it is lost" in refused.stderr
    conflicts(shop, "resolve", found["counter"], "--keep", "kept")
    assert not level(shop)
    ask(us, "PUT", "goods/g0", 200, left=1)
    assert ask(us, "GET", "goods/g0", 200).json()["left"] == 1


def test_what_both_add_while_they_are_apart_all_counts(shop):
    us, eu = shop.nodes
    ask(us, "POST", "goods", 201, id="g0", left=100)
    level(shop)
    shop.cut("us", "eu")
    for node, amounts in ((us, (-3, -4, 10)), (eu, (-5, -6))):
        for amount in amounts:
            ask(node, "PATCH", "goods/g0", 200, left={"add": amount})
    shop.cut("us", "eu", off=False)
    assert not level(shop)
    for node in shop.nodes:
        assert ask(node, "GET", "goods/g0", 200).json()["left"] == 92


def test_what_is_so_now_ends_with_a_change_by_anybody(shop):
    us, eu = shop.nodes
    ask(us, "POST", "shelves", 201, id="s1", place="left")
    level(shop)
    shop.cut("us", "eu")
    ask(us, "POST", "goods", 201, id="g1", code="A1", shelf="s1")
    ask(eu, "POST", "goods", 201, id="g2", code="A1")
    ask(eu, "DELETE", "shelves/s1", 204)
    shop.cut("us", "eu", off=False)
    assert set(level(shop)) == {"unique", "dangling"}
    ask(us, "DELETE", "goods/g2", 204)
    ask(eu, "PUT", "goods/g1", 200, shelf=None)
    assert not level(shop)
    for node in shop.nodes:
        assert status(node)["conflicts"] == 0


# A store that has not listed them begins with what is there.
def test_what_was_so_before_is_found(shop):
    us, eu = shop.nodes
    shop.cut("us", "eu")
    ask(us, "POST", "goods", 201, id="g1", code="A1")
    ask(eu, "POST", "goods", 201, id="g2", code="A1")
    shop.cut("us", "eu", off=False)
    found = level(shop)
    us.stop()
    for change in ("DELETE FROM atoll_conflicts", "DELETE FROM atoll_meta WHERE name = 'shared'"):
        by_hand(us, change)
    us.start()
    assert level(shop) == found
