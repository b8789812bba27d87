"""What other programs write with SQL into a node's table is a write like any other: it has a
version and a time, it is in the other region soon, and nobody's write is lost beside it."""

import concurrent.futures
import random
import re
import threading

import pytest
import requests
from atoll import run_atoll, wait_until
from postgres import Session, psql
from regions import Regions, are_level, get, put, status
from stored import store_of
from test_instances import Processes

STORES = ("postgres",)
CAPTURE = {"CAPTURE": "trigger"}


@pytest.fixture
def regions(make_node, tmp_path):
    made = Regions(make_node, tmp_path, env=CAPTURE)
    made.start("us", "eu")
    return made


def sql(node, text):
    return psql(node.database_url, text)


def shown(node, key):
    """What psql shows, as the API says it."""
    text = sql(node, "SELECT id, price, coalesce(bedrooms::text, ''), region_origin, version,"
                     " to_char(updated_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
                     f" FROM properties WHERE id = {key}")
    return text.split("|") if text else None


def said(node, key):
    answer = get(node, key)
    if answer.status_code == 404:
        return None
    row = answer.json()
    price = re.search(r'"price":([0-9.]+)', answer.text)[1]
    bedrooms = "" if row["bedrooms"] is None else str(row["bedrooms"])
    return [str(key), price, bedrooms, row["region_origin"], str(row["version"]),
            row["updated_at"]]


def captured(node):
    return int(sql(node, "SELECT count(*) FROM atoll_capture_properties"))


def level(regions):
    us, eu = regions["us"], regions["eu"]
    wait_until(lambda: captured(us) == captured(eu) == 0 and are_level(us, eu), what="both equal")


def everywhere(regions, key, version):
    """Once both regions have that version: what all of them say and show."""
    us, eu = regions["us"], regions["eu"]
    wait_until(lambda: all((said(node, key) or [""] * 5)[4] == str(version) for node in (us, eu)),
               what=f"version {version} in both")
    row = said(us, key)
    assert row == said(eu, key) == shown(us, key) == shown(eu, key)
    return row


# ---- one program ---------------------------------------------------------------------------------


def test_inserted_updated_and_deleted_by_psql(regions):
    us, eu = regions["us"], regions["eu"]
    sql(us, "INSERT INTO properties (id, price, bedrooms, region_origin) VALUES (9001, 5, 2, 'us')")
    assert everywhere(regions, 9001, 1)[:4] == ["9001", "5.00", "2", "us"]
    sql(us, "INSERT INTO properties VALUES (9002, 6, 1, NULL, 'eu', 4)")
    assert everywhere(regions, 9002, 4)[:4] == ["9002", "6.00", "1", "eu"]

    before = everywhere(regions, 10, 1)
    sql(us, "UPDATE properties SET price = 77.25 WHERE id = 10")
    after = everywhere(regions, 10, 2)
    assert after[1] == "77.25" and after[5] > before[5]
    sql(us, "UPDATE properties SET price = price + 1, version = version + 1, updated_at = now()"
            " WHERE id = 10")
    assert everywhere(regions, 10, 3)[1] == "78.25"
    sql(eu, "UPDATE properties SET bedrooms = 7 WHERE id = 10")
    assert everywhere(regions, 10, 4)[:3] == ["10", "78.25", "7"]
    assert put(us, 10, 79, 3).status_code == 409
    assert put(us, 10, 79, 4).status_code == 200

    sql(us, "DELETE FROM properties WHERE id IN (9001, 11)")
    for node in (us, eu):
        for key in (9001, 11):
            wait_until(lambda node=node, key=key: get(node, key).status_code == 404,
                       what="it being gone")
    sql(us, "INSERT INTO properties VALUES (9001, 8, 1, NULL, 'us')")
    assert everywhere(regions, 9001, 3)[1] == "8.00", "it goes on where it was deleted"
    level(regions)


def test_one_transaction_of_many_kinds(regions):
    us = regions["us"]
    with Session(us.database_url) as session:
        session.run("BEGIN; UPDATE properties SET price = 1 WHERE id BETWEEN 20 AND 29;"
                    " UPDATE properties SET price = price + 1 WHERE id BETWEEN 20 AND 24;"
                    " UPDATE properties SET id = 9100 WHERE id = 30;"
                    " INSERT INTO properties VALUES (9101, 3, 1, 1, 'us');"
                    " DELETE FROM properties WHERE id = 9101;"
                    " UPDATE properties SET price = price WHERE id = 31; COMMIT")
    assert everywhere(regions, 20, 3)[1] == "2.00"
    assert everywhere(regions, 29, 2)[1] == "1.00"
    everywhere(regions, 9100, 1)
    level(regions)
    for node in regions.nodes:
        assert get(node, 30).status_code == 404, "its key is another one now"
        assert get(node, 9101).status_code == 404
        assert get(node, 31).json()["version"] == 1, "nothing was changed"


def test_rolled_back_it_never_was(regions):
    us = regions["us"]
    with Session(us.database_url) as session:
        session.run("BEGIN; UPDATE properties SET price = 1; DELETE FROM properties WHERE id < 9")
        session.run("ROLLBACK")
    sql(us, "UPDATE properties SET price = 3 WHERE id = 10")
    assert everywhere(regions, 10, 2)[1] == "3.00"
    assert get(us, 5).json()["version"] == get(us, 12).json()["version"] == 1
    assert captured(us) == 0


def test_what_no_write_may_say_is_put_back_and_listed(regions):
    us = regions["us"]
    sql(us, "UPDATE properties SET region_origin = 'eu', price = 4 WHERE id = 10")
    assert everywhere(regions, 10, 2)[1:4:2] == ["4.00", "us"]
    [conflict] = requests.get(f"{us.base_url}/_atoll/conflicts", timeout=60).json()["items"]
    assert conflict["kind"] == "sql" and conflict["detail"]["fields"] == ["region_origin"]
    for wrong in ("bedrooms = 5000", "price = -1"):
        with pytest.raises(AssertionError, match="violates"):
            sql(us, f"UPDATE properties SET {wrong} WHERE id = 10")
    with pytest.raises(AssertionError, match="cannot tell other nodes of TRUNCATE"):
        sql(us, "TRUNCATE properties")


def test_atolls_own_writes_are_not_captured(regions):
    us, eu = regions["us"], regions["eu"]
    for version in range(1, 20):
        assert put(us, 10, version, version).status_code == 200
    made = requests.post(f"{us.base_url}/properties", json={"price": 1}, timeout=60).json()["id"]
    assert requests.delete(f"{us.base_url}/properties/{made}?version=1", timeout=60).ok
    level(regions)
    assert get(eu, 10).json()["version"] == 20


# ---- others beside it ----------------------------------------------------------------------------


def test_a_transaction_left_open_delays_nobody(regions):
    us, eu = regions["us"], regions["eu"]
    with Session(us.database_url) as session:
        session.run("BEGIN; UPDATE properties SET price = 6 WHERE id = 25;"
                    " INSERT INTO properties VALUES (9300, 6, 1, 1, 'us')")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            refused = [pool.submit(put, us, 25, 7, 1) for _ in range(4)]
            done = [pool.submit(put, us, key, 7, 1) for key in range(26, 60)]
            assert {one.result().status_code for one in done} == {200}
            assert {one.result().status_code for one in refused} == {503}
        sql(us, "UPDATE properties SET price = 8 WHERE id = 60")
        assert everywhere(regions, 60, 2)[1] == "8.00"
        assert put(eu, 2000, 7, 1).status_code == 200
        everywhere(regions, 2000, 2)
        session.run("COMMIT")
    assert everywhere(regions, 25, 2)[1] == "6.00"
    assert everywhere(regions, 9300, 1)[1] == "6.00"
    assert put(us, 25, 7, 2).status_code == 200


def test_a_change_of_a_peer_waits_for_a_transaction_left_open(regions):
    us, eu = regions["us"], regions["eu"]
    with Session(us.database_url) as session:
        session.run("BEGIN; UPDATE properties SET bedrooms = 9 WHERE id = 2000")
        for key in (2000, 2001):
            assert put(eu, key, 7, 1).status_code == 200
        wait_until(lambda: get(us, 2001).json()["version"] == 2, what="the other record's change")
        session.run("COMMIT")
    row = everywhere(regions, 2000, 3)
    assert row[1:3] == ["7.00", "9"], "both writes are in it"
    level(regions)
    assert status(us)["dead"] == 0


def increment(node, key):
    """As a client does: once more with what is current, as long as it is stale."""
    with requests.Session() as session:
        row = session.get(f"{node.base_url}/properties/{key}", timeout=60).json()
        for _ in range(1000):
            answer = session.put(f"{node.base_url}/properties/{key}", timeout=60,
                                 json={"price": row["price"] + 1, "version": row["version"]})
            if answer.status_code == 200:
                return
            assert answer.status_code in (409, 503), answer.text
            row = answer.json().get("current") or row
    raise AssertionError(f"{key} cannot be written")


def test_clients_and_a_program_increment_the_same_rows(regions):
    us = regions["us"]
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    keys = range(40, 46)
    start = {key: get(us, key).json()["price"] for key in keys}
    turns = [chance.choice(keys) for _ in range(256)]
    program = [chance.choice(keys) for _ in range(400)]
    ended = threading.Event()

    def run_program():
        with Session(us.database_url) as session:
            for key in program:
                session.run(f"UPDATE properties SET price = price + 1 WHERE id = {key}")
        ended.set()

    thread = threading.Thread(target=run_program)
    thread.start()
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        for done in [pool.submit(increment, us, key) for key in turns]:
            done.result()
    thread.join()
    assert ended.is_set()
    level(regions)
    for key in keys:
        writes = turns.count(key) + program.count(key)
        row = everywhere(regions, key, 1 + writes)
        assert float(row[1]) == start[key] + writes, f"{key}: a write is lost"


# ---- processes that end --------------------------------------------------------------------------


def test_written_while_the_node_is_killed(regions):
    us, eu = regions["us"], regions["eu"]
    us.kill()
    sql(us, "UPDATE properties SET price = 6 WHERE id = 10; DELETE FROM properties WHERE id = 11;"
            " INSERT INTO properties VALUES (9001, 8, 1, NULL, 'us')")
    assert captured(us) > 0
    us.start()
    assert everywhere(regions, 10, 2)[1] == "6.00"
    assert everywhere(regions, 9001, 1)[1] == "8.00"
    wait_until(lambda: get(eu, 11).status_code == 404, what="it being gone")


def test_of_two_processes_one_takes_it_in(make_node, tmp_path, cluster):
    processes = Processes(make_node, tmp_path, cluster)
    for node in (processes.first, processes.second):
        node.env |= CAPTURE
    processes.start()
    for turn in range(1, 11):
        psql(processes.url, f"UPDATE properties SET price = {turn} WHERE id BETWEEN 10 AND 19")
        assert put([processes.first, processes.second][turn % 2], 100 + turn, 1, 1).ok
    for node in (processes.first, processes.second, processes.eu):
        wait_until(lambda node=node: get(node, 19).json()["version"] == 11, what="ten writes")
    wait_until(lambda: are_level(processes.first, processes.second, processes.eu),
               what="all three being equal")
    assert len(store_of(processes.first).check().entries) == 10 * 10 + 10


# ---- turning it on and off -----------------------------------------------------------------------


def test_turned_off_nothing_is_captured_any_more(regions):
    us = regions["us"]
    us.stop()
    us.env["CAPTURE"] = "none"
    us.start()
    sql(us, "UPDATE properties SET price = 6 WHERE id = 10")
    assert sql(us, "SELECT count(*) FROM pg_trigger WHERE tgname LIKE '%atoll%'") == "0"
    us.stop()
    us.env["CAPTURE"] = "trigger"
    us.start()
    sql(us, "UPDATE properties SET price = 7 WHERE id = 12")
    everywhere(regions, 12, 2)


def test_sqlite_cannot_do_it():
    done = run_atoll("serve", "apps/property-listing.toml", "--node", "us", status=2,
                     env={"PATH": "/usr/bin:/bin", "CAPTURE": "trigger"})
    assert 'capture = "trigger" is for PostgreSQL, and "us" is on SQLite' in done.stderr
