"""`atoll up` in a folder of its own, which looks like the repository to whoever types commands
there: an app file with ports of its own in apps/, build/atoll, and data/."""

import os
import pathlib
import re
import subprocess

import requests
from atoll import BINARY, REPOSITORY
from ports import free_port, free_run
from regions import table


LISTENS = re.compile(r'(listen = "127\.0\.0\.1):(\d+)"')
NODES = re.compile(r'\[\[node\]\]\nname = "(\w+)"\nlisten = "(127\.0\.0\.1:\d+)"')


class Fleet:
    def __init__(self, folder, app="property-listing", links=()):
        text = (REPOSITORY / f"apps/{app}.toml").read_text()
        text += table("links", links) if links else ""
        self.ports = {int(usual): free_port() for _, usual in LISTENS.findall(text)}
        text = LISTENS.sub(lambda found: f'{found[1]}:{self.ports[int(found[2])]}"', text)
        self.database_port = free_run(20)  # where `--stack full` begins to look for free ports
        first = zip(("postgresql_port", "kafka_port", "rabbitmq_port", "rabbitmq_management_port"),
                    range(self.database_port, self.database_port + 20, 5))
        text = text.replace("[stack.full]", "[stack.full]\n" + "\n".join(
            f"{setting} = {port}" for setting, port in first))
        self.folder = folder
        self.app = folder / f"apps/{app}.toml"
        self.app.parent.mkdir(parents=True)
        self.app.write_text(text)
        for seed in (REPOSITORY / "apps").glob(f"{app}.csv"):
            (self.app.parent / seed.name).symlink_to(seed)
        (folder / "build").mkdir()
        (folder / "build/atoll").symlink_to(pathlib.Path(BINARY).resolve())
        self.data = folder / f"data/{app}"
        self.urls = {name: f"http://{listen}" for name, listen in NODES.findall(text)}
        self.gateway_port = int(re.search(r"\[gateway\]\n" + LISTENS.pattern, text)[2])
        self.host = f"127.0.0.1:{self.gateway_port}"
        self.base = f"http://{self.host}"
        kept = ("PATH", "HOME", "LANG")
        self.env = {name: os.environ[name] for name in kept if name in os.environ}

    def atoll(self, *words):
        return subprocess.run([BINARY, *words], env=self.env, text=True, capture_output=True,
                              timeout=600, check=False)

    def tell(self, verb, *words):
        done = self.atoll(verb, self.app, *words, "--data", self.data)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def region(self):
        return requests.get(f"{self.base}/us/health", timeout=60).json().get("region")

    def pids(self):
        """All of its processes."""
        found = subprocess.run(["pgrep", "-f", str(self.data)], text=True, capture_output=True,
                               check=False)
        return [int(pid) for pid in found.stdout.split()]

    def pid_of(self, node):
        mark = f"--node\0{node}\0".encode()
        [pid] = [pid for pid in self.pids() if mark in command_of(pid)]
        return pid


def command_of(pid):
    """Its words, each with a zero behind it; nothing when it has ended meanwhile."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
