"""A database that other programs made and filled: a node takes its table over with its rows and
their versions, or says all that speaks against it and changes nothing."""

import pytest
import requests
from atoll import run_atoll, wait_until
from postgres import Session, psql
from regions import Regions, are_level, get, hears, lag, put, status
from stored import store_of
from test_instances import Processes
from topics import messages

STORES = ("postgres",)

# As such backends make it: columns in the contract's order, no index, no constraint but the key's.
TABLE = """CREATE TABLE properties (id BIGINT PRIMARY KEY, price DECIMAL(12,2) NOT NULL,
  bedrooms INTEGER, bathrooms INTEGER, region_origin VARCHAR(2) NOT NULL,
  version INTEGER NOT NULL DEFAULT 1, updated_at TIMESTAMP NOT NULL DEFAULT NOW())"""
ROWS = """INSERT INTO properties SELECT n, n + 0.25, n % 5, NULL, CASE WHEN n <= 500 THEN 'us' ELSE
  'eu' END, 1 + n % 7, '2025-06-01 12:00:00'::timestamp + n * interval '1 s'
  FROM generate_series(1, 1200) AS n"""
SEVEN = "SELECT id, price, bedrooms, bathrooms, region_origin, version, updated_at FROM properties"
# Whatever a refused node could have changed.
DESCRIBED = """SELECT string_agg(relname || relowner, ' ' ORDER BY relname) FROM pg_class
  WHERE relnamespace = 'public'::regnamespace UNION ALL
  SELECT string_agg(attname || format_type(atttypid, atttypmod) || attnotnull, ' ' ORDER BY attnum)
  FROM pg_attribute WHERE attrelid = 'properties'::regclass UNION ALL
  SELECT string_agg(pg_get_constraintdef(oid), ' ' ORDER BY conname) FROM pg_constraint
  WHERE conrelid = 'properties'::regclass UNION ALL
  SELECT md5(string_agg(p::text, '' ORDER BY p::text)) FROM properties AS p"""
LOG = "SELECT count(*) FROM atoll_log"


def prepared(node, *statements):
    for statement in statements:
        psql(node.database_url, statement)
    return node


def records(node):
    return status(node)["resources"]["properties"]["records"]


def refusal(node):
    """What a node says that does not start, after a look whether it has changed anything."""
    before = psql(node.database_url, DESCRIBED)
    assert node.start(ready=False).wait_for_exit() == 1
    assert psql(node.database_url, DESCRIBED) == before
    said = node.log(since_start=True)
    assert "cannot be taken over as it is; nothing was changed:" in said
    return [line.strip() for line in said.splitlines() if line.startswith("  ")]


def check(node):
    """Every hash and every sum, made anew from what is in the table."""
    store = store_of(node)
    store.versions = {number: 1 + number % 7 for number in range(1, 1201)}
    store.check()


def role_of(node):
    """A name that no other test uses: roles belong to the whole server."""
    return "reader_of_" + node.database_url.rsplit("/", 1)[1]


def url_of_new_role(node, grant):
    psql(node.database_url, f"CREATE ROLE {role_of(node)} LOGIN")
    psql(node.database_url, grant.format(role_of(node)))
    return node.database_url.replace("postgres@", f"{role_of(node)}@")


# ---- one node ------------------------------------------------------------------------------------


def test_rows_and_versions_stay(make_node):
    node = prepared(make_node(), TABLE, ROWS)
    before = psql(node.database_url, SEVEN + " ORDER BY id")
    node.start()
    assert psql(node.database_url, SEVEN + " ORDER BY id") == before
    row = get(node, 10).json()
    assert (row["price"], row["version"], row["updated_at"]) == (
        10.25, 4, "2025-06-01T12:00:10.000000Z")
    assert records(node) == 1200, "and no seed"
    assert psql(node.database_url, LOG) == "0"
    check(node)
    assert put(node, 10, 5, 3).status_code == 409
    assert put(node, 10, 5, 4).json()["version"] == 5
    made = requests.post(f"{node.base_url}/properties", json={"price": 1}, timeout=60).json()
    assert made["id"] > 3000
    node.restart()
    assert get(node, 10).json()["version"] == 5
    assert psql(node.database_url, LOG) == "2"


def test_the_table_refuses_what_the_api_refuses(make_node):
    node = prepared(make_node(), TABLE, ROWS).start()
    for wrong in ("bedrooms = 5000", "price = -1", "version = 0", "region_origin = NULL"):
        with pytest.raises(AssertionError, match="violates"):
            psql(node.database_url, f"UPDATE properties SET {wrong} WHERE id = 11")
    indexes = psql(node.database_url, "SELECT indexdef FROM pg_indexes WHERE tablename ="
                                      " 'properties'")
    assert "(region_origin, id)" in indexes and "(updated_at, id)" in indexes


def test_an_empty_table_is_filled_with_the_seed(make_node):
    node = prepared(make_node(), TABLE).start()
    assert get(node, 2500).json()["version"] == 1


def test_wider_types_and_what_belongs_to_its_owner(make_node):
    """Rules and indexes of the owner's keep what they say, also those whose names Atoll uses."""
    node = prepared(
        make_node(),
        "CREATE TABLE properties (number SERIAL, id INTEGER GENERATED ALWAYS AS IDENTITY,"
        " price DOUBLE PRECISION CONSTRAINT properties_price_check CHECK (price < 1000),"
        " bedrooms SMALLINT, bathrooms NUMERIC, region_origin TEXT, version BIGINT DEFAULT 1,"
        " updated_at TIMESTAMPTZ DEFAULT now(), note TEXT)",
        "CREATE UNIQUE INDEX properties_updated_at_idx ON properties (note, updated_at)",
        "INSERT INTO properties (price, bathrooms, region_origin, updated_at, note) VALUES"
        " (12.5, 2.0, 'us', '2025-06-01 14:00:00.25+02', 'mine')")
    node.start()
    row = get(node, 1).json()
    assert row == {"id": 1, "price": 12.5, "bedrooms": None, "bathrooms": 2, "region_origin": "us",
                   "version": 1, "updated_at": "2025-06-01T12:00:00.250000Z"}
    assert put(node, 1, 13, 1).status_code == 200
    assert put(node, 1, 5000, 2).status_code == 422, "its owner's rule holds"
    assert psql(node.database_url, "SELECT note, number FROM properties WHERE id = 1") == "mine|1"
    made = requests.post(f"{node.base_url}/properties", json={"price": 1}, timeout=60)
    assert made.status_code == 201
    with pytest.raises(AssertionError, match="properties_updated_at_idx_own"):
        psql(node.database_url, "INSERT INTO properties (id, price, region_origin, note,"
                                " updated_at) SELECT 2, 1, 'us', note, updated_at FROM properties")
    assert "id bigint" in psql(
        node.database_url, "SELECT string_agg(column_name || ' ' || data_type, ', ') FROM"
                           " information_schema.columns WHERE table_name = 'properties'")


def test_what_other_programs_do_goes_on(make_node):
    """Their inserts and their reads of the seven columns, and what was granted to them."""
    node = prepared(make_node(), TABLE, ROWS)
    reporting = url_of_new_role(node, "GRANT SELECT, INSERT ON properties TO {}")
    node.start(env={"CAPTURE": "trigger"})
    psql(reporting, "INSERT INTO properties VALUES (9001, 250000.00, 3, 1, 'us')")
    assert psql(reporting, SEVEN + " WHERE id = 10").startswith("10|10.25|0||us|4|")
    wait_until(lambda: get(node, 9001).status_code == 200, what="its record")


def test_a_connection_that_is_lost_meanwhile_is_nobodys_error(make_node):
    """As when the server ends a transaction in which a busy machine was silent for long."""
    node = prepared(
        make_node(), TABLE, ROWS, "CREATE SEQUENCE updates", "CREATE FUNCTION end_the_first()"
        " RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF nextval(''updates'') = 1 THEN PERFORM"
        " pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END'",
        "CREATE TRIGGER ending AFTER UPDATE ON properties FOR EACH ROW"
        " EXECUTE FUNCTION end_the_first()")
    node.start()
    assert int(psql(node.database_url, "SELECT last_value FROM updates")) > 1, "it was ended"
    assert records(node) == 1200
    check(node)


# ---- what speaks against it ----------------------------------------------------------------------


def test_all_that_breaks_a_rule_is_listed(make_node):
    node = prepared(
        make_node(), TABLE, ROWS, "UPDATE properties SET bedrooms = 5000 WHERE id IN (7, 9)",
        "UPDATE properties SET price = -1 WHERE id <= 15",
        "UPDATE properties SET version = 0 WHERE id = 3",
        "ALTER TABLE properties ADD COLUMN agent TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE properties ALTER agent DROP DEFAULT")
    assert refusal(node) == [
        "table properties: the column agent, which the app does not have, needs a default",
        'table properties: price must hold "price" BETWEEN 0.00 AND 9999999999.99: 15 rows,'
        " id 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …",
        'table properties: bedrooms must hold "bedrooms" BETWEEN 0 AND 1000: 2 rows, id 7, 9',
        'table properties: version must hold "version" >= 1: 1 row, id 3']
    prepared(node, "UPDATE properties SET bedrooms = 5, price = 5, version = 1 WHERE id <= 15",
             "ALTER TABLE properties DROP agent")
    assert get(node.start(), 7).json()["bedrooms"] == 5


def test_values_that_the_apps_types_cannot_hold_are_listed(make_node):
    node = prepared(
        make_node(), "CREATE TABLE properties (id NUMERIC, price DOUBLE PRECISION, bedrooms BIGINT,"
        " bathrooms REAL, region_origin TEXT, version BIGINT, updated_at TIMESTAMPTZ)",
        "INSERT INTO properties VALUES (1, 1, 1, 1, 'us', 1, now()), (2, 'NaN', 1, 1, 'us', 1,"
        " now()), (3, 1.005, 5000000000, 1, 'us', 1, now()), (4, 1, 1, 1.5, 'europe', 1,"
        " 'infinity'), (5, 1, 1, 1, NULL, 5000000000, now()), (5, 1, 1, 1, 'us', NULL, now()),"
        " (NULL, 1e300, 1, 'Infinity', 'us', 1, now()), (1e30, 1, 1, 1, 'us', 1, now())")
    said = "\n".join(refusal(node))
    for rule, rows in (("there are several rows with one id", "2 rows, id 5, 5"),
                       ("id must not be null", "1 row, id null"),
                       ("id does not fit BIGINT", "1 row, id 1000000000000000000000000000000"),
                       ("price does not fit NUMERIC(12,2)", "3 rows, id 2, 3, null"),
                       ("bedrooms does not fit INTEGER", "1 row, id 3"),
                       ("bathrooms does not fit INTEGER", "2 rows, id 4, null"),
                       ("region_origin must not be null", "1 row, id 5"),
                       ("region_origin does not fit VARCHAR(2)", "1 row, id 4"),
                       ("version must not be null", "1 row, id 5"),
                       ("version does not fit INTEGER", "1 row, id 5")):
        assert f"table properties: {rule}: {rows}\n" in said + "\n"


@pytest.mark.parametrize("change, said", [
    ("DROP price", "there is no column price"),
    ("ALTER price TYPE text", "the column price is text and must be NUMERIC(12,2)"),
    ("ALTER price TYPE numeric[] USING ARRAY[price]", "the column price is numeric[] and must be"),
    ("DROP CONSTRAINT properties_pkey, ADD PRIMARY KEY (id, version)",
     "its primary key is another one than id"),
    ("DROP price, ADD price NUMERIC(12,2) GENERATED ALWAYS AS (bedrooms * 1000) STORED",
     "the column price is computed by the database"),
    ("ADD atoll_state TEXT", "it has the column atoll_state from another database of Atoll's"),
    ("ADD CONSTRAINT cheap CHECK (price < 3) NOT VALID", "its constraint cheap was never checked")])
def test_another_shape_is_refused(make_node, change, said):
    node = prepared(make_node(), TABLE, ROWS, f"ALTER TABLE properties {change}")
    assert said in "\n".join(refusal(node))


def test_what_changes_rows_behind_atolls_back_is_refused(make_node):
    node = prepared(
        make_node(), TABLE, ROWS, "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN NEW.updated_at := now(); RETURN NEW; END'", "CREATE TRIGGER touched BEFORE UPDATE"
        " ON properties FOR EACH ROW EXECUTE FUNCTION touch()")
    assert refusal(node) == [
        "table properties: its trigger touched may change rows before they are written: drop it,"
        " or make it an AFTER trigger"]
    prepared(node, "DROP TRIGGER touched ON properties").start()


def test_a_view_is_named_where_it_is_in_the_way(make_node):
    view = "CREATE VIEW cheap AS SELECT id, price FROM properties WHERE price < 1000"
    node = prepared(make_node(), TABLE.replace("DECIMAL(12,2)", "DOUBLE PRECISION"), ROWS, view)
    assert refusal(node) == [
        'table properties: the column price becomes "price" NUMERIC(12,2), but is read by cheap:'
        " drop that, and make it again afterwards"]
    prepared(node, "DROP VIEW cheap", TABLE.replace("properties", "other"))
    node.start()
    psql(node.database_url, view)


def test_a_table_of_somebody_elses_and_a_role_that_may_only_read(make_node):
    node = prepared(make_node(), TABLE, ROWS, "UPDATE properties SET price = -1 WHERE id = 8",
                    "REVOKE CREATE ON SCHEMA public FROM PUBLIC")  # which 14 lets all do
    owner, role = node.database_url, role_of(node)
    node.env["DATABASE_URL"] = url_of_new_role(node, "GRANT SELECT ON properties TO {}")
    assert refusal(node) == [
        f"{role} may not create tables: GRANT CREATE ON SCHEMA public TO it",
        f"table properties: it belongs to postgres, and {role} cannot add columns to it",
        'table properties: price must hold "price" BETWEEN 0.00 AND 9999999999.99: 1 row, id 8']
    psql(owner, f"ALTER TABLE properties OWNER TO {role}; GRANT CREATE ON SCHEMA public TO {role};"
                " UPDATE properties SET price = 1 WHERE id = 8")
    assert records(node.start()) == 1200


def test_fresh_throws_no_table_away_that_was_there_before(make_node):
    node = prepared(make_node(), TABLE, ROWS).start()
    node.stop()
    node.options.append("--fresh")
    assert node.start(ready=False).wait_for_exit() == 1
    assert "it was taken over with the rows of properties" in node.log(since_start=True)
    assert psql(node.database_url, "SELECT count(*) FROM properties") == "1200"


# ---- cut short, and together with others ---------------------------------------------------------


def killed_at(node, fault, env=()):
    node.start(ready=False, env={"ATOLL_FAULT": fault} | dict(env))
    assert node.wait_for_exit() == -9
    return node


def test_killed_while_the_table_is_changed(make_node):
    node = prepared(make_node(), TABLE, ROWS)
    before = psql(node.database_url, DESCRIBED)
    killed_at(node, "takeover:1")
    wait_until(lambda: psql(node.database_url, DESCRIBED) == before, what="the end of its session")
    node.start()
    check(node)


@pytest.mark.parametrize("fault", ["takeover.piece:1", "takeover.piece:2", "commit.after:1"])
def test_killed_while_the_rows_are_counted(make_node, fault):
    """What other programs write meanwhile comes on top, once."""
    capture = {"CAPTURE": "trigger"}
    node = killed_at(prepared(make_node(env=capture), TABLE, ROWS), fault)
    psql(node.database_url, "UPDATE properties SET price = 3, version = version + 1 WHERE id IN"
                            " (10, 1199); DELETE FROM properties WHERE id = 11;"
                            " INSERT INTO properties VALUES (5000, 5, 1, 1, 'us')")
    node.start()
    wait_until(lambda: [get(node, key).json().get("version") for key in (10, 1199, 5000)]
               == [5, 4, 1], what="what was written")
    wait_until(lambda: get(node, 11).status_code == 404, what="what was deleted")
    assert records(node) == 1200
    assert psql(node.database_url, LOG) == "4"


def test_a_row_that_another_program_has_locked_is_waited_for(make_node):
    node = killed_at(prepared(make_node(), TABLE, ROWS), "takeover.piece:1")
    with Session(node.database_url) as session:
        session.run("BEGIN")
        session.run("UPDATE properties SET price = 9 WHERE id = 10")
        node.start(ready=False)
        wait_until(lambda: psql(node.database_url, "SELECT count(*) FROM properties WHERE"
                                                   " atoll_hash IS NOT NULL") == "1199",
                   what="all other rows")
        session.run("COMMIT")
        node.wait_ready()
    assert get(node, 10).json()["price"] == 9
    check(node)


def test_two_processes_take_over_together(make_node, tmp_path, cluster):
    processes = Processes(make_node, tmp_path, cluster, SEED="none")
    prepared(processes.first, TABLE, ROWS)
    for node in (processes.first, processes.second):
        node.start(ready=False)
    for node in (processes.first, processes.second):
        node.wait_ready()
    check(processes.first)
    processes.eu.start()
    wait_until(lambda: are_level(processes.first, processes.second, processes.eu),
               what="all three being equal")
    assert records(processes.eu) == 1200


# ---- two regions ---------------------------------------------------------------------------------


def conflicts(*nodes):
    return [conflict for node in nodes for conflict in requests.get(
        f"{node.base_url}/_atoll/conflicts", timeout=60).json()["items"]]


def verified(regions):
    wait_until(lambda: are_level(*regions.nodes), what="both being equal")
    run_atoll("verify", regions.app, env=regions.environment)


@pytest.mark.parametrize("first, second", [("us", "eu"), ("eu", "us")])
def test_two_regions_take_over_their_copies(make_node, tmp_path, first, second):
    """The higher version wins; what differs at one version is listed; the rest is silent."""
    regions = Regions(make_node, tmp_path)
    us, eu = (prepared(regions[name], TABLE, ROWS) for name in ("us", "eu"))
    prepared(us, "UPDATE properties SET price = 77, version = 9 WHERE id = 20",
             "UPDATE properties SET bedrooms = 3 WHERE id = 21",
             "UPDATE properties SET updated_at = now() WHERE id = 22",
             "INSERT INTO properties VALUES (5000, 5, 1, 1, 'us')")
    prepared(eu, "UPDATE properties SET price = 99, version = 8 WHERE id = 20",
             "UPDATE properties SET bedrooms = 4 WHERE id = 21",
             "INSERT INTO properties VALUES (5001, 6, 1, 1, 'eu')")
    regions.start(first, second)
    verified(regions)
    for node in (us, eu):
        assert (get(node, 20).json()["price"], get(node, 20).json()["version"]) == (77, 9)
        assert get(node, 21).json() == get(us, 21).json()
        assert [get(node, key).json()["price"] for key in (5000, 5001)] == [5, 6]
        assert records(node) == 1202
        assert psql(node.database_url, LOG) == "0"
    assert {(one["kind"], one["key"], *one["detail"]["fields"]) for one in conflicts(us, eu)} == {
        ("copies", "21", "bedrooms")}
    assert put(us, 20, 78, 9).status_code == 200
    assert put(eu, 5000, 6, 1).status_code == 200
    verified(regions)
    listed = len(conflicts(us, eu))
    for node in (us, eu):
        node.restart()
    assert put(us, 21, 5, get(us, 21).json()["version"]).status_code == 200
    verified(regions)
    assert len(conflicts(us, eu)) == listed, "they are compared once"
    assert "Takes a snapshot" not in us.log(since_start=True)


def test_the_other_copy_comes_later(make_node, tmp_path):
    regions = Regions(make_node, tmp_path)
    us, eu = (prepared(regions[name], TABLE, ROWS) for name in ("us", "eu"))
    prepared(eu, "UPDATE properties SET price = 99, version = 8 WHERE id = 600")
    us.start()
    assert put(us, 10, 5, 4).status_code == 200
    assert put(us, 600, 5, 6).status_code == 200, "not knowing better"
    regions.start("eu")
    wait_until(lambda: hears(us, "eu") and hears(eu, "us"), what="both hearing each other")
    verified(regions)
    assert get(eu, 10).json()["price"] == 5
    assert (get(eu, 600).json()["price"], get(eu, 600).json()["version"]) == (5, 9)
    assert {(one["kind"], one["key"]) for one in conflicts(us, eu)} == {("fields", "600")}


def test_beside_a_broker_no_message_tells_of_the_rows(make_node, tmp_path, kafka):
    regions = Regions(make_node, tmp_path,
                      env={"KAFKA_BROKER": kafka.address, "KAFKA_TOPIC": "taken-over"})
    us, eu = (prepared(regions[name], TABLE, ROWS) for name in ("us", "eu"))
    prepared(eu, "INSERT INTO properties VALUES (5001, 6, 1, 1, 'eu')")
    regions.start("us", "eu")
    verified(regions)
    assert get(us, 5001).json()["price"] == 6
    assert put(us, 10, 5, 4).status_code == 200
    verified(regions)
    [message] = messages(kafka, "taken-over", 1)
    assert message.key == b"10"


def test_killed_while_the_copies_are_compared(make_node, tmp_path):
    regions = Regions(make_node, tmp_path)
    us, eu = (prepared(regions[name], TABLE, ROWS) for name in ("us", "eu"))
    prepared(us, "DELETE FROM properties WHERE id % 3 = 0")
    prepared(eu, "DELETE FROM properties WHERE id % 3 = 1")
    us.start()
    killed_at(eu, "snapshot.piece:2")
    regions.start("eu")
    verified(regions)
    assert records(us) == records(eu) == 1200


@pytest.mark.parametrize("first, second", [("us", "eu"), ("eu", "us")])
@pytest.mark.parametrize("other", ["sqlite", "postgres"])
def test_a_region_that_begins_with_nothing_gets_the_rows(make_node, tmp_path, first, second, other):
    regions = Regions(make_node, tmp_path, env={"SEED": "none"})
    us, eu = prepared(regions["us"], TABLE, ROWS), regions["eu"]
    if other == "sqlite":
        del eu.env["DATABASE_URL"]
    regions.start(first, second)
    verified(regions)
    assert records(eu) == 1200
    assert put(eu, 10, 5, 4).status_code == 200
    verified(regions)


def test_a_region_that_began_with_the_seed_is_kept_apart(make_node, tmp_path):
    """Its rows are nobody's copies, and must not come into the table that was there."""
    regions = Regions(make_node, tmp_path)
    us, eu = prepared(regions["us"], TABLE, ROWS), regions["eu"]
    eu.start()
    us.start()
    for node in (us, eu):
        wait_until(lambda node=node: lag(node)["peers"][0].get("trouble") == ["other_rows"],
                   what="the trouble")
        assert "one began with the app's seed" in node.log()
    assert put(eu, 2500, 5, 1).status_code == 200
    assert records(us) == 1200 and get(us, 2500).status_code == 404
    assert records(eu) == 3000
    eu.stop()
    eu.options.append("--fresh")
    eu.env["SEED"] = "none"
    regions.start("eu")
    verified(regions)
    assert records(eu) == 1200
