"""What bench/run measures of a node on PostgreSQL, beside pgbench: the database's own load
generator, doing the same by hand with prepared statements, on one server with its own settings."""

import os
import pathlib
import re
import subprocess
import sys
import time

from servers import BenchError, Server

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tests"))

import kafka_broker  # noqa: E402
import postgres  # noqa: E402

PGBENCH_CLIENTS = (8, 16, 32, 64)
ATOLL_CONNECTIONS = 64
ROWS = 3000

# The app's table, with its rules and indexes but without Atoll's columns, and the ids of the
# requests seen.
TABLES = f"""
CREATE TABLE properties (
    id BIGINT PRIMARY KEY, price DECIMAL(12,2) NOT NULL CHECK (price BETWEEN 0 AND 9999999999.99),
    bedrooms INTEGER CHECK (bedrooms >= 0), bathrooms INTEGER CHECK (bathrooms >= 0),
    region_origin VARCHAR(2) NOT NULL, version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at TIMESTAMP NOT NULL DEFAULT now());
CREATE INDEX ON properties (price, id);
CREATE INDEX ON properties (region_origin, id);
CREATE INDEX ON properties (updated_at, id);
CREATE TABLE request_ids (id VARCHAR(255) PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT now());
INSERT INTO properties SELECT n, n * 100, 3, 1, 'us' FROM generate_series(1, {ROWS}) AS n;
"""
# The row's version is not known to pgbench: any is right, and is compared.
SCRIPTS = {
    "put": f"""
\\set id random(1, {ROWS})
\\set price random(50000, 1000000)
BEGIN;
INSERT INTO request_ids (id) VALUES (gen_random_uuid()::text);
UPDATE properties SET price = :price, version = version + 1, updated_at = now()
    WHERE id = :id AND version >= 1
    RETURNING id, price, bedrooms, bathrooms, region_origin, version, updated_at;
COMMIT;
""",
    "get": f"""
\\set id random(1, {ROWS})
SELECT id, price, bedrooms, bathrooms, region_origin, version, updated_at FROM properties
    WHERE id = :id;
""",
}


def start_cluster(bench, name="cluster"):
    """A server with PostgreSQL's own settings: durable, as it comes."""
    bench.folder.chmod(0o755)  # the server runs as a user of its own
    folder = bench.folder / name
    folder.mkdir()
    cluster = postgres.Cluster(folder, settings={"max_connections": "200"})
    bench.started.append(cluster)
    return cluster.create()


class Broker(kafka_broker.Broker):
    stop = kafka_broker.Broker.clean_up


def start_broker(bench):
    broker = Broker()
    bench.started.append(broker)
    return broker.create()


class Database:
    """pgbench on tables of its own."""

    name = "pgbench"

    def __init__(self, bench, cluster):
        self.bench = bench
        self.url = cluster.new_database()
        cluster.sql(TABLES, self.url)
        self.scripts = {}
        for mode, text in SCRIPTS.items():
            self.scripts[mode] = bench.folder / f"{mode}.sql"
            self.scripts[mode].write_text(text)

    def load(self, mode, clients):
        """Transactions per second."""
        command = [postgres.installed() / "pgbench", "-n", "-M", "prepared", "-c", str(clients),
                   "-j", str(min(clients, os.cpu_count())), "-T",
                   str(max(1, round(self.bench.options.seconds))), "-f", self.scripts[mode],
                   self.url]
        done = subprocess.run(command, capture_output=True, text=True)
        rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
        if done.returncode != 0 or not rate:
            raise BenchError(f"pgbench: {done.stdout}{done.stderr}")
        return float(rate[1])

    def best_clients(self, mode):
        """The number of clients with which it is fastest."""
        rates = {clients: self.load(mode, clients) for clients in PGBENCH_CLIENTS}
        for clients, rate in rates.items():
            self.bench.say(f"pgbench {mode}, {clients} clients: {rate:,.0f}/s")
        return max(rates, key=rates.get)


def atoll_on(bench, url):
    program = bench.options.build / "atoll"
    folder = bench.folder / "postgres-atoll"
    server = Server("atoll", folder, lambda port: [
        program, "serve", bench.options.app, "--node", "us", "--alone", "--data", folder / "data",
        "--listen", f"127.0.0.1:{port}"])
    server.environment["DATABASE_URL"] = url
    bench.started.append(server)
    server.start()
    return server


def compare(bench, mode, server, database, target):
    clients = database.best_clients(mode)
    figure = bench.figure(
        f"{mode.upper()}, {ATOLL_CONNECTIONS} connections; pgbench with {clients} clients", "/s",
        target, "pgbench")
    for _ in range(bench.options.rounds):
        mine = bench.load(server, mode, connections=ATOLL_CONNECTIONS)["per_second"]
        figure.add("atoll", mine)
        figure.add("pgbench", database.load(mode, clients))
        bench.say(f"{figure.name}: atoll {mine:,.0f}/s, "
                  f"pgbench {figure.samples['pgbench'][-1]:,.0f}/s")


def watch_memory(bench, server):
    figure = bench.figure("resident memory on PostgreSQL, 256 connections", "MB", "≤ 64 MB",
                          "pgbench")
    highest = 0
    for mode in ("get", "put", "mixed"):
        load = subprocess.Popen(
            bench.load_command(server, mode, connections=256, seconds=bench.options.seconds,
                               ids="1-1500"), stdout=subprocess.DEVNULL)
        while load.poll() is None:
            highest = max(highest, server.resident_mb())
            time.sleep(0.1)
        if load.returncode != 0:
            raise BenchError(f"{mode} against a node on PostgreSQL had errors")
    figure.add("atoll", highest)
    bench.say(f"{figure.name}: {highest:.1f} MB")


def on_postgres(bench):
    cluster = start_cluster(bench)
    server = atoll_on(bench, cluster.new_database())
    database = Database(bench, cluster)
    compare(bench, "put", server, database, "≥ 1.5 of it")
    compare(bench, "get", server, database, "≥ 0.5 of it")
    watch_memory(bench, server)
    bench.stop_servers()


DATABASE_MEASUREMENTS = {"postgres": on_postgres}
