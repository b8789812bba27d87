"""Products and RabbitMQ: what the queues that it shares with other programs get, and what other
programs write there. Each test has queues of its own, but for those whose names are compared."""

import contextlib
import itertools
import json
import re
import sqlite3

import asyncapi
import pika
import pytest
import rabbitmq_broker
import requests
from atoll import REPOSITORY, wait_until
from regions import metric

TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
LATER = "2031-05-06T07:08:09.123Z"  # than any clock of these tests
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def rabbit():
    with rabbitmq_broker.Broker() as broker:
        yield broker


class Shop:
    """The node of products with its replicas, not started, and the queues of its app."""

    def __init__(self, make_node, folder, rabbit, usual=False):
        self.rabbit, self.ending = rabbit, "" if usual else f"-{next(numbers)}"
        text = (REPOSITORY / "apps/products.toml").read_text(encoding="utf-8")
        for name in ("sync", "delete"):
            text = text.replace(f'"products.{name}"', f'"{self.queue(name)}"')
        app = folder / f"shop{self.ending}" / "products.toml"
        app.parent.mkdir()
        app.write_text(text, encoding="utf-8")
        self.node = make_node(name="primary", app=str(app), env={"RABBITMQ_URL": rabbit.url()},
                              alone=False)

    def queue(self, name):
        return f"products.{name}{self.ending}"

    def start(self):
        self.node.start()
        wait_until(lambda: self.broker()["reading"], what="its queues being read")
        return self

    @property
    def url(self):
        return f"{self.node.base_url}/api/products"

    def create(self, key, status=201, **fields):
        body = {"id": key, "name": "Lamp", "price": 19.99, "stock": 5} | fields
        answer = requests.post(self.url, json=body, timeout=60)
        assert answer.status_code == status, answer.text
        return answer.json()["data"]

    def delete(self, key):
        assert requests.delete(f"{self.url}/{key}", timeout=60).status_code == 200

    def get(self, key):
        """From whoever has all that was written."""
        answer = requests.get(f"{self.url}/{key}?max_staleness=0", timeout=60)
        return answer.json()["data"] if answer.status_code == 200 else None

    @contextlib.contextmanager
    def channel(self):
        with contextlib.closing(self.rabbit.connection()) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            yield channel

    def declare(self, *names):
        with self.channel() as channel:
            for name in names or ("sync", "delete"):
                channel.queue_declare(self.queue(name), durable=True)
        return self

    def send(self, name, *bodies, **properties):
        """As another program does it."""
        with self.channel() as channel:
            for body in bodies:
                text = body if isinstance(body, str) else json.dumps(body)
                channel.basic_publish("", self.queue(name), text.encode(),
                                      pika.BasicProperties(**properties), mandatory=True)

    def waiting(self, name):
        """How many messages are in a queue, on their way to a reader or not."""
        with self.channel() as channel:
            ready = channel.queue_declare(self.queue(name), passive=True).method.message_count
        return ready + self.rabbit.unacknowledged(self.queue(name))

    def broker(self):
        said = requests.get(f"{self.node.base_url}/_atoll/status", timeout=60).json()
        return said["broker"]

    def replicas(self):
        said = requests.get(f"{self.node.base_url}/_atoll/status", timeout=60).json()
        return said["replicas"]

    def wait_until_level(self):
        def are_level():
            broker = self.broker()
            return (broker["unpublished"] == 0 and broker["reading"]
                    and all(one["takes_reads"] and one["equal"] for one in self.replicas()))

        wait_until(are_level, what="all being published, and the replicas being level")


@pytest.fixture
def make_shop(make_node, tmp_path, rabbit):
    return lambda **options: Shop(make_node, tmp_path, rabbit, **options)


@pytest.fixture
def shop(make_shop):
    return make_shop().start()


class Reader:
    """Another program that reads the queues, before the node does: nobody else gets a message."""

    def __init__(self, shop):
        self.got, self.connection = [], shop.rabbit.connection()
        channel = self.connection.channel()
        for name in ("sync", "delete"):
            channel.queue_declare(shop.queue(name), durable=True,
                                  arguments={"x-single-active-consumer": True})
            channel.basic_consume(shop.queue(name), self.take, auto_ack=True)

    def take(self, channel, method, properties, body):
        self.got.append((method.routing_key, properties, body.decode()))

    def wait(self, count):
        def has_come():
            self.connection.process_data_events(0.01)
            return len(self.got) >= count

        wait_until(has_come, what=f"{count} messages")
        assert len(self.got) == count
        return self.got

    def close(self):
        self.connection.close()


def foreign(shop):
    """How many messages of other programs it has read."""
    return metric(shop.node, "atoll_broker_foreign_total")


def compact(record):
    return json.dumps(record, separators=(",", ":"))


def test_what_is_on_the_wire(make_shop):
    """And though another program takes all of it, the replicas get every change."""
    shop = make_shop(usual=True)
    with contextlib.closing(Reader(shop)) as reader:
        shop.start()
        made = shop.create("lamp-1", stock=7)
        changed = requests.patch(f"{shop.url}/lamp-1", json={"stock": {"add": -2}},
                                 timeout=60).json()["data"]
        shop.delete("lamp-1")
        messages = reader.wait(3)
        shop.wait_until_level()
    sync, delete = "products.sync", "products.delete"
    assert [(queue, body) for queue, _, body in messages if queue == sync] == [
        (sync, compact(made)), (sync, compact(changed))]
    assert [body for queue, _, body in messages if queue == delete] == ["lamp-1"]
    assert changed["stock"] == 5 and re.fullmatch(TIME, changed["updatedAt"])
    for queue, properties, _ in messages:
        change = json.loads(properties.headers["atoll-change"])
        assert properties.message_id == change["stamp"].split("@")[0]
        assert properties.delivery_mode == 2
        wanted = "text/plain" if queue == delete else "application/json"
        assert properties.content_type == wanted
    asyncapi.assert_described(shop.node, "productCreated", made)
    asyncapi.assert_described(shop.node, "productUpdated", changed)
    asyncapi.assert_described(shop.node, "productDeleted", "lamp-1")


def test_what_nobody_else_reads_the_node_takes_off(make_shop):
    shop = make_shop()
    with contextlib.closing(Reader(shop)):
        shop.start()
        shop.create("a")
    for _ in range(20):
        shop.create("a", status=200)
    shop.delete("a")
    shop.create("a", name="again")
    shop.wait_until_level()
    wait_until(lambda: shop.waiting("sync") == shop.waiting("delete") == 0, what="empty queues")
    assert all(shop.get("a")["name"] == "again" for _ in range(4))
    assert foreign(shop) == 0


def test_messages_wait_until_the_replicas_have_what_they_say(make_shop):
    """Those of a node that was killed come again."""
    shop = make_shop().start()
    shop.create("a")
    shop.node.kill()
    with shop.channel() as channel:
        channel.basic_publish("", shop.queue("sync"), b"{}", pika.BasicProperties(
            headers={"atoll-change": '{"stamp":"primary.gone:77@1767268800000000"}'}))
    shop.start()
    wait_until(lambda: shop.waiting("sync") == 0, what="an empty queue")
    shop.wait_until_level()
    assert foreign(shop) == 0, "a change of a store that is gone is nobody's write"


def test_what_other_programs_write(shop):
    product = {"id": "f1", "name": "Chair", "price": 80, "stock": 4,
               "createdAt": "2024-01-01T00:00:00.000Z", "updatedAt": "2024-01-02T00:00:00.000Z"}
    shop.send("sync", product)
    assert wait_until(lambda: shop.get("f1"), what="the product") == product
    shop.send("sync", product | {"price": 1, "updatedAt": "2024-01-01T23:59:59.999Z"},
              product | {"price": "81.5", "extra": True, "updatedAt": "2024-01-03T00:00:00Z"})
    wait_until(lambda: shop.get("f1")["price"] == 81.5, what="the later one")
    # Without a time it was written when it arrived; a part of it changes that part.
    shop.send("sync", {"id": "f1", "stock": 9})
    changed = wait_until(lambda: (got := shop.get("f1"))["stock"] == 9 and got, what="the stock")
    assert changed["updatedAt"] > "2026" and (changed["name"], changed["price"]) == ("Chair", 81.5)
    assert changed["createdAt"] == product["createdAt"]
    # The clock of whoever writes may be ahead.
    shop.send("sync", product | {"name": "Armchair", "updatedAt": LATER})
    named = wait_until(lambda: (got := shop.get("f1"))["name"] == "Armchair" and got, what="it")
    assert named["updatedAt"] < LATER
    wait_until(lambda: foreign(shop) == 5, what="all being counted")
    assert metric(shop.node, "atoll_broker_adopted_total") == 4, "all but the older one"


@pytest.mark.parametrize("body", ["d1", "d1\n", '"d1"', '{"id":"d1"}'])
def test_a_deletion_by_another_program(shop, body):
    shop.create("d1")
    shop.send("delete", body, "nothing-of-that-name")
    wait_until(lambda: not shop.get("d1"), what="it being gone")
    wait_until(lambda: shop.waiting("delete") == 0, what="an empty queue")
    # The same message once more is another deletion.
    shop.create("d1")
    shop.send("delete", body)
    wait_until(lambda: not shop.get("d1"), what="it being gone again")
    shop.wait_until_level()


def test_a_deletion_that_comes_late(shop):
    """Of two queues nobody knows the order: what is newer than a deletion stays."""
    shop.create("late")
    shop.send("delete", "late", timestamp=1_700_000_000)
    wait_until(lambda: shop.waiting("delete") == 0, what="it being read")
    assert shop.get("late")
    shop.delete("late")
    shop.send("sync", {"id": "late", "name": "x", "price": 1, "stock": 1,
                       "updatedAt": "2024-01-02T00:00:00.000Z"})
    wait_until(lambda: shop.waiting("sync") == 0, what="it being read")
    assert not shop.get("late")


def test_what_can_be_no_product(shop):
    shop.send("sync", "no JSON", {"id": "x", "name": "without a price"},
              {"id": "y", "name": "y", "price": -1, "stock": 1})
    shop.send("delete", "z" * 200)
    bad = [body for _, _, body in dead(shop, "sync", 3)]
    assert bad[0] == b"no JSON" and {json.loads(body)["id"] for body in bad[1:]} == {"x", "y"}
    [(_, properties, body)] = dead(shop, "delete", 1)
    assert body == b"z" * 200 and "128" in properties.headers["atoll-reason"]
    wait_until(lambda: shop.waiting("sync") == shop.waiting("delete") == 0, what="empty queues")
    shop.create("x")


def test_a_row_that_a_replica_refuses(shop):
    """Its message becomes a dead letter, after three more tries; the replica gets the row as soon
    as its database takes it."""
    file = shop.node.folder / "data" / "replica_1.db"
    with contextlib.closing(sqlite3.connect(file, timeout=60)) as replica:
        replica.execute("CREATE TRIGGER no BEFORE INSERT ON Product WHEN new.name = 'Bomb' "
                        "BEGIN SELECT RAISE(ABORT, 'no bombs'); END")
    shop.create("b", name="Bomb")
    [(_, properties, body)] = dead(shop, "sync", 1)
    assert json.loads(body)["name"] == "Bomb"
    assert "replica-1: " in properties.headers["atoll-reason"]
    assert shop.get("b")["name"] == "Bomb"
    wait_until(lambda: shop.waiting("sync") == 0, what="the message being off the queue")
    with contextlib.closing(sqlite3.connect(file, timeout=60)) as replica:
        replica.execute("DROP TRIGGER no")
    shop.create("b", status=200, name="Lamp")
    shop.wait_until_level()


def dead(shop, name, count):
    queue = f"{shop.queue(name)}.dead"
    with shop.channel() as channel:
        channel.queue_declare(queue, durable=True)
        return [wait_until(lambda: (got := channel.basic_get(queue, True))[0] and got,
                           what=f"a message in {queue}") for _ in range(count)]


def test_the_broker_is_away_and_comes_back(make_shop, rabbit):
    shop = make_shop().start()
    shop.create("before")
    shop.wait_until_level()
    rabbit.kill()
    try:
        shop.create("meanwhile")
        shop.delete("before")
        wait_until(lambda: all(one["takes_reads"] and one["equal"] for one in shop.replicas()),
                   what="the replicas having it from the log")
        assert shop.get("meanwhile") and not shop.get("before")
        wait_until(lambda: "trouble" in shop.broker(), what="the reason")
        assert shop.broker()["unpublished"] == 2
    finally:
        rabbit.start()
    wait_until(lambda: "trouble" not in shop.broker(), what="it being back")
    shop.wait_until_level()
    shop.send("delete", "meanwhile")
    wait_until(lambda: not shop.get("meanwhile"), what="it being gone")
