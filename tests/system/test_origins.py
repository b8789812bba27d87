"""A store that knows many lives of stores, as after each restart on a fresh disk for a year."""

import subprocess

import requests
from atoll import BINARY, wait_until
from regions import Regions, are_level, by_hand, get, hears, metric, put, status

MANY = """WITH RECURSIVE life(number) AS
  (VALUES (1) UNION ALL SELECT number + 1 FROM life WHERE number < 500)
  INSERT INTO atoll_origins (origin, received, applied, hash)
  SELECT 'us.life' || number, 0, 0, zeroblob(16) FROM life"""


ANOTHER_LIFE = ("INSERT INTO atoll_origins (origin, received, applied, hash) VALUES "
                "('us.second', 0, 0, zeroblob(16))",
                "UPDATE atoll_meta SET value = 'us.second' WHERE name = 'origin'")


def command(regions, *arguments):
    return subprocess.run([BINARY, *arguments], env=regions.environment, text=True,
                          capture_output=True, timeout=180, check=False)


def test_a_life_that_ended_is_retired_and_what_it_wrote_stays_known(make_node, tmp_path):
    regions = Regions(make_node, tmp_path)
    us, eu = regions["us"], regions["eu"]
    regions.start("us", "eu")
    written = put(us, 10, 1, 1)
    first = status(us)["origin"]
    wait_until(lambda: get(eu, 10).json()["version"] == 2, what="the write")
    us.stop()
    for statement in ANOTHER_LIFE:
        by_hand(us, statement)
    us.start()
    wait_until(lambda: hears(us, "eu") and hears(eu, "us"), what="both hearing each other")
    assert status(us)["origin"] != first
    eu.stop()
    blocked = command(regions, "retire", regions.app, "--node", "us")
    assert (blocked.returncode, blocked.stdout) == (3, f"{first}  waits: eu is silent\n")
    eu.start()
    wait_until(lambda: command(regions, "retire", regions.app, first).returncode == 0,
               what="it being retired")
    for node in (us, eu):
        wait_until(lambda: metric(node, "atoll_origins_retired") == 1, what="all knowing it")
        node.restart()
        assert first not in status(node)["applied"]
        token = {"Atoll-Token": written.headers["Atoll-Token"]}
        read = requests.get(f"{node.base_url}/properties/10", headers=token, timeout=60)
        assert (read.status_code, read.headers["ETag"]) == (200, written.headers["ETag"])
        assert first not in read.headers.get("Atoll-Token", "")
    changed = requests.put(f"{us.base_url}/properties/10", json={"price": 2}, timeout=60,
                           headers={"If-Match": written.headers["ETag"]})
    assert changed.status_code == 200
    wait_until(lambda: get(eu, 10).json()["version"] == 3, what="the next write")
    # A new store gets the rows of the retired life, and hears that it is retired.
    eu.stop()
    for file in (eu.folder / "data").glob("*.db*"):
        file.unlink()
    eu.start()
    wait_until(lambda: are_level(us, eu), what="equal digests")
    wait_until(lambda: metric(eu, "atoll_origins_retired") == 1, what="it knowing the retired life")


def test_five_hundred_lives_are_said_to_peers_and_to_people(make_node, tmp_path):
    regions = Regions(make_node, tmp_path)
    us, eu = regions["us"], regions["eu"]
    regions.start("us", "eu")
    us.stop()
    by_hand(us, MANY)
    us.start()
    for node, other, version in ((us, eu, 1), (eu, us, 2)):
        assert put(node, 10, version, version).status_code == 200
        wait_until(lambda: get(other, 10).json()["version"] == version + 1, what="the write")
    wait_until(lambda: are_level(us, eu), what="equal digests")
    assert metric(us, "atoll_origins") >= 501
    assert metric(us, "atoll_vector_entries_largest") >= 2
    assert us.log().count("Many lives of stores are known here") == 1
    shown = subprocess.run([BINARY, "status", regions.app], env=regions.environment, text=True,
                           capture_output=True, timeout=180, check=True).stdout
    assert "\nus: knows 50" in shown
