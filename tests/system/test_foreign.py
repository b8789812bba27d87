"""An Atoll region beside one that is another program: a FastAPI or an Express backend on the same
topic, with a database of its own, which knows nothing of Atoll."""

import contextlib
import decimal
import json
import pathlib

import pytest
import requests
from atoll import run_atoll, wait_until
from backend import Backend
from fleet import Fleet
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.structs import OffsetAndMetadata
from kafka_broker import PATIENT
from regions import Regions, are_level, get, hears, metric, put, status
from topics import all_messages

topics = iter(f"shared-{number}" for number in range(1, 1000))
KEYS = range(10, 20)
WRITTEN = "2026-01-01T12:00:00"


@pytest.fixture
def topic():
    return next(topics)


@pytest.fixture
def beside(make_node, tmp_path, cluster, kafka, topic):
    """Makes regions of which eu is another program, and that program; all have the same rows."""
    with contextlib.ExitStack() as at_the_end:

        def make(kind, *names):
            regions = Regions(make_node, tmp_path, names=(*names[:1], "eu", *names[1:]),
                              foreign=("eu",),
                              env={"KAFKA_BROKER": kafka.address, "KAFKA_TOPIC": topic})
            regions.start(*names)
            backend = Backend(kind, tmp_path / "eu", "eu", cluster.new_database(), kafka, topic)
            at_the_end.callback(backend.clean_up)
            backend.start()
            fill(backend)
            for node in regions.nodes:
                wait_until(lambda node=node: [get(node, key).status_code for key in KEYS] ==
                           [200] * len(KEYS), what=f"the rows at {node.name}")
            return regions, backend

        yield make


def fill(backend):
    """Ten rows of the backend's, which it tells of when they are written the first time."""
    backend.sql("INSERT INTO properties (id, price, bedrooms, region_origin, updated_at) SELECT "
                f"n, 100, 3, 'eu', '{WRITTEN}' FROM generate_series({KEYS[0]}, {KEYS[-1]}) n")
    for key in KEYS:
        assert put(backend, key, 200, 1).status_code == 200


def is_foreign(message):
    return not message.headers


def send(broker, topic, *bodies):
    producer = KafkaProducer(bootstrap_servers=broker.address, linger_ms=5, **PATIENT)
    try:
        for body in bodies:
            producer.send(topic, body if isinstance(body, bytes) else json.dumps(body).encode())
        producer.flush(60)
    finally:
        producer.close()


def rewind(broker, topic, node):
    """The node's place at the broker is the topic's beginning once more."""
    group = KafkaConsumer(bootstrap_servers=broker.address, enable_auto_commit=False,
                          group_id=f"atoll.property-listing.{node.name}", **PATIENT)
    try:
        at = TopicPartition(topic, 0)
        group.assign([at])
        group.commit({at: OffsetAndMetadata(0, "", -1)})
    finally:
        group.close()


def row(region, key):
    """Numbers as numbers, whoever wrote them."""
    said = get(region, key).json()
    return decimal.Decimal(str(said["price"])), int(said["version"])


def wait_for(region, key, price, version):
    wanted = (decimal.Decimal(str(price)), version)
    wait_until(lambda: row(region, key) == wanted,
               what=f"{key} being {wanted} at {region.name}, not {row(region, key)}")


def own_changes(node):
    """How many changes this node has made."""
    marks = (mark.rsplit(":", 1) for mark in status(node)["applied"].split(",") if mark)
    return sum(int(seq) for origin, seq in marks if origin.startswith(f"{node.name}."))


def conflicts(node):
    return requests.get(f"{node.base_url}/_atoll/conflicts", timeout=60).json()["items"]


@pytest.mark.parametrize("kind", ["fastapi", "express"])
def test_writes_travel_both_ways(beside, kafka, topic, kind):
    regions, eu = beside(kind, "us")
    us = regions["us"]
    version = 2
    for price in range(300, 310):
        there = put(eu, 10, price + 0.25, version)
        assert there.status_code == 200, there.text
        version += 1
        wait_for(us, 10, price + 0.25, version)
        written = there.json()["updated_at"].rstrip("Z")
        assert get(us, 10).json()["updated_at"].startswith(written)
        assert put(us, 10, price + 0.5, version).status_code == 200
        version += 1
        wait_for(eu, 10, price + 0.5, version)
    stale = put(us, 10, 1, version - 1)
    assert (stale.status_code, stale.json()["current"]["version"]) == (409, version)
    shown = get(us, 10).json()
    assert (shown["region_origin"], shown["bedrooms"]) == ("eu", 3), "they stay as they were"
    ours = [json.loads(m.value) for m in all_messages(kafka, topic) if not is_foreign(m)]
    assert {body["region_origin"] for body in ours} == {"us"}, "who wrote it"
    assert metric(us, "atoll_broker_adopted_total") == 20
    assert own_changes(us) == 30
    assert conflicts(us) == []


@pytest.mark.parametrize("kind", ["fastapi", "express"])
def test_each_goes_on_while_the_other_is_down(beside, kind):
    regions, eu = beside(kind, "us")
    us = regions["us"]
    us.kill()
    for version in range(2, 12):
        assert put(eu, 11, version, version).status_code == 200
    us.start()
    wait_for(us, 11, 11, 12)
    eu.stop()
    for version in range(12, 20):
        assert put(us, 11, version, version).status_code == 200
    eu.start()
    wait_for(eu, 11, 19, 20)
    assert put(eu, 11, 5, 20).status_code == 200
    wait_for(us, 11, 5, 21)


def make_topic(broker, topic):
    """As such programs expect it: they start on one that is there."""
    with contextlib.closing(KafkaAdminClient(bootstrap_servers=broker.address,
                                             **PATIENT)) as admin:
        admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])


@pytest.mark.parametrize("kind", ["fastapi", "express"])
def test_a_backend_is_replaced_on_its_database(make_node, tmp_path, cluster, kafka, topic, kind):
    """Both regions are such programs; then Atoll takes over the database of one."""
    with contextlib.ExitStack() as at_the_end:
        make_topic(kafka, topic)
        old, eu = (Backend(kind, tmp_path / name, name, cluster.new_database(), kafka, topic)
                   for name in ("us", "eu"))
        for backend in (old, eu):
            at_the_end.callback(backend.clean_up)
            backend.start()
            backend.sql("INSERT INTO properties (id, price, bedrooms, region_origin, updated_at)"
                        f" SELECT n, 100, 3, 'us', '{WRITTEN}' FROM generate_series(10, 19) n")
        assert put(old, 10, 200, 1).status_code == 200
        assert put(eu, 11, 300, 1).status_code == 200
        for backend in (old, eu):
            wait_for(backend, 10, 200, 2)
            wait_for(backend, 11, 300, 2)
        old.stop()
        assert put(eu, 12, 400, 1).status_code == 200, "while nobody is there"
        regions = Regions(make_node, tmp_path, foreign=("eu",),
                          env={"KAFKA_BROKER": kafka.address, "KAFKA_TOPIC": topic,
                               "DATABASE_URL": old.database})
        us = regions["us"]
        regions.start("us")
        wait_for(us, 10, 200, 2)
        wait_for(us, 11, 300, 2)
        wait_for(us, 12, 400, 2)
        assert status(us)["resources"]["properties"]["records"] == 10
        assert put(us, 10, 201, 2).status_code == 200
        wait_for(eu, 10, 201, 3)
        assert put(eu, 10, 202, 3).status_code == 200
        wait_for(us, 10, 202, 4)
        assert conflicts(us) == []


def test_one_node_adopts_and_the_next_takes_over(beside, kafka, topic):
    regions, eu = beside("fastapi", "us", "ap")
    us, ap = regions["us"], regions["ap"]
    for version in range(2, 32):
        assert put(eu, 12, version, version).status_code == 200
    for node in (us, ap):
        wait_for(node, 12, 31, 32)
    assert (own_changes(us), own_changes(ap)) == (40, 0), "us comes first in the app"
    us.kill()
    for version in range(32, 42):
        assert put(eu, 12, version, version).status_code == 200
    wait_for(ap, 12, 41, 42)
    assert put(ap, 12, 42, 42).status_code == 200
    wait_for(eu, 12, 42, 43)
    us.start()
    wait_for(us, 12, 42, 43)
    wait_until(lambda: hears(ap, "us"), what="ap knowing that us lives")  # else both adopt it
    assert put(eu, 12, 43, 43).status_code == 200
    for node in (us, ap):
        wait_for(node, 12, 43, 44)
    wait_until(lambda: are_level(us, ap), what="equal digests")
    foreign = sum(is_foreign(message) for message in all_messages(kafka, topic))
    assert foreign == 51
    assert own_changes(us) + own_changes(ap) == foreign + 1, "one change for each, and ap's own"
    assert conflicts(us) == conflicts(ap) == []


def test_what_comes_again_is_not_adopted_again(beside, kafka, topic):
    regions, eu = beside("fastapi", "us", "ap")
    us, ap = regions["us"], regions["ap"]
    for version in range(2, 12):
        assert put(eu, 13, version, version).status_code == 200
    wait_for(ap, 13, 11, 12)
    foreign = [message.value for message in all_messages(kafka, topic) if is_foreign(message)]
    made = own_changes(us)
    send(kafka, topic, *foreign)
    wait_until(lambda: metric(us, "atoll_broker_foreign_total") == 2 * len(foreign),
               what="all of them again")
    for node in (us, ap):
        node.stop()
        rewind(kafka, topic, node)
    regions.start("us", "ap")
    assert put(eu, 13, 12, 12).status_code == 200
    for node in (us, ap):
        wait_for(node, 13, 12, 13)
        assert metric(node, "atoll_broker_foreign_total") == 2 * len(foreign) + 1
    assert (own_changes(us), own_changes(ap)) == (made + 1, 0)
    wait_until(lambda: are_level(us, ap), what="equal digests")


def test_of_two_writes_with_one_version_the_later_one_stays(beside, kafka, topic):
    regions, eu = beside("fastapi", "us")
    us = regions["us"]
    assert put(us, 14, 300, 2).status_code == 200
    theirs = {"id": 14, "region_origin": "eu", "version": 3}
    send(kafka, topic, theirs | {"price": 400, "updated_at": "2020-01-01T12:00:00Z"})
    # Later than ours, by a clock that is ahead.
    send(kafka, topic, theirs | {"price": 500, "updated_at": "2100-01-01T12:00:00"})
    wait_for(us, 14, 500, 4)
    wait_for(eu, 14, 500, 4)
    assert get(us, 14).json()["updated_at"] < "2100"
    listed, = conflicts(us)
    assert listed["kind"] == "fields"
    assert "300" in json.dumps(listed) and "400" not in json.dumps(listed)


def test_other_programs_see_what_two_regions_joined(beside, kafka, topic):
    regions, eu = beside("fastapi", "us", "ap")
    us, ap = regions["us"], regions["ap"]
    regions.cut("us", "ap")
    for price, node in ((300, us), (400, ap)):
        assert put(node, 17, price, 2).status_code == 200
    regions.cut("us", "ap", off=False)
    for node in (us, ap, eu):  # which has dropped the second version 3 that it saw
        wait_for(node, 17, 400, 4)
    wait_until(lambda: are_level(us, ap), what="equal digests")
    shown = [m for m in all_messages(kafka, topic) if "atoll-joined" in dict(m.headers)]
    assert len(shown) >= 1
    assert {json.loads(m.value)["version"] for m in shown} == {4}
    assert own_changes(us) + own_changes(ap) == 12, "no change of anybody's"


def test_what_can_be_no_record_becomes_a_dead_letter(beside, kafka, topic):
    regions, eu = beside("fastapi", "us", "ap")
    us, ap = regions["us"], regions["ap"]
    send(kafka, topic, b"price=5", {"price": 5, "version": 3}, {"id": 16, "version": 3},
         {"id": 16, "price": 5}, {"id": 16, "price": "much", "version": 3},
         {"id": "16", "price": "5.5", "version": "3", "more": {"fields": []}})
    for node in (us, ap):
        wait_for(node, 16, 5.5, 3)
    wait_until(lambda: status(us)["dead"] == 5, what="the letters")
    assert status(ap)["dead"] == 0, "one node keeps them"
    listed = run_atoll("dead-letters", "list", regions.app, "--json",
                       env=regions.environment).stdout
    reasons = [json.loads(line)["reason"] for line in listed.splitlines()]
    assert reasons[1:4] == ['"id" is missing', '"price" is missing', '"version" is missing']


def test_a_flood_is_adopted_in_batches(beside, kafka, topic):
    regions, _ = beside("fastapi", "us", "ap")
    us, ap = regions["us"], regions["ap"]
    for node in (us, ap):  # so that all of it is there when they come
        node.stop()
    send(kafka, topic, *({"id": key, "price": version, "version": version}
                         for version in range(3, 503) for key in KEYS))
    regions.start("us", "ap")
    for node in (us, ap):
        wait_for(node, KEYS[-1], 502, 502)
    wait_until(lambda: are_level(us, ap), what="equal digests")
    assert own_changes(us) == 10 + 5000
    assert metric(us, "atoll_commit_batches_total") < 1000


def test_an_empty_store_beside_another_program_is_not_seeded(make_node, tmp_path, kafka, topic):
    regions = Regions(make_node, tmp_path, foreign=("eu",),
                      env={"KAFKA_BROKER": kafka.address, "KAFKA_TOPIC": topic})
    app = pathlib.Path(regions.app)
    app.write_text(app.read_text().replace('home_down = "accept"', 'home_down = "reject"'))
    regions.start("us")
    us = regions["us"]
    listed = requests.get(f"{us.base_url}/properties", timeout=60).json()
    assert listed["items"] == []
    # A record of the other program's region is written here: nothing can be forwarded to it.
    send(kafka, topic, {"id": 7, "price": 1, "version": 4, "region_origin": "eu"})
    wait_until(lambda: get(us, 7).status_code == 200, what="the record")
    assert put(us, 7, 2, 4).status_code == 200
    assert get(us, 7).json()["region_origin"] == "eu"
    lag = requests.get(f"{us.base_url}/replication-lag", timeout=60).json()
    assert (lag["lag_seconds"], lag["peers"]) == (0, [])


def test_up_starts_our_region_and_the_gateway_passes_theirs(tmp_path, cluster, kafka, topic):
    fleet = Fleet(tmp_path)
    fleet.env |= {"KAFKA_BROKER": kafka.address, "KAFKA_TOPIC": topic}
    eu = Backend("fastapi", tmp_path / "eu", "eu", cluster.new_database(), kafka, topic)
    text = fleet.app.read_text()
    begin = text.index("[[node]]", text.index("[[node]]") + 1)
    end = text.index("\n[", begin)
    theirs = f'[[node]]\nname = "eu"\nforeign = true\nurl = "http://127.0.0.1:{eu.port}"\n'
    fleet.app.write_text(text[:begin] + theirs + text[end:])
    said = fleet.tell("up", "-d")

    def answers(region):
        """Who answers for eu."""
        answer = requests.get(f"{fleet.base}/eu/health", timeout=60)
        return answer.status_code == 200 and answer.json()["region"] == region

    try:
        status = fleet.atoll("status", fleet.app)
        assert status.returncode == 0 and "eu" not in status.stdout.split(), status
        wait_until(lambda: fleet.region() == "us", what=f"us answering for itself: {said}")
        wait_until(lambda: answers("us"), what="us standing in: they have not started yet")
        eu.start()
        fill(eu)
        wait_until(lambda: answers("eu"), what="eu being asked")
        written = requests.put(f"{fleet.base}/eu/properties/10", json={"price": 7, "version": 2},
                               timeout=60)
        assert written.json()["version"] == 3, "it was at version 2 in their table"
        ours = f"{fleet.base}/us/properties/10"
        wait_until(lambda: requests.get(ours, timeout=60).json().get("version") == 3,
                   what="it in us")
        eu.stop()
        wait_until(lambda: answers("us"), what="us standing in")
    finally:
        eu.clean_up()
        fleet.atoll("down", fleet.app, "--data", fleet.data)
