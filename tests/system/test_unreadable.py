"""A record of which something outside has damaged what is stored: everything else goes on, and it
is taken from a peer, or taken out."""

import json

import requests
from answers import problem
from atoll import run_atoll, wait_until
from lives import DAMAGE
from regions import Regions, are_level, by_hand, get, metric, put, status

STORES = ("sqlite", "postgres")


def damage(node, key):
    by_hand(node, DAMAGE.format(key))


def listed(node, query):
    answer = requests.get(f"{node.base_url}/properties?{query}", timeout=60)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["items"]], answer


def is_unreadable(answer):
    problem(answer, 500, "record_unreadable")
    assert "Retry-After" not in answer.headers


def test_what_is_damaged_is_left_out_and_taken_from_a_peer(make_node, tmp_path):
    regions = Regions(make_node, tmp_path)
    regions.start("us", "eu")
    us, eu = regions["us"], regions["eu"]
    assert put(us, 10, 7, 1).status_code == 200
    wait_until(lambda: are_level(us, eu), what="the write in eu")
    damage(us, 10)
    is_unreadable(get(us, 10))
    is_unreadable(put(us, 10, 8, 2))
    is_unreadable(requests.delete(f"{us.base_url}/properties/10?version=2", timeout=60))
    first, page = listed(us, "limit=10")
    assert first == [1, 2, 3, 4, 5, 6, 7, 8, 9, 11]
    assert page.headers["Atoll-Unreadable"] == "1"
    second, page = listed(us, "limit=5&cursor=" + page.json()["next"])
    assert (second, "Atoll-Unreadable" in page.headers) == ([12, 13, 14, 15, 16], False)
    assert metric(us, "atoll_unreadable_records_total") >= 4
    said = run_atoll("verify", regions.app, status=3, env=regions.environment).stdout
    assert "properties/10   us's cannot be read: `atoll repair`" in said
    answer = put(eu, 10, 9, 2)
    assert (answer.status_code, answer.headers.get("Atoll-In-Stead")) == (200, "us")
    assert put(eu, 2000, 9, 1).status_code == 200
    wait_until(lambda: get(us, 2000).json()["version"] == 2 and status(us)["dead"] == 1,
               what="the change of another record, and that of this one being parked")
    said = run_atoll("repair", regions.app, "--node", "us", env=regions.environment).stdout
    assert said == "us  properties/10  taken from eu\n"
    assert get(us, 10).json() == get(eu, 10).json()
    wait_until(lambda: status(us)["dead"] == 0 and are_level(us, eu), what="both being equal")
    assert put(us, 10, 10, 3).status_code == 200
    run_atoll("verify", regions.app, env=regions.environment)
    assert run_atoll("repair", regions.app, env=regions.environment).stdout == ""


def test_what_nobody_has_is_taken_out(make_node, tmp_path):
    regions = Regions(make_node, tmp_path)
    us = regions["us"].start()
    made = requests.post(f"{us.base_url}/properties", json={"price": 12.5}, timeout=60).json()
    key = made["id"]
    records = status(us)["resources"]["properties"]["records"]
    damage(us, key)
    only_us = ("repair", regions.app, "--node", "us")
    said = run_atoll(*only_us, status=3, env=regions.environment).stdout
    assert said.startswith(f"us  properties/{key}  left: no peer ")
    is_unreadable(get(us, key))
    file = tmp_path / "damaged.jsonl"
    said = run_atoll(*only_us, "--take-out", str(file), env=regions.environment).stdout
    assert said == f"us  properties/{key}  taken out, what was there is in {file}\n"
    line = json.loads(file.read_text(encoding="utf-8"))
    columns = json.loads(line["columns"])
    assert (line["node"], line["resource"]) == ("us", "properties")
    assert (columns["id"], float(columns["price"])) == (key, 12.5)
    assert columns["atoll_vector"] == "us.x:1:9"
    problem(get(us, key), 404, "not_found")
    assert status(us)["resources"]["properties"]["records"] == records - 1
    us.restart()
    problem(get(us, key), 404, "not_found")


def test_snapshots_go_past_what_is_damaged(make_node, tmp_path):
    regions = Regions(make_node, tmp_path, log_bytes_max=4096)
    us = regions["us"].start()
    damage(us, 10)
    for version in range(1, 30):
        assert put(us, 11, version, version).status_code == 200
    eu = regions["eu"].start()
    wait_until(lambda: get(eu, 11).json()["version"] == 30, what="us's rows in eu")
    assert get(eu, 10).status_code == 200, "its own, from the seed"
