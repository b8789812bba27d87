"""The standby of a node's PostgreSQL server takes over, and may lack what the primary had promised:
no number is used twice, no id is given twice, and what a peer has comes back."""

import contextlib
import subprocess
import threading

import pytest
import requests
from atoll import wait_until
from lives import IN_EU, Numbers, create, log_of, origin_of, prices, verify, write
from postgres import Cluster, psql_command
from regions import Regions, are_level, get, hears, put

BEFORE, SENT, IN_FLIGHT = (10, 11), (12, 13), 15


class Pair:
    """A primary and its standby, known by one URL that leads to whoever takes writes."""

    def __init__(self):
        self.primary = Cluster().create()
        self.standby = None

    def follow(self):
        self.standby = self.primary.create_standby()

    def url(self, database):
        places = ",".join(f"127.0.0.1:{c.port}" for c in (self.primary, self.standby))
        return f"postgresql://postgres@{places}/{database}?target_session_attrs=read-write"

    def end_following(self):
        """What the primary writes from now on is on the primary alone."""
        wait_until(lambda: self.primary.sql(
            "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()")
            == "1", what="the standby having all")
        self.standby.stop("fast")

    def fail_over(self):
        self.primary.power_off()
        self.standby.start()
        self.standby.promote()

    def clean_up(self):
        for cluster in (self.primary, self.standby):
            if cluster:
                cluster.clean_up()


@pytest.fixture
def pair():
    made = Pair()
    try:
        made.follow()
        yield made
    finally:
        made.clean_up()


@pytest.fixture
def regions(pair, make_node, tmp_path):
    """us on the pair, eu on a file, both started."""
    made = Regions(make_node, tmp_path)
    pair.primary.sql("CREATE DATABASE us")
    made["us"].env["DATABASE_URL"] = pair.url("us")
    made.start("us", "eu")
    return made


class Write(threading.Thread):
    """One PUT, repeated until it is known what became of it."""

    def __init__(self, node):
        super().__init__()
        self.node = node
        self.statuses = []

    def run(self):
        wait_until(self._is_known, what="an answer")

    def _is_known(self):
        with contextlib.suppress(requests.ConnectionError, requests.Timeout):
            answer = put(self.node, IN_FLIGHT, 9, 1, **{"X-Request-ID": "in-flight"})
            self.statuses.append(answer.status_code)
            return answer.status_code != 503
        return False


def start_again(node):
    """It sees by itself that its database has gone back in time, and ends; `atoll up` starts it
    again."""
    wait_until(lambda: node.process.poll() is not None, what="the process ending")
    assert node.wait_for_exit() == 1
    assert "the database has gone back in time" in node.log()
    node.start()


def hold_commits(primary):
    """From now on each commit is durable on the primary, and waits for a standby that is gone."""
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.sql("SELECT pg_reload_conf()")
    subprocess.Popen([*psql_command(primary.url()), "-c", "CREATE TABLE held ()"],
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_held(primary, "postgres")


def wait_for_held(primary, database):
    wait_until(lambda: primary.sql(
        f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'"
        " AND wait_event = 'SyncRep'") != "0", what="a commit being held")


@pytest.mark.parametrize(("batches", "in_flight"), [(0, True), (1, False), (1, True), (2, True)])
def test_what_the_standby_lacks_comes_back(pair, regions, batches, in_flight):
    us, eu = regions["us"], regions["eu"]
    write(us, BEFORE, 1, **IN_EU)
    ids = [create(us, **IN_EU)]
    pair.end_following()
    write(us, SENT[:batches], 2, **IN_EU)
    origin, numbers = origin_of(us), Numbers()
    numbers.see(us, eu)
    pending = Write(us)
    if in_flight:
        hold_commits(pair.primary)
        pending.start()
        wait_for_held(pair.primary, "us")
    pair.fail_over()
    if batches:
        start_again(us)
    else:
        wait_until(lambda: put(us, 2000, 1, 1).status_code in (200, 409), what="us taking writes")
        us.restart()
    assert origin_of(us) != origin
    assert prices(us, SENT[:batches]) == [2] * batches
    assert {dot for dot in log_of(eu) if dot[0] == origin} <= set(log_of(us))
    if in_flight:
        pending.join()
        assert pending.statuses[-1] in (200, 422), pending.statuses
        assert (get(us, IN_FLIGHT).json()["price"], get(us, IN_FLIGHT).json()["version"]) == (9, 2)
    assert create(us, **IN_EU) not in ids
    write(us, (*BEFORE, *SENT), 3, **IN_EU)
    wait_until(lambda: hears(us, "eu") and are_level(us, eu), what="the regions being equal")
    verify(regions)
    numbers.see(us, eu)


def test_it_goes_on_without_a_peer_and_gives_no_id_again(pair, regions):
    us, eu = regions["us"], regions["eu"]
    ids = [create(us, **IN_EU)]
    pair.end_following()
    eu.stop()
    ids += [create(us) for _ in range(3)]
    origin, numbers = origin_of(us), Numbers()
    numbers.see(us, eu)
    pair.fail_over()
    start_again(us)
    assert origin_of(us) != origin
    assert create(us) not in ids
    eu.start()
    wait_until(lambda: are_level(us, eu), what="the regions being equal")
    numbers.see(us, eu)
