"""Four servers that cannot reach each other, and what was written on several of them meanwhile:
once they can, all four hold the same."""

import itertools

import pytest
import requests
from atoll import REPOSITORY, Node, run_atoll, wait_until
from ports import free_ports
from regions import NEVER_SILENT, TIMEOUT, table

NAMED = {"operation-name": "test"}
SERVERS = "ABCD"


class Servers:
    def __init__(self, folder):
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


@pytest.fixture(scope="module")
def joined(tmp_path_factory):
    """The servers after all of it; what is shown of each story is in its test."""
    servers = Servers(tmp_path_factory.mktemp("apart"))
    try:
        servers.start()
        servers.stories = {}
        tell_stories(servers)
        yield servers
    finally:
        for node in servers.by_name.values():
            node.clean_up()


def tell_stories(servers):
    stories = servers.stories
    for story in ("updates", "fields", "deleted", "kept", "left"):
        stories[story] = servers.warehouse("A")
    stories["moved"] = servers.shipment("B", stories["kept"], "TN-MOVED")
    servers.cut(True)

    for name in "ABC":  # three updates of one field: the last one stays
        servers.change(name, f"/warehouses/{stories['updates']['id']}", {"name": f"by {name}"})
    # two fields, on two servers: both stay
    servers.change("A", f"/warehouses/{stories['fields']['id']}", {"name": "by A"})
    servers.change("D", f"/warehouses/{stories['fields']['id']}", {"location": "by D"})
    # a delete against an update that came later: the delete stays
    servers.remove("D", f"/warehouses/{stories['deleted']['id']}")
    servers.change("A", f"/warehouses/{stories['deleted']['id']}", {"name": "too late"})
    # a status that two have moved: the one further on stays, though it was said first
    servers.change("B", f"/shipments/{stories['moved']['id']}", {"status": "delivered"})
    servers.change("C", f"/shipments/{stories['moved']['id']}", {"status": "in_transit"})
    # one tracking number on two servers: both stay, and the earlier one is found
    stories["earlier"] = servers.shipment("C", stories["kept"], "TN-TWICE", everywhere=False)
    stories["later"] = servers.shipment("B", stories["kept"], "TN-TWICE", everywhere=False)
    # a warehouse deleted while a shipment comes to refer to it
    stories["orphan"] = servers.shipment("B", stories["left"], "TN-ORPHAN", everywhere=False)
    servers.remove("A", f"/warehouses/{stories['left']['id']}")

    servers.cut(False)
    servers.wait_until_level()


def test_three_concurrent_updates(joined):
    shown = joined.all_show(f"/warehouses/{joined.stories['updates']['id']}")
    assert shown["name"] == "by C"


def test_updates_of_two_fields(joined):
    shown = joined.all_show(f"/warehouses/{joined.stories['fields']['id']}")
    assert (shown["name"], shown["location"]) == ("by A", "by D")


def test_a_delete_against_an_update(joined):
    assert joined.all_show(f"/warehouses/{joined.stories['deleted']['id']}") is None


def test_a_status_that_two_have_moved(joined):
    shown = joined.all_show(f"/shipments/{joined.stories['moved']['id']}")
    assert shown["status"] == "delivered"


def test_one_tracking_number_on_two_servers(joined):
    for story in ("earlier", "later"):
        assert joined.all_show(f"/shipments/{joined.stories[story]['id']}")
    assert joined.all_show("/shipments/tracking/TN-TWICE") == joined.stories["earlier"]


def test_a_warehouse_deleted_while_a_shipment_refers_to_it(joined):
    assert joined.all_show(f"/warehouses/{joined.stories['left']['id']}") is None
    shown = joined.all_show(f"/shipments/{joined.stories['orphan']['id']}")
    assert shown == joined.stories["orphan"]
    # Whoever changes something else of it is not asked for the warehouse.
    joined.change("D", f"/shipments/{shown['id']}", {"weight": 2})


def test_all_rows_are_the_same(joined):
    joined.wait_until_level()
    run_atoll("verify", joined.app, env=dict(joined.env, PATH="/usr/bin:/bin"))
