"""Every command in README.md and docs/ prints what the page says. Each page gets a fleet of its
own, in the place of the one that ./run starts: of the app and on the stack that the page is
about."""

import os
import pathlib
import re

import pytest
import rabbitmq_broker
import requests
from atoll import BINARY, REPOSITORY, wait_until
from walkthrough import run, steps_of

ON_REAL_STACK = "real-stack.md"
ON_LOGISTICS = "logistics.md"
ON_PRODUCTS = "products.md"
PAGES = [page for page in [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
         if page.exists() and page.name != ON_PRODUCTS and steps_of(page.read_text())]


def ports_of(fleet):
    """The usual ones, and what they are here."""
    usual = {"postgres-us": 5432, "postgres-eu": 5433, "kafka": 9092}
    return {f"127.0.0.1:{port}": re.search(rf"{part} +(127\.0\.0\.1:\d+)", fleet.said)[1]
            for part, port in usual.items()}


@pytest.fixture
def rabbit():
    with rabbitmq_broker.Broker() as broker:
        yield broker


@pytest.fixture(params=["sqlite", "real stack"])
def shop(make_node, tmp_path, request):
    """The node of products, and a folder that looks like the repository to whoever types there."""
    stack = {}
    if request.param != "sqlite":
        databases = request.getfixturevalue("cluster")
        stack = {name: databases.new_database()
                 for name in ("DATABASE_URL", "REPLICA_1_URL", "REPLICA_2_URL")}
        stack["RABBITMQ_URL"] = request.getfixturevalue("rabbit").url()
    node = make_node(name="primary", app="apps/products.toml", env=stack, alone=not stack).start()
    folder = tmp_path / "shop"
    for name, target in (("apps", REPOSITORY / "apps"), ("build/atoll", BINARY.resolve()),
                         ("data/products", node.folder / "data")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(target)
    wait_until(lambda: requests.get(f"{node.base_url}/api/products", timeout=60)
               .headers["Atoll-Served-By"] != "primary", what="a replica answering")
    return node, folder, stack


def test_products_page(shop):
    node, folder, stack = shop
    steps = steps_of((REPOSITORY / "docs" / ON_PRODUCTS).read_text())
    replace = {"localhost:8000": f"127.0.0.1:{node.port}"}
    if stack:
        replace["sqlite3 -readonly data/products/replica_1.db"] = (
            f"psql -XAt {stack['REPLICA_1_URL']} -c")
    problems = run(steps, replace, cwd=folder, env=os.environ | stack | {"PORT": str(node.port)})
    assert not problems, "\n\n".join(problems)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page: pathlib.Path, request):
    if page.name == ON_REAL_STACK:
        fleet = request.getfixturevalue("full")
        replace = ports_of(fleet)
    elif page.name == ON_LOGISTICS:
        fleet = request.getfixturevalue("servers")
        replace = {f"localhost:{usual}": f"127.0.0.1:{port}" for usual, port in fleet.ports.items()}
    else:
        fleet = request.getfixturevalue("fleet")
        replace = {}
    if page.name == "README.md" and "KAFKA_BROKER" in fleet.env:
        pytest.skip("its status shows the links of the default, and no broker's")
    if page.name == "operating.md" and "DATABASE_URL_US" in fleet.env:
        pytest.skip("its files are those of SQLite")
    replace |= {"localhost:8080": fleet.host, "atoll serve": f"serve {fleet.folder}"}
    if "DATABASE_URL_US" in fleet.env:
        replace["sqlite3 -readonly data/property-listing/us.db"] = (
            f"psql -XAt {fleet.env['DATABASE_URL_US']} -c")
    problems = run(steps_of(page.read_text()), replace, cwd=fleet.folder, env=fleet.env)
    assert not problems, "\n\n".join(problems)


def test_the_page_of_logistics_on_rabbitmq(servers_on_rabbitmq):
    fleet = servers_on_rabbitmq
    replace = {f"localhost:{usual}": f"127.0.0.1:{port}" for usual, port in fleet.ports.items()}
    problems = run(steps_of((REPOSITORY / "docs" / ON_LOGISTICS).read_text()), replace,
                   cwd=fleet.folder, env=fleet.env)
    assert not problems, "\n\n".join(problems)


@pytest.mark.parametrize("names", [["README.md", "docs/property-listing.md"],
                                   ["docs/property-listing.md", "README.md"]],
                         ids=["the README first", "the README last"])
def test_one_page_after_the_other(names, fleet):
    """People go on with the next page on the regions that they have running."""
    if "KAFKA_BROKER" in fleet.env or "DATABASE_URL_US" in fleet.env:
        pytest.skip("once is enough")
    replace = {"localhost:8080": fleet.host, "atoll serve": f"serve {fleet.folder}"}
    for name in names:
        problems = run(steps_of((REPOSITORY / name).read_text()), replace, cwd=fleet.folder,
                       env=fleet.env)
        assert not problems, "\n\n".join([name, *problems])
