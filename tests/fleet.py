"""`atoll up` in a folder of its own, which looks like the repository to whoever types commands
there: an app file with ports of its own in apps/, build/atoll, and data/."""

import os
import pathlib
import subprocess

import requests
from atoll import BINARY, REPOSITORY
from ports import free_ports, free_run


class Fleet:
    def __init__(self, folder):
        ports = free_ports(3)
        text = (REPOSITORY / "apps/property-listing.toml").read_text()
        for old, new in zip((8101, 8102, 8080), ports):
            text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
        self.database_port = free_run(10)  # where `--stack full` begins to look for free ports
        text = text.replace("[stack.full]", "[stack.full]\n"
                            f"postgresql_port = {self.database_port}\n"
                            f"kafka_port = {self.database_port + 5}")
        self.folder = folder
        self.app = folder / "apps/property-listing.toml"
        self.app.parent.mkdir(parents=True)
        self.app.write_text(text)
        seed = "apps/property-listing.csv"
        (folder / seed).symlink_to(REPOSITORY / seed)
        (folder / "build").mkdir()
        (folder / "build/atoll").symlink_to(pathlib.Path(BINARY).resolve())
        self.data = folder / "data/property-listing"
        self.host = f"127.0.0.1:{ports[2]}"
        self.base = f"http://{self.host}"
        self.gateway_port = ports[2]
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in zip(("us", "eu"), ports)}
        kept = ("PATH", "HOME", "LANG")
        self.env = {name: os.environ[name] for name in kept if name in os.environ}

    def atoll(self, *words):
        return subprocess.run([BINARY, *words], env=self.env, text=True, capture_output=True,
                              timeout=180, check=False)

    def tell(self, verb, *words):
        done = self.atoll(verb, self.app, *words, "--data", self.data)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def region(self):
        return requests.get(f"{self.base}/us/health", timeout=30).json().get("region")

    def pids(self):
        """All of its processes."""
        found = subprocess.run(["pgrep", "-f", str(self.data)], text=True, capture_output=True,
                               check=False)
        return [int(pid) for pid in found.stdout.split()]

    def pid_of(self, node):
        mark = f"--node\0{node}\0".encode()
        [pid] = [pid for pid in self.pids()
                 if mark in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
        return pid
