"""A disk that is full, and one that fails: nothing is acknowledged that is not on it."""

import contextlib
import json
import subprocess

import crash_load
import pytest
import requests
from atoll import wait_until
from connection import Connection
from stored import Store

STORES = ("sqlite",)
DISK_BYTES = 8 << 20


@pytest.fixture
def node_on_small_disk(tmp_path, make_node):
    """A node whose data lies where there is little space."""
    node = make_node()
    data = node.folder / "data"
    data.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", data], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mount is not permitted here")
    try:
        yield node.start()
    finally:
        node.clean_up()
        subprocess.run(["umount", data], check=True)


def store_of(node):
    return Store(node.folder / "data" / "us.db")


def fill(node):
    """Takes what space there is left."""
    filler = node.folder / "data" / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def test_a_full_disk_and_then_space_again(node_on_small_disk):
    node = node_on_small_disk
    filler = fill(node)
    path = "/us/properties/10"
    with Connection(node.port) as connection:
        version, answer = 1, None
        for _ in range(10_000):
            answer = connection.ask("PUT", path, {"price": version, "version": version},
                                    {"X-Request-ID": f"v{version}"})
            if answer.status != 200:
                break
            version += 1
        assert answer.status == 503, answer
        assert json.loads(answer.body)["code"] == "unavailable"
        assert int(answer.headers["Retry-After"]) >= 1
        for _ in range(20):  # it stays up, reads go on, and no write is half there
            again = connection.ask("PUT", path, {"price": 7, "version": version})
            assert again.status == 503, again
            assert json.loads(connection.ask("GET", path).body)["version"] == version
            assert connection.ask("GET", "/us/properties?limit=1000").status == 200
        store_of(node).check()
        filler.unlink()
        answer = connection.ask("PUT", path, {"price": 7, "version": version},
                                {"X-Request-ID": f"v{version}"})
        assert (answer.status, json.loads(answer.body)["version"]) == (200, version + 1)
    entries = store_of(node).check().entries
    assert len(entries) == version
    node.restart()
    assert requests.get(f"{node.base_url}{path}").json()["version"] == version + 1


def test_a_disk_that_is_full_when_the_process_is_killed(node_on_small_disk):
    node = node_on_small_disk
    load = crash_load.Load(node, 0, "full", accepted=(200, 201, 204, 404, 409, 503))
    wait_until(lambda: load.answered() > 200, what="200 answers")
    filler = fill(node)
    wait_until(lambda: load.count(503) > 20, what="20 refusals")
    node.kill()
    writes = load.over()
    filler.unlink()
    node.start()
    crash_load.check(writes, store_of(node).check(), node.port)


# ---- fsync ---------------------------------------------------------------------------------------

@pytest.fixture
def fail_fsync(tmp_path):
    """From the call on, every fsync of the process fails."""
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True)
    if tried.returncode != 0:
        pytest.skip("strace is not permitted here")
    with contextlib.ExitStack() as at_the_end:

        def fail(pid):
            said = tmp_path / "strace.log"
            with said.open("wb") as log:
                tracer = subprocess.Popen(
                    ["strace", "-f", "-p", str(pid), "-o", "/dev/null", "-e",
                     "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO"],
                    stderr=log)
            at_the_end.callback(tracer.wait)  # it ends with the process that it traces
            wait_until(lambda: b"attached" in said.read_bytes(), what="strace")

        yield fail


def test_a_failed_fsync_is_not_answered_and_ends_the_process(node, fail_fsync):
    path = "/us/properties/10"
    with Connection(node.port) as connection:
        first = connection.ask("PUT", path, {"price": 1, "version": 1})
        assert first.status == 200
        fail_fsync(node.pid)
        with pytest.raises(Connection.LOST):
            connection.ask("PUT", path, {"price": 2, "version": 2}, {"X-Request-ID": "lost"})
    assert node.wait_for_exit() == 1
    assert "Durable storage failed" in node.log()
    node.start()
    store_of(node).check()
    row = requests.get(node.base_url + path)
    assert row.json()["version"] in (2, 3)  # nobody was told either


def test_fsync_fails_under_load(node, fail_fsync):
    # The node's mark may be the first that cannot be saved: then a write or two hear 503, and
    # nothing of them is there.
    load = crash_load.Load(node, 0, "fsync", accepted=(200, 201, 204, 404, 409, 503))
    wait_until(lambda: load.answered() > 200, what="200 answers")
    fail_fsync(node.pid)
    assert node.wait_for_exit() == 1
    writes = load.over()
    node.start()
    crash_load.check(writes, store_of(node).check(), node.port)
