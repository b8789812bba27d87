"""The services of docker-compose.products.yml as processes of this machine. What its text must be
like is in test_containers.py."""

import re

import pytest
import rabbitmq_broker
import requests
from atoll import REPOSITORY, wait_until
from containers import compose, example_variables, here
from ports import free_port
from postgres import psql

EXAMPLE = example_variables((REPOSITORY / ".env.example").read_text())
SERVICES = compose(EXAMPLE, REPOSITORY / "docker-compose.products.yml")["services"]
BACKEND = SERVICES["backend"]
DATABASES = {"DATABASE_URL": "postgres-primary", "REPLICA_1_URL": "postgres-replica-1",
             "REPLICA_2_URL": "postgres-replica-2"}


@pytest.fixture
def rabbit():
    with rabbitmq_broker.of_service(SERVICES["rabbitmq"]) as broker:
        yield broker


def test_the_services_are_those_of_such_a_deployment():
    assert set(SERVICES) == {"backend", "rabbitmq", *DATABASES.values()}
    assert BACKEND["ports"] == ["127.0.0.1:8000:8000"]
    assert SERVICES["rabbitmq"]["image"].endswith("-management")
    for number, (variable, service) in enumerate(DATABASES.items()):
        said = SERVICES[service]["environment"]
        url = (f"postgresql://{said['POSTGRES_USER']}:{said['POSTGRES_PASSWORD']}@{service}:5432/"
               f"{said['POSTGRES_DB']}")
        assert BACKEND["environment"][variable] == url
        assert SERVICES[service]["ports"] == [f"127.0.0.1:{5432 + number}:5432"]


def test_the_services_commands_serve_products(image, cluster, rabbit):
    port = free_port()
    env = BACKEND["environment"] | {variable: cluster.new_database() for variable in DATABASES}
    assert env["RABBITMQ_HOST"] in SERVICES
    env |= {"HOST": "127.0.0.1", "PORT": str(port), "RABBITMQ_HOST": "127.0.0.1",
            "RABBITMQ_PORT": str(rabbit.port)}
    image.start("backend", BACKEND["command"], env)
    check = BACKEND["healthcheck"]["test"]
    assert check[0] == "CMD"
    image.wait_for("backend", [here(word, {"127.0.0.1:8000": f"127.0.0.1:{port}"})
                               for word in check[1:]], {})
    url = f"http://127.0.0.1:{port}/api/products"
    made = requests.post(url, json={"id": "a", "name": "Lamp", "price": 1, "stock": 2}, timeout=60)
    assert made.status_code == 201, made.text
    wait_until(lambda: all(re.match("replica", requests.get(url, timeout=60).headers[
        "Atoll-Served-By"]) for _ in range(4)), what="both replicas answering")
    for variable in DATABASES:
        wait_until(lambda name=variable: psql(env[name], 'SELECT stock FROM "Product"') == "2",
                   what="all databases having it")
    with rabbit.connection() as connection:
        connection.channel().basic_publish("", "products.delete", b"a")
    wait_until(lambda: requests.get(f"{url}/a", timeout=60).status_code == 404, what="its deletion")
