"""A node's life: what the environment says, a second start, two on one store, a stop under load."""

import contextlib
import signal
import socket
import threading

import pytest
import requests
from atoll import wait_until
from ports import free_port
from stored import store_of


def put(node, id, version, price=7):
    answer = requests.put(f"{node.base_url}/us/properties/{id}",
                          json={"price": price, "version": version})
    answer.raise_for_status()
    return answer


# ---- starting again ------------------------------------------------------------------------------

def test_a_second_start_keeps_everything(node):
    written = put(node, 10, 1)
    made = requests.post(f"{node.base_url}/us/properties", json={"price": 1})
    requests.delete(f"{node.base_url}/us/properties/11?version=1").raise_for_status()
    token = requests.get(f"{node.base_url}/us/properties").headers["Atoll-Token"]
    node.restart()
    again = requests.get(f"{node.base_url}/us/properties/10", headers={"Atoll-Token": token})
    assert (again.text, again.headers["ETag"]) == (written.text, written.headers["ETag"])
    assert requests.get(node.base_url + made.headers["Location"]).text == made.text
    assert requests.get(f"{node.base_url}/us/properties/11").status_code == 404
    assert requests.get(f"{node.base_url}/us/properties?limit=1&count=true").json()["total"] == 3000
    assert put(node, 10, 2).json()["version"] == 3


def test_fresh_throws_the_data_away(node):
    put(node, 10, 1)
    node.stop()
    node.options = ["--fresh"]
    node.start()
    assert requests.get(f"{node.base_url}/us/properties/10").json()["version"] == 1


def test_two_processes_do_not_open_one_store(on_sqlite, make_node):
    first = make_node().start()
    second = make_node()
    second.folder, second.log_file = first.folder, first.folder / "second.log"
    second.start(ready=False)
    assert second.wait_for_exit() == 1
    assert f"in use by process {first.pid}" in second.log()
    put(first, 10, 1)


def test_a_store_belongs_to_one_node(on_sqlite, make_node):
    node = make_node().start()
    node.stop()
    store = node.folder / "data" / "us.db"
    store.rename(store.with_name("eu.db"))
    node.name = "eu"
    node.start(ready=False)
    assert node.wait_for_exit() == 1
    assert "is the store of the node us, not of eu" in node.log()


# ---- what the environment says -------------------------------------------------------------------

def test_region_and_port_from_the_environment(make_node):
    port = free_port()
    node = make_node(by_flags=False, env={"REGION": "eu", "PORT": str(port)})
    node.start()
    assert node.port == port
    assert requests.get(f"http://localhost:{port}/health").json()["region"] == "eu"


@pytest.mark.parametrize("region", ["us", "eu"])
def test_the_name_with_the_suffix_goes_first(make_node, region):
    port = free_port()
    env = {"PORT": "1", f"PORT_{region.upper()}": str(port), "REGION": region}
    assert make_node(by_flags=False, env=env).start().port == port


def test_a_host_from_the_environment(make_node):
    port = free_port()
    node = make_node(by_flags=False, env={"REGION": "us", "HOST": "127.0.0.2", "PORT": str(port)})
    node.start(ready=False)
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(lambda: node.signal_and_wait(signal.SIGTERM))
        from_there = f"http://127.0.0.2:{port}/us/health"
        assert wait_for_answer(node, from_there).json()["region"] == "us"


def wait_for_answer(node, url):
    def answer():
        assert node.process.poll() is None, node.log()
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(url, timeout=60)

    return wait_until(answer, what=url)


def test_loopback_has_two_addresses(node):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("there is no ::1 here")
    for host in ("127.0.0.1", "[::1]", "localhost"):
        assert requests.get(f"http://{host}:{node.port}/us/health").status_code == 200


def test_an_environment_file(make_node, tmp_path):
    port = free_port()
    file = tmp_path / "us.env"
    file.write_text(f"# a comment\n\nREGION='us'  # which\nexport PORT=\"{port}\"\n"
                    "REQUEST_ID=required\n")
    node = make_node(by_flags=False, options=["--env-file", str(file)], env={"REGION": "eu"})
    node.start()
    assert node.port == port
    assert requests.get(f"{node.base_url}/health").json()["region"] == "eu", "it goes before"
    refused = requests.put(f"{node.base_url}/properties/10", json={"price": 1, "version": 1})
    assert refused.status_code == 400


@pytest.mark.parametrize("level, said", [("error", False), ("info", True), ("INFO", True)])
def test_the_log_level_from_the_environment(node, level, said):
    node.stop()
    node.start(env={"LOG_LEVEL": level})
    node.stop()
    assert ('"message":"Serving"' in node.log(since_start=True)) == said


# ---- stopping ------------------------------------------------------------------------------------

class Writer(threading.Thread):
    """Writes one record again and again on one connection, until nobody answers any more."""

    def __init__(self, node, id):
        super().__init__()
        self.url = f"{node.base_url}/us/properties/{id}"
        self.id = id
        self.sent = []      # request ids
        self.answered = []  # those of them that got a 200
        self.odd = []       # any other answer

    def run(self):
        session = requests.Session()
        with contextlib.suppress(requests.ConnectionError):
            for version in range(1, 1_000_000):
                self.sent.append(f"{self.id}-{version}")
                answer = session.put(self.url, json={"price": version, "version": version},
                                     headers={"X-Request-ID": self.sent[-1]}, timeout=60)
                if answer.status_code == 200:
                    self.answered.append(self.sent[-1])
                else:
                    self.odd.append((answer.status_code, answer.text))
                    return


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_leaves_no_write_unanswered(node, number):
    writers = [Writer(node, id) for id in range(100, 116)]
    for writer in writers:
        writer.start()
    wait_until(lambda: all(len(writer.answered) > 5 for writer in writers), what="some writes")
    assert node.signal_and_wait(number) == 0
    for writer in writers:
        writer.join()
    assert [writer.odd for writer in writers if writer.odd] == []
    store = store_of(node).check()
    stored = {id for entry in store.entries for id in entry.ids}
    answered = {id for writer in writers for id in writer.answered}
    assert {id.split(" ", 1)[-1].split(":", 1)[-1] for id in stored} == answered


def test_a_second_signal_ends_it_at_once(node):
    """A client that sends half a request holds a graceful stop up; nobody need wait for it."""
    with socket.create_connection(("127.0.0.1", node.port)) as client:
        client.sendall(
            b"PUT /us/properties/10 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")  # the node has read the first half
        node.process.send_signal(signal.SIGTERM)
        wait_until(lambda: '"Stopping"' in node.log(), what="the stop")
        assert node.signal_and_wait(signal.SIGTERM) == 1
