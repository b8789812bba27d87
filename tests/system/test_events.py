"""Events: who did what, where, when, under which operation's name; the same list on all servers."""

import json
import pathlib
import subprocess

import pytest
import requests
from atoll import BINARY, wait_until
from regions import NEVER_SILENT, TIMEOUT, Regions, are_level, by_hand, get, put

STORES = ("sqlite", "postgres")
YEAR = {"events_seconds": 366 * 24 * 3600}


def page_of(url, secret="", **asked):
    headers = {"Atoll-Peer-Secret": secret} if secret else {}
    return requests.get(f"{url}/_atoll/events", params=asked, headers=headers, timeout=60)


def events(url, **asked):
    """All pages."""
    found = []
    while True:
        answer = page_of(url, **asked)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if "next" not in answer.json():
            return found
        asked["cursor"] = answer.json()["next"]


def on_all(urls, count):
    """The list, once each server has so many."""
    wait_until(lambda: all(len(events(url)) == count for url in urls), what=f"{count} events")
    first, *others = [events(url) for url in urls]
    assert all(other == first for other in others)
    return first


# ---- four servers --------------------------------------------------------------------------------

def ask(method, url, operation, body=None, **headers):
    return requests.request(method, url, json=body, timeout=TIMEOUT,
                            headers=headers | {"operation-name": operation})


def walk(urls):
    """A warehouse and a shipment, written on all four; what is refused between."""
    at = {name: f"{url}/api/v1" for name, url in urls.items()}
    made = ask("POST", f"{at['A']}/warehouses/", "create-warehouse-server-a",
               {"name": "Main", "location": "New York, NY"}, **{"X-Request-ID": "a1"})
    assert made.status_code == 201, made.text
    again = ask("POST", f"{at['A']}/warehouses/", "create-warehouse-server-a",
                {"name": "Main", "location": "New York, NY"}, **{"X-Request-ID": "a1"})
    assert again.status_code == 422
    warehouse = f"warehouses/{made.json()['id']}"
    wait_until(lambda: ask("GET", f"{at['B']}/{warehouse}", "look").status_code == 200,
               what="B having it")
    sent = {"tracking_number": "T1", "origin": "a", "destination": "b", "weight": 1.50,
            "status": "pending", "warehouse_id": made.json()["id"]}
    shipment = ask("POST", f"{at['B']}/shipments/", "ship", sent)
    assert shipment.status_code == 201, shipment.text
    assert ask("POST", f"{at['B']}/shipments/", "ship", sent | {"weight": -1}).status_code == 422
    for name in "CD":
        wait_until(lambda url=at[name]: ask("GET", f"{url}/{warehouse}", "look").status_code == 200,
                   what=f"{name} having it")
    changed = ask("PUT", f"{at['C']}/{warehouse}", "move", {"location": "Boston, MA"})
    assert changed.status_code == 200, changed.text
    wait_until(lambda: ask("GET", f"{at['D']}/{warehouse}", "look").json()["location"] ==
               "Boston, MA", what="D having the change")
    wait_until(lambda: ask("GET", f"{at['D']}/shipments/{shipment.json()['id']}",
                           "look").status_code == 200, what="D having the shipment")
    gone = ask("DELETE", f"{at['D']}/shipments/{shipment.json()['id']}", "scrap",
               **{"Idempotency-Key": "k1"})
    assert gone.status_code == 200, gone.text
    return made.json()["id"], shipment.json()["id"], sent


@pytest.mark.parametrize("servers", [NEVER_SILENT], indirect=True, ids=["never silent"])
def test_all_four_list_who_did_what(servers, on_sqlite):
    warehouse, shipment, sent = walk(servers.urls)
    listed = on_all(servers.urls.values(), 4)
    told = [[one[name] for name in ("server", "kind", "resource", "key", "operation", "version")]
            for one in listed]
    assert told == [
        ["A", "create", "warehouses", str(warehouse), "create-warehouse-server-a", 1],
        ["B", "create", "shipments", str(shipment), "ship", 1],
        ["C", "update", "warehouses", str(warehouse), "move", 2],
        ["D", "delete", "shipments", str(shipment), "scrap", 2]]
    assert [one["inputs"] for one in listed] == [
        {"name": "Main", "location": "New York, NY"}, sent, {"location": "Boston, MA"}, {}]
    assert [one.get("request_id") for one in listed] == ["a1", None, None, None]
    assert listed[3]["idempotency_key"] == "k1"
    assert [one["at"] for one in listed] == sorted(one["at"] for one in listed)
    assert listed[0]["write"].startswith("A.") and listed[0]["write"].endswith(":1")

    some = {"server": "B", "operation": "ship", "resource": "shipments"}
    for name, value in some.items():
        wanted = [one for one in listed if one[name] == value]
        assert events(servers.urls["C"], **{name: value}) == wanted
    assert events(servers.urls["C"], resource="warehouses", key=warehouse) == listed[::2]
    assert events(servers.urls["C"], since=listed[2]["at"]) == listed[2:]
    assert events(servers.urls["C"], limit=1) == listed, "page by page"
    for wrong in ({"key": "1"}, {"resource": "houses"}, {"since": "noon"}, {"cursor": "x"},
                  {"limit": 0}, {"limit": 1001}, {"server": ""}, {"what": "else"},
                  {"resource": "shipments", "key": "x"}):
        assert page_of(servers.urls["C"], **wrong).status_code == 400, wrong

    def printed(*more):
        done = servers.atoll("events", servers.app, *more)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    assert [json.loads(line) for line in printed("--json")] == listed
    assert printed("--node", "D", "--key", str(warehouse), "--resource", "warehouses") == [
        f"{one['at']}  {one['server']}  {one['kind']}  warehouses/{warehouse}  v{one['version']}"
        f"  {one['operation']}  " + json.dumps(one["inputs"], separators=(",", ":"))
        for one in listed[::2]]
    assert len(printed("--limit", "3")) == 3
    assert not printed("--server", "A", "--operation", "move")
    assert len(printed("--since", "1h")) == 4
    assert requests.get(f"{servers.base}/_atoll/events", timeout=60).status_code == 404
    # A server that was away when others wrote, and one that starts again.
    servers.tell("stop", "B")
    assert ask("PUT", f"{servers.urls['A']}/api/v1/warehouses/{warehouse}", "rename",
               {"name": "Old"}).status_code == 200
    assert printed("--node", "A")[-1].endswith('  rename  {"name":"Old"}')
    servers.tell("start", "B")
    servers.tell("restart", "C")
    assert on_all(servers.urls.values(), 5)[:4] == listed


# ---- two regions ---------------------------------------------------------------------------------

@pytest.fixture
def regions(make_node, tmp_path):
    made = Regions(make_node, tmp_path, **YEAR)
    made.start("us", "eu")
    made.both = [node.base_url for node in made.nodes]
    return made


def test_a_write_that_its_home_decides_is_the_homes(regions):
    assert put(regions["eu"], 10, 100, 1, **{"X-Request-ID": "r1"}).status_code == 200
    [one] = on_all(regions.both, 1)
    assert (one["server"], one["request_id"]) == ("us", "r1")
    assert one["inputs"] == {"price": 100, "version": 1}
    assert put(regions["eu"], 10, 100, 1).status_code == 409
    assert on_all(regions.both, 1) == [one]
    patched = requests.patch(f"{regions['eu'].base_url}/properties/10", timeout=60,
                             json={"bedrooms": 5, "version": 2})
    assert patched.status_code == 200, patched.text
    assert on_all(regions.both, 2)[1]["inputs"] == {"bedrooms": 5, "version": 2}


def test_pages_neither_miss_nor_repeat_while_others_write(regions):
    for version in range(1, 11):
        assert put(regions["us"], 10, version, version).status_code == 200
    before = on_all(regions.both, 10)
    found, asked = [], {"limit": 3}
    for key in range(1501, 1521):
        page = page_of(regions["us"].base_url, **asked).json()
        found += page["items"]
        assert put(regions["eu"], key, 5, 1).status_code == 200
        if "next" not in page:
            break
        asked["cursor"] = page["next"]
    else:
        wait_until(lambda: len(events(regions["us"].base_url)) == 30, what="all writes")
        found += events(regions["us"].base_url, **asked)
    assert found[:10] == before
    assert len({one["write"] for one in found}) == len(found)


def test_one_request_that_took_effect_twice_is_listed_once(regions):
    regions.cut("us", "eu")
    for node in regions.nodes:
        assert put(node, 10, 100, 1, **{"Idempotency-Key": "k1"}).status_code == 200
    assert [len(events(url)) for url in regions.both] == [1, 1]
    regions.cut("us", "eu", off=False)
    wait_until(lambda: are_level(*regions.nodes), what="one row again")
    [one] = on_all(regions.both, 1)
    assert one["idempotency_key"] == "k1"


def test_they_are_there_after_a_crash(regions):
    for version in (1, 2):
        assert put(regions["us"], 10, version, version).status_code == 200
    before = on_all(regions.both, 2)
    for node in regions.nodes:
        node.kill()
    regions.start("us", "eu")
    assert on_all(regions.both, 2) == before


def write_until(node, happened, what):
    """Writes to one record; how often."""
    written = 0

    def write_and_look():
        nonlocal written
        written += 1
        assert put(node, 10, written, written).status_code == 200
        return happened(written)

    wait_until(write_and_look, what=what)
    return written


def test_they_go_by_bytes_and_the_log_stays(make_node, tmp_path):
    regions = Regions(make_node, tmp_path, events_bytes_max=4096)
    us = regions["us"].start()
    written = write_until(us, lambda _: events(us.base_url)[0]["version"] > 2, "events going")
    answer = page_of(us.base_url).json()
    versions = [one["version"] for one in answer["items"]]
    assert versions == list(range(versions[0], written + 2)), "the oldest went"
    assert answer["from"] == answer["items"][0]["at"]
    assert int(by_hand(us, "SELECT count(*) FROM atoll_log")) == written
    us.restart()
    assert events(us.base_url)[-1]["version"] == written + 1


def test_a_node_that_takes_a_snapshot_takes_the_events(make_node, tmp_path):
    regions = Regions(make_node, tmp_path, log_bytes_max=4096, **YEAR)
    us = regions["us"].start()
    written = write_until(
        us, lambda count: int(by_hand(us, "SELECT count(*) FROM atoll_log")) < count,
        "the log being trimmed")
    regions["eu"].start()
    listed = on_all([node.base_url for node in regions.nodes], written)
    assert [one["version"] for one in listed] == list(range(2, written + 2))
    assert put(us, 10, 1, written + 1).status_code == 200
    on_all([node.base_url for node in regions.nodes], written + 1)


def test_another_programs_sql_is_one_with_the_fields_that_it_wrote(make_node, tmp_path, store):
    if store != "postgres":
        pytest.skip("nobody else writes into a file")
    regions = Regions(make_node, tmp_path, env={"CAPTURE": "trigger"}, **YEAR)
    regions.start("us", "eu")
    by_hand(regions["us"], "", "UPDATE properties SET price = 5 WHERE id = 10")
    [one] = on_all([node.base_url for node in regions.nodes], 1)
    assert (one["server"], one["kind"], one["key"], one["version"]) == ("us", "update", "10", 2)
    assert one["fields"] == ["price"] and "inputs" not in one


def test_an_app_without_them_says_so(make_node, tmp_path):
    regions = Regions(make_node, tmp_path)
    us = regions["us"].start()
    assert put(us, 10, 1, 1).status_code == 200
    answer = page_of(us.base_url)
    assert answer.status_code == 404 and "events_seconds" in answer.text
    done = subprocess.run([BINARY, "events", regions.app, "--node", "us"], text=True,
                          env=regions.environment, capture_output=True, timeout=180, check=False)
    assert done.returncode == 1 and "events_seconds" in done.stderr
    assert by_hand(us, "SELECT count(*) FROM atoll_events") == "0"
    # From the start with them on.
    app = pathlib.Path(regions.app)
    app.write_text(app.read_text(encoding="utf-8") + "events_seconds = 1000\n", encoding="utf-8")
    us.restart()
    assert put(us, 10, 2, 2).status_code == 200
    answer = page_of(us.base_url).json()
    assert [one["version"] for one in answer["items"]] == [3]
    assert answer["from"] <= answer["items"][0]["at"]
    assert get(us, 10).json()["version"] == 3
