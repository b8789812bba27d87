"""Read replicas: they have every change, reads are spread over those that are fresh enough, and
whatever becomes of one, the primary and the others go on."""

import collections
import contextlib
import re
import shutil
import sqlite3
import subprocess

import pytest
import requests
from atoll import BINARY, REPOSITORY, run_atoll, wait_until
from postgres import psql

NAMES = ("replica-1", "replica-2")


class Products:
    """The node of products, its replicas' files, and a client that keeps its connection."""

    def __init__(self, node):
        self.node = node
        self.session = requests.Session()

    @property
    def url(self):
        return f"{self.node.base_url}/api/products"

    def file(self, name):
        return self.node.folder / "data" / f"{name.replace('-', '_')}.db"

    def rows(self, name, sql="SELECT id, name FROM Product ORDER BY id"):
        with contextlib.closing(sqlite3.connect(self.file(name))) as file:
            return file.execute(sql).fetchall()

    def by_hand(self, name, sql):
        with contextlib.closing(sqlite3.connect(self.file(name))) as file:
            file.execute(sql)
            file.commit()

    def create(self, key, name="Lamp", **headers):
        body = {"id": key, "name": name, "price": 19.99, "stock": 5}
        answer = self.session.post(self.url, json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        return answer

    def read(self, key, **headers):
        return self.session.get(f"{self.url}/{key}", headers=headers)

    def served_by(self, reads=8):
        """Who answered so many lists on one connection."""
        return collections.Counter(
            self.session.get(self.url).headers["Atoll-Served-By"] for _ in range(reads))

    def replicas(self):
        """What the node says of each."""
        said = requests.get(f"{self.node.base_url}/_atoll/status", timeout=60).json()
        return {replica["name"]: replica for replica in said["replicas"]}

    def why_refused(self, name):
        return wait_until(lambda: self.replicas()[name].get("trouble"),
                          what="the replica being refused")

    def wait_until_level(self, *names):
        def are_level():
            known = self.replicas()
            return all(known[name]["takes_reads"] and known[name]["equal"]
                       for name in names or NAMES)

        wait_until(are_level, what="the replicas being level")
        return self

    def atoll(self, command, *arguments, status=0):
        return run_atoll(command, "apps/products.toml", *arguments, status=status,
                         env={"PATH": "/usr/bin:/bin", "PORT": str(self.node.port)})

    def said(self, sentence):
        """How often its log says it."""
        return self.node.log().count(sentence)


@pytest.fixture
def stopped(make_node):
    return Products(make_node(name="primary", app="apps/products.toml"))


@pytest.fixture
def products(stopped):
    stopped.node.start()
    return stopped.wait_until_level()


def test_a_write_is_in_all_three_stores(products):
    products.create("a")
    products.create("b")
    products.create("a", name="Desk lamp")
    assert products.session.delete(f"{products.url}/b").status_code == 200
    products.create("b", name="Chair")
    products.create("c")
    assert products.session.delete(f"{products.url}/c").status_code == 200
    products.wait_until_level()
    for name in ("primary", *NAMES):
        assert products.rows(name) == [("a", "Desk lamp"), ("b", "Chair")], name
    # Only what a replica needs.
    for table in ("atoll_log", "atoll_requests", "atoll_conflicts"):
        assert products.rows("replica-1", f"SELECT count(*) FROM {table}") == [(0,)], table
    done = products.atoll("verify")
    assert "primary = replica-1 = replica-2   products  2/2 equal" in done.stdout


def test_reads_take_turns(products):
    products.create("a")
    products.wait_until_level()
    assert products.served_by(20) == {"replica-1": 10, "replica-2": 10}
    turns = [products.read("a").headers["Atoll-Served-By"] for _ in range(4)]
    assert sorted(turns) == ["replica-1", "replica-1", "replica-2", "replica-2"]
    wait_until(lambda: float(products.read("a").headers["Atoll-Age"]) == 0,
               what="an answer that lacks nothing")
    assert products.read("nothing").status_code == 404
    counted = {name: replica["reads"] for name, replica in products.replicas().items()}
    assert sum(counted.values()) >= 26
    metrics = requests.get(f"{products.node.base_url}/metrics", timeout=60).text
    assert 'atoll_replica_takes_reads{replica="replica-1"} 1' in metrics


def test_reads_of_the_primary_alone(stopped):
    stopped.node.start(env={"READ_SPREAD": "primary"})
    stopped.create("a")
    assert stopped.served_by() == {"primary": 8}
    stopped.wait_until_level()
    assert stopped.rows("replica-1") == [("a", "Lamp")]
    assert stopped.served_by() == {"primary": 8}


def test_a_client_reads_what_it_has_written(products):
    """On whatever connection: the answer to the write has waited."""
    for number in range(50):
        products.create(f"p{number}")
        with requests.get(f"{products.url}/p{number}", timeout=60) as answer:
            assert answer.status_code == 200, answer.headers


def test_how_far_behind_an_answer_may_be_is_the_readers_to_say(products):
    products.create("a")
    products.wait_until_level()
    for query in ("max_staleness=0", "max_staleness=2.5"):
        assert products.session.get(f"{products.url}/a?{query}").status_code == 200
    page = products.session.get(f"{products.url}?limit=1&max_staleness=0")
    assert page.status_code == 200
    for wrong in ("max_staleness=x", "max_staleness=-1", "max_staleness=", "staleness=1"):
        for url in (products.url, f"{products.url}/a"):
            assert products.session.get(f"{url}?{wrong}").status_code == 400, wrong


def test_pages_go_on_across_the_replicas(products):
    for number in range(25):
        products.create(f"p{number:02}")
    products.wait_until_level()
    seen, served, url = [], set(), f"{products.url}?limit=4"
    while url:
        answer = products.session.get(url)
        seen += [product["id"] for product in answer.json()["data"]]
        served.add(answer.headers["Atoll-Served-By"])
        link = re.match(r"<(.*)>; rel=\"next\"", answer.headers.get("Link", ""))
        url = link and products.node.base_url + link[1]
    assert seen == [f"p{number:02}" for number in range(25)]
    assert served == set(NAMES)


@contextlib.contextmanager
def locked(file):
    """Somebody holds the file's only right to write."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_replica_that_cannot_be_written_holds_nobody_up(products):
    with locked(products.file("replica-1")):
        token = products.create("a").headers["Atoll-Token"]
        products.wait_until_level("replica-2")
        # The other rests: it lacks a write that was answered.
        assert products.served_by() == {"replica-2": 8}
        assert products.read("a").json()["data"]["id"] == "a"
        wait_until(lambda: products.replicas()["replica-1"]["state"] == "away",
                   what="the replica being away")
        assert products.replicas()["replica-1"]["trouble"]
        with locked(products.file("replica-2")):
            products.create("b")
            assert products.served_by() == {"primary": 8}
        products.wait_until_level("replica-2")
        assert products.read("a", **{"Atoll-Token": token}).status_code == 200
        status = products.atoll("status", status=3)
        assert "primary → replica-1" in status.stdout
    products.wait_until_level()
    assert products.rows("replica-1") == [("a", "Lamp"), ("b", "Lamp")]
    assert set(products.served_by()) == set(NAMES)
    assert products.said("A replica takes no reads until it is back") >= 1
    products.atoll("status")


def test_a_replica_that_was_tampered_with_is_found_and_made_anew(products):
    for key in ("a", "b", "c"):
        products.create(key)
    products.wait_until_level()
    products.by_hand("replica-2", "UPDATE Product SET name = 'Bomb' WHERE id = 'b'")
    products.by_hand("replica-2", "DELETE FROM Product WHERE id = 'c'")
    found = products.atoll("verify", "--wait", "0", status=3)
    assert "products/b   replica-2's was changed by another program" in found.stdout
    assert "replica-2 lacks it" in found.stdout
    reset = products.atoll("reset-replicas", "--replica", "replica-2")
    assert reset.stdout.split() == ["replica-2", "3", "records,", "equal", "to", "primary"]
    products.atoll("verify")
    assert products.said("Makes a replica anew") == 1


def test_all_replicas_are_made_anew_while_reads_go_on(products):
    for key in ("a", "b", "c"):
        products.create(key)
    command = [BINARY, "reset-replicas", "apps/products.toml"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True,
                          env={"PORT": str(products.node.port)}) as reset:
        while reset.poll() is None:
            assert products.read("b").status_code == 200
            assert len(products.session.get(products.url).json()["data"]) == 3
        assert reset.returncode == 0
        assert reset.stdout.read().count("3 records, equal to primary") == 2
    wrong = products.atoll("reset-replicas", "--replica", "replica-9", status=2)
    assert "there is no replica replica-9" in wrong.stderr


def test_replicas_of_a_node_that_does_not_run_are_made_anew(products):
    for key in ("a", "b"):
        products.create(key)
    products.node.stop()
    products.by_hand("replica-1", "DELETE FROM Product")
    reset = products.atoll("reset-replicas", "--data", products.node.folder / "data")
    assert reset.stdout.count("2 records, equal to primary") == 2
    assert products.rows("replica-1") == [("a", "Lamp"), ("b", "Lamp")]


def test_a_replica_from_an_old_copy_catches_up(products):
    products.create("a")
    products.wait_until_level()
    products.node.stop()
    old = products.file("replica-1").read_bytes()
    products.node.start()
    products.create("b")
    products.session.delete(f"{products.url}/a")
    products.wait_until_level()
    products.node.stop()
    products.file("replica-1").write_bytes(old)
    products.node.start()
    products.wait_until_level()
    assert products.rows("replica-1") == [("b", "Lamp")]
    assert products.said("Fills a replica") == 2  # at the very beginning


def short_log(tmp_path):
    """Products with a log that holds nothing for long."""
    text = (REPOSITORY / "apps/products.toml").read_text()
    app = tmp_path / "products.toml"
    app.write_text(text + "\n[limits]\nlog_bytes_max = 4096\n")
    return app


def test_a_replica_behind_the_log_is_filled(make_node, tmp_path):
    products = Products(make_node(name="primary", app=short_log(tmp_path)))
    products.node.start()
    products.wait_until_level()
    products.create("a")
    products.create("gone")
    products.wait_until_level()
    products.node.stop()
    old = products.file("replica-1").read_bytes()
    products.node.start()
    products.session.delete(f"{products.url}/gone")

    def log_moved_on():
        products.create("filler", name="x" * 200)
        return products.rows("primary", "SELECT min(id) & 281474976710655 FROM atoll_log")[0][0] > 3

    wait_until(log_moved_on, what="the log having been trimmed")
    products.node.stop()
    products.file("replica-1").write_bytes(old)
    products.node.start()
    products.wait_until_level()
    assert [key for key, _ in products.rows("replica-1")] == ["a", "filler"]
    assert products.said("Fills a replica") == 3


def test_a_file_of_somebody_else_is_left_alone(stopped):
    stopped.file("replica-1").parent.mkdir(parents=True)
    stopped.by_hand("replica-1", "CREATE TABLE letters (text)")
    stopped.node.start()
    stopped.create("a")
    stopped.wait_until_level("replica-2")
    why = stopped.why_refused("replica-1")
    assert "another program's database" in why
    assert "reset-replicas" in why
    assert stopped.rows("replica-1", "SELECT name FROM sqlite_schema") == [("letters",)]
    assert stopped.served_by() == {"replica-2": 8}
    stopped.atoll("reset-replicas", "--replica", "replica-1")
    assert stopped.rows("replica-1") == [("a", "Lamp")]


def test_the_replica_of_another_node_is_refused(stopped):
    """Two replicas whose files were exchanged."""
    stopped.node.start()
    stopped.wait_until_level()
    stopped.node.stop()
    first, second = (stopped.file(name) for name in NAMES)
    shutil.move(first, f"{first}.away")
    shutil.move(second, first)
    stopped.node.start()
    why = stopped.why_refused("replica-1")
    assert "is the store of the node replica-2, not of replica-1" in why
    stopped.wait_until_level("replica-2")


def test_a_replica_that_has_more_than_its_primary_takes_no_reads(products):
    """The primary was put back from a copy: what it lost is in the replicas, and stays there until
    a person says otherwise."""
    products.create("a")
    products.wait_until_level()
    products.node.stop()
    old = products.file("primary").read_bytes()
    products.node.start()
    products.create("b")
    products.wait_until_level()
    products.node.stop()
    products.file("primary").write_bytes(old)
    products.node.start()
    why = products.why_refused("replica-1")
    assert "it has writes that its primary lacks" in why
    assert products.served_by() == {"primary": 8}
    assert products.rows("replica-1") == [("a", "Lamp"), ("b", "Lamp")]
    products.create("c")
    products.atoll("reset-replicas")
    assert products.rows("replica-1") == [("a", "Lamp"), ("c", "Lamp")]
    assert set(products.served_by()) == set(NAMES)


def test_a_killed_node_and_its_replicas(products):
    for number in range(30):
        products.create(f"p{number:02}")
    products.node.kill()
    products.node.start()
    products.wait_until_level()
    assert len(products.rows("replica-1")) == 30
    products.create("after")
    products.wait_until_level()
    products.atoll("verify")


@pytest.mark.parametrize("point", ["replica.apply", "replica.fill"])
def test_a_node_that_dies_while_it_feeds_a_replica(stopped, point):
    stopped.node.start()
    stopped.wait_until_level()
    stopped.node.stop()
    fills = point == "replica.fill"
    for name in NAMES if fills else ():
        stopped.file(name).unlink()
    stopped.node.start(env={"ATOLL_FAULT": f"{point}:1"}, ready=not fills)
    with contextlib.suppress(requests.ConnectionError):
        stopped.create("a")
    stopped.node.wait_for_exit()
    stopped.node.start()
    stopped.create("a")
    stopped.wait_until_level()
    assert stopped.rows("replica-2") == [("a", "Lamp")]


# ---- PostgreSQL -------------------------------------------------------------------------------


@pytest.fixture
def on_postgres(make_node, cluster):
    """All three on databases of their own."""
    env = {name: cluster.new_database()
           for name in ("DATABASE_URL", "REPLICA_1_URL", "REPLICA_2_URL")}
    return Products(make_node(name="primary", app="apps/products.toml", env=env))


def names_in(url):
    return psql(url, 'SELECT string_agg(name, \',\' ORDER BY id) FROM "Product"')


def test_replicas_on_postgresql(on_postgres):
    products, env = on_postgres, on_postgres.node.env
    products.node.start()
    products.create("a", name="one")
    products.wait_until_level()
    products.create("b", name="two")
    assert products.session.delete(f"{products.url}/a").status_code == 200
    products.wait_until_level()
    for url in env.values():
        assert names_in(url) == "two"
    assert psql(env["REPLICA_1_URL"], "SELECT count(*) FROM atoll_log") == "0"
    assert products.served_by() == {"replica-1": 4, "replica-2": 4}
    psql(env["REPLICA_2_URL"], "UPDATE \"Product\" SET name = 'Bomb'")
    products.atoll("verify", "--wait", "0", status=3)
    products.atoll("reset-replicas", "--replica", "replica-2")
    assert names_in(env["REPLICA_2_URL"]) == "two"


def test_a_replica_whose_server_is_away(on_postgres, own_cluster):
    products = on_postgres
    products.node.env["REPLICA_1_URL"] = url = own_cluster.new_database()
    products.node.start()
    products.create("a", name="one")
    products.wait_until_level()
    own_cluster.kill()
    products.create("b", name="two")
    products.wait_until_level("replica-2")
    for key in ("a", "b", "a", "b"):
        assert products.read(key).status_code == 200
    assert products.served_by() == {"replica-2": 8}
    wait_until(lambda: products.replicas()["replica-1"]["state"] == "away",
               what="the replica being away")
    own_cluster.start()
    products.wait_until_level()
    assert names_in(url) == "one,two"
    # A table of somebody else is no replica.
    products.node.stop()
    psql(url, "DROP TABLE atoll_node, atoll_meta")
    products.node.start()
    why = products.why_refused("replica-1")
    assert "the table Product is another program's" in why
    assert names_in(url) == "one,two"
    products.wait_until_level("replica-2")
    assert products.served_by() == {"replica-2": 8}
    products.atoll("reset-replicas", "--replica", "replica-1")
    products.wait_until_level()


def test_a_standby_is_no_replica(on_postgres, own_cluster):
    """Of PostgreSQL's own replication: nobody can write to it."""
    products, standby = on_postgres, own_cluster.create_standby()
    try:
        products.node.env["REPLICA_1_URL"] = standby.url()
        products.node.start()
        why = products.why_refused("replica-1")
        assert "it is a standby of PostgreSQL's own replication" in why
        products.create("a")
        products.wait_until_level("replica-2")
        assert products.served_by() == {"replica-2": 8}
    finally:
        standby.clean_up()


def test_the_primarys_server_is_away(on_postgres, own_cluster):
    """The replicas go on answering."""
    products = on_postgres
    products.node.env["DATABASE_URL"] = own_cluster.new_database()
    products.node.start()
    products.create("a")
    products.wait_until_level()
    own_cluster.kill()
    assert products.served_by() == {"replica-1": 4, "replica-2": 4}
    assert products.read("a").status_code == 200
    own_cluster.start()
    wait_until(lambda: products.session.post(
        products.url, json={"id": "b", "name": "Lamp", "price": 1, "stock": 1}).ok,
        what="the primary being back")
    products.wait_until_level()
    assert products.read("b").status_code == 200


# ---- another app ------------------------------------------------------------------------------


def test_replicas_of_another_app_are_four_lines(make_node, tmp_path):
    text = (REPOSITORY / "apps/property-listing.toml").read_text()
    shutil.copy(REPOSITORY / "apps/property-listing.csv", tmp_path)
    app = tmp_path / "property-listing.toml"
    app.write_text(text + '\n[[replica]]\nname = "us-replica"\nof = "us"\n'
                          'store = "${REPLICA_1_URL:-}"\n')
    node = make_node(name="us", app=app).start()
    url = f"{node.base_url}/us/properties"

    def served_by():
        return requests.get(f"{url}/10", timeout=60).headers["Atoll-Served-By"]

    wait_until(lambda: served_by() == "us-replica", what="the replica answering")
    changed = requests.put(f"{url}/10", json={"price": 5.25, "version": 1}, timeout=60)
    assert changed.status_code == 200
    answer = requests.get(f"{url}/10", timeout=60)
    assert (answer.json()["price"], answer.headers["ETag"]) == (5.25, changed.headers["ETag"])
    wait_until(lambda: served_by() == "us-replica", what="the replica answering again")
    with contextlib.closing(sqlite3.connect(node.folder / "data" / "us_replica.db")) as file:
        assert file.execute("SELECT count(*) FROM properties").fetchall() == [(3000,)]
