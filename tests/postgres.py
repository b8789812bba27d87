#!/usr/bin/env python3
"""A PostgreSQL cluster of the tests' own: in a temporary folder, on a socket there and on a free
port of 127.0.0.1, gone at the end. It is of the version that is installed, or of the one whose
initdb, pg_ctl and postgres are in the folder ATOLL_TEST_POSTGRES_BIN.

    tests/postgres.py start FILE    starts one, and writes what it needs to know into FILE
    tests/postgres.py stop FILE     stops and removes it

Standard library only.
"""

import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

from ports import free_port

START_SECONDS = 120


def installed():
    """The newest of Debian's folders, or where PATH finds one."""
    def version(folder):
        return [int(part) for part in re.findall(r"\d+", folder.parent.name)]

    debian = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=version)
    on_path = shutil.which("initdb")
    if not debian and not on_path:
        raise SystemExit("PostgreSQL is not installed: tools/install test installs it")
    return debian[-1] if debian else pathlib.Path(on_path).parent


def binaries():
    """The server's, which may be another version's: psql is always what is installed."""
    chosen = os.environ.get("ATOLL_TEST_POSTGRES_BIN")
    return pathlib.Path(chosen).resolve() if chosen else installed()


def open_to_all(folder):
    """A checkout may lie in a home that is its owner's alone."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (folder, *folder.parents))


def psql(url, text):
    """What psql prints, unaligned and without titles."""
    done = subprocess.run([*psql_command(url), "-c", text], text=True, capture_output=True,
                          timeout=180)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def psql_command(url):
    return [installed() / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url]


class Session:
    """A psql in which somebody types one thing after the other."""

    def __init__(self, url):
        self._process = subprocess.Popen(psql_command(url), text=True, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE)

    def run(self, sql):
        """Returns when it is done."""
        self._process.stdin.write(f"{sql};\n\\echo it is done\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line == "it is done\n":
                return
        raise AssertionError(f"psql ended at {sql}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


class Cluster:
    """The server refuses to run as root: there it runs as the user postgres."""

    # What a killed process leaves in the system's cache is as good as on the disk.
    SETTINGS = {"fsync": "off", "max_connections": "200", "shared_buffers": "32MB"}

    def __init__(self, folder=None, port=None, settings=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="atoll-pg-", dir="/tmp"))
        self.port = port or free_port()
        self.data = self.folder / "data"
        self.log_file = self.folder / "log"
        self.programs = self.folder / "programs/bin"  # when the user postgres cannot reach others
        self.databases = 0
        self.settings = self.SETTINGS if settings is None else settings

    def create(self):
        """Makes the cluster and starts it."""
        self.give_folder_away()
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync", "--no-instructions")
        return self.start()

    def give_folder_away(self):
        """To the user as whom the server runs."""
        if os.getuid() != 0:
            return
        owner = pwd.getpwnam("postgres")
        os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        if not open_to_all(binaries()):
            shutil.copytree(binaries().parent, self.programs.parent, symlinks=True)
            self.programs.parent.chmod(0o755)

    def create_standby(self):
        """Another server, which follows this one from now on."""
        standby = type(self)(settings=self.settings)
        standby.give_folder_away()
        standby._run("pg_basebackup", "-D", standby.data, "-d", self.url(), "-R", "-c", "fast",
                     "--no-sync")
        return standby.start()

    def promote(self):
        """It follows nobody any more, and takes writes."""
        self._run("pg_ctl", "-D", self.data, "-w", "-t", str(START_SECONDS), "promote")

    def start(self):
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        for name, value in self.settings.items():
            options += f" -c {name}={value}"
        self._run("pg_ctl", "-D", self.data, "-o", options, "-l", self.log_file, "-w", "-t",
                  str(START_SECONDS), "start")
        return self

    def stop(self, mode="immediate"):
        if self.pid():
            self.thaw()
            self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def kill(self):
        """kill -9 of the server; its children see to it that they end as well."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + START_SECONDS
        while subprocess.run(["pgrep", "-g", str(pid)], capture_output=True).returncode == 0:
            assert time.monotonic() < deadline, "the server's processes do not end"

    def power_off(self):
        """As when its machine is gone: it is never started again."""
        os.kill(self.pid(), signal.SIGKILL)
        (self.data / "postmaster.pid").unlink()

    def freeze(self):
        """All its processes sleep; the kernel goes on taking connections."""
        os.killpg(self.pid(), signal.SIGSTOP)

    def thaw(self):
        os.killpg(self.pid(), signal.SIGCONT)

    def end_sessions(self, database):
        """As an administrator does: each is told so, and is gone."""
        self.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                 f" WHERE datname = '{database}' AND pid <> pg_backend_pid()")

    def clean_up(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def pid(self):
        """Of the running server; 0 when there is none."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            os.kill(pid, 0)
            return pid
        except (FileNotFoundError, ProcessLookupError, IndexError):
            return 0

    def url(self, database="postgres"):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self):
        """The URL of an empty one."""
        self.databases += 1
        name = f"atoll_{self.databases}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def sql(self, text, database="postgres"):
        """`database`: its name or URL."""
        return psql(database if "://" in database else self.url(database), text)

    def session(self, url):
        return Session(url)

    def _run(self, program, *arguments):
        user = {}
        if os.getuid() == 0:
            user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        folder = self.programs if self.programs.exists() else binaries()
        # What pg_ctl starts must not keep a pipe of ours open.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                [folder / program, *map(str, arguments)], stdout=said, stderr=said,
                stdin=subprocess.DEVNULL, cwd="/", env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                **user)
            said.seek(0)
            assert done.returncode == 0, f"{program}: {said.read().decode()}"


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in ("start", "stop"):
        raise SystemExit(__doc__)
    command, file = arguments[0], pathlib.Path(arguments[1])
    if command == "start":
        cluster = Cluster().create()
        file.write_text(json.dumps({"url": cluster.url(), "folder": str(cluster.folder),
                                    "port": cluster.port}))
    elif file.exists():
        known = json.loads(file.read_text())
        file.unlink()
        Cluster(known["folder"], known["port"]).clean_up()


if __name__ == "__main__":
    main(sys.argv[1:])
