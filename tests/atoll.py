"""A node of an app as its own process: the real binary, a free port, a folder of its own."""

import os
import pathlib
import re
import signal
import subprocess
import time

import requests
from ports import free_port

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
BINARY = pathlib.Path(os.environ.get("ATOLL_BINARY", REPOSITORY / "build" / "atoll"))
# For whatever is waited for. It costs nothing when things go well; a machine that is slow, or busy
# with other tests, needs many times what it takes elsewhere.
PATIENCE = 120
START_SECONDS = PATIENCE
STOP_SECONDS = PATIENCE


def wait_until(condition, seconds=PATIENCE, what="the condition"):
    """The first true answer of `condition`, asked every few milliseconds until the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.005)  # between two looks at the condition


class Node:
    """One `atoll serve`. It can be stopped, killed and started again on the same data and port."""

    def __init__(self, folder, name="us", app="apps/property-listing.toml", options=(), env=(),
                 alone=True, by_flags=True, binary=BINARY):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.app = app
        self.options = list(options)
        self.env = dict(env)
        self.alone = alone
        self.by_flags = by_flags  # else the environment says which node it is and where it listens
        self.binary = binary
        self.port = 0
        self.process = None
        self.log_file = self.folder / f"{name}.log"
        self._log_start = 0  # where the log of the last start begins

    @property
    def database_url(self):
        """Of the PostgreSQL database that it is on; "" when it is on a file."""
        return self.env.get("DATABASE_URL", "")

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def start(self, env=(), ready=True):
        """Starts the process; with `ready`, waits until it serves."""
        assert self.process is None, "it runs"
        assert self.binary.exists(), f"{self.binary} is not built: ./test builds it"
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.by_flags:
            self.port = self.port or free_port()
        command = [self.binary, "serve", self.app, "--data", self.folder / "data"]
        if self.by_flags:
            command += ["--node", self.name, "--listen", f"127.0.0.1:{self.port}"]
        command += ["--log-format", "json", *self.options, *(["--alone"] if self.alone else [])]
        self._log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=REPOSITORY, env=self._environment(env), stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT)
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self):
        def is_ready():
            assert self.process.poll() is None, (
                f"{self.name} ended with status {self.process.returncode}\n{self.log()}")
            self.port = self.port or self.announced_port()
            return self.port and self._answers_ready()

        wait_until(is_ready, START_SECONDS, f"{self.name} being ready")

    def stop(self):
        """A graceful stop, which every node owes: exit status 0."""
        status = self.signal_and_wait(signal.SIGTERM)
        assert status == 0, f"{self.name} stopped with status {status}\n{self.log()}"

    def kill(self):
        """As when the machine loses the process: nothing is finished, nothing is said."""
        assert self.signal_and_wait(signal.SIGKILL) == -signal.SIGKILL

    def signal_and_wait(self, number):
        """Sends a signal; the exit status. A process that does not end is killed and reported."""
        process, self.process = self.process, None
        process.send_signal(number)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self.name} did not end within {STOP_SECONDS} s\n{self.log()}")

    def wait_for_exit(self):
        """The exit status of a process that ends by itself, as at a fault point."""
        process, self.process = self.process, None
        return process.wait(STOP_SECONDS)

    def restart(self):
        self.stop()
        return self.start()

    def clean_up(self):
        """At the end of a test: whatever state it left the process in."""
        if self.process and self.process.poll() is None:
            self.stop()

    def log(self, since_start=False):
        """What it said, in all its lives or since its last start."""
        if since_start:
            with self.log_file.open("rb") as log:
                log.seek(self._log_start)
                return log.read().decode(errors="replace")
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def _environment(self, more):
        # What the app file reads from the environment is the test's to say, not the machine's.
        kept = ("PATH", "HOME", "TMPDIR", "LANG", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        return environment | self.env | dict(more)

    def announced_port(self):
        """The one that its log tells; 0 before."""
        url = re.search(r'"url":\s*"http://[^"]*:(\d+)"', self.log(since_start=True))
        return int(url[1]) if url else 0

    def _answers_ready(self):
        try:
            return requests.get(f"{self.base_url}/readyz", timeout=60).status_code == 200
        except (requests.ConnectionError, requests.Timeout):
            return False


def run_atoll(*arguments, status=0, **options):
    """One command to its end: what it printed, after its status was checked."""
    done = subprocess.run(
        [BINARY, *arguments], cwd=REPOSITORY, text=True, capture_output=True, timeout=180,
        **options)
    assert done.returncode == status, (
        f"atoll {' '.join(map(str, arguments))}: status {done.returncode}\n"
        f"{done.stdout}\n{done.stderr}")
    return done

