"""Servers of logistics with RabbitMQ between them, and what tests ask of them."""

import contextlib
import itertools
import json
import os
import pathlib
import re

import requests
from atoll import REPOSITORY, run_atoll, wait_until
from ports import free_ports
from regions import NEVER_SILENT, TIMEOUT, hears, metric, status, table

NAMES = ("A", "B", "C", "D")
numbers = itertools.count(1)


class Servers:
    """Servers by name, not started, of an app with no more than these. `foreign`: those that are
    other programs, and none of this."""

    def __init__(self, make_node, folder, rabbit, names=("A", "B"), usual=False, edit=None,
                 env=(), foreign=()):
        number = next(numbers)
        self.exchange, self.queues = f"events-{number}", f"server_{{}}_{number}"
        text = (REPOSITORY / "apps/logistics.toml").read_text()
        if usual:
            self.exchange, self.queues = "distributed_events", "server_{}_events"
        text = text.replace("distributed_events", self.exchange)
        text = text.replace("server_<node>_events", self.queues.format("<node>"))
        ports = dict(zip(NAMES, free_ports(len(NAMES))))
        for index, name in enumerate(NAMES):
            text = text.replace(f"127.0.0.1:800{index}", f"127.0.0.1:{ports[name]}")
            if name not in names:
                text = re.sub(rf'\[\[node\]\]\nname = "{name}"\n.*\n.*\n', "", text)
        for name in foreign:
            text = text.replace(f'name = "{name}"\n', f'name = "{name}"\nforeign = true\n', 1)
        self.file = pathlib.Path(folder) / f"app{number}" / "logistics.toml"
        self.file.parent.mkdir()
        text += table("links", NEVER_SILENT)
        self.file.write_text(edit(text) if edit else text)
        self.app, self.rabbit = str(self.file), rabbit
        self.environment = dict(os.environ) | dict(env)
        self.by_name = {}
        for name in (one for one in names if one not in foreign):
            given = {"RABBITMQ_URL": rabbit.url()} | dict(env)
            self.by_name[name] = make_node(name=name, app=self.app, env=given, alone=False)
            self.by_name[name].port = ports[name]

    def __getitem__(self, name):
        return self.by_name[name]

    def start(self, *names):
        for name in names:
            self[name].start()
        wait_until(lambda: all(hears(self[a], b) for a in names for b in names if a != b),
                   what="all hearing each other")
        return self

    def read(self, *names):
        wait_until(lambda: all(broker_of(self[name])["reading"] for name in names),
                   what="all reading their queues")
        return self

    def queue(self, name):
        return self.queues.format(name)

    @contextlib.contextmanager
    def channel(self):
        with contextlib.closing(self.rabbit.connection()) as connection:
            yield connection.channel()

    def waiting(self, name):
        """How many messages lie in a server's queue, and are not on their way to it."""
        with self.channel() as channel:
            return channel.queue_declare(self.queue(name), passive=True).method.message_count

    def cut(self, name, peer, off=True):
        answer = requests.post(f"{self[name].base_url}/_atoll/cut", timeout=60,
                               json={"peer": peer, "cut": off})
        assert answer.status_code == 200


def call(server, method, path, body=None, operation="test"):
    return requests.request(method, f"{server.base_url}/api/v1{path}", json=body, timeout=TIMEOUT,
                            headers={"operation-name": operation})


def warehouse(server, **fields):
    """A new one's id."""
    answer = call(server, "POST", "/warehouses/", {"name": "W", "location": "L"} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def has(server, key):
    return call(server, "GET", f"/warehouses/{key}").status_code == 200


def broker_of(server):
    return status(server)["broker"]


def trouble_of(server):
    """Of its link with the broker; "": none."""
    return broker_of(server).get("trouble", "")


def all_published(server):
    return broker_of(server)["unpublished"] == 0


def read_by(server):
    return metric(server, "atoll_broker_messages_total")


def filled(server):
    return metric(server, "atoll_replication_filled_total")


def letters_of(servers):
    listed = run_atoll("dead-letters", "list", servers.app, "--json", env=servers.environment)
    return [json.loads(line) for line in listed.stdout.splitlines()]
