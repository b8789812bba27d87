"""Several processes of one node on one PostgreSQL database: all serve, one of them applies what
peers send, and another one takes over when that one dies or sleeps."""

import json
import re
import signal

import pytest
import requests
from atoll import wait_until
from crash_load import Load, check
from fleet import Fleet
from ports import free_ports
from postgres import psql
from regions import JSON, app_file, are_level, get, hears, put, read_with, status
from stored import store_of
from topics import all_messages

STORES = ("postgres",)
ACCEPTED = (200, 201, 204, 404, 409, 503)


def with_instance(text, port):
    return text.replace('name = "us"\n', f'name = "us"\ninstances = ["127.0.0.1:{port}"]\n', 1)


class Processes:
    """us twice on one database, eu on a file."""

    def __init__(self, make_node, folder, cluster, **more):
        ports = dict(zip(("us", "us.2", "eu"), free_ports(3)))
        app = app_file(folder / "app", ("us", "eu"), {}, links={})
        app.write_text(with_instance(app.read_text(), ports["us.2"]))
        env = more | {f"{name.upper()}_URL": f"http://127.0.0.1:{ports[name]}"
                      for name in ("us", "eu")}
        self.url = cluster.new_database()
        shared = env | {"DATABASE_URL": self.url}
        options = {"app": str(app), "alone": False}
        self.first = make_node(name="us", env=shared, **options)
        self.second = make_node(name="us", env=shared, options=["--instance", "2"], **options)
        self.eu = make_node(name="eu", env=env, on="sqlite", **options)
        for node, port in zip((self.first, self.second, self.eu), ports.values()):
            node.port = port

    def start(self):
        for node in (self.first, self.second, self.eu):
            node.start()
        wait_until(lambda: hears(self.eu, "us") and hears(self.first, "eu")
                   and hears(self.second, "eu"), what="all hearing each other")
        return self

    def lease(self):
        return int(psql(self.url, "SELECT max(number) FROM atoll_leases"))

    def holder(self):
        """Who has it, and who waits for it."""
        def the_only_one():
            holders = [node for node in (self.first, self.second)
                       if '"Holds the node' in node.log().rpartition('"Lost the node')[2]]
            return holders[0] if len(holders) == 1 else None

        holder = wait_until(the_only_one, what="one of them having the lease")
        return holder, self.second if holder is self.first else self.first

    def wait_for_another_lease(self, than):
        wait_until(lambda: self.lease() > than, what="another one taking over")

    def assert_kept(self, lease, holder):
        """A holder that this machine lets wait for a second loses the lease, and knows that."""
        assert self.lease() == lease or "Lost the node's lease" in holder.log()


@pytest.fixture
def processes(make_node, tmp_path, cluster):
    return Processes(make_node, tmp_path, cluster).start()


@pytest.fixture
def on_kafka(make_node, tmp_path, cluster, kafka):
    return Processes(make_node, tmp_path, cluster, KAFKA_BROKER=kafka.address,
                     KAFKA_TOPIC="instances").start()


def test_both_serve_one_history(processes):
    first, second, eu = processes.first, processes.second, processes.eu
    written = put(first, 10, 1, 1, **{"X-Request-ID": "one"})
    assert written.status_code == 200
    assert get(second, 10).json() == written.json()
    again = put(second, 10, 2, 2, **{"X-Request-ID": "one"})
    assert (again.status_code, again.json()["code"]) == (422, "duplicate_request")
    assert put(second, 10, 2, 1).status_code == 409
    ids = [requests.post(f"{node.base_url}/properties", json={"price": 5}, timeout=60).json()["id"]
           for node in (first, second, first, second)]
    assert len(set(ids)) == 4
    wait_until(lambda: are_level(first, second, eu), what="all three being equal")


def test_a_token_of_one_is_waited_for_at_the_other(processes):
    first, second = processes.first, processes.second
    for version in range(1, 30):
        written = put(first, 11, version, version)
        read = read_with(written.headers["Atoll-Token"], second, 11)
        assert read.json()["version"] == version + 1


def test_one_applies_and_both_know(processes):
    holder, other = processes.holder()
    lease = processes.lease()
    assert put(processes.eu, 2000, 5, 1).status_code == 200
    for node in (holder, other):
        wait_until(lambda node=node: get(node, 2000).json()["version"] == 2, what="eu's write")
        wait_until(lambda: are_level(processes.eu, node), what="it being known")
    processes.assert_kept(lease, holder)


def finish(processes, loads, alive):
    """Ends the load, and looks whether everything is as it was told, once."""
    for load in loads:
        load.finish()
    writes = [write for load in loads for write in load.over()]
    wait_until(lambda: are_level(alive, processes.eu), what="eu having all of it")
    store = store_of(processes.first).check()
    assert len(store.entries) > 100
    check(writes, store, alive.port)


def in_order(processes, loads, holder):
    """Who has the lease by now, the other one, and their loads."""
    now, other = processes.holder()
    return now, other, loads if now is holder else loads[::-1]


def times_lost(node):
    return node.log().count("Lost the node's lease")


def load_on(node, name):
    return Load(node, name, "instances", clients=4, accepted=ACCEPTED)


def write_in_eu(processes, version):
    """Three of eu's records, which no load writes."""
    for key in (2000, 2001, 2002):
        assert put(processes.eu, key, version, version).status_code == 200


def test_the_holder_is_killed_under_load(processes):
    holder, other = processes.holder()
    loads = [load_on(node, name) for node, name in ((holder, "a"), (other, "b"))]
    write_in_eu(processes, 1)
    wait_until(lambda: all(load.count(200) > 200 for load in loads), what="both being written at")
    holder, other, loads = in_order(processes, loads, holder)
    lease = processes.lease()
    holder.kill()
    processes.wait_for_another_lease(lease)
    write_in_eu(processes, 2)
    wait_until(lambda: get(other, 2002).json()["version"] == 3, what="eu's writes")
    done = loads[1].count(200)
    wait_until(lambda: loads[1].count(200) > done + 100, what="the other going on")
    finish(processes, loads, other)
    lease = processes.lease()
    holder.start()  # whoever comes back waits for it
    processes.assert_kept(lease, other)


def test_the_holder_sleeps_under_load_and_wakes_up(processes):
    holder, other = processes.holder()
    loads = [load_on(node, name) for node, name in ((holder, "a"), (other, "b"))]
    wait_until(lambda: all(load.count(200) > 200 for load in loads), what="both being written at")
    write_in_eu(processes, 1)
    holder, other, loads = in_order(processes, loads, holder)
    lease, lost = processes.lease(), times_lost(holder)
    holder.process.send_signal(signal.SIGSTOP)
    try:
        processes.wait_for_another_lease(lease)
        write_in_eu(processes, 2)
        wait_until(lambda: get(other, 2002).json()["version"] == 3, what="eu's writes")
        done = loads[1].count(200)
        wait_until(lambda: loads[1].count(200) > done + 100, what="the other going on")
    finally:
        holder.process.send_signal(signal.SIGCONT)
    wait_until(lambda: times_lost(holder) > lost, what="the sleeper knowing it")
    lease = processes.lease()
    done = loads[0].count(200)
    wait_until(lambda: loads[0].count(200) > done + 100, what="the sleeper serving again")
    write_in_eu(processes, 3)
    for node in (holder, other):
        wait_until(lambda node=node: get(node, 2002).json()["version"] == 4, what="eu's writes")
    processes.assert_kept(lease, other)
    finish(processes, loads, other)


def test_stopped_it_gives_the_lease_back(processes):
    holder, other = processes.holder()
    lease = processes.lease()
    holder.stop()
    processes.wait_for_another_lease(lease)
    assert put(other, 12, 1, 1).status_code == 200
    wait_until(lambda: get(processes.eu, 12).json()["version"] == 2,
               what="eu following the process that is left")


def test_the_database_goes_and_comes_back(make_node, tmp_path, own_cluster):
    processes = Processes(make_node, tmp_path, own_cluster).start()
    lease = processes.lease()
    own_cluster.kill()
    wait_until(lambda: put(processes.second, 10, 1, 1).status_code == 503, what="503")
    own_cluster.start()
    wait_until(lambda: put(processes.second, 10, 1, 1).status_code in (200, 409), what="it writing")
    processes.wait_for_another_lease(lease)
    write_in_eu(processes, 1)
    wait_until(lambda: get(processes.first, 2002).json()["version"] == 2, what="eu's writes")


def test_only_postgresql_has_several(make_node, processes):
    node = make_node(name="us", app=processes.first.app, on="sqlite",
                     options=["--instance", "2"]).start(ready=False)
    assert node.wait_for_exit() == 2
    assert "on SQLite" in node.log()
    node = make_node(name="us", app=processes.first.app, options=["--instance", "3"])
    node.by_flags = False
    node.env |= {"REGION": "us", "PORT": "0"}
    assert node.start(ready=False).wait_for_exit() == 2
    assert 'the node\'s "instances"' in node.log()


def test_up_starts_them_all_and_the_gateway_spreads(tmp_path, cluster):
    fleet = Fleet(tmp_path)
    [port] = free_ports(1)
    fleet.app.write_text(with_instance(fleet.app.read_text(), port))
    for name in fleet.urls:
        fleet.env[f"DATABASE_URL_{name.upper()}"] = cluster.new_database()
    said = fleet.tell("up", "-d")
    try:
        assert re.search(rf"us\.2 +http://127\.0\.0\.1:{port} +ready", said)
        for _ in range(20):
            assert requests.get(f"{fleet.base}/us/properties/10", timeout=60).status_code == 200
        log = fleet.data / "logs/gateway.log"
        wait_until(lambda: f"upstream=127.0.0.1:{port} " in log.read_text(),
                   what="the second being asked")
        fleet.tell("stop", "us")
        body = {"price": 1, "version": 1}
        answer = requests.put(f"{fleet.base}/us/properties/10", json=body, headers=JSON, timeout=60)
        assert answer.status_code == 200, "eu answers when no process of us is left"
        fleet.tell("start", "us")
    finally:
        fleet.atoll("down", fleet.app, "--data", fleet.data)


ALL_WELL = {"publishing": True, "reading": True, "unpublished": 0}


def who_publishes(processes):
    """And the other one; None unless one of them alone leads, and has published all."""
    for one, other in ((processes.first, processes.second), (processes.second, processes.first)):
        said = status(one)
        if said["leads"] and said.get("broker") == ALL_WELL and not status(other)["leads"]:
            return one, other
    return None


def test_one_of_them_publishes_and_another_goes_on_with_it(on_kafka, kafka):
    for version in range(1, 21):
        node = on_kafka.first if version % 2 else on_kafka.second
        assert put(node, 10, version, version).status_code == 200
    wait_until(lambda: get(on_kafka.eu, 10).json()["version"] == 21, what="eu having all of it")
    holder, other = wait_until(lambda: who_publishes(on_kafka), what="one having published all")
    write_in_eu(on_kafka, 1)
    for node in (holder, other):
        wait_until(lambda node=node: get(node, 2002).json()["version"] == 2, what="eu's writes")

    holder.kill()
    assert put(other, 10, 21, 21).status_code == 200
    wait_until(lambda: get(on_kafka.eu, 10).json()["version"] == 22, what="eu having that as well")
    wait_until(lambda: status(other).get("broker") == ALL_WELL, what="who publishes")
    read = [json.loads(message.value) for message in all_messages(kafka, "instances")]
    versions = list(dict.fromkeys(row["version"] for row in read if row["id"] == 10))
    assert versions == list(range(2, 23)), "in order, each at least once"
