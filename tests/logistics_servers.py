"""The four servers of logistics as nodes of their own, and what tests ask of them. However busy the
machine is: only who is gone is silent."""

import itertools
import pathlib

import requests
from atoll import REPOSITORY, Node, wait_until
from ports import free_ports
from regions import NEVER_SILENT, TIMEOUT, table

NAMED = {"operation-name": "test"}
SERVERS = "ABCD"


class Servers:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        text = (REPOSITORY / "apps/logistics.toml").read_text(encoding="utf-8")
        self.app = folder / "logistics.toml"
        self.app.write_text(text + table("links", NEVER_SILENT), encoding="utf-8")
        ports = dict(zip(SERVERS, free_ports(4)))
        self.env = {f"SERVER_PORT_{name}": str(port) for name, port in ports.items()}
        self.by_name = {}
        for name, port in ports.items():
            node = Node(folder / name, name=name, app=self.app, env=self.env, alone=False)
            node.port = port
            self.by_name[name] = node

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in self.by_name.values():
            node.clean_up()

    def __getitem__(self, name):
        return self.by_name[name]

    def start(self):
        for node in self.by_name.values():
            node.start(ready=False)
        for node in self.by_name.values():
            node.wait_ready()
        self.wait_for_links(True)

    def wait_for_links(self, connected):
        def all_links():
            return [peer["connected"] for node in self.by_name.values() for peer in
                    requests.get(f"{node.base_url}/replication-lag", timeout=60).json()["peers"]]

        wait_until(lambda: all_links() == [connected] * 12, what="the links of all")

    def cut(self, off):
        for name, peer in itertools.permutations(SERVERS, 2):
            answer = requests.post(f"{self[name].base_url}/_atoll/cut", timeout=60,
                                   json={"peer": peer, "cut": off})
            assert answer.status_code == 200, answer.text
        self.wait_for_links(not off)

    def send(self, name, method, path, body=None, **headers):
        return requests.request(method, f"{self[name].base_url}/api/v1{path}", json=body,
                                headers=NAMED | headers, timeout=TIMEOUT)

    def make(self, name, path, body, everywhere=True):
        prefer = {"Prefer": "wait=30, atoll-peers=3"} if everywhere else {}
        made = self.send(name, "POST", path, body, **prefer)
        assert made.status_code == 201, made.text
        assert not everywhere or made.headers["Preference-Applied"] == "atoll-peers=3"
        return made.json()

    def warehouse(self, name, **options):
        return self.make(name, "/warehouses/", {"name": "Main", "location": "Oslo"}, **options)

    def shipment(self, name, warehouse, number, **options):
        return self.make(name, "/shipments/", {
            "tracking_number": number, "origin": "a", "destination": "b", "weight": 1,
            "warehouse_id": warehouse["id"]}, **options)

    def change(self, name, path, body):
        answer = self.send(name, "PUT", path, body)
        assert answer.status_code == 200, answer.text

    def remove(self, name, path):
        assert self.send(name, "DELETE", path).status_code == 200

    def wait_until_level(self):
        def are_level():
            first, *others = [
                requests.get(f"{node.base_url}/_atoll/status", timeout=60).json()["resources"]
                for node in self.by_name.values()]
            return all(other == first for other in others)

        wait_until(are_level, what="equal digests")

    def all_show(self, path):
        """What all four answer: one status and one body."""
        answers = [self.send(name, "GET", path) for name in SERVERS]
        [status] = {answer.status_code for answer in answers}
        if status != 200:
            return None
        [body] = {answer.text for answer in answers}
        return answers[0].json() if body else None
