"""The services of docker-compose.logistics.yml as processes of this machine. What its text must be
like is in test_containers.py."""

import re

import pytest
import rabbitmq_broker
import requests
from atoll import REPOSITORY, wait_until
from containers import compose, example_variables, here
from ports import free_ports

EXAMPLE = example_variables((REPOSITORY / ".env.example").read_text())
SERVICES = compose(EXAMPLE, REPOSITORY / "docker-compose.logistics.yml")["services"]
SERVERS = [f"server-{letter}" for letter in "abcd"]
NAMED = {"operation-name": "test"}


@pytest.fixture
def rabbit():
    with rabbitmq_broker.of_service(SERVICES["rabbitmq"]) as broker:
        yield broker


def test_the_services_are_the_servers():
    for number, name in enumerate(SERVERS):
        service = SERVICES[name]
        letter = name[-1].upper()
        assert service["ports"] == [f"127.0.0.1:{8000 + number}:8000"]
        assert service["networks"]["default"]["aliases"] == [name.replace("-", "_")]
        environment = service["environment"]
        assert environment["SERVER_ID"] == letter
        assert re.findall("[A-D]", environment["ALLOWED_SERVERS"]) == [
            other for other in "ABCD" if other != letter]
        assert environment[f"{letter}_URL"] == f"http://{name}:8000"
        assert any(volume.startswith(f"{name}:") for volume in service["volumes"])
    assert SERVICES["nginx_proxy"]["ports"] == ["127.0.0.1:8088:8088"]
    assert SERVICES["rabbitmq"]["image"].endswith("-management")
    assert SERVICES["rabbitmq"]["ports"] == ["127.0.0.1:5672:5672", "127.0.0.1:15672:15672"]


def health_check(name, places, port=""):
    command = SERVICES[name]["healthcheck"]["test"]
    assert command[0] == "CMD"
    return [here(word, places | {"127.0.0.1:8000": f"127.0.0.1:{port}"}) for word in command[1:]]


def from_broker(port):
    lines = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines
               if line.startswith("atoll_broker_messages_total"))


def test_the_services_commands_serve_four_servers(image, rabbit):
    *ports, gateway = free_ports(5)
    places = {f"{name}:8000": f"127.0.0.1:{port}" for name, port in zip(SERVERS, ports)}
    places |= {"0.0.0.0:8088": f"0.0.0.0:{gateway}", "127.0.0.1:8088": f"127.0.0.1:{gateway}"}
    assert image.run(SERVICES["peer-secret"]["command"]).returncode == 0
    for name, port in zip(SERVERS, ports):
        env = {key: here(value, places) for key, value in SERVICES[name]["environment"].items()}
        assert env["RABBITMQ_HOST"] in SERVICES
        env |= {"SERVER_PORT": str(port), "RABBITMQ_HOST": "127.0.0.1",
                "RABBITMQ_PORT": str(rabbit.port)}
        image.start(name, [*SERVICES[name]["command"], "--data", f"data/{name}"], env)
    for name, port in zip(SERVERS, ports):
        image.wait_for(name, health_check(name, places, port), {})
    env = {key: here(value, places) for key, value in
           SERVICES["nginx_proxy"]["environment"].items()}
    env["GATEWAY_FOLDER"] = str(image.folder / "gateway")
    image.start("nginx_proxy", SERVICES["nginx_proxy"]["command"], env)
    image.wait_for("nginx_proxy", health_check("nginx_proxy", places), env)

    base = f"http://127.0.0.1:{gateway}/api/v1/warehouses/"
    made = requests.post(base, json={"name": "x", "location": "y"}, timeout=60,
                         headers=NAMED | {"Prefer": "wait=30, atoll-peers=3"})
    assert made.headers.get("Preference-Applied") == "atoll-peers=3", made.text
    read = [requests.get(base + str(made.json()["id"]), headers=NAMED, timeout=60)
            for _ in range(8)]
    assert [answer.json() for answer in read] == [made.json()] * 8
    assert {answer.headers["Atoll-Served-By"] for answer in read} <= set("ABCD")
    for server, port in zip("ABCD", ports):
        if server != made.headers["Atoll-Served-By"]:
            wait_until(lambda port=port: from_broker(port) >= 1, what="its message")
    log = image.log("nginx_proxy")  # which NGINX writes a moment after the answer
    wait_until(lambda: "POST /api/v1/warehouses/" in log.read_text(), what="the gateway's log line")
