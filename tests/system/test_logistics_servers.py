"""Logistics as a whole: four servers and the gateway, as `atoll up` starts them, and the servers
alone, each by its env file."""

import itertools
import os
import signal
import subprocess
import sys
import threading

import pytest
import requests
from atoll import REPOSITORY, wait_until
from ports import free_ports

SCRIPT = REPOSITORY / "tests" / "test_system.py"
NAMED = {"operation-name": "test"}
SERVERS = "ABCD"


def walk_through(urls):
    """tests/test_system.py, as a person would run it. -I: nothing but the standard library is
    found, whatever is installed here."""
    env = {f"BASE_URL_{name}": url for name, url in urls.items()}
    return subprocess.run([sys.executable, "-I", str(SCRIPT)], env=env, text=True,
                          capture_output=True, timeout=300, check=False)


def assert_equal(servers):
    done = servers.atoll("verify", servers.app)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_starts_and_a_client_walks_through_it(servers):
    assert "(4 nodes, 2 resources, store sqlite, transport direct)" in servers.said
    for name in SERVERS:
        assert (servers.data / f"logistic_{name}.db").exists()
    for _ in range(2):  # it can be repeated
        done = walk_through(servers.urls)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("[PASS]") >= 20 and "[FAIL]" not in done.stdout
    assert_equal(servers)


def test_a_client_walks_through_it_on_rabbitmq(servers_on_rabbitmq):
    assert "transport rabbitmq" in servers_on_rabbitmq.said
    done = walk_through(servers_on_rabbitmq.urls)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_equal(servers_on_rabbitmq)


def test_against_nobody_the_walk_through_says_so():
    done = walk_through({name: "http://127.0.0.1:1" for name in SERVERS})
    assert done.returncode == 1 and "[FAIL]" in done.stdout


@pytest.mark.parametrize("allowed", [None, "others by name"])
def test_each_server_by_its_env_file(make_node, tmp_path, allowed):
    """The files of the repository, on ports of the test's: a name with the server's suffix goes
    before the plain one, wherever each stands."""
    ports = dict(zip(SERVERS, free_ports(4)))
    env = {f"SERVER_PORT_{name}": str(port) for name, port in ports.items()}
    nodes = []
    for name, port in ports.items():
        file = REPOSITORY / f".env.server_{name.lower()}"
        if allowed:
            others = ",".join(other for other in SERVERS if other != name)
            file = tmp_path / f"{name}.env"
            file.write_text(f"SERVER_ID={name}\nALLOWED_SERVERS=[{others}] # without quotes\n")
        node = make_node(app="apps/logistics.toml", alone=False, by_flags=False, env=env,
                         options=["--env-file", file])
        node.start(ready=False)
        node.port = port
        nodes.append(node)
    for name, node in zip(SERVERS, nodes):
        node.wait_ready()
        assert requests.get(f"{node.base_url}/health", timeout=60).json()["server"] == name
    done = walk_through({name: node.base_url for name, node in zip(SERVERS, nodes)})
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_env_files_and_the_app_file_agree():
    listens = {name: url.removeprefix("http://127.0.0.1:")
               for name, url in zip(SERVERS, ("8000", "8001", "8002", "8003"))}
    for name, port in listens.items():
        lines = (REPOSITORY / f".env.server_{name.lower()}").read_text().splitlines()
        said = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
        others = ",".join(f'"{other}"' for other in SERVERS if other != name)
        assert said == {"SERVER_ID": name, "SERVER_HOST": "127.0.0.1", "SERVER_PORT": port,
                        "ALLOWED_SERVERS": f"[{others}]"}


# ---- through the gateway -------------------------------------------------------------------------


def create_warehouse(base, **headers):
    answer = requests.post(f"{base}/api/v1/warehouses/", headers=NAMED | headers, timeout=60,
                           json={"name": "Main Warehouse A", "location": "New York, NY"})
    assert answer.status_code == 201, answer.text
    return answer


def test_what_a_client_has_written_it_reads_with_its_token(servers):
    writers, elsewhere = set(), set()

    def read_after(made):
        """As a client does: the wait is bounded, and 503 says that it was not enough."""
        read = requests.get(f"{servers.base}/api/v1/warehouses/{made.json()['id']}", timeout=60,
                            headers=NAMED | {"Atoll-Token": made.headers["Atoll-Token"]})
        assert read.status_code in (200, 503), (read.text, read.headers)
        return read if read.status_code == 200 else None

    def write_and_read():
        made = create_warehouse(servers.base)
        writer = made.headers["Atoll-Served-By"]
        writers.add(writer)
        for _ in range(2):  # the first may go to the writer each time: both go round
            read = wait_until(lambda: read_after(made), what="what the token names")
            assert read.json() == made.json()
            if read.headers["Atoll-Served-By"] != writer:
                elsewhere.add(writer)

    def everywhere():
        write_and_read()
        return writers == elsewhere == set(SERVERS)

    wait_until(everywhere, what="each server having written what another one has shown")


def test_the_gateway_passes_what_describes_the_api(servers):
    for path in ("/docs/", "/openapi.json", "/asyncapi.json", "/health"):
        answer = requests.get(servers.base + path, timeout=60)
        assert answer.status_code == 200, path
        assert answer.headers["Atoll-Served-By"] in SERVERS
    missing = requests.get(f"{servers.base}/api/v1/warehouses/", timeout=60)
    assert missing.status_code == 422 and missing.headers["Atoll-Served-By"] in SERVERS
    assert requests.get(f"{servers.base}/metrics", timeout=60).status_code == 404


class Client(threading.Thread):
    """Creates shipments and reads lists, one after the other, and keeps what it was answered."""

    def __init__(self, number, base, warehouse):
        super().__init__(daemon=True)
        self.answers = []  # (method, status, by)
        self.created = []
        self.lost = []
        self._base = base
        self._number = number
        self._warehouse = warehouse
        self._stopped = threading.Event()

    def run(self):
        with requests.Session() as session:
            for turn in itertools.count():
                if self._stopped.is_set():
                    return
                try:
                    self._turn(session, turn)
                except requests.RequestException as error:
                    self.lost.append(repr(error))
                    return

    def _turn(self, session, turn):
        url = f"{self._base}/api/v1/shipments/"
        if turn % 3 == 2:
            answer = session.get(url + "?limit=5", headers=NAMED, timeout=60)
        else:
            number = f"TN-{self._number}-{turn}"
            answer = session.post(url, headers=NAMED, timeout=60, json={
                "tracking_number": number, "origin": "a", "destination": "b", "weight": 1,
                "warehouse_id": self._warehouse})
            if answer.status_code == 201:
                self.created.append(number)
        method = answer.request.method
        self.answers.append((method, answer.status_code, answer.headers.get("Atoll-Served-By")))

    def stop(self):
        self._stopped.set()
        self.join(120)


class Load:
    def __init__(self, servers, clients=4):
        self.servers = servers
        warehouse = create_warehouse(servers.base, Prefer="wait=30, atoll-peers=3")
        assert warehouse.headers["Preference-Applied"] == "atoll-peers=3"
        self.clients = [Client(number, servers.base, warehouse.json()["id"])
                        for number in range(clients)]
        for client in self.clients:
            client.start()

    def answers(self):
        return [answer for client in self.clients for answer in list(client.answers)]

    def goes_on(self, more=60, by=None):
        """Waits for so many more answers, of a server, or of anybody."""
        def count():
            assert not any(client.lost for client in self.clients), self.clients[0].lost
            return sum(by in (None, one) for _, _, one in self.answers())

        before = count()
        wait_until(lambda: count() >= before + more, what=f"{more} answers by {by or 'anybody'}")

    def end(self):
        """No request has failed, and all servers have each shipment once."""
        for client in self.clients:
            client.stop()
        assert [client.lost for client in self.clients] == [[]] * len(self.clients)
        wrong = [answer for answer in self.answers()
                 if answer[:2] not in (("POST", 201), ("GET", 200))]
        assert not wrong, wrong[:10]
        created = sorted(number for client in self.clients for number in client.created)
        for url in self.servers.urls.values():
            wait_until(lambda url=url: numbers_at(url) == created,
                       what=f"{url} having what was created, and no more")
        assert_equal(self.servers)


def numbers_at(url):
    rows = []
    for skip in itertools.count(0, 1000):
        page = requests.get(f"{url}/api/v1/shipments/?skip={skip}&limit=1000", headers=NAMED,
                            timeout=60).json()
        rows += page
        if len(page) < 1000:
            return sorted(row["tracking_number"] for row in rows)


@pytest.fixture
def load(servers):
    made = Load(servers)
    try:
        made.goes_on()
        yield made
    finally:
        for client in made.clients:
            client.stop()


def test_a_server_that_is_killed_under_load_costs_no_request(load):
    for name in "BD":
        os.kill(load.servers.pid_of(name), signal.SIGKILL)
        load.goes_on()
        load.goes_on(by=name, more=5)  # `up` has started it again
    load.end()


def test_a_server_that_sleeps_under_load_costs_no_request(load):
    pid = load.servers.pid_of("C")
    os.kill(pid, signal.SIGSTOP)
    try:
        load.goes_on()
    finally:
        os.kill(pid, signal.SIGCONT)
    load.goes_on(by="C", more=5)
    load.end()
