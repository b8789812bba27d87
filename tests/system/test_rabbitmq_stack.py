"""`atoll up apps/logistics.toml --stack full`: four servers and a RabbitMQ, which it starts and
watches."""

import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest
import requests
from atoll import BINARY, REPOSITORY, wait_until
from broker import answers
from ports import free_ports, free_run


class LogisticsFleet:
    def __init__(self, folder):
        text = (REPOSITORY / "apps/logistics.toml").read_text()
        self.port = free_run(10)  # RabbitMQ and what belongs to it take ports from here on
        *nodes, gateway = free_ports(5)
        for old, new in zip((8000, 8001, 8002, 8003, 8088), (*nodes, gateway)):
            text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
        text = text.replace("[stack.full]", f"[stack.full]\nrabbitmq_port = {self.port}\n"
                            f"rabbitmq_management_port = {self.port + 5}")
        self.app = folder / "logistics.toml"
        self.app.write_text(text)
        self.data = folder / "data of it"  # people have blanks in the names of their folders
        self.urls = dict(zip("ABCD", (f"http://127.0.0.1:{port}/api/v1" for port in nodes)))
        # As `su` leaves it: without /usr/sbin.
        self.env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": os.environ["HOME"]}

    def tell(self, verb, *words):
        done = subprocess.run([BINARY, verb, self.app, *words, "--data", self.data], env=self.env,
                              text=True, capture_output=True, timeout=600, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pids(self):
        """All of its processes."""
        found = subprocess.run(["pgrep", "-f", str(self.data)], text=True, capture_output=True,
                               check=False)
        return [int(pid) for pid in found.stdout.split()]

    def new_warehouse(self, server):
        answer = requests.post(f"{self.urls[server]}/warehouses/", timeout=60,
                               headers={"operation-name": "test"},
                               json={"name": "W", "location": "L"})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def has(self, server, key):
        return requests.get(f"{self.urls[server]}/warehouses/{key}", timeout=60,
                            headers={"operation-name": "test"}).status_code == 200


@pytest.fixture
def logistics(tmp_path):
    fleet = LogisticsFleet(tmp_path)
    try:
        fleet.said = fleet.tell("up", "-d", "--stack", "full")
        yield fleet
    finally:
        subprocess.run([BINARY, "down", fleet.app, "--data", fleet.data], env=fleet.env,
                       capture_output=True, timeout=600, check=False)


def broker_pid(fleet):
    file = fleet.data / "rabbitmq/data/atoll@localhost.pid"
    text = file.read_text() if file.exists() else ""
    return int(text or 0)


def test_rabbitmq_is_started_watched_and_stopped_along(logistics):
    assert "transport rabbitmq" in logistics.said
    assert re.search(rf"rabbitmq +127\.0\.0\.1:{logistics.port}\b", logistics.said)
    key = logistics.new_warehouse("A")
    wait_until(lambda: all(logistics.has(server, key) for server in "BCD"), what="all having it")
    # The command that the start printed works as it stands.
    [command] = re.findall(r"├─ rabbitmq +(.+)", logistics.said)
    shown = subprocess.run(command, shell=True, env=logistics.env, text=True, capture_output=True,
                           timeout=600, check=False)
    assert shown.returncode == 0, shown.stderr
    assert {f"server_{name}_events" for name in "ABCD"} <= set(shown.stdout.split())
    [page] = re.findall(r"├─ +http://127\.0\.0\.1:(\d+) \(guest, guest\)", logistics.said)
    assert "200 OK" in http_head(int(page)), "the management page"
    # One that dies is started again, with all that it held.
    died = broker_pid(logistics)
    os.kill(died, signal.SIGKILL)
    key = logistics.new_warehouse("B")
    wait_until(lambda: all(logistics.has(server, key) for server in "ACD"), what="all having it")
    wait_until(lambda: broker_pid(logistics) not in (0, died) and answers(logistics.port),
               what="the broker being back")
    epmd = [port for port in range(logistics.port, logistics.port + 5) if answers(port)]
    assert len(epmd) >= 2, "the broker's and its epmd's ports"
    logistics.tell("down")
    wait_until(lambda: not logistics.pids(), what="no process being left")
    assert not any(answers(port) for port in epmd)
    assert pathlib.Path(logistics.data / "rabbitmq").exists(), "kept for the next start"


def http_head(port):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return connection.makefile(encoding="latin-1").readline()
