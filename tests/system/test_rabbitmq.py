"""Servers of logistics with RabbitMQ between them: a real broker, and what may happen to it. Each
test has an exchange and queues of its own, but for what is compared byte by byte with the messages
that such systems know."""

import json
import re
import subprocess

import asyncapi
import pika
import pytest
import rabbitmq_broker
from atoll import run_atoll, wait_until
from ports import free_port
from regions import are_level, metric, status
from servers_on_rabbitmq import (NAMES, Servers, all_published, broker_of, call, filled, has,
                                 letters_of, read_by, trouble_of, warehouse)

TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}"


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A certificate of localhost that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    files = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


@pytest.fixture(scope="module")
def rabbit(tls):
    certificate, key = tls
    port = free_port()
    broker = rabbitmq_broker.Broker(f"""
listeners.ssl.default = 127.0.0.1:{port}
ssl_options.cacertfile = {certificate}
ssl_options.certfile = {certificate}
ssl_options.keyfile = {key}
""")
    broker.tls_port = port
    with broker:
        yield broker


@pytest.fixture
def make_servers(make_node, tmp_path, rabbit):
    def make(names=("A", "B"), **options):
        return Servers(make_node, tmp_path, rabbit, names, **options)

    return make


def test_four_servers(make_servers):
    servers = make_servers(NAMES).start(*NAMES).read(*NAMES)
    a, b, c, d = (servers[name] for name in NAMES)
    key = warehouse(a)
    wait_until(lambda: [one["id"] for one in call(b, "GET", "/warehouses/").json()] == [key],
               what="the list of B")
    wait_until(lambda: has(c, key), what="C having it")
    assert call(c, "PUT", f"/warehouses/{key}", {"name": "by C"}).status_code == 200
    wait_until(lambda: has(d, key) and call(d, "GET", f"/warehouses/{key}").json()["name"] ==
               "by C", what="what C wrote, at D")
    wait_until(lambda: are_level(a, b, c, d), what="equal digests")
    assert call(d, "DELETE", f"/warehouses/{key}").status_code == 200
    wait_until(lambda: not any(has(server, key) for server in (a, b, c, d)), what="it being gone")
    for server, messages in (a, 2), (b, 3), (c, 2), (d, 2):
        wait_until(lambda: read_by(server) >= messages, what="its messages being read")


def test_what_is_on_the_wire(make_servers):
    """B is away and has never run: its queue is made by A, and holds its messages."""
    servers = make_servers(usual=True).start("A")
    a = servers["A"]
    body = {"name": "Main Warehouse A", "location": "New York, NY"}
    made = call(a, "POST", "/warehouses/", body, "create-warehouse-server-a").json()
    key = made["id"]
    changed = call(a, "PUT", f"/warehouses/{key}", {"location": "Boston"}, "move").json()
    assert call(a, "DELETE", f"/warehouses/{key}", operation="close").status_code == 200
    wait_until(lambda: all_published(a), what="all being published")
    got = []
    with servers.channel() as channel:
        # Both are durable and have no arguments: else this would be refused.
        channel.exchange_declare("distributed_events", "topic", durable=True)
        channel.queue_declare("server_B_events", durable=True)
        for _ in range(3):
            got.append(channel.basic_get("server_B_events"))
        assert channel.basic_get("server_B_events")[0] is None
    events = ("created", "create-warehouse-server-a", "POST", "", body, "null", made), \
        ("updated", "move", "PUT", str(key), {"location": "Boston"}, str(key), changed), \
        ("deleted", "close", "DELETE", str(key), {}, str(key), changed)
    for (method, properties, text), event in zip(got, events):
        past, name, verb, path, inputs, known, row = event
        result = json.dumps(row, separators=(",", ":")).replace('Z"', '"')
        if past == "deleted":
            result = re.sub(rf'"updated_at":"{TIME}"}}', "UPDATED", result)
        expected = (
            f'{{"source_server":"A","target_server":"B","event_type":"warehouse.{past}",'
            f'"operation_name":"{name}","url":"/api/v1/warehouses/{path}","method":"{verb}",'
            f'"inputs":{json.dumps(inputs, separators=(",", ":"))},"resource_id":{known},'
            f'"timestamp":"TIME","routing_key":"A.B","result":{result}}}')
        said = re.sub(rf'"timestamp":"{TIME}"', '"timestamp":"TIME"', text.decode())
        if past == "deleted":
            said = re.sub(rf'"updated_at":"{TIME}","deleted":true}}', "UPDATED", said)
        assert said == expected
        asyncapi.assert_described(a, f"warehouse{past.capitalize()}", json.loads(text))
        assert (method.exchange, method.routing_key) == ("distributed_events", "A.B")
        assert properties.delivery_mode == 2 and properties.content_type == "application/json"
        headers = dict(properties.headers)
        change = json.loads(headers.pop("atoll-change"))
        assert headers == {"operation-name": name, "source-server": "A", "target-server": "B"}
        assert properties.message_id == change["stamp"].split("@")[0]
        assert change["row"]["key"] == key
    servers["B"].start()
    wait_until(lambda: are_level(a, servers["B"]), what="B catching up")
    wait_until(lambda: servers.waiting("B") == 0, what="its queue being empty")


def test_queues_that_are_there_are_left_as_they_are(make_servers):
    servers = make_servers()
    with servers.channel() as channel:
        channel.exchange_declare(servers.exchange, "topic", durable=True)
        channel.queue_declare(servers.queue("B"), durable=True, arguments={"x-max-length": 1000})
        for key in ("A.B", "C.B"):
            channel.queue_bind(servers.queue("B"), servers.exchange, key)
    servers.start("A")
    keys = [warehouse(servers["A"]) for _ in range(3)]
    wait_until(lambda: all_published(servers["A"]), what="all being published")
    assert servers.waiting("B") == 3, "no duplicates"
    servers["B"].start()
    wait_until(lambda: all(has(servers["B"], key) for key in keys), what="B having all")


def test_the_broker_is_away_and_comes_back(make_servers, rabbit):
    servers = make_servers(("A", "B", "C")).start("A", "B")
    a, b, c = (servers[name] for name in ("A", "B", "C"))
    first = warehouse(a)
    wait_until(lambda: has(b, first) and all_published(a), what="B having the first")
    rabbit.kill()
    try:
        keys = [warehouse(server) for server in (a, b, a, b)]
        c.start()  # without a broker, too
        keys.append(warehouse(c))
        wait_until(lambda: broker_of(a)["unpublished"] == 2, what="the log being the queue")
        wait_until(lambda: all(has(server, key) for server in (a, b, c) for key in keys),
                   what="peers filling the gaps meanwhile")
        wait_until(lambda: f"RabbitMQ at localhost:{rabbit.port}" in trouble_of(a),
                   what="the reason")
    finally:
        rabbit.start()
    wait_until(lambda: all(all_published(s) and broker_of(s)["reading"] for s in (a, b, c)),
               what="all being published")
    read = read_by(a)
    last = warehouse(b)
    wait_until(lambda: has(a, last) and has(c, last), what="both having the last one")
    wait_until(lambda: read_by(a) > read, what="messages coming again")
    wait_until(lambda: are_level(a, b, c), what="equal digests")
    wait_until(lambda: not trouble_of(a), what="no trouble any more")


def test_a_queue_that_was_deleted(make_servers):
    servers = make_servers().start("A", "B").read("B")
    a, b = servers["A"], servers["B"]
    for _ in range(2):
        with servers.channel() as channel:
            channel.queue_delete(servers.queue("B"))
        key = warehouse(a)
        wait_until(lambda: has(b, key), what="B having what was written meanwhile")
        wait_until(lambda: broker_of(b)["reading"] and all_published(a), what="both being back")
    b.kill()
    with servers.channel() as channel:
        channel.queue_delete(servers.queue("B"))
    key = warehouse(a)
    wait_until(lambda: all_published(a), what="it being published")
    assert servers.waiting("B") == 1, "the publisher has made the queue again"
    b.start()
    wait_until(lambda: has(b, key), what="B having it")
    a.kill()  # stopped, it would wait for a while to hear that B has its last write


def test_a_message_that_somebody_ate(make_servers):
    servers = make_servers().start("A")
    a, b = servers["A"], servers["B"]
    keys = [warehouse(a) for _ in range(4)]
    wait_until(lambda: all_published(a), what="all being published")
    with servers.channel() as channel:
        channel.basic_get(servers.queue("B"), auto_ack=True)
    b.start()
    wait_until(lambda: all(has(b, key) for key in keys), what="B having all")
    wait_until(lambda: servers.waiting("B") == 0, what="its queue being empty")
    assert filled(b) > 0
    # And one that comes again does no harm.
    with servers.channel() as channel:
        channel.confirm_delivery()
        message = a_message(servers, channel, warehouse)
        for _ in range(3):
            channel.basic_publish("", servers.queue("B"), message[2], message[1])
    wait_until(lambda: metric(b, "atoll_replication_duplicates_total") >= 3, what="the copies")
    wait_until(lambda: are_level(a, b), what="equal digests")


def a_message(servers, channel, write):
    """The message of a write, as B's queue had it; B reads it as well."""
    channel.queue_declare("", exclusive=True)
    name = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(name, servers.exchange, "*.B")
    write(servers["A"])
    return wait_until(lambda: (got := channel.basic_get(name))[0] and got, what="the message")


def test_what_waits_keeps_nobody_elses_messages(make_servers, rabbit):
    servers = make_servers(("A", "B", "C")).start("A", "B", "C").read("B")
    a, b, c = (servers[name] for name in ("A", "B", "C"))
    servers.cut("B", "A")
    servers.cut("C", "A")  # it would tell B
    held = [warehouse(a) for _ in range(2)]
    others = [warehouse(c) for _ in range(3)]
    wait_until(lambda: all(has(b, key) for key in others), what="B having those of C")
    wait_until(lambda: read_by(b) >= 5, what="all being read")
    wait_until(lambda: rabbit.unacknowledged(servers.queue("B")) == 2, what="those of A waiting")
    assert not any(has(b, key) for key in held)
    servers.cut("B", "A", off=False)
    wait_until(lambda: all(has(b, key) for key in held), what="B having those of A")
    wait_until(lambda: rabbit.unacknowledged(servers.queue("B")) == 0, what="the queue being done")


def test_a_wrong_password(make_servers, rabbit):
    servers = make_servers(env={"RABBITMQ_URL": rabbit.url("somebody", "wrong")}).start("A")
    a = servers["A"]
    warehouse(a)
    why = (f'RabbitMQ at localhost:{rabbit.port}: it does not let the user "somebody" into the '
           'virtual host "/": ACCESS_REFUSED')
    wait_until(lambda: why in trouble_of(a), what="the reason")
    wait_until(lambda: json.dumps(why)[1:-1] in a.log(), what="its log saying it")
    assert why in run_atoll("status", servers.app, env=servers.environment, status=3).stdout
    assert "wrong" not in a.log()
    rabbit.add_user("somebody", "wrong")
    wait_until(lambda: all_published(a) and broker_of(a)["reading"] and not trouble_of(a),
               what="the next try")


def test_a_broker_without_memory_holds_no_write_up(make_servers, rabbit):
    servers = make_servers().start("A", "B")
    a, b = servers["A"], servers["B"]
    rabbit.allow_memory(1000)
    try:
        wait_until(lambda: warehouse(a) and "RabbitMQ takes no messages for now" in a.log(),
                   what="the alarm")
        keys = [warehouse(a) for _ in range(3)]
        wait_until(lambda: all(has(b, key) for key in keys), what="peers filling the gap")
        assert broker_of(a)["unpublished"] > 0
    finally:
        rabbit.allow_memory(1_000_000_000)
    wait_until(lambda: all_published(a), what="all being published")


def test_a_record_that_is_larger_than_a_frame(make_servers):
    def with_notes(text):
        return text.replace('name = { type = "text(200)"',
                            'notes = { type = "text(300000)?" }\nname = { type = "text(200)"', 1)

    servers = make_servers(edit=with_notes).start("A")
    a, b = servers["A"], servers["B"]
    small, large = warehouse(a), warehouse(a, notes="x" * 200_000)
    after = warehouse(a)
    wait_until(lambda: all_published(a), what="all being published")
    with servers.channel() as channel:
        messages = [channel.basic_get(servers.queue("B")) for _ in range(2)]
    _, properties, body = messages[1]
    named = json.loads(properties.headers["atoll-change"])
    assert named["too_large"] > 200_000 and set(named) == {"stamp", "too_large", "hash", "resource",
                                                           "key"}
    assert json.loads(body)["inputs"]["notes"] == "x" * 200_000
    b.start()
    wait_until(lambda: all(has(b, key) for key in (small, large, after)), what="B having all")
    wait_until(lambda: are_level(a, b), what="equal digests")
    live = warehouse(a, notes="y" * 250_000)
    wait_until(lambda: has(b, live), what="B having the next one")
    wait_until(lambda: servers.waiting("B") == 0, what="its queue being empty")
    assert status(b)["dead"] == 0


def test_what_is_no_change_becomes_a_dead_letter(make_servers):
    servers = make_servers().start("A", "B").read("B")
    a, b = servers["A"], servers["B"]
    with servers.channel() as channel:
        channel.confirm_delivery()
        for headers in ({"atoll-change": "{broken"}, {"number": 3}):
            channel.basic_publish(servers.exchange, "x.B", b"\xff\x00",
                                  pika.BasicProperties(headers=headers))
    key = warehouse(a)
    wait_until(lambda: has(b, key), what="what comes behind them")
    wait_until(lambda: status(b)["dead"] == 2, what="the letters")
    assert status(a)["dead"] == 0
    with servers.channel() as channel:
        got = [wait_until(lambda: (m := channel.basic_get(f"{servers.exchange}.dead"))[0] and m)
               for _ in range(2)]
    assert [body for _, _, body in got] == [b"\xff\x00"] * 2
    assert got[0][1].headers["atoll-change"] == "{broken"
    assert got[1][1].headers["number"] == "3"
    assert "it is no change" in got[0][1].headers["atoll-reason"]
    letters = letters_of(servers)
    assert [one["source"] for one in letters] == [f"message/{servers.queue('B')}"] * 2
    # Sent again, it comes to B alone, and is no better.
    run_atoll("dead-letters", "replay", servers.app, f"B/{letters[0]['id']}",
              env=servers.environment)
    wait_until(lambda: metric(b, "atoll_broker_put_aside_total") == 3, what="it coming again")
    wait_until(lambda: len(letters_of(servers)) == 2 and letters[0] not in letters_of(servers),
               what="its new letter instead of the old one")
    assert read_by(a) == 0


def test_tls(make_servers, rabbit, tls):
    url = rabbit.url(scheme="amqps", port=rabbit.tls_port)
    trusting = {"RABBITMQ_URL": url, "RABBITMQ_CA_FILE": str(tls[0])}
    servers = make_servers(env=trusting).start("A", "B")
    key = warehouse(servers["A"])
    wait_until(lambda: has(servers["B"], key) and all_published(servers["A"]), what="B having it")
    other = make_servers(env={"RABBITMQ_URL": url}).start("A")
    wait_until(lambda: "cert verification failed" in trouble_of(other["A"]), what="the reason")
