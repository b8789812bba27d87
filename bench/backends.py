"""What bench/run measures of Atoll beside the backends in bench/peers, which do the same as it is
usually written: two regions, each on a PostgreSQL database of its own, and Kafka between them."""

import os
import statistics
import subprocess
import threading

from database import ROWS, TABLES, start_broker, start_cluster
from regions import Probe, Region, percentile
from servers import BenchError, Server, free_port

import kafka_broker  # found where database.py has found postgres

CONNECTIONS = 64
PROBE_SECONDS = 5
LEVEL_SECONDS_MAX = 300
REPOSITORY = kafka_broker.REPOSITORY
PEERS = REPOSITORY / "bench" / "peers"
PYTHON = REPOSITORY / ".venv" / "bin" / "python"
NODE_PACKAGES = REPOSITORY / "build" / "peers" / "node_modules"
COMMANDS = {
    "FastAPI": [PYTHON, PEERS / "fastapi_backend.py"],
    "Express": ["node", PEERS / "express_backend.js"],
}
MAKE_TOPIC = """
import sys, kafka, kafka.admin
client = kafka.KafkaAdminClient(bootstrap_servers=sys.argv[1])
client.create_topics([kafka.admin.NewTopic(sys.argv[2], num_partitions=1, replication_factor=1)])
client.close()
"""


class Backend(Server):
    """One region of a backend that knows nothing of Atoll."""

    def __init__(self, kind, folder, region, environment):
        super().__init__(kind, folder, lambda port: COMMANDS[kind])
        self.environment.update(environment, REGION=region, TZ="UTC",
                                NODE_PATH=str(NODE_PACKAGES), PYTHONDONTWRITEBYTECODE="1")

    def choose_port(self):
        port = free_port()
        self.environment["PORT"] = str(port)
        return port


def start_all(regions):
    launched = [threading.Thread(target=region.start) for region in regions]
    for thread in launched:
        thread.start()
    for thread in launched:
        thread.join()
    if any(region.port is None or region.process is None for region in regions):
        raise BenchError("not all regions have started")


def start_backends(bench, kind, cluster, broker):
    topic = f"{kind.lower()}-updates"
    subprocess.run([PYTHON, "-c", MAKE_TOPIC, broker.address, topic], check=True, timeout=60)
    regions = []
    for name in ("us", "eu"):
        url = cluster.new_database()
        cluster.sql(TABLES, url)
        regions.append(Backend(kind, bench.folder / f"{kind.lower()}-{name}", name, {
            "DATABASE_URL": url, "KAFKA_BROKER": broker.address, "KAFKA_TOPIC": topic}))
    bench.started += regions
    start_all(regions)
    return regions


def start_atoll(bench, cluster, broker):
    ports = {name: free_port() for name in ("us", "eu")}
    regions = []
    for name in ports:
        region = Region(bench.options.build, bench.folder / f"beside-{name}", bench.options.app,
                        name, ports)
        region.environment.update(DATABASE_URL=cluster.new_database(), KAFKA_BROKER=broker.address)
        regions.append(region)
    bench.started += regions
    start_all(regions)
    return regions


def measure(bench, regions, add):
    """`add(name, value, unit)` for each figure."""
    us, eu = regions
    name = us.name
    for mode in ("get", "put"):
        said = bench.load(us, mode, connections=CONNECTIONS)
        add(f"{mode.upper()}, {CONNECTIONS} connections", said["per_second"], "/s")
        bench.say(f"{name}, {mode}: {said['per_second']:,.0f}/s")
    memory = us.resident_mb()
    probe = Probe(us, eu, ROWS // 2)
    probe.write(LEVEL_SECONDS_MAX)  # what the load left behind comes first
    probe.seconds.clear()
    probe.run(max(PROBE_SECONDS, bench.options.seconds), 1 / 50)
    times = [1000 * value for value in probe.seconds]
    add("visible in the other region, p50", statistics.median(times), "ms")
    add("visible in the other region, p99", percentile(times, 0.99), "ms")
    add("resident memory of a region, after that load", memory, "MB")
    bench.say(f"{name}: visible after {statistics.median(times):.2f} ms, {memory:.0f} MB")


def beside_backends(bench):
    if not NODE_PACKAGES.is_dir() or not os.access(PYTHON, os.X_OK):
        raise BenchError("the backends' packages are missing: tools/install test")
    cluster, broker = start_cluster(bench), start_broker(bench)
    try:
        kinds = {"atoll": start_atoll(bench, cluster, broker)}
        for kind in COMMANDS:
            kinds[kind] = start_backends(bench, kind, cluster, broker)
        figures = {}
        for _ in range(bench.options.rounds):
            for kind, regions in kinds.items():
                def add(name, value, unit, kind=kind):
                    for against in COMMANDS if kind == "atoll" else [kind]:
                        key = (name, against)
                        if key not in figures:
                            figures[key] = bench.figure(name, unit, "", against)
                        figures[key].add(kind, value)

                measure(bench, regions, add)
    finally:
        bench.stop_servers()


BACKEND_MEASUREMENTS = {"peers": beside_backends}
