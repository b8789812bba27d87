"""The real NGINX with the configuration that `atoll gateway-config` prints."""

import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess

from atoll import PATIENCE, run_atoll, wait_until
from ports import free_port
from region import Region

PROPERTY = "/us/properties/10"
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)

    @property
    def by(self):
        """Which region this is from."""
        assert self.status == 200, (self.status, self.body)
        return self.headers["Atoll-Served-By"]


# What the gateway waits for. The waits of the last tries are ten seconds: these are long enough.
WAITS = ("connect", "send", "read", "next_upstream")
LONG_MS = 10_000
LEISURE_MS = 6_000
CLIENT_SECONDS = 60  # that a client waits for an answer


def with_waits(conf, times, of=WAITS, least_ms=0):
    """With waits so many times as long as the promised ones, and none below `least_ms`."""
    def longer(line):
        name, number, unit = line.groups()
        promised = int(number) * (1000 if unit == "s" else 1)
        wait = promised if promised >= LONG_MS else max(promised * times, least_ms)
        return f"proxy_{name}_timeout {wait}ms;"

    changed, count = re.subn(rf"proxy_({'|'.join(of)})_timeout (\d+)(ms|s);", longer, conf)
    assert count >= len(of)
    return changed


def at_leisure(conf):
    """For tests of a region that hangs, which is waited for: another one that is slow because the
    machine is busy with other tests is not to be taken for one that hangs as well."""
    return with_waits(conf, 4, least_ms=LEISURE_MS)


def unhurried(conf):
    """One that waits for a region until all its clients have gone: what is answered here was not
    waited for."""
    return with_waits(conf, 4 * CLIENT_SECONDS)


def as_it_is(conf):
    return conf


class Gateway:
    """`ports`: what the environment says about the nodes, {"PORT_US": 4711, …}. `edit` changes the
    configuration's text: for waits that do not suit a test. It has as many workers on each
    machine."""

    WORKERS = 2

    def __init__(self, folder, app, ports, edit=unhurried):
        self.folder = pathlib.Path(folder)
        for inside in ("gateway", "logs"):
            (self.folder / inside).mkdir(parents=True)
        self.folder.chmod(0o700)  # as a data folder is: nobody else may look inside
        self.app = app
        self.ports = ports
        self.edit = edit
        self.port = 0
        self.process = None

    def start(self):
        self.port = free_port()
        environment = {"PATH": os.environ["PATH"]} | {k: str(v) for k, v in self.ports.items()}
        printed = run_atoll("gateway-config", self.app, "--listen", f"127.0.0.1:{self.port}",
                            env=environment)
        assert "worker_processes auto;" in printed.stdout
        conf = printed.stdout.replace("worker_processes auto;",
                                      f"worker_processes {self.WORKERS};")
        (self.folder / "nginx.conf").write_text(self.edit(conf))
        assert NGINX, "nginx is not installed"
        with (self.folder / "said").open("wb") as said:
            self.process = subprocess.Popen(
                [NGINX, "-e", "stderr", "-p", self.folder, "-c", "nginx.conf", "-g", "daemon off;"],
                stderr=said)
        wait_until(self.listens, what="the gateway listening")
        return self

    def stop(self):
        process, self.process = self.process, None
        process.terminate()
        assert process.wait(PATIENCE) == 0, self.log()

    def clean_up(self):
        if self.process:
            self.stop()

    @property
    def name(self):
        return "gateway"

    def log(self):
        return "".join(f"--- {file}\n{(self.folder / file).read_text()}"
                       for file in ("said", "logs/gateway.log", "logs/gateway-error.log")
                       if (self.folder / file).exists())

    def log_lines(self, count):
        """The access log, once it has this many lines."""
        file = self.folder / "logs/gateway.log"
        return wait_until(lambda: lines if len(lines := file.read_text().splitlines()) >= count
                          else None, what=f"{count} lines in the log")

    def ask(self, method, target, body=None, headers=(), host="127.0.0.1"):
        """One request on a connection of its own. The target is sent as it is."""
        connection = http.client.HTTPConnection(host, self.port, timeout=CLIENT_SECONDS)
        with contextlib.closing(connection):
            connection.request(method, target, body, dict(headers))
            got = connection.getresponse()
            payload = got.read()
            return Answer(got.status, got.headers, payload)

    def get(self, target, headers=()):
        return self.ask("GET", target, headers=headers)

    def say(self, data):
        """Raw bytes, and what comes back until the gateway closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(data)
            with connection.makefile("rb") as stream:
                return stream.read()

    def listens(self, host="127.0.0.1"):
        assert self.process.poll() is None, self.log()
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection((host, self.port)).close()
            return True
        return False


class World:
    """A gateway and what plays the nodes behind it: `us` and `eu`, or as many as the app has."""

    def __init__(self, folder, app="property-listing", nodes=("us", "eu"), ports=(), **options):
        self.regions = [Region(name) for name in nodes]
        variable = "PORT_{}" if app == "property-listing" else "SERVER_PORT_{}"
        ports = {variable.format(one.name.upper()): one.port for one in self.regions} | dict(ports)
        self.gateway = Gateway(folder, f"apps/{app}.toml", ports, **options)
        self.nodes = [self.gateway]  # whose log a failed test shows

    def clean_up(self):
        for one in [*self.regions, self.gateway]:
            one.clean_up()

    @property
    def us(self):
        return self.regions[0]

    @property
    def eu(self):
        return self.regions[1]


def assert_problem(answer, status, code):
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert list(problem) == ["type", "title", "status", "detail", "error", "code"]
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == "/problems/" + code.replace("_", "-")
    assert problem["error"] == problem["title"]
