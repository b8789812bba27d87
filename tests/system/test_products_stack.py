"""`atoll up apps/products.toml --stack full`: the API on three PostgreSQL clusters and a RabbitMQ,
which it starts and watches."""

import os
import re
import signal
import subprocess

import pytest
import requests
from atoll import BINARY, REPOSITORY, wait_until
from broker import answers
from ports import free_port, free_run

DATABASES = ("primary", "replica-1", "replica-2")


class ProductsFleet:
    def __init__(self, folder):
        text = (REPOSITORY / "apps/products.toml").read_text(encoding="utf-8")
        first, port = free_run(20), free_port()
        text = text.replace("[stack.full]", f"[stack.full]\npostgresql_port = {first}\n"
                            f"rabbitmq_port = {first + 5}\n"
                            f"rabbitmq_management_port = {first + 15}")
        self.app = folder / "products.toml"
        self.app.write_text(text, encoding="utf-8")
        self.data = folder / "data"
        self.url = f"http://127.0.0.1:{port}/api/products"
        self.env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": os.environ["HOME"],
                    "PORT": str(port)}
        self.said = ""

    def tell(self, verb, *words, status=0):
        done = subprocess.run([BINARY, verb, self.app, *words], env=self.env, text=True,
                              capture_output=True, timeout=600, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def up(self):
        self.said = self.tell("up", "-d", "--stack", "full", "--data", self.data)

    def paste(self, part, more=""):
        """Runs the command that the start told people to paste."""
        [command] = re.findall(rf"├─ {part} +(.+)", self.said)
        done = subprocess.run(f"{command} {more}", shell=True, env=self.env, text=True,
                              capture_output=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def names_in(self, database):
        return self.paste(f"postgres-{database}", """-XAtc 'SELECT name FROM "Product"'""").split()

    def create(self, key):
        answer = requests.post(self.url, timeout=60,
                               json={"id": key, "name": key, "price": 1, "stock": 1})
        assert answer.status_code == 201, answer.text

    def postgres_pid(self, database):
        file = self.data / f"postgres-{database}/cluster/postmaster.pid"
        words = file.read_text().split() if file.exists() else []
        return int(words[0]) if words else 0

    def served_by(self):
        return {requests.get(self.url, timeout=60).headers["Atoll-Served-By"] for _ in range(8)}


@pytest.fixture
def fleet(tmp_path):
    made = ProductsFleet(tmp_path)
    try:
        made.up()
        yield made
    finally:
        subprocess.run([BINARY, "down", made.app, "--data", made.data], env=made.env,
                       capture_output=True, timeout=600, check=False)


def test_all_of_it_is_started_watched_and_stopped_along(fleet):
    assert "store postgresql, transport rabbitmq" in fleet.said
    fleet.create("a")
    for database in DATABASES:
        wait_until(lambda name=database: fleet.names_in(name) == ["a"], what="all having it")
    wait_until(lambda: fleet.served_by() == {"replica-1", "replica-2"}, what="both answering")
    queues = fleet.paste("rabbitmq").split()
    assert {"products.sync", "products.delete"} <= set(queues)
    # One that dies is started again, and catches up.
    died = fleet.postgres_pid("replica-1")
    os.kill(died, signal.SIGKILL)
    fleet.create("b")
    assert fleet.served_by() <= {"replica-1", "replica-2", "primary"}
    wait_until(lambda: fleet.postgres_pid("replica-1") not in (0, died), what="another server")
    wait_until(lambda: fleet.served_by() == {"replica-1", "replica-2"}, what="both answering")
    assert fleet.names_in("replica-1") == ["a", "b"]
    port = int(re.search(r"rabbitmq +127\.0\.0\.1:(\d+)", fleet.said)[1])
    fleet.tell("down", "--data", fleet.data)
    assert not answers(port)
    fleet.up()
    assert fleet.names_in("replica-2") == ["a", "b"], "kept for the next start"
