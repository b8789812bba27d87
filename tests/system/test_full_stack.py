"""`atoll up --stack full`: both regions on PostgreSQL and Kafka, which it starts and watches."""

import contextlib
import os
import re
import signal
import socket
import subprocess
from datetime import datetime

import pytest
import requests
from atoll import BINARY, PATIENCE, wait_until

ROW = "SELECT id, price, bedrooms, version, updated_at FROM properties WHERE id = 10"


@pytest.fixture(scope="module")
def store():
    """Whatever the tests are told to run on: these start what they stand on by themselves."""
    return "sqlite"


@pytest.fixture(scope="module")
def transport():
    return "direct"


def line_of(fleet, part):
    """The command that the start told people to paste."""
    [line] = re.findall(rf"├─ {part} +(.+)", fleet.said)
    return line


def pasted(fleet, part, more=""):
    return subprocess.run(f"{line_of(fleet, part)} {more}", shell=True, env=fleet.env, text=True,
                          capture_output=True, timeout=600, check=False)


def paste(fleet, part, more=""):
    done = pasted(fleet, part, more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def port_of(fleet, part):
    return int(re.search(rf"{part} +127\.0\.0\.1:(\d+)", fleet.said)[1])


def postgres_pid(fleet, node):
    file = fleet.data / f"postgres-{node}/cluster/postmaster.pid"
    words = file.read_text().split() if file.exists() else []
    return int(words[0]) if words else 0


def kafka_pid(fleet):
    found = subprocess.run(["pgrep", "-f", f"kafka.Kafka {fleet.data}"], text=True,
                           capture_output=True, check=False).stdout.split()
    return int(found[0]) if found else 0


def put(fleet, price, version, region="us", **headers):
    return requests.put(f"{fleet.base}/{region}/properties/10", timeout=60, headers=headers,
                        json={"price": price, "version": version})


def get(fleet, region):
    return requests.get(f"{fleet.base}/{region}/properties/10", timeout=60).json()


def wait_until_published(fleet, price):
    """Each look starts a Java program, and a broker that has just been started does not know its
    topics at once."""
    message = f'10 {{"id":10,"price":{price}.00,'
    wait_until(lambda: message in pasted(fleet, "kafka").stdout, 2 * PATIENCE, "the message")


def are_level(fleet):
    states = [requests.get(f"{url}/_atoll/status", timeout=60).json().get("resources")
              for url in fleet.urls.values()]
    return states[0] is not None and states[0] == states[1]


def nothing_listens(fleet):
    parts = [port_of(fleet, part) for part in ("postgres-us", "postgres-eu", "kafka")]
    for port in [*parts, fleet.gateway_port]:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=60).close()
            return False
    return True


def has_ended(fleet):
    return not fleet.pids() and nothing_listens(fleet) and not postgres_pid(fleet, "us")


def test_a_write_is_in_both_databases_and_in_the_topic(full):
    assert "store postgresql, transport kafka" in full.said and "3000 records" in full.said
    written = put(full, 520000, 1, Prefer="wait=20, atoll-peers=1").json()
    assert written["version"] == 2 and get(full, "eu") == written
    for node in ("us", "eu"):
        shown = paste(full, f"postgres-{node}", f'-XAt -c "{ROW}"').strip()
        *values, at = shown.split("|")
        assert values == ["10", "520000.00", str(written["bedrooms"]), "2"]
        assert datetime.fromisoformat(at) == datetime.fromisoformat(
            written["updated_at"].removesuffix("Z"))
    wait_until_published(full, 520000)
    kept = full.tell("logs", "postgres-us")
    assert "ready to accept connections" in kept
    assert "Kafka Server started" in full.tell("logs", "kafka")


def test_parts_that_are_killed_come_back_and_writes_go_on(full):
    put(full, 1, 1).raise_for_status()
    database, broker = postgres_pid(full, "us"), kafka_pid(full)
    os.kill(database, signal.SIGKILL)
    wait_until(lambda: put(full, 2, get(full, "us")["version"]).status_code == 200 and
               full.region() == "us" and postgres_pid(full, "us") not in (0, database),
               what="us writing again")
    wait_until(lambda: are_level(full), what="both holding the same")
    os.kill(broker, signal.SIGKILL)
    version = get(full, "us")["version"]
    put(full, 3, version).raise_for_status()
    wait_until(lambda: kafka_pid(full) not in (0, broker), what="another broker process")
    wait_until(lambda: get(full, "eu")["price"] == 3, what="eu having it")
    wait_until_published(full, 3)


def test_another_start_finds_everything_again_and_a_fresh_one_nothing(full):
    put(full, 4711, 1, Prefer="wait=20, atoll-peers=1").raise_for_status()
    wait_until_published(full, 4711)
    full.tell("down")
    wait_until(lambda: has_ended(full), what="no process being left")
    full.said = full.tell("up", "-d", "--stack", "full")
    assert get(full, "us")["version"] == get(full, "eu")["version"] == 2
    wait_until_published(full, 4711)
    full.tell("down")
    full.said = full.tell("up", "-d", "--stack", "full", "--fresh")
    assert get(full, "us")["version"] == get(full, "eu")["version"] == 1


def test_a_part_that_was_stopped_stays_stopped_until_it_is_started(full):
    full.tell("stop", "kafka")
    assert not kafka_pid(full)
    put(full, 5, 1).raise_for_status()
    full.tell("start", "kafka")
    wait_until_published(full, 5)


@contextlib.contextmanager
def in_the_foreground(fleet):
    with subprocess.Popen([BINARY, "up", fleet.app, "--data", fleet.data, "--stack", "full"],
                          env=fleet.env, text=True, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_ctrl_c_stops_the_nodes_then_what_they_stand_on(fleet):
    fleet.tell("down")
    with in_the_foreground(fleet) as process:
        fleet.said = ""
        for line in process.stdout:
            fleet.said += line
            if "Try:" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(PATIENCE) == 0
    assert rest.rindex(" Stopped") < rest.index("received fast shutdown request"), rest
    wait_until(lambda: has_ended(fleet), what="no process being left")


def test_it_can_be_stopped_while_it_starts(fleet):
    fleet.tell("down")
    with in_the_foreground(fleet) as process:
        folder = fleet.data / "postgres-us"  # a cluster that is made is `made`, then `cluster`
        wait_until(lambda: (folder / "made").exists() or (folder / "cluster").exists(),
                   what="a cluster")
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()
        assert process.wait(PATIENCE) == 0, said
    wait_until(lambda: not fleet.pids(), what="no process being left")
    fleet.said = fleet.tell("up", "-d", "--stack", "full")
    assert get(fleet, "us")["version"] == 1


def test_a_port_that_somebody_has_is_left_to_him(fleet):
    fleet.tell("down")
    with socket.create_server(("127.0.0.1", fleet.database_port)):
        fleet.said = fleet.tell("up", "-d", "--stack", "full")
    assert port_of(fleet, "postgres-us") > fleet.database_port
    assert get(fleet, "us")["version"] == 1


def refusal(fleet, stack="full", **env):
    done = subprocess.run([BINARY, "up", fleet.app, "--data", fleet.data, "--stack", stack],
                          env=fleet.env | env, text=True, capture_output=True, timeout=600,
                          check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    return done.stderr


def test_what_is_missing_is_named(fleet):
    fleet.tell("down")
    assert "default-jre-headless" in refusal(fleet, PATH=str(fleet.folder))
    assert "has no [stack.ful]; it has full" in refusal(fleet, "ful")
    assert "TRANSPORT" in refusal(fleet, TRANSPORT="direct")
    assert "DATABASE_URL is set" in refusal(fleet, DATABASE_URL="postgresql://localhost/one")
