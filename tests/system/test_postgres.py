"""A node on PostgreSQL: what people see in psql, other programs at work in the tables, and a server
that goes away."""

import collections
import json
import random
import re
import threading

import pytest
import requests
from atoll import run_atoll, wait_until
from crash_load import Load, check, may_have_taken_effect
from ports import free_ports
from postgres import psql
from regions import Regions, are_level, status
from stored import rows_of, store_of

STORES = ("postgres",)
JSON = {"Content-Type": "application/json"}
SEEDED = 3000  # records, 1 to this


def put(node, key, price, version, **headers):
    return requests.put(f"{node.base_url}/us/properties/{key}", timeout=60, headers=JSON | headers,
                        data=json.dumps({"price": price, "version": version}))


def get(node, key):
    return requests.get(f"{node.base_url}/us/properties/{key}", timeout=60).json()


@pytest.fixture
def own_node(make_node, own_cluster):
    """On a server of the test's own."""
    return make_node(env={"DATABASE_URL": own_cluster.new_database()}).start()


# ---- what people see -----------------------------------------------------------------------------


def test_the_table_is_the_one_that_people_know(node, cluster):
    columns = cluster.sql(
        "SELECT column_name, data_type, coalesce(character_maximum_length::text,"
        " numeric_precision || ',' || numeric_scale), is_nullable, column_default"
        " FROM information_schema.columns WHERE table_name = 'properties'"
        " ORDER BY ordinal_position", node.database_url).splitlines()
    assert columns[:7] == [
        "id|bigint|64,0|NO|",
        "price|numeric|12,2|NO|",
        "bedrooms|integer|32,0|YES|",
        "bathrooms|integer|32,0|YES|",
        "region_origin|character varying|2|NO|",
        "version|integer|32,0|NO|1",
        "updated_at|timestamp without time zone||NO|now()"]
    assert all(line.startswith("atoll_") for line in columns[7:])
    indexes = cluster.sql("SELECT indexdef FROM pg_indexes WHERE tablename = 'properties'",
                          node.database_url)
    for column in ("region_origin", "updated_at"):
        assert re.search(rf"\({column}[,)]", indexes), indexes


def test_psql_shows_what_the_api_shows(node, cluster):
    assert put(node, 10, 1250000.5, 1).status_code == 200
    row = get(node, 10)
    shown = cluster.sql(
        "SELECT id, price, bedrooms, bathrooms, region_origin, version,"
        " to_char(updated_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM properties WHERE id = 10",
        node.database_url).split("|")
    assert shown == ["10", "1250000.50", str(row["bedrooms"]), str(row["bathrooms"]), "us", "2",
                     row["updated_at"]]


def test_people_insert_the_seven_columns_and_the_table_keeps_the_rules(node, cluster):
    cluster.sql("INSERT INTO properties VALUES (9000, 12.50, 1, NULL, 'us')", node.database_url)
    assert get(node, 9000)["price"] == 12.5
    assert put(node, 9000, 13, 1).status_code == 200
    for wrong in ("price = -1", "price = 'NaN'", "bedrooms = -1", "version = 0", "price = NULL"):
        with pytest.raises(AssertionError, match="violates|null value"):
            cluster.sql(f"UPDATE properties SET {wrong} WHERE id = 9000", node.database_url)


# ---- other programs ------------------------------------------------------------------------------


def write_all(node, keys, price):
    """Each key's status, all asked at once."""
    statuses = {}

    def write(key):
        statuses[key] = put(node, key, price, 1).status_code

    threads = [threading.Thread(target=write, args=[key]) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_a_rule_of_the_owner_refuses_one_write_and_not_its_neighbours(node, cluster):
    cluster.sql("ALTER TABLE properties ADD CONSTRAINT not_this CHECK (id <> 25 OR price <> 777)",
                node.database_url)
    statuses = write_all(node, range(20, 40), 777)
    refused = statuses.pop(25)
    assert 400 <= refused < 500
    assert set(statuses.values()) == {200}
    assert get(node, 25)["version"] == 1


def test_a_row_that_cannot_be_read_keeps_no_other_from_being_written(node, cluster):
    cluster.sql("UPDATE properties SET atoll_state = 'nonsense' WHERE id = 25", node.database_url)
    statuses = write_all(node, range(20, 40), 777)
    assert statuses.pop(25) != 200
    assert set(statuses.values()) == {200}


def test_a_row_that_psql_has_locked_delays_nobody_else(node, cluster):
    with cluster.session(node.database_url) as session:
        session.run("BEGIN; UPDATE properties SET bedrooms = 9 WHERE id = 25")
        statuses = write_all(node, range(20, 40), 555)
        assert statuses.pop(25) == 503
        assert set(statuses.values()) == {200}
        session.run("ROLLBACK")
    assert put(node, 25, 555, 1).status_code == 200


def test_a_snapshot_that_stays_open_delays_nobody(node, cluster):
    with cluster.session(node.database_url) as session:
        session.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM properties")
        for version in range(1, 50):
            assert put(node, 10, version, version).status_code == 200
        session.run("COMMIT")


# ---- a server that goes away ---------------------------------------------------------------------

ACCEPTED = (200, 201, 204, 404, 409, 503)


def finish(node, load):
    """Ends the load with its node, and looks whether everything is as it was told."""
    node.kill()
    writes = load.over()
    node.start()
    store = store_of(node).check()
    assert store.entries
    check(writes, store, node.port)


def test_connections_that_are_ended_under_load(own_node, own_cluster):
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    load = Load(own_node, 1, seed, accepted=ACCEPTED)
    chance = random.Random(seed)
    for _ in range(12):
        done = load.answered()
        wait_until(lambda done=done: load.answered() > done + chance.randrange(200),
                   what="the load going on")
        own_cluster.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                        " WHERE datname = 'atoll_1'")
    finish(own_node, load)


def test_a_server_that_goes_under_load_and_comes_back(own_node, own_cluster):
    """Killed (-9), restarted by its administrator, and restarted without a farewell."""
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    load = Load(own_node, 1, seed, accepted=ACCEPTED)
    stop = own_cluster.stop
    for go_away in (own_cluster.kill, lambda: stop("fast"), lambda: stop("immediate")):
        done = load.count(200)
        wait_until(lambda done=done: load.count(200) > done + 200, what="writes being answered")
        go_away()
        refused = load.count(503)
        wait_until(lambda refused=refused: load.count(503) > refused + 50, what="503 meanwhile")
        assert requests.get(f"{own_node.base_url}/readyz", timeout=60).status_code == 503
        answer = requests.get(f"{own_node.base_url}/us/properties/10", timeout=60)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        own_cluster.start()
    done = load.count(200)
    wait_until(lambda: load.count(200) > done + 200, what="writes being answered again")
    # Each thread has connections of its own, which are opened again when they are needed.
    wait_until(lambda: requests.get(f"{own_node.base_url}/readyz", timeout=60).status_code == 200,
               what="all threads being back")
    finish(own_node, load)


def test_a_commit_whose_end_nobody_saw_says_so(own_node, own_cluster):
    """The database goes in the middle of one, for longer than its end is looked for. The commit is
    held there: as if a copy of the database had to have it too, which never answers."""
    load = Load(own_node, 1, 1, accepted=ACCEPTED)
    wait_until(lambda: load.count(200) > 50, what="writes being answered")
    own_cluster.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    own_cluster.sql("SELECT pg_reload_conf()")
    held = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    wait_until(lambda: own_cluster.sql(held) == "1", what="a commit being held")
    own_cluster.sql("ALTER SYSTEM RESET synchronous_standby_names")  # from the next start
    own_cluster.kill()
    wait_until(lambda: load.count(503) > 0, what="503 meanwhile")
    own_cluster.start()
    done = load.count(200)
    wait_until(lambda: load.count(200) > done + 50, what="writes being answered again")
    answers = [write.answer for client in load.clients for write in list(client.writes)]
    assert any(map(may_have_taken_effect, answers))
    assert '"The outcome of a commit is not known"' in own_node.log()
    finish(own_node, load)


def test_the_database_of_one_region_goes_while_both_write(make_node, tmp_path, own_cluster):
    regions = Regions(make_node, tmp_path)
    us, eu = regions["us"], regions["eu"]
    eu.env["DATABASE_URL"] = own_cluster.new_database()
    regions.start("us", "eu")
    loads = {node: Load(node, node.name, "both", clients=4, accepted=ACCEPTED)
             for node in (us, eu)}
    for go_away in (own_cluster.kill, lambda: own_cluster.stop("fast")):
        done = loads[eu].count(200)
        wait_until(lambda done=done: loads[eu].count(200) > done + 100, what="both writing")
        go_away()
        done, refused = loads[us].count(200), loads[eu].count(503)
        wait_until(lambda done=done: loads[us].count(200) > done + 100, what="us going on")
        wait_until(lambda refused=refused: loads[eu].count(503) > refused, what="503 in eu")
        own_cluster.start()
    done = loads[eu].count(200)
    wait_until(lambda: loads[eu].count(200) > done + 100, what="eu being back")
    for load in loads.values():
        load.finish()
    wait_until(lambda: are_level(us, eu), what="both holding the same")
    assert status(eu)["dead"] == 0, "a database that is away refuses nothing"
    us_store, eu_store = store_of(us), store_of(eu)
    writes = [write for load in loads.values() for write in load.over()]
    logged, known = effects_by_id(us_store), known_effects(us_store)
    assert logged == effects_by_id(eu_store) and known == known_effects(eu_store)
    # A region that hears nothing from a record's home takes the write itself: when both took it,
    # the two are one request's, and count once.
    for id, effects in logged.items():
        assert len(effects) == known[id], f"{id} was done again, and nobody knows"
        assert len({origin for origin, _ in effects}) == len(effects), f"{id} was done twice in one"
    counted = collections.Counter(effects[0][1] for effects in logged.values())
    for row in rows_of(us_store.file, "SELECT id, version FROM properties"):
        requested = counted[row["id"]]
        assert row["version"] == requested + (row["id"] <= SEEDED), "each counts once"
    for write in writes:
        assert write.answer.status >= 300 or f"id:{write.id}" in logged, f"{write} is lost"


def effects_by_id(store):
    """Of a database's log: request id → the origin and the record of each of its effects."""
    effects = collections.defaultdict(list)
    for entry in rows_of(store.file, "SELECT origin, json FROM atoll_log ORDER BY origin, seq"):
        change = json.loads(entry["json"])
        for id in change["request"]["ids"]:
            effects[id].append((entry["origin"], change["row"]["key"]))
    return effects


def known_effects(store):
    """How many effects a database knows each request id to have had."""
    return {request["id"]: 1 + len(json.loads(request["effects"] or "{}").get("later", ()))
            for request in rows_of(store.file, "SELECT id, effects FROM atoll_requests")}


def test_a_node_waits_for_its_database(make_node, own_cluster):
    url = own_cluster.new_database()
    own_cluster.kill()
    node = make_node(env={"DATABASE_URL": url}).start(ready=False)
    node.port = wait_until(node.announced_port, what="the port")
    wait_until(lambda: requests.get(f"{node.base_url}/livez", timeout=60).status_code == 200)
    assert requests.get(f"{node.base_url}/readyz", timeout=60).status_code == 503
    answer = requests.get(f"{node.base_url}/us/properties/10", timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert answer.headers["Atoll-Served-By"] == "us"
    own_cluster.start()
    node.wait_ready()
    assert get(node, 10)["version"] == 1


def test_a_node_that_waits_for_its_database_can_be_stopped(make_node):
    node = make_node(env={"DATABASE_URL": "postgresql://me:s3cret@127.0.0.1:1/x"})
    node.start(ready=False)
    wait_until(node.announced_port, what="the port")
    node.stop()
    assert "s3cret" not in node.log()


# ---- the two kinds of store ----------------------------------------------------------------------


def test_a_region_on_each_kind_of_store(make_node):
    ports = dict(zip(("us", "eu"), free_ports(2)))
    urls = {f"{name.upper()}_URL": f"http://127.0.0.1:{port}" for name, port in ports.items()}
    us, eu = (make_node(name=name, on=kind, env=urls, alone=False)
              for name, kind in (("us", "sqlite"), ("eu", "postgres")))
    for node in (us, eu):
        node.port = ports[node.name]
        node.start()

    def status(node):
        return requests.get(f"{node.base_url}/_atoll/status", timeout=60).json()

    def level():
        return status(us)["resources"] == status(eu)["resources"]

    wait_until(level, what="equal digests of the seed")
    for node, key in ((us, 10), (eu, 10), (us, 2000), (eu, 2000)):
        wait_until(lambda key=key: get(us, key) == get(eu, key), what="equal rows")
        version = get(node, key)["version"]
        assert put(node, key, version + 0.25, version).status_code == 200
    made = requests.post(f"{eu.base_url}/properties", json={"price": 9999999999.99}, timeout=60)
    assert made.status_code == 201
    assert requests.delete(f"{us.base_url}/properties/30?version=1", timeout=60).status_code == 204
    wait_until(level, what="equal digests")
    for key in (10, 2000, made.json()["id"]):
        wait_until(lambda key=key: get(us, key) == get(eu, key), what="equal rows")
    version = get(us, 10)["version"]
    assert put(eu, 10, 1, version, **{"X-Request-ID": "one"}).status_code == 200
    assert put(us, 10, 1, version + 1, **{"X-Request-ID": "one"}).status_code == 422


# ---- the command line ----------------------------------------------------------------------------


@pytest.mark.parametrize("url, said", [
    ("mysql://me:s3cret@db/x", "must be the URL of a PostgreSQL database"),
    ("postgresql://me:s3cret@db:99999/x", "port"),
    ("postgresql://me:s3cret@db/x?sslmod=require", "sslmod")])
def test_check_says_what_is_wrong_with_a_url(url, said):
    done = run_atoll("check", "apps/property-listing.toml", status=2,
                     env={"PATH": "/usr/bin:/bin", "DATABASE_URL_US": url})
    assert said in done.stderr
    assert "s3cret" not in done.stderr + done.stdout
