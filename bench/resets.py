"""What bench/run measures of `atoll reset-replicas`: a replica of many products made anew by a node
that serves, beside a bare copy of the same rows into a table with the same rules and indexes."""

import json
import pathlib
import sqlite3
import subprocess
import sys
import time

from backends import REPOSITORY
from database import start_cluster
from servers import BenchError, Server

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tests"))

import postgres  # noqa: E402

APP = REPOSITORY / "apps" / "products.toml"
AGAINST = "bare copy"
REPLICA = "replica-1"
PRODUCT = {"id": "product-{n}", "name": "Desk lamp {n}", "price": 24.9, "stock": 100}


class Products(Server):
    """A node of the app that the command line finds by its PORT."""

    records = "/api/products"
    ready_path = "/health"

    def __init__(self, bench, folder, environment):
        self.program = bench.options.build / "atoll"
        self.data = folder / "data"
        super().__init__("atoll", folder, lambda port: [
            self.program, "serve", APP, "--data", self.data])
        self.environment.update(environment)
        bench.started.append(self)

    def choose_port(self):
        port = super().choose_port()
        self.environment["PORT"] = str(port)
        return port

    def reset(self):
        """Rows per second, from the command's start to its end."""
        begun = time.monotonic()
        done = subprocess.run([self.program, "reset-replicas", APP, "--replica", REPLICA],
                              env=self.environment, capture_output=True, text=True)
        seconds = time.monotonic() - begun
        words = done.stdout.split()
        if done.returncode != 0 or words[2:4] != ["records,", "equal"]:
            raise BenchError(f"reset-replicas: {done.stdout}{done.stderr}")
        return int(words[1]) / seconds


class SqliteCopy:
    """One INSERT … SELECT into a new file."""

    def __init__(self, folder, data):
        self.source = data / "primary.db"
        self.file = folder / "bare-copy.db"

    def copy(self):
        for ending in ("", "-wal", "-shm"):
            pathlib.Path(f"{self.file}{ending}").unlink(missing_ok=True)
        database = sqlite3.connect(self.file, isolation_level=None)
        database.execute(f"ATTACH '{self.source}' AS source")
        begun = time.monotonic()
        database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                               "PRAGMA cache_size = -8192")
        for (sql,) in database.execute("SELECT sql FROM source.sqlite_schema WHERE tbl_name ="
                                       " 'Product' AND sql IS NOT NULL").fetchall():
            database.execute(sql)
        copied = database.execute("INSERT INTO main.Product SELECT * FROM source.Product"
                                  " ORDER BY id").rowcount
        database.close()
        return copied / (time.monotonic() - begun)


class PostgresCopy:
    """COPY in its binary form, from one database of the server to another one."""

    def __init__(self, cluster, source):
        self.cluster = cluster
        self.source = source

    @staticmethod
    def psql(url, sql):
        return [postgres.installed() / "psql", url, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql]

    def copy(self):
        target = self.cluster.new_database()
        tables = subprocess.run([postgres.installed() / "pg_dump", "--schema-only", "--table",
                                 '"Product"', self.source], capture_output=True, check=True)
        subprocess.run([postgres.installed() / "psql", target, "-qX"], input=tables.stdout,
                       stdout=subprocess.DEVNULL, check=True)
        begun = time.monotonic()
        reading = subprocess.Popen(
            self.psql(self.source, 'COPY "Product" TO STDOUT (FORMAT binary)'),
            stdout=subprocess.PIPE)
        subprocess.run(self.psql(target, 'SET synchronous_commit = off; '
                                 'COPY "Product" FROM STDIN (FORMAT binary)'),
                       stdin=reading.stdout, check=True)
        reading.wait()
        seconds = time.monotonic() - begun
        rows = subprocess.run(self.psql(target, 'SELECT count(*) FROM "Product"'),
                              capture_output=True, text=True, check=True).stdout
        return int(rows) / seconds


def compare(bench, node, bare, store, least):
    rows = bench.options.big_rows
    bench.say(f"making {rows:,} products on {store}")
    bench.load(node, "post", connections=64, count=rows, body=json.dumps(PRODUCT))
    figure = bench.figure(f"reset of a replica, {rows:,} products, {store}", "/s",
                          f"≥ {least:,}/s or 0.7 of it", AGAINST)
    for _ in range(bench.options.rounds):
        figure.add("atoll", node.reset())
        figure.add(AGAINST, bare.copy())
        bench.say(f"{figure.name}: atoll {figure.samples['atoll'][-1]:,.0f}/s, "
                  f"{AGAINST} {figure.samples[AGAINST][-1]:,.0f}/s")


def resets(bench):
    folder = bench.folder / "resets-sqlite"
    node = Products(bench, folder, {})
    node.start()
    compare(bench, node, SqliteCopy(folder, node.data), "SQLite", 100_000)
    node.stop()

    cluster = start_cluster(bench, "resets-cluster")
    urls = {name: cluster.new_database()
            for name in ("DATABASE_URL", "REPLICA_1_URL", "REPLICA_2_URL")}
    node = Products(bench, bench.folder / "resets-postgres", urls)
    node.start()
    compare(bench, node, PostgresCopy(cluster, urls["DATABASE_URL"]), "PostgreSQL", 50_000)
    bench.stop_servers()


RESET_MEASUREMENTS = {"resets": resets}
