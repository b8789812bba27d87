"""The container files: looked at as far as that goes without an engine, and the very commands and
environments of their services run as processes of this machine."""

import concurrent.futures
import contextlib
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import threading

import postgres
import pytest
import requests
from atoll import BINARY, REPOSITORY, wait_until
from containers import (compose, example_variables, findings, here, inherited, interpolated,
                        is_pinned, stages_of, variables_in)
from ports import free_ports

DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
FILES = ["docker-compose.yml", "docker-compose.logistics.yml", "docker-compose.products.yml"]
EXAMPLE = example_variables((REPOSITORY / ".env.example").read_text())
APP = "apps/property-listing.toml"
SERVICES = compose(EXAMPLE)["services"]


@pytest.fixture(params=FILES)
def file(request):
    """Each compose file."""
    return REPOSITORY / request.param


@pytest.fixture
def services(file):
    return compose(EXAMPLE, file)["services"]


# ---- as texts ----------------------------------------------------------------------------------


def test_the_services_have_the_names_that_such_deployments_have():
    assert {"nginx_proxy", "kafka", "db-us", "db-eu", "backend-us", "backend-eu"} < set(SERVICES)
    assert SERVICES["nginx_proxy"]["ports"] == ["127.0.0.1:8080:8080"]
    for region in ("us", "eu"):
        backend = SERVICES[f"backend-{region}"]
        assert backend["networks"]["default"]["aliases"] == [f"backend_{region}"]
        assert backend["environment"]["REGION"] == region
        assert backend["environment"]["PORT"] == "8000"
    listeners = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert listeners == "INTERNAL://kafka:29092,EXTERNAL://localhost:9092"


def test_what_others_wait_for_says_whether_it_is_healthy(services):
    for service in services.values():
        for name, need in service.get("depends_on", {}).items():
            check = services[name]["healthcheck"]
            assert need["condition"] == ("service_completed_successfully" if check.get("disable")
                                         else "service_healthy")
            assert check.get("disable") or check["test"]


def test_every_image_is_pinned(services):
    for service in services.values():
        assert is_pinned(service["image"]), service["image"]


def test_every_variable_is_in_the_example_and_the_other_way_round():
    used = [variables_in((REPOSITORY / file).read_text()) for file in FILES]
    assert set.union(*used) == set(EXAMPLE)


def test_without_an_env_file_it_says_what_to_do():
    with pytest.raises(LookupError, match="copy .env.example to .env"):
        compose({})


def test_there_are_no_credentials_inside(file):
    for line in file.read_text().splitlines():
        if re.search(r"PASSWORD|SECRET", line) and not line.strip().startswith(("#", "test:")):
            assert re.search(r":\s*\$\{\w+:\?", line), line


def test_variables_are_filled_in_as_compose_does():
    assert interpolated("${X:-a}${Y:?b}$$", {"X": "", "Y": "c"}) == "ac$"


def test_the_client_takes_it(file):
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True,
                                    check=False).returncode:
        pytest.skip("no docker compose")
    subprocess.run([docker, "compose", "--file", file, "--env-file", ".env.example", "config",
                    "--quiet"], cwd=REPOSITORY, check=True, timeout=180)


def test_nothing_is_to_be_said_about_the_dockerfile():
    assert not list(findings(DOCKERFILE))


@pytest.mark.parametrize("old, new, what", [
    ("debian:12.12-slim AS build", "debian:bookworm-slim AS build", "not pinned"),
    ("debian:12.12-slim AS build", "debian AS build", "not pinned"),
    ("COPY --chmod=755 apps", "ADD apps", "ADD"),
    ("COPY --chmod=755 apps", "COPY --chmod=755 appz", "there is no appz"),
    ("COPY --chmod=755 apps", "COPY apps", "rights"),
    ("--from=build", "--from=built", "no stage"),
    ("--no-install-recommends ", "", "--no-install-recommends"),
    ("USER atoll", "USER root", "runs as root"),
    ("atoll health", "curl", "no HEALTHCHECK"),
    ("WORKDIR /srv/atoll", "WORKDIR atoll", "no WORKDIR"),
    ("rm -rf /var/lib/apt/lists/*", "true", "rm -rf"),
])
def test_what_is_planted_in_it_is_found(old, new, what):
    assert old in DOCKERFILE
    assert any(what in finding for finding in findings(DOCKERFILE.replace(old, new)))


def test_the_image_has_the_libraries_of_the_program():
    """Those that it names itself; their own needs are the packages' business."""
    if not shutil.which("dpkg-query") or not shutil.which("readelf"):
        pytest.skip("not on Debian")
    read = subprocess.run(["readelf", "-d", BINARY], text=True, capture_output=True, check=True)
    wanted = re.findall(r"\(NEEDED\).*\[(.+)\]", read.stdout)
    in_every_image = {"libc6", "libgcc-s1", "libstdc++6"}
    [installing] = [run for run in stages_of(DOCKERFILE)["program"].all("RUN")]
    installed = set(installing.split()) | in_every_image
    for library in wanted:
        if re.match(r"lib(asan|tsan|ubsan)", library):
            continue
        found = subprocess.run(["dpkg-query", "--search", f"*/{library}"], text=True,
                               capture_output=True, check=True).stdout
        owners = {line.split(":")[0] for line in found.splitlines()}
        assert owners & installed, f"{library} is in {owners}"


# ---- as processes ------------------------------------------------------------------------------


@pytest.fixture
def databases():
    """db-us and db-eu, as their service's environment wants them."""
    made = {}
    with contextlib.ExitStack() as at_the_end:
        for name in ("db-us", "db-eu"):
            made[name] = postgres.Cluster().create()
            at_the_end.callback(made[name].clean_up)
            wanted = SERVICES[name]["environment"]
            made[name].sql(f"CREATE ROLE {wanted['POSTGRES_USER']} LOGIN")
            made[name].sql(f"CREATE DATABASE {wanted['POSTGRES_DB']} "
                           f"OWNER {wanted['POSTGRES_USER']}")
        yield made


def environment_of(name, databases, places):
    """Of a backend, as if its container were a process of this machine."""
    env = dict(re.findall(r"(\w+)=(\S+)", inherited(stages_of(DOCKERFILE),
                                                    stages_of(DOCKERFILE)["node"], "ENV")))
    env |= SERVICES[name]["environment"]
    database = databases[env["DB_HOST"]]
    env |= {"DB_HOST": "127.0.0.1", "DB_PORT": str(database.port)}
    env["PORT"] = places[f"{name}:8000"].split(":")[1]
    return {key: here(value, places) for key, value in env.items()}


@pytest.fixture
def places(kafka):
    us, eu, gateway = free_ports(3)
    return {"backend-us:8000": f"127.0.0.1:{us}", "backend-eu:8000": f"127.0.0.1:{eu}",
            "127.0.0.1:8000": "127.0.0.1:$PORT", "0.0.0.0:8080": f"0.0.0.0:{gateway}",
            "127.0.0.1:8080": f"127.0.0.1:{gateway}", "kafka:29092": kafka.address}


def health_check(name, places, port):
    command = SERVICES[name]["healthcheck"]["test"]
    assert command[0] == "CMD"
    return [here(word, places).replace("$PORT", port) for word in command[1:]]


def test_the_peer_secret_is_made_once_and_for_its_owner_alone(image):
    command = SERVICES["peer-secret"]["command"]
    assert image.run(command).returncode == 0
    file = image.folder / "secret/peers.env"
    made = file.read_text()
    assert re.fullmatch(r"PEER_SECRET=[0-9a-f]{64}\n", made) and file.stat().st_mode & 0o77 == 0
    assert image.run(command).returncode == 0 and file.read_text() == made


def test_the_services_commands_serve_two_regions(image, databases, places):
    topic = f"compose-{os.getpid()}"
    assert image.run(SERVICES["peer-secret"]["command"]).returncode == 0
    for name in ("backend-us", "backend-eu"):
        env = environment_of(name, databases, places) | {"KAFKA_TOPIC": topic}
        image.start(name, [*SERVICES[name]["command"], "--data", f"data/{name}"], env)
    for name in ("backend-us", "backend-eu"):
        env = environment_of(name, databases, places)
        image.wait_for(name, health_check(name, places, env["PORT"]), env)
    assert inherited(stages_of(DOCKERFILE), stages_of(DOCKERFILE)["gateway"], "CMD") == (
        f'["atoll-gateway", "{APP}"]')
    env = {key: here(value, places) for key, value in
           SERVICES["nginx_proxy"]["environment"].items()}
    env |= {"GATEWAY_LISTEN": here("0.0.0.0:8080", places),
            "GATEWAY_FOLDER": str(image.folder / "gateway")}
    image.start("nginx_proxy", ["atoll-gateway", APP], env)
    image.wait_for("nginx_proxy", health_check("nginx_proxy", places, ""), env)

    base = "http://" + places["127.0.0.1:8080"]
    written = requests.put(f"{base}/us/properties/10", json={"price": 520000, "version": 1},
                           headers={"Prefer": "wait=25, atoll-peers=1"}, timeout=60)
    assert written.headers.get("Preference-Applied") == "atoll-peers=1", written.text
    assert requests.get(f"{base}/eu/properties/10", timeout=60).json() == written.json()
    log = image.log("nginx_proxy")  # which NGINX writes a moment after the answer
    wait_until(lambda: "PUT /us/properties/10" in log.read_text(), what="the gateway's log line")


@contextlib.contextmanager
def answering(host, port, before=lambda: None):
    """A server in a node's place, which answers with its own address."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            before()
            self.send_response(200)
            self.send_header("Content-Length", str(len(host)))
            self.end_headers()
            self.wfile.write(host.encode())

    with http.server.ThreadingHTTPServer((host, port), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield
        server.shutdown()


def start_gateway(image, us, eu):
    """Where it listens. It is up when this returns."""
    [port] = free_ports(1)
    image.start("gateway", ["atoll-gateway", APP], {
        "US_URL": us, "EU_URL": eu, "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_FOLDER": str(image.folder / "gateway")})
    url = f"http://127.0.0.1:{port}/us/properties/10"

    def is_up():
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(url, timeout=60).status_code
        return None

    wait_until(is_up, what="the gateway being up")
    return url


def test_the_gateway_follows_names_to_their_addresses(image):
    """A container has its name only while it runs, and may come back at another address."""
    hosts = image.folder / "hosts"
    hosts.touch()
    getent = image.programs / "getent"
    getent.write_text(f'#!/bin/sh\nsed -n "s/ $2\\$/  STREAM/p" {hosts}\n')
    getent.chmod(0o755)
    [port] = free_ports(1)
    url = start_gateway(image, f"http://backend-us:{port}", f"http://backend-eu:{port}")
    assert requests.get(url, timeout=60).status_code == 502
    for address in ("127.0.0.2", "127.0.0.3"):
        with answering(address, port):
            hosts.write_text(f"{address} backend-us\n")
            wait_until(lambda: requests.get(url, timeout=60).text == address, what=address)
            hosts.write_text("")  # which takes nothing back


def test_a_gateway_that_is_stopped_answers_what_is_under_way(image):
    came, go_on = threading.Event(), threading.Event()

    def wait():
        came.set()
        assert go_on.wait(60)

    us, eu = free_ports(2)
    url = start_gateway(image, f"http://127.0.0.1:{us}", f"http://127.0.0.1:{eu}")
    with answering("127.0.0.1", us, wait), concurrent.futures.ThreadPoolExecutor() as threads:
        asked = threads.submit(requests.get, url, timeout=60)
        assert came.wait(60)
        stages = stages_of(DOCKERFILE)
        gateway = image.running["gateway"]
        gateway.send_signal(signal.Signals[inherited(stages, stages["gateway"], "STOPSIGNAL")])
        with contextlib.suppress(subprocess.TimeoutExpired):  # it has time to break it off
            gateway.wait(1)
        go_on.set()
        assert asked.result().text == "127.0.0.1"
        assert gateway.wait(60) == 0


def start_without_secret(image, name, databases, places, topic):
    """As the image alone starts it, in somebody's existing compose file."""
    stages = stages_of(DOCKERFILE)
    env = environment_of(name, databases, places) | {"KAFKA_TOPIC": topic}
    command = json.loads(inherited(stages, stages["node"], "CMD"))
    image.start(name, [*command, "--data", f"data/{name}"], env)
    return env


def test_without_a_peer_secret_the_broker_carries_the_changes(image, databases, places):
    topic = f"closed-{os.getpid()}"
    for name in ("backend-us", "backend-eu"):
        env = start_without_secret(image, name, databases, places, topic)
        image.wait_for(name, health_check(name, places, env["PORT"]), env)
        assert "Keeps its peer endpoints closed" in image.log(name).read_text()
    us, eu = (f"http://{places[f'backend-{region}:8000']}" for region in ("us", "eu"))
    assert requests.get(f"{us}/_atoll/status", timeout=60).status_code == 404
    written = requests.put(f"{us}/properties/10", json={"price": 7, "version": 1}, timeout=60)
    assert written.status_code == 200, written.text
    wait_until(lambda: requests.get(f"{eu}/properties/10", timeout=60).json()["version"] == 2,
               what="eu having it")
    assert isinstance(requests.get(f"{us}/replication-lag", timeout=60).json()["lag_seconds"],
                      (int, float))


def test_without_a_peer_secret_and_a_broker_it_does_not_start(image, databases, places):
    env = environment_of("backend-us", databases, places) | {"KAFKA_BROKER": ""}
    done = image.run(["atoll", "serve", APP], env)
    assert done.returncode == 2 and "neither a peer secret" in done.stderr
