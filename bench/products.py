"""What bench/run measures of products: reads of one node with two replicas on SQLite, beside the
same node that reads from its primary alone, and a list beside the bare limit."""

import http.client
import json

from backends import REPOSITORY
from servers import BenchError, Server, bare_limit

CONNECTIONS = 64
PRODUCTS = 3000
APP = REPOSITORY / "apps" / "products.toml"
ALONE = "primary alone"


class Products(Server):
    """A node of the app; `spread` says where its reads go."""

    ready_path = "/health"

    def __init__(self, bench, name, spread):
        folder = bench.folder / f"products-{spread}"
        super().__init__(name, folder, lambda port: [
            bench.options.build / "atoll", "serve", APP, "--data", folder / "data",
            "--listen", f"127.0.0.1:{port}"])
        self.environment["READ_SPREAD"] = spread

    def start(self):
        seconds = super().start()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        for number in range(1, PRODUCTS + 1):
            product = {"id": str(number), "name": f"Desk lamp {number}", "price": 24.9 + number,
                       "stock": number}
            connection.request("POST", "/api/products", json.dumps(product),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
            if answer.status >= 300:
                raise BenchError(f"a product was answered with {answer.status}: {said!r}")
        connection.close()
        return seconds


def products(bench):
    spread = Products(bench, "atoll", "round_robin")
    alone = Products(bench, ALONE, "primary")
    bare = bare_limit(bench.options.build, bench.folder / "products-bare", PRODUCTS)
    bench.started += [spread, alone, bare]
    for server in (spread, alone, bare):
        server.start()

    def compare(mode, what, records, servers, figures):
        for _ in range(bench.options.rounds):
            for server in servers:
                server.records = records
                rate = bench.load(server, mode, connections=CONNECTIONS,
                                  ids=f"1-{PRODUCTS}")["per_second"]
                for against, figure in figures.items():
                    if server.name in ("atoll", against):
                        figure.add(server.name, rate)
                bench.say(f"{what}: {server.name} {rate:,.0f}/s")

    name = f"list of 100 products, {CONNECTIONS} connections"
    compare("list", name, "/api/products?limit=100", [spread, alone, bare], {
        "bare limit": bench.figure(name, "/s", "≥ 0.5 of it", "bare limit"),
        ALONE: bench.figure(name, "/s", "≥ 0.9 of it", ALONE)})
    name = f"GET of a product, {CONNECTIONS} connections"
    compare("get", name, "/api/products", [spread, alone], {
        ALONE: bench.figure(name, "/s", "≥ 0.9 of it", ALONE)})
    bench.stop_servers()


PRODUCTS_MEASUREMENTS = {"products": products}
