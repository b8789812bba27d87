"""Two regions with Kafka between them: a real broker, and what may happen to it."""

import contextlib
import itertools
import json
import pathlib
import subprocess
import threading
import time

import jsonschema
import kafka_broker
import pytest
import requests
from asyncapi import assert_described
from atoll import run_atoll, wait_until
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from regions import Regions, are_level, get, hears, metric, put, status
from topics import all_messages, messages
from wan import Wan

topics = iter(f"updates-{number}" for number in range(1, 1000))
FILLED_AFTER_SECONDS = 3  # by a peer
HANDED_OVER_SECONDS = 4  # so long a node that stops waits for its peers


@pytest.fixture
def topic():
    return next(topics)


@pytest.fixture
def regions(make_node, tmp_path, kafka, topic):
    """us and eu, level with each other, their changes in a topic of this test's own."""
    made = Regions(make_node, tmp_path, env=on(kafka, topic))
    made.start("us", "eu")
    return made


def on(broker, topic):
    return {"KAFKA_BROKER": broker.address, "KAFKA_TOPIC": topic}


def send(broker, topic, body, key=None, headers=()):
    """As another program does."""
    producer = KafkaProducer(bootstrap_servers=broker.address, **kafka_broker.PATIENT)
    try:
        producer.send(topic, body, key=key, headers=list(headers)).get(60)
    finally:
        producer.close()


def admin(broker):
    return contextlib.closing(KafkaAdminClient(bootstrap_servers=broker.address,
                                               **kafka_broker.PATIENT))


def said(client, node, topic):
    """How far this node says it is, by partition."""
    offsets = client.list_consumer_group_offsets(f"atoll.property-listing.{node}")
    return {at: o.offset for at, o in offsets.items() if at.topic == topic and o.offset > 0}


def sizes(broker, partitions):
    reader = KafkaConsumer(bootstrap_servers=broker.address, group_id=None,
                           enable_auto_commit=False, **kafka_broker.PATIENT)
    try:
        ends = reader.end_offsets(partitions)
    finally:
        reader.close()
    return {at: end for at, end in ends.items() if end > 0}


def tell(regions, *arguments):
    return run_atoll("dead-letters", arguments[0], regions.app, *arguments[1:],
                     env=regions.environment).stdout


def letters(regions):
    return [json.loads(line) for line in tell(regions, "list", "--json").splitlines()]


def from_broker(node):
    return metric(node, "atoll_broker_messages_total")


def test_changes_travel_through_the_broker(regions, kafka, topic):
    us, eu = regions["us"], regions["eu"]

    def reach_both(count):
        for node in (us, eu):
            wait_until(lambda: from_broker(node) == count, what="each message being everywhere")

    def filled():
        return [metric(node, "atoll_replication_filled_total") for node in (us, eu)]

    def travel_in_time():
        """Whether they did before a peer is asked for what the broker does not bring."""
        begin, before = time.monotonic(), filled()
        key, count = next(keys), from_broker(us)
        assert put(us, key, 520000.00, 1).status_code == 200
        assert put(eu, 1500 + key, 410000.00, 1).status_code == 200
        wait_until(lambda: get(eu, key).json()["version"] == 2 and
                   get(us, 1500 + key).json()["version"] == 2,
                   what="both writes being in both regions")
        reach_both(count + 2)
        in_time = time.monotonic() - begin < FILLED_AFTER_SECONDS
        assert not in_time or filled() == before
        return in_time

    keys = iter(range(10, 1500))
    assert put(us, 9, 1, 1).status_code == 200
    reach_both(1)  # the topic is made
    wait_until(travel_in_time, what="the broker being as quick as it should")
    wait_until(lambda: are_level(us, eu), what="equal digests")


def test_what_other_programs_read(regions, kafka, topic):
    us = regions["us"]
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert put(us, 10, 520000.00, 1, traceparent=trace).status_code == 200
    row = get(us, 10).json()
    deleted = requests.delete(f"{us.base_url}/properties/11?version=1", timeout=60)
    assert deleted.status_code == 204
    update, remove = messages(kafka, topic, 2)
    assert update.key == b"10"
    body = json.loads(update.value)
    assert list(body) == ["id", "price", "bedrooms", "bathrooms", "region_origin", "version",
                          "updated_at"]
    assert body == row | {"updated_at": row["updated_at"].removesuffix("Z")}
    assert b'"price":520000.00,' in update.value
    headers = dict(update.headers)
    assert headers["traceparent"].decode() == trace
    assert json.loads(headers["atoll-change"])["row"]["key"] == 10
    gone = json.loads(remove.value)
    assert (gone["id"], gone["version"], gone["deleted"]) == (11, 2, True)
    assert remove.value.endswith(b',"deleted":true}')
    assert_described(us, "propertyUpdated", body)
    assert_described(us, "propertyDeleted", gone)
    with pytest.raises(jsonschema.ValidationError):
        assert_described(us, "propertyDeleted", body)


def test_a_message_that_is_none_becomes_a_dead_letter(regions, kafka, topic):
    us, eu = regions["us"], regions["eu"]
    send(kafka, topic, b"\xff\x00", headers=[("atoll-change", b"{broken")])
    assert put(us, 10, 1, 1).status_code == 200
    wait_until(lambda: get(eu, 10).json()["version"] == 2, what="what comes behind it")
    wait_until(lambda: status(us)["dead"] == 1, what="the letter")
    dead, = messages(kafka, f"{topic}.dead", 1)
    assert dead.value == b"\xff\x00"
    headers = dict(dead.headers)
    assert headers["atoll-change"] == b"{broken"
    assert headers["atoll-place"].decode() == f"{topic}.0:0"
    letter, = letters(regions)
    assert (letter["source"], letter["seq"]) == (f"message/{topic}.0", 0)
    assert status(eu)["dead"] == 0, "one node puts it aside"
    # Replayed, it comes again, and is no better.
    tell(regions, "replay", f"us/{letter['id']}")
    wait_until(lambda: [one["seq"] for one in letters(regions)] == [2], what="it coming again")
    letter, = letters(regions)
    tell(regions, "discard", f"us/{letter['id']}")
    assert letters(regions) == []


def test_an_app_may_pass_over_messages_of_other_programs(make_node, tmp_path, kafka, topic):
    regions = Regions(make_node, tmp_path, env=on(kafka, topic))
    app = pathlib.Path(regions.app)
    app.write_text(app.read_text().replace('foreign = "record"', "# foreign ="))
    regions.start("us", "eu")
    us, eu = regions["us"], regions["eu"]
    send(kafka, topic, b'{"id":10,"price":1,"version":9}', key=b"10")
    assert put(us, 10, 5, 1).status_code == 200
    wait_until(lambda: get(eu, 10).json()["version"] == 2, what="what comes behind it")
    for node in (us, eu):
        wait_until(lambda node=node: metric(node, "atoll_broker_foreign_total") == 1,
                   what="it being counted")
        assert status(node)["dead"] == 0


def test_what_comes_again_changes_nothing(regions, kafka, topic):
    us, eu = regions["us"], regions["eu"]
    for version in range(1, 6):
        assert put(us, 10, version, version).status_code == 200
    wait_until(lambda: get(eu, 10).json()["version"] == 6, what="all in eu")
    for message in reversed(messages(kafka, topic, 5)):
        send(kafka, topic, message.value, message.key, message.headers)
    wait_until(lambda: from_broker(eu) == 10, what="all of them again")
    assert get(eu, 10).json() == get(us, 10).json()
    wait_until(lambda: are_level(us, eu), what="equal digests")


def test_a_broker_that_dies_under_load_loses_nothing(make_node, tmp_path, own_kafka):
    regions = Regions(make_node, tmp_path, env=on(own_kafka, "updates"))
    regions.start("us", "eu")
    us, eu = regions["us"], regions["eu"]
    assert put(us, 10, 1, 1).status_code == 200
    wait_until(lambda: from_broker(eu) == 1, what="the first one through the broker")
    stop = threading.Event()
    written = {}

    def write(node, key):
        version = 1
        while not stop.is_set():
            assert put(node, key, version, version).status_code == 200
            version += 1
            written[key] = version

    writers = [threading.Thread(target=write, args=pair) for pair in ((us, 20), (eu, 1520))]
    for writer in writers:
        writer.start()
    try:
        own_kafka.kill()
        at = dict(written)
        wait_until(lambda: all(written.get(key, 0) > at.get(key, 0) + 20 for key in (20, 1520)),
                   what="writes while the broker is away")
        read = [from_broker(node) for node in (us, eu)]
        own_kafka.start()
        wait_until(lambda: all(from_broker(node) > before + 20
                               for node, before in zip((us, eu), read)),
                   what="what waited being taken")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    wait_until(lambda: all(metric(node, "atoll_broker_unpublished") == 0 for node in (us, eu)),
               what="all being published")
    wait_until(lambda: get(eu, 20).json()["version"] == written[20] and
               get(us, 1520).json()["version"] == written[1520], what="all being everywhere")
    wait_until(lambda: are_level(us, eu), what="equal digests")
    read = all_messages(own_kafka, "updates")
    for node, key in (("us", b"20"), ("eu", b"1520")):
        versions = [json.loads(m.value)["version"] for m in read if m.key == key]
        assert sorted(set(versions)) == list(range(2, written[int(key)] + 1)), node


def test_a_topic_with_several_partitions_and_one_reader(make_node, tmp_path, kafka, topic):
    with admin(kafka) as client:
        client.create_topics([NewTopic(topic, num_partitions=3, replication_factor=1)])
    regions = Regions(make_node, tmp_path, env=on(kafka, topic))
    regions.start("us", "eu")
    us, eu = regions["us"], regions["eu"]
    for key in range(100, 160):
        assert put(us, key, key, 1).status_code == 200
    wait_until(lambda: from_broker(eu) == 60, what="all through the broker")
    wait_until(lambda: are_level(us, eu), what="equal digests")
    with admin(kafka) as client:
        partitions = [TopicPartition(topic, number) for number in range(3)]
        ends = sizes(kafka, partitions)
        wait_until(lambda: said(client, "eu", topic) == ends, what="all being acknowledged")


def test_a_topic_that_is_deleted_is_made_again_and_filled(regions, kafka, topic):
    us, eu = regions["us"], regions["eu"]
    for key in (10, 11, 12):
        assert put(us, key, key, 1).status_code == 200
    wait_until(lambda: from_broker(eu) == 3, what="all through the broker")
    with admin(kafka) as client:
        client.delete_topics([topic])
    assert put(us, 13, 13, 1).status_code == 200
    wait_until(lambda: get(eu, 13).json()["version"] == 2, what="the next write")
    wait_until(lambda: metric(us, "atoll_broker_unpublished") == 0, what="all being published")
    assert put(us, 14, 14, 1).status_code == 200
    wait_until(lambda: {json.loads(message.value)["id"] for message in all_messages(kafka, topic)}
               == {10, 11, 12, 13, 14}, what="all being in the topic")
    wait_until(lambda: are_level(us, eu), what="equal digests")


def test_what_the_topic_no_longer_has_comes_from_a_peer(regions, kafka, topic):
    us, eu = regions["us"], regions["eu"]
    assert put(us, 10, 1, 1).status_code == 200
    wait_until(lambda: from_broker(eu) == 1, what="the first one through the broker")
    eu.stop()
    for version in range(2, 8):
        assert put(us, 10, version, version).status_code == 200
    wait_until(lambda: metric(us, "atoll_broker_unpublished") == 0, what="all being published")
    with admin(kafka) as client:
        client.delete_records({TopicPartition(topic, 0): 6})
    eu.start()
    wait_until(lambda: get(eu, 10).json()["version"] == 8, what="all in eu")
    wait_until(lambda: are_level(us, eu), what="equal digests")
    assert metric(eu, "atoll_replication_filled_total") > 0


def test_a_node_starts_and_stops_while_the_broker_is_away(make_node, tmp_path, own_kafka):
    own_kafka.stop()
    regions = Regions(make_node, tmp_path, env=on(own_kafka, "updates"))
    regions.start("us", "eu")
    us, eu = regions["us"], regions["eu"]
    assert put(us, 10, 1, 1).status_code == 200
    wait_until(lambda: get(eu, 10).json()["version"] == 2, what="the write coming from the peer")
    assert metric(us, "atoll_broker_unpublished") == 1
    us.restart()
    own_kafka.start()
    wait_until(lambda: metric(us, "atoll_broker_unpublished") == 0, what="it being published")
    assert json.loads(messages(own_kafka, "updates", 1)[0].value)["id"] == 10


def test_a_stopping_node_leaves_nothing_behind_when_the_broker_is_slow(
        make_node, tmp_path, own_kafka):
    regions = Regions(make_node, tmp_path, env=on(own_kafka, "updates"))
    regions.start("us", "eu")
    us, eu = regions["us"], regions["eu"]
    assert put(us, 10, 1, 1).status_code == 200
    wait_until(lambda: from_broker(eu) == 1, what="the first one through the broker")
    versions = itertools.count(2)

    def stops_in_time():
        """Whether it did not wait for as long as it may: then eu has what it wrote."""
        for _ in range(6):
            version = next(versions)
            assert put(us, 10, version, version).status_code == 200
        begin = time.monotonic()
        us.stop()
        in_time = time.monotonic() - begin < HANDED_OVER_SECONDS
        assert not in_time or get(eu, 10).json()["version"] == version + 1
        us.start()
        return in_time

    own_kafka.freeze()
    try:
        wait_until(stops_in_time, what="eu taking over before us gives up")
    finally:
        own_kafka.thaw()
    wait_until(lambda: metric(us, "atoll_broker_unpublished") == 0, what="all being published")
    wait_until(lambda: are_level(us, eu), what="equal digests")


def test_a_broker_across_an_ocean(make_node, tmp_path, topic):
    """us is beside the broker; eu is 150 ms away from both."""
    with contextlib.ExitStack() as ends:
        broker = kafka_broker.Broker(doors=["far"])
        ends.callback(broker.clean_up)
        wan = Wan(seed=5)
        ends.callback(wan.close)
        ocean = wan.link(broker.doors["far"], 0.15)
        broker.create(advertised={"far": ocean.port})
        regions = Regions(make_node, tmp_path, env=on(broker, topic))
        us, eu = regions["us"], regions["eu"]
        eu.env["KAFKA_BROKER"] = f"127.0.0.1:{ocean.port}"
        for node, peer in ((us, eu), (eu, us)):
            link = wan.link(peer.port, 0.15)
            node.env[f"{peer.name.upper()}_URL"] = f"http://127.0.0.1:{link.port}"
        ends.callback(lambda: [node.clean_up() for node in regions.nodes])
        regions.start("us", "eu")

        def write_and_wait(version):
            before = {node.name: from_broker(node) for node in (us, eu)}
            for node, keys in ((us, range(1, 101)), (eu, range(1501, 1601))):
                for key in keys:
                    assert put(node, key, version, version).status_code == 200
            for node in (us, eu):
                wait_until(lambda at=node: from_broker(at) >= before[at.name] + 200,
                           what="all being there through the broker")
            wait_until(lambda: are_level(us, eu), what="equal digests")

        write_and_wait(1)
        ocean.set(stalled=True)
        for key in range(101, 121):
            assert put(eu, 1500 + key, 5, 1).status_code == 200
        ocean.set(stalled=False)
        wan.reset(ocean)
        write_and_wait(2)
        eu.restart()
        write_and_wait(3)
        for node in (us, eu):
            wait_until(lambda at=node: metric(at, "atoll_broker_unpublished") == 0,
                       what="all being published")


def test_who_waits_for_a_change_does_not_wait_for_the_broker(make_node, tmp_path, own_kafka):
    """Else a client that has just written in us would be told in eu that it is ahead."""
    own_kafka.stop()
    regions = Regions(make_node, tmp_path, env=on(own_kafka, "updates"))
    regions.start("us", "eu")
    us, eu = regions["us"], regions["eu"]

    def write_and_read(turn):
        """Whether the first answer of eu is the right one each time: its wait is bounded, and a
        busy machine may need longer."""
        token = {"Atoll-Token": put(us, turn, 1, 1).headers["Atoll-Token"]}
        read = requests.get(f"{eu.base_url}/properties/{turn}", timeout=60, headers=token)
        assert put(us, turn, 2, 2).status_code == 200
        written = put(eu, turn, 3, 3)  # us is its home
        for answer, version in ((read, 2), (written, 4)):
            assert answer.status_code in (200, 409, 503)
            assert answer.status_code != 200 or answer.json()["version"] == version
        return read.status_code == written.status_code == 200

    turns = iter(range(10, 1500))
    wait_until(lambda: write_and_read(next(turns)), what="eu having at once what us has taken")


def test_a_setting_that_librdkafka_does_not_have_is_refused(tmp_path, make_node):
    regions = Regions(make_node, tmp_path, env={"KAFKA_BROKER": "127.0.0.1:1"})
    app = pathlib.Path(regions.app)
    wrong = 'options = { "sasl.mechanisn" = "x" } #'
    app.write_text(app.read_text().replace("# options = {", wrong))
    us = regions["us"]
    us.start(ready=False)
    assert us.wait_for_exit() == 1
    assert "sasl.mechanisn" in us.log()


def test_a_forged_next_change_is_not_received(make_node, tmp_path, kafka, topic):
    regions = Regions(make_node, tmp_path, env=on(kafka, topic) | {"PEER_SECRET": "old"})
    regions.start("us", "eu")
    us, eu = regions["us"], regions["eu"]
    assert put(us, 10, 520000.00, 1).status_code == 200
    true = dict(messages(kafka, topic, 1)[0].headers)
    assert true["atoll-sign"].startswith(b"1:")
    change = true["atoll-change"].decode()
    origin = json.loads(change)["stamp"].split(":")[0]
    forged = change.replace(f"{origin}:1", f"{origin}:2").replace("520000", "1")
    assert forged != change
    send(kafka, topic, b"{}", key=b"10", headers=[("atoll-change", forged.encode())])
    for node in (us, eu):
        wait_until(lambda: metric(node, "atoll_broker_not_signed_total") == 1, what="the forgery")
    assert put(us, 10, 3.00, 2).status_code == 200
    wait_until(lambda: get(eu, 10).json()["version"] == 3, what="the true one")
    assert (get(us, 10).json(), get(eu, 10).json()["price"]) == (get(eu, 10).json(), 3)
    assert metric(eu, "atoll_dead_letters") == metric(eu, "atoll_replication_forks_total") == 0
    for names, secrets in ((("us", "eu"), "old,new"), (("us",), "new,old")):
        for name in names:
            regions[name].env["PEER_SECRET"] = secrets
            regions[name].restart()
    wait_until(lambda: hears(us, "eu") and hears(eu, "us"), what="both hearing each other")
    before = from_broker(eu)
    assert put(us, 10, 4.00, 3).status_code == 200
    wait_until(lambda: get(eu, 10).json()["version"] == 4, what="what the new secret signed")
    wait_until(lambda: from_broker(eu) > before, what="it being read")
    assert metric(eu, "atoll_broker_not_signed_total") == 0


PASSWORD = "a word that nobody prints"


@pytest.fixture
def guarded(tmp_path):
    """A broker that speaks TLS and asks who one is, and the file by which it is known."""
    certificate, both = tmp_path / "broker.pem", tmp_path / "key-and-certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", both, "-out",
         certificate], check=True, capture_output=True)
    both.write_text(both.read_text() + certificate.read_text())
    broker = kafka_broker.Broker(doors=["guarded"], protocols={"guarded": "SASL_SSL"}, settings=f"""
listener.name.guarded.ssl.keystore.type=PEM
listener.name.guarded.ssl.keystore.location={both}
listener.name.guarded.sasl.enabled.mechanisms=PLAIN
listener.name.guarded.plain.sasl.jaas.config=\\
  org.apache.kafka.common.security.plain.PlainLoginModule required user_atoll="{PASSWORD}";
""")
    with broker:
        yield broker, certificate


def test_a_broker_that_asks_for_tls_and_a_password(make_node, tmp_path, guarded):
    broker, certificate = guarded
    regions = Regions(make_node, tmp_path, env={
        "KAFKA_BROKER": f"127.0.0.1:{broker.doors['guarded']}", "KAFKA_TOPIC": "guarded",
        "KAFKA_USER": "atoll", "KAFKA_PASSWORD": "another one", "KAFKA_CA": str(certificate)})
    options = ('options = { "security.protocol" = "SASL_SSL", "sasl.mechanism" = "PLAIN", '
               '"sasl.username" = "${KAFKA_USER}", "sasl.password" = "${KAFKA_PASSWORD}", '
               '"ssl.ca.location" = "${KAFKA_CA}" } #')
    app = pathlib.Path(regions.app)
    app.write_text(app.read_text().replace("# options = {", options))
    regions.start("us", "eu")
    us, eu = regions["us"], regions["eu"]
    assert put(us, 10, 1, 1).status_code == 200
    wait_until(lambda: "uthentication" in us.log(), what="the broker's refusal in the log")
    assert metric(us, "atoll_broker_unpublished") == 1
    wait_until(lambda: get(eu, 10).json()["version"] == 2, what="the write coming from the peer")
    for node in regions.nodes:
        node.env["KAFKA_PASSWORD"] = PASSWORD
        node.restart()
    wait_until(lambda: metric(us, "atoll_broker_unpublished") == 0, what="it being published")
    assert put(us, 10, 2, 2).status_code == 200
    wait_until(lambda: from_broker(eu) >= 1, what="the second one through the broker")
    wait_until(lambda: are_level(us, eu), what="equal digests")
    assert not any(PASSWORD in node.log() or "another one" in node.log() for node in regions.nodes)
