"""`atoll up`: both regions and the gateway as one, told what to do from another terminal."""

import os
import pathlib
import signal
import subprocess

import pytest
import requests
from atoll import BINARY, REPOSITORY, wait_until
from test_two_regions import free_ports


class Fleet:
    def __init__(self, folder):
        ports = free_ports(3)
        text = (REPOSITORY / "apps/property-listing.toml").read_text()
        for old, new in zip((8101, 8102, 8080), ports):
            text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
        self.app = folder / "property-listing.toml"
        self.app.write_text(text)
        (folder / "property-listing.csv").symlink_to(REPOSITORY / "apps/property-listing.csv")
        self.data = folder / "data"
        self.base = f"http://127.0.0.1:{ports[2]}"
        kept = ("PATH", "HOME", "LANG")
        self.env = {name: os.environ[name] for name in kept if name in os.environ}

    def atoll(self, *words):
        return subprocess.run([BINARY, *words], env=self.env, text=True, capture_output=True,
                              timeout=60, check=False)

    def tell(self, verb, *words):
        done = self.atoll(verb, self.app, *words, "--data", self.data)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def region(self):
        return requests.get(f"{self.base}/us/health", timeout=5).json().get("region")


@pytest.fixture
def fleet(tmp_path: pathlib.Path):
    made = Fleet(tmp_path)
    made.said = made.tell("up", "-d")
    yield made
    made.atoll("down", made.app, "--data", made.data)


def pids(fleet):
    found = subprocess.run(["pgrep", "-f", str(fleet.data)], text=True, capture_output=True,
                           check=False)
    return [int(pid) for pid in found.stdout.split()]


def test_it_starts_tells_where_and_leaves_nothing_behind(fleet):
    assert fleet.base in fleet.said and "3000 records" in fleet.said
    assert fleet.region() == "us"
    assert requests.get(f"{fleet.base}/docs/", timeout=5).status_code == 200
    assert requests.get(f"{fleet.base}/_atoll/status", timeout=5).status_code == 404
    again = fleet.atoll("up", fleet.app, "--data", fleet.data, "-d")
    assert again.returncode == 1 and "is held by" in again.stderr
    fleet.tell("down")
    wait_until(lambda: not pids(fleet), what="no process being left")


def test_the_demonstration_of_a_failover_passes(fleet):
    shown = subprocess.run([REPOSITORY / "tests/demonstrate_failover.sh"], text=True, timeout=120,
                           capture_output=True, check=False,
                           env=fleet.env | {"BASE_URL": fleet.base, "APP": str(fleet.app),
                                            "DATA": str(fleet.data)})
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stdout.count("[PASS]") == 8


def test_a_node_that_dies_is_restarted(fleet):
    (us,) = [pid for pid in pids(fleet)
             if b"--node\0us\0" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(us, signal.SIGKILL)
    assert fleet.region() == "eu"
    wait_until(lambda: fleet.region() == "us", 20, "us being back")
