"""Fixtures of the whole-system tests. Each node runs in a folder of its own and is stopped by its
process id; a test that fails shows the logs of the nodes that it used."""

import contextlib
import itertools
import os
import pathlib

import kafka_broker
import postgres
import pytest
from atoll import Node
from containers import Image
from fleet import Fleet
from gateway import World

PROPERTY_LISTING = "apps/property-listing.toml"
CHOSEN_STORE = os.environ.get("ATOLL_TEST_STORE")
CHOSEN_TRANSPORT = os.environ.get("ATOLL_TEST_TRANSPORT")
TOPICS = itertools.count(1)


def pytest_generate_tests(metafunc):
    """A module that says STORES = (…) runs on each of them, others on SQLite; one that says KAFKA =
    True runs once more on PostgreSQL with Kafka. ATOLL_TEST_STORE=postgres (and
    ATOLL_TEST_TRANSPORT=kafka) lets all run there and only there, but for those that cannot; with
    `mixed` us is on PostgreSQL and all others are on SQLite."""
    stores = getattr(metafunc.module, "STORES", ())
    if not stores or "store" not in metafunc.fixturenames:
        return
    if CHOSEN_STORE == "mixed" and len(stores) > 1:
        stores = ("mixed",)
    stacks = [(store, CHOSEN_TRANSPORT or "direct") for store in stores
              if CHOSEN_STORE in (None, store)]
    between = "transport" in metafunc.fixturenames
    if between and getattr(metafunc.module, "KAFKA", False) and not CHOSEN_STORE:
        stacks.append(("postgres", "kafka"))
    if between:
        metafunc.parametrize(("store", "transport"), stacks, scope="module")
    else:
        metafunc.parametrize("store", [store for store, _ in stacks], scope="module")


@pytest.fixture(scope="module")
def store():
    return CHOSEN_STORE or "sqlite"


@pytest.fixture(scope="module")
def transport():
    """What brings the changes from region to region."""
    return CHOSEN_TRANSPORT or "direct"


def store_of_node(store, name):
    return ("postgres" if name == "us" else "sqlite") if store == "mixed" else store


@pytest.fixture
def on_sqlite(store):
    """For a test of what only a file can do."""
    if store != "sqlite":
        pytest.skip("about a file")


@pytest.fixture(scope="session")
def cluster():
    """A PostgreSQL server for all tests of this process that want one."""
    server = postgres.Cluster().create()
    yield server
    server.clean_up()


@pytest.fixture
def own_cluster():
    """A PostgreSQL server of the test's own, for whatever it does to it."""
    server = postgres.Cluster().create()
    yield server
    server.clean_up()


@pytest.fixture(scope="session")
def kafka():
    """A Kafka broker for all tests of this process that want one; each uses topics of its own."""
    with kafka_broker.Broker() as broker:
        yield broker


@pytest.fixture
def own_kafka():
    """A Kafka broker of the test's own, for whatever it does to it."""
    with kafka_broker.Broker() as broker:
        yield broker


@pytest.fixture(scope="session")
def database_for(request):
    """What a node of a kind of store is told by the environment: an empty database for each."""

    def environment(kind, app=PROPERTY_LISTING):
        if kind != "postgres" or pathlib.Path(app).name != pathlib.Path(PROPERTY_LISTING).name:
            return {}
        return {"DATABASE_URL": request.getfixturevalue("cluster").new_database()}

    return environment


@pytest.fixture
def between_regions(request, transport):
    """What the environment says of the broker: a topic of this test's own, or nothing."""
    if transport != "kafka":
        return {}
    broker = request.getfixturevalue("kafka")
    return {"KAFKA_BROKER": broker.address, "KAFKA_TOPIC": f"of-test-{next(TOPICS)}"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if report.failed:
        for value in item.funcargs.values():
            for node in [value] if isinstance(value, Node) else getattr(value, "nodes", []):
                title = f"log of {node.name} in {node.folder}"
                report.sections.append((title, node.log()[-20_000:]))
    return report


@pytest.fixture
def make_node(tmp_path, store, database_for, between_regions):
    """Makes nodes (`make_node(name="us", env={…})`), not started; stops them at the end."""
    with contextlib.ExitStack() as at_the_end:

        def make(on=store, **options):
            on = store_of_node(on, options.get("name", "us"))
            given = database_for(on, options.get("app", PROPERTY_LISTING))
            options["env"] = given | between_regions | dict(options.get("env", ()))
            node = Node(tmp_path / f"node{len(make.nodes)}", **options)
            make.nodes.append(node)
            at_the_end.callback(node.clean_up)
            return node

        make.nodes = []
        yield make


@pytest.fixture
def node(make_node):
    """A region `us` with fresh seed data, this test's own."""
    return make_node().start()


@contextlib.contextmanager
def up(fleet, *options):
    fleet.said = fleet.tell("up", "-d", *options)
    yield fleet
    fleet.atoll("down", fleet.app, "--data", fleet.data)


@pytest.fixture
def fleet(tmp_path, store, database_for, between_regions):
    """Both regions and the gateway, started by `atoll up -d`; what it said is in `said`."""
    made = Fleet(tmp_path)
    made.env |= between_regions
    for name in made.urls:
        for variable, url in database_for(store_of_node(store, name)).items():
            made.env[f"{variable}_{name.upper()}"] = url
    with up(made):
        yield made


@pytest.fixture
def servers(tmp_path, request):
    """The four servers of logistics and their gateway, started by `atoll up -d`; a parameter is
    their [links]."""
    with up(Fleet(tmp_path, "logistics", getattr(request, "param", ()))) as made:
        yield made


@pytest.fixture
def servers_on_rabbitmq(tmp_path):
    """The same with a RabbitMQ between them, which `--stack full` has started."""
    with up(Fleet(tmp_path, "logistics"), "--stack", "full") as made:
        yield made


@pytest.fixture
def full(tmp_path):
    """The same on PostgreSQL and Kafka, which `--stack full` has started."""
    made = Fleet(tmp_path)
    made.said = made.tell("up", "-d", "--stack", "full")
    yield made
    made.atoll("down", made.app, "--data", made.data)


@pytest.fixture(scope="module")
def shared_node(tmp_path_factory, store, database_for):
    """A region `us` for all tests of a module: each keeps to records that no other one uses."""
    node = Node(tmp_path_factory.mktemp("shared"), env=database_for(store_of_node(store, "us")))
    try:
        yield node.start()
    finally:
        node.clean_up()


@pytest.fixture
def base_url(shared_node):
    return shared_node.base_url


@pytest.fixture
def make_world(tmp_path):
    """Makes gateways, started, and what plays the nodes behind each."""
    with contextlib.ExitStack() as at_the_end:

        def make(**options):
            world = World(tmp_path / f"gateway{len(make.nodes)}", **options)
            at_the_end.callback(world.clean_up)
            make.nodes.append(world.gateway)
            world.gateway.start()
            return world

        make.nodes = []
        yield make


@pytest.fixture
def world(make_world):
    """The gateway of property-listing with its two regions. It waits longer for each than its
    clients do, so that none that is slow is taken for one that hangs."""
    return make_world()


@pytest.fixture
def properties(base_url):
    """The URL of the properties, with the region in it."""
    return f"{base_url}/us/properties"


@pytest.fixture
def property_url(shared_node, properties):
    """A seeded property at version 1 that no other test of the module writes."""
    if not hasattr(shared_node, "unused_ids"):
        shared_node.unused_ids = iter(range(20, 1500))
    return f"{properties}/{next(shared_node.unused_ids)}"


@pytest.fixture
def image(tmp_path):
    """What the containers of a compose file have of Atoll, as a folder of this test's own."""
    made = Image(tmp_path)
    yield made
    made.clean_up()
