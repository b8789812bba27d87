"""A store that knows many lives of stores, as after each restart on a fresh disk for a year."""

import subprocess

from atoll import BINARY, wait_until
from regions import Regions, are_level, by_hand, get, metric, put

MANY = """WITH RECURSIVE life(number) AS
  (VALUES (1) UNION ALL SELECT number + 1 FROM life WHERE number < 500)
  INSERT INTO atoll_origins (origin, received, applied, hash)
  SELECT 'us.life' || number, 0, 0, zeroblob(16) FROM life"""


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
