"""What bench/run measures of logistics: shipments that are made, at one server on SQLite, beside
the bare limit and beside the same as it is usually written (bench/peers/logistics_backend.py)."""

import http.client
import json
import os

from backends import PYTHON, REPOSITORY
from servers import BenchError, Server, bare_limit, free_port

CONNECTIONS = 64
BACKEND = REPOSITORY / "bench" / "peers" / "logistics_backend.py"
WAREHOUSE = {"name": "Main Warehouse A", "location": "New York, NY"}
SHIPMENT = {"tracking_number": "TRK-{n}", "origin": "New York, NY", "destination": "Boston, MA",
            "weight": 12.5, "warehouse_id": 1}
HEADERS = {"Content-Type": "application/json", "operation-name": "create-shipment"}


class LogisticsServer(Server):
    """One that asks for the header and knows the warehouse that shipments name."""

    records = "/api/v1/shipments"
    ready_path = "/health"

    def start(self):
        seconds = super().start()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("POST", "/api/v1/warehouses", json.dumps(WAREHOUSE), HEADERS)
        made = json.loads(connection.getresponse().read())
        connection.close()
        if made.get("id") != 1:
            raise BenchError(f"{self.name} answered {made} instead of the first warehouse")
        return seconds


def atoll(bench):
    program, folder = bench.options.build / "atoll", bench.folder / "logistics-atoll"
    return LogisticsServer("atoll", folder, lambda port: [
        program, "serve", REPOSITORY / "apps" / "logistics.toml", "--node", "A", "--alone",
        "--data", folder / "data", "--listen", f"127.0.0.1:{port}"])


class Backend(LogisticsServer):
    def __init__(self, folder):
        super().__init__("FastAPI", folder, lambda port: [PYTHON, BACKEND])
        self.environment.update(SERVER_ID="A", DATABASE_URL=f"sqlite:///{folder}/server.db",
                                PYTHONDONTWRITEBYTECODE="1")

    def choose_port(self):
        port = free_port()
        self.environment["PORT"] = str(port)
        return port


def bare(bench):
    server = bare_limit(bench.options.build, bench.folder / "logistics-bare", 1)
    server.records = LogisticsServer.records
    return server


def logistics(bench):
    if not os.access(PYTHON, os.X_OK):
        raise BenchError("the backend's packages are missing: tools/install test")
    servers = [atoll(bench), bare(bench), Backend(bench.folder / "logistics-fastapi")]
    bench.started += servers
    name = f"POST of a shipment, {CONNECTIONS} connections"
    figures = {against: bench.figure(name, "/s", target, against)
               for against, target in (("bare limit", "≥ 0.7 of it"), ("FastAPI", "≥ 20 of it"))}
    for server in servers:
        server.start()

    def measure(server):
        rate = bench.load(server, "post", connections=CONNECTIONS, body=json.dumps(SHIPMENT),
                          header=f"operation-name: {HEADERS['operation-name']}")["per_second"]
        for against, figure in figures.items():
            if server.name in ("atoll", against):
                figure.add(server.name, rate)
        bench.say(f"{name}: {server.name} {rate:,.0f}/s")

    bench.rounds(servers, measure)
    bench.stop_servers()


LOGISTICS_MEASUREMENTS = {"logistics": logistics}
