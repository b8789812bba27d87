"""Backends that know nothing of Atoll (bench/peers), each with a database of its own, beside Atoll
regions on one topic."""

import os
import pathlib
import signal
import subprocess

import requests
from atoll import PATIENCE, REPOSITORY, wait_until
from ports import free_port
from postgres import psql

PEERS = REPOSITORY / "bench" / "peers"
NODE_PACKAGES = REPOSITORY / "build" / "peers" / "node_modules"
COMMANDS = {
    "fastapi": [str(REPOSITORY / ".venv" / "bin" / "python"), str(PEERS / "fastapi_backend.py")],
    "express": ["node", str(PEERS / "express_backend.js")],
}


class Backend:
    """It can be stopped and started again. `database` is the URL of an empty one."""

    def __init__(self, kind, folder, name, database, kafka, topic):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.database = database
        self.port = free_port()
        self.process = None
        self._command = COMMANDS[kind]
        self._environment = {
            "PATH": os.environ["PATH"], "NODE_PATH": str(NODE_PACKAGES), "REGION": name,
            "PORT": str(self.port), "DATABASE_URL": database, "KAFKA_BROKER": kafka.address,
            "KAFKA_TOPIC": topic, "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1"}

    @property
    def base_url(self):
        """As that of a node: the paths are the same."""
        return f"http://127.0.0.1:{self.port}/{self.name}"

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self._command, env=self._environment, stdout=log,
                                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        wait_until(self._answers, what=f"the {self.name} backend answering")
        return self

    def stop(self):
        self._end(signal.SIGTERM)

    def clean_up(self):
        if self.process:
            self._end(signal.SIGKILL)

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def sql(self, text):
        return psql(self.database, text)

    def _end(self, number):
        process, self.process = self.process, None
        process.send_signal(number)
        process.wait(PATIENCE)

    def _answers(self):
        assert self.process.poll() is None, self.log()
        try:
            return requests.get(f"{self.base_url}/health", timeout=60).status_code == 200
        except requests.ConnectionError:
            return False
