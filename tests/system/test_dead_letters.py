"""A change that one region's database refuses waits with its record; everything else flows."""

import json

import pytest
from atoll import run_atoll, wait_until
from regions import Regions, are_level, by_hand, get, metric, put, status

STORES = ("sqlite", "postgres")

REFUSES = ("""CREATE TRIGGER theirs BEFORE UPDATE ON properties WHEN NEW.id IN (10, 12)
              BEGIN SELECT RAISE(ABORT, 'not these'); END""",
           """CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS
              $$ BEGIN RAISE EXCEPTION 'not these'; END $$;
              CREATE TRIGGER theirs BEFORE UPDATE ON properties FOR EACH ROW
              WHEN (NEW.id IN (10, 12)) EXECUTE FUNCTION theirs()""")
ACCEPTS = ("DROP TRIGGER theirs", "DROP TRIGGER theirs ON properties")


def atoll(*arguments, **options):
    return run_atoll(*arguments, **options).stdout


@pytest.fixture
def refused(make_node, tmp_path):
    """eu's owner has added a constraint; us writes against it, and other things."""
    regions = Regions(make_node, tmp_path)
    regions.start("us", "eu")
    us, eu = regions["us"], regions["eu"]
    by_hand(eu, *REFUSES)
    for key in (10, 12):
        assert put(us, key, 666, 1).status_code == 200
        assert put(us, key, 700 + key, 2).status_code == 200  # queues behind the first
    assert put(us, 11, 667, 1).status_code == 200
    wait_until(lambda: status(eu)["dead"] == 4, what="what is refused being parked")
    return regions


def listed(regions):
    lines = atoll("dead-letters", "list", regions.app, "--json",
                      env=regions.environment).splitlines()
    return [json.loads(line) for line in lines]


def replace_constraint(regions):
    """eu is restarted without it: nobody tries again by itself then."""
    eu = regions["eu"]
    eu.kill()
    by_hand(eu, *ACCEPTS)
    eu.start()
    assert status(eu)["dead"] == 4, "what is parked is durable"


def test_everything_else_flows(refused):
    us, eu = refused["us"], refused["eu"]
    wait_until(lambda: get(eu, 11).json()["version"] == 2, what="the next record's write")
    assert get(eu, 10).json()["version"] == 1
    assert metric(eu, "atoll_dead_letters") == 4
    letters = listed(refused)
    assert [(letter["key"], letter["seq"]) for letter in letters] == [
        ("10", 1), ("10", 2), ("12", 3), ("12", 4)]
    assert "not these" in letters[0]["reason"]
    assert "earlier change" in letters[1]["reason"]
    text = atoll("dead-letters", "list", refused.app, env=refused.environment)
    assert text.splitlines()[0].startswith("eu/1 ")
    shown = json.loads(atoll("dead-letters", "show", refused.app, "eu/1",
                                 env=refused.environment))
    assert shown["change"]["row"]["fields"]["price"] == 666
    table = atoll("status", refused.app, env=refused.environment).splitlines()
    assert "DEAD" in table[0]
    assert any("us → eu" in line and "  4  " in line for line in table)
    assert not are_level(us, eu)


def test_a_replay_says_why_it_is_refused_still(refused):
    atoll("dead-letters", "replay", refused.app, "eu/1", status=1, env=refused.environment)
    assert status(refused["eu"])["dead"] == 4
    atoll("dead-letters", "replay", refused.app, "eu/99", status=1, env=refused.environment)
    atoll("dead-letters", "show", refused.app, "eu", status=2, env=refused.environment)


def test_replayed_and_discarded_both_end_equal(refused):
    us, eu = refused["us"], refused["eu"]
    replace_constraint(refused)
    replayed = atoll("dead-letters", "replay", refused.app, "eu/1", env=refused.environment)
    assert json.loads(replayed) == {"settled": 2}
    assert get(eu, 10).json() == get(us, 10).json()
    taken = atoll("dead-letters", "discard", refused.app, "eu/3", env=refused.environment)
    assert json.loads(taken) == {"settled": 2}
    assert get(eu, 12).json() == get(us, 12).json()
    wait_until(lambda: are_level(us, eu), what="equal digests")
    assert listed(refused) == []
    assert put(us, 10, 5, 3).status_code == 200
    wait_until(lambda: get(eu, 10).json()["version"] == 4, what="the record's next write")


def test_what_is_waived_is_listed(refused):
    atoll("dead-letters", "discard", refused.app, "eu/3", "--waive", "not here",
              env=refused.environment)
    assert get(refused["eu"], 12).json()["version"] == 1
    conflicts = atoll("conflicts", "list", refused.app, "--node", "eu",
                          env=refused.environment)
    assert sum("properties/12  waived" in line for line in conflicts.splitlines()) == 2
    assert {letter["key"] for letter in listed(refused)} == {"10"}


def test_what_passes_by_itself_needs_nobody(make_node, tmp_path):
    regions = Regions(make_node, tmp_path)
    regions.start("us", "eu")
    us, eu = regions["us"], regions["eu"]
    by_hand(eu, *REFUSES)
    assert put(us, 10, 666, 1).status_code == 200
    wait_until(lambda: status(eu)["dead"] == 1, what="it being parked")
    by_hand(eu, *ACCEPTS)
    wait_until(lambda: status(eu)["dead"] == 0, what="it being tried again")
    assert get(eu, 10).json() == get(us, 10).json()
