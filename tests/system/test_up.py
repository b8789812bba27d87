"""`atoll up`: both regions and the gateway as one, told what to do from another terminal."""

import os
import re
import signal
import subprocess

import pytest
import requests
from atoll import BINARY, REPOSITORY, wait_until
from fleet import Fleet, command_of
from ports import free_ports


def test_it_starts_tells_where_and_leaves_nothing_behind(fleet):
    assert fleet.base in fleet.said and "3000 records" in fleet.said
    wait_until(lambda: fleet.region() == "us", what="us answering for itself")
    assert requests.get(f"{fleet.base}/docs/", timeout=60).status_code == 200
    assert requests.get(f"{fleet.base}/_atoll/status", timeout=60).status_code == 404
    again = fleet.atoll("up", fleet.app, "--data", fleet.data, "-d")
    assert again.returncode == 1 and "is held by" in again.stderr
    fleet.tell("down")
    wait_until(lambda: not fleet.pids(), what="no process being left")


def test_the_demonstration_of_a_failover_passes(fleet):
    shown = subprocess.run([REPOSITORY / "tests/demonstrate_failover.sh"], text=True, timeout=600,
                           capture_output=True, check=False,
                           env=fleet.env | {"BASE_URL": fleet.base, "APP": str(fleet.app),
                                            "DATA": str(fleet.data)})
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stdout.count("[PASS]") == 8


@pytest.fixture
def stopped(tmp_path):
    """A fleet that no test has started yet."""
    made = Fleet(tmp_path)
    yield made
    made.atoll("down", made.app, "--data", made.data)


def test_nginx_is_found_where_an_ordinary_users_path_does_not_lead(stopped):
    stopped.env["PATH"] = "/usr/bin:/bin"
    stopped.tell("up", "-d")
    wait_until(lambda: stopped.region() == "us", what="us answering for itself")


@pytest.mark.skipif(os.geteuid() != 0, reason="nobody else can choose who the workers are")
def test_the_gateways_workers_are_not_root(stopped, tmp_path):
    """They can keep a body that is too large for memory all the same, in folders closed to them."""
    text = stopped.app.read_text()
    stopped.app.write_text(text + "\n[limits]\nbody_bytes_max = 8388608\n")
    tmp_path.chmod(0o700)
    stopped.tell("up", "-d")
    # A worker that begins bears its master's name for a moment.
    master, = wait_until(lambda: one_of([pid for pid in stopped.pids()
                                         if b"nginx: master" in command_of(pid)]),
                         what="the workers having names")
    workers = subprocess.run(["ps", "-o", "user=", "--ppid", str(master)], text=True, check=True,
                             capture_output=True).stdout.split()
    assert workers and "root" not in workers
    large = b'{"price":7,"version":1' + b" " * 3_000_000 + b"}"
    answer = requests.put(f"{stopped.base}/us/properties/10", data=large, timeout=60)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    folder = stopped.data.stat()
    assert (folder.st_uid, folder.st_mode & 0o022) == (0, 0), "it stays its owner's"


def one_of(found):
    return found if len(found) == 1 else None


def test_a_member_that_does_not_start_says_why(stopped):
    stopped.data.mkdir(parents=True)
    (stopped.data / "eu.db").write_bytes(b"no database " * 1000)
    done = stopped.atoll("up", stopped.app, "--data", stopped.data, "-d")
    assert done.returncode == 1
    [head, *lines] = done.stderr.splitlines()
    assert head == "atoll: eu did not start: its process ended with exit status 1"
    assert any("not a database" in line for line in lines), lines
    assert str(stopped.data / "logs/eu.log") in lines[-1]
    assert stopped.pids() == []


def test_so_does_the_gateway(stopped, tmp_path):
    broken = tmp_path / "bin/nginx"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho no luck today >&2\nexit 7\n")
    broken.chmod(0o755)
    stopped.env["PATH"] = f"{broken.parent}:/usr/bin:/bin"
    done = stopped.atoll("up", stopped.app, "--data", stopped.data, "-d")
    assert done.returncode == 1
    assert done.stderr.splitlines()[:2] == [
        "atoll: gateway did not start: its process ended with exit status 7", "  no luck today"]


def test_commands_that_reach_no_fleet_or_no_member_say_so(stopped):
    down = stopped.atoll("down", stopped.app, "--data", stopped.data)
    assert (down.returncode, down.stderr) == (
        1, f"atoll: property-listing: no fleet runs in {stopped.data}\n")
    stopped.tell("up", "-d")
    stop = stopped.atoll("stop", stopped.app, "mars", "--data", stopped.data)
    assert (stop.returncode, stop.stderr) == (
        1, "atoll: property-listing: it has no member mars (its members are us, eu, gateway)\n")


def test_a_start_that_fails_is_told(stopped):
    stopped.tell("up", "-d")
    stopped.tell("stop", "eu")
    for file in stopped.data.glob("eu.db-*"):
        file.unlink()
    (stopped.data / "eu.db").write_bytes(b"no database " * 1000)
    done = stopped.atoll("start", stopped.app, "eu", "--data", stopped.data)
    assert done.returncode == 1
    assert "eu did not start: its process ended with exit status 1" in done.stderr


# ---- what it prints ------------------------------------------------------------------------------

def app_with_free_ports(app, folder):
    """A copy of a shipped app's file, in a folder whose name wants quotes."""
    folder.mkdir()
    text = (REPOSITORY / f"apps/{app}.toml").read_text()
    listens = re.compile(r"(listen = .*[:-])(\d{4})\b")
    ports = free_ports(len(listens.findall(text)))
    file = folder / f"{app}.toml"
    file.write_text(listens.sub(lambda found: found[1] + str(ports.pop()), text))
    for seed in (REPOSITORY / "apps").glob("*.csv"):
        (folder / seed.name).symlink_to(seed)
    return file


def in_a_shell(line, **options):
    return subprocess.run(["sh", "-c", line], text=True, capture_output=True, timeout=600,
                          check=False, **options)


@pytest.mark.parametrize("app, env", [
    ("property-listing", {}), ("property-listing", {"REQUEST_ID": "required"}), ("logistics", {}),
    ("products", {})])
def test_the_lines_that_it_prints_work_as_they_are(tmp_path, app, env):
    file = app_with_free_ports(app, tmp_path / "bob's apps")
    environment = {"PATH": os.environ["PATH"]} | env
    up = subprocess.run([BINARY, "up", file.name, "-d", "--data", "the data"], cwd=file.parent,
                        env=environment, text=True, capture_output=True, timeout=600, check=False)
    assert up.returncode == 0, up.stderr
    assert re.search(r"ok \((1 node|[2-9] nodes), (1 resource|[2-9] resources), ", up.stdout)
    down = re.search("`(.*)` stops all", up.stdout)[1]
    try:
        requests_to_try = up.stdout.partition("Try:  ")[2].splitlines()
        assert [re.findall(r"-X (\w+)", line) for line in requests_to_try] == [[], ["POST"]]
        for line in requests_to_try * 2:
            done = in_a_shell(line.strip().replace("curl", "curl -sS --fail-with-body", 1))
            assert (done.returncode, done.stdout[:1] in "[{") == (0, True), (line, done)
    finally:
        done = in_a_shell(down, cwd=file.parent, env=environment)
    assert done.returncode == 0, done.stderr
    assert not (file.parent / "the data/up.sock").exists()


def test_lines_of_a_nodes_log_carry_the_date(stopped):
    stopped.tell("up", "-d")
    lines = (stopped.data / "logs/us.log").read_text().splitlines()
    undated = [line for line in lines
               if not re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning) ", line)]
    assert (len(lines) > 1, undated) == (True, [])


# ---- life ----------------------------------------------------------------------------------------

def kill_us(fleet):
    os.kill(fleet.pid_of("us"), signal.SIGKILL)


def test_data_is_thrown_away_at_the_first_start_only(fleet):
    fleet.tell("down")
    fleet.tell("up", "-d", "--fresh")
    fleet.tell("cut", "us", "eu")  # so that nobody else has it
    # Not through the gateway, which may turn to eu.
    url = f"{fleet.urls['us']}/us/properties/10"
    requests.put(url, json={"price": 1, "version": 1}, timeout=60).raise_for_status()
    kill_us(fleet)
    wait_until(lambda: fleet.region() == "us", what="us being back")
    assert requests.get(url, timeout=60).json()["version"] == 2


def test_a_node_that_dies_is_restarted(fleet):
    kill_us(fleet)
    assert fleet.region() in ("eu", "us"), "answered by whoever is there"
    wait_until(lambda: fleet.region() == "us", what="us being back")
