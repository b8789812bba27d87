"""Starts and stops the two servers that bench/run compares, each in a data folder of its own."""

import csv
import http.client
import os
import pathlib
import random
import shutil
import socket
import subprocess
import time
import tomllib

READY_SECONDS_MAX = 600  # seeding a million rows may take a while


class BenchError(Exception):
    """What the caller has to mend; shown without a traceback."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port, path):
    """Whether the server answers with what is there. Atoll does not before it is ready (503)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


class Server:
    """One server on its data folder: command(port) is what starts it."""

    records = "/us/properties"
    ready_path = "/us/properties/1"

    def __init__(self, name, folder, command):
        self.name = name
        self.folder = folder
        self.command = command
        self.port = None
        self.process = None
        # Nothing of the caller's environment may choose another store or port.
        self.environment = {name: os.environ[name] for name in ("PATH", "HOME")
                            if name in os.environ}
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def pid(self):
        return self.process.pid

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{self.records}"

    def choose_port(self):
        return free_port()

    def start(self):
        """Returns the seconds from the start of the process to its first answer."""
        self.port = self.choose_port()
        log = open(self.folder / "server.log", "ab")
        begun = time.monotonic()
        self.process = subprocess.Popen(
            self.command(self.port), stdout=log, stderr=log, env=self.environment)
        log.close()
        while not self.is_ready():
            if time.monotonic() - begun > READY_SECONDS_MAX:
                raise BenchError(f"{self.name} was not ready in time:\n{self.log_tail()}")
            time.sleep(0.001)
        return time.monotonic() - begun

    def is_ready(self):
        """Whether it is this process that answers, not a stranger that took the port first."""
        answered = answers(self.port, self.ready_path)
        if self.process.poll() is not None:
            raise BenchError(f"{self.name} ended at its start:\n{self.log_tail()}")
        return answered and self.listens()

    def listens(self):
        """Whether the port's listening socket is among the process's own."""
        wanted = f"0100007F:{self.port:04X}"
        rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()]
        listening = {f"socket:[{row[9]}]" for row in rows if row[1] == wanted and row[3] == "0A"}
        handles = pathlib.Path(f"/proc/{self.pid}/fd")
        return any(os.readlink(handle) in listening for handle in handles.iterdir())

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def kill(self):
        """kill -9: what a crash leaves behind."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def resident_mb(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def log_tail(self):
        log = (self.folder / "server.log").read_text(errors="replace")
        return "\n".join(log.splitlines()[-10:])


def bare_limit(build, folder, rows):
    program = build / "bench" / "bare-limit"
    return Server("bare limit", folder, lambda port: [
        program, "--port", str(port), "--data", folder / "data", "--rows", str(rows)])


def atoll(build, folder, app):
    program = build / "atoll"
    return Server("atoll", folder, lambda port: [
        program, "serve", app, "--node", "us", "--alone", "--data", folder / "data",
        "--listen", f"127.0.0.1:{port}"])


def make_app(app, folder, rows):
    """A copy of the app whose seed has so many rows, all of them at home in us."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / app.name
    shutil.copyfile(app, copy)
    seed = tomllib.loads(copy.read_text())["app"]["seed"]
    chance = random.Random(rows)
    with open(folder / seed, "w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["id", "price", "bedrooms", "bathrooms", "region_origin"])
        for key in range(1, rows + 1):
            price = f"{chance.randrange(50_000, 1_000_000)}.{chance.randrange(100):02d}"
            lines.writerow([key, price, 1 + key % 5, 1 + key % 3, "us"])
    return copy
