"""What bench/run measures. Each function fills figures; the servers take turns within a round."""

import json
import re
import shutil
import signal
import statistics
import subprocess
import time

from servers import BenchError, atoll, bare_limit, make_app

CONNECTIONS = (16, 64, 256)
GET_RATE = 10_000  # requests per second of the open loop: well below what either can carry
PUT_RATE = 2_000
FSYNC_PUTS = 500
ALL_IDS = "1-3000"
OWN_IDS = "1-1500"  # those whose home is us, which is alone here


class Figure:
    """One line of a table: a value per server and round; Atoll's beside those of `against`."""

    def __init__(self, name, unit, target="", against="bare limit"):
        self.name = name
        self.unit = unit
        self.target = target
        self.against = against
        self.samples = {}

    def add(self, server, value):
        self.samples.setdefault(server, []).append(value)

    def median(self, server):
        values = self.samples.get(server)
        return statistics.median(values) if values else None

    def ratios(self):
        """Each round's atoll / the other: what slows the machine slows both."""
        pairs = zip(self.samples.get("atoll", []), self.samples.get(self.against, []))
        return [mine / other for mine, other in pairs if other]

    def to_json(self):
        return {"name": self.name, "unit": self.unit, "target": self.target,
                "samples": self.samples, "ratios": self.ratios()}


class Bench:
    """The servers, the load generator, and the figures so far."""

    def __init__(self, options, folder, say):
        self.options = options
        self.folder = folder
        self.say = say
        self.figures = []
        self.started = []

    def figure(self, *arguments):
        figure = Figure(*arguments)
        self.figures.append(figure)
        return figure

    def make_servers(self, name, rows=3000, app=None):
        """One of each kind, not started."""
        build = self.options.build
        app = app or self.options.app
        made = []
        if "atoll" in self.options.servers:
            made.append(atoll(build, self.folder / f"{name}-atoll", app))
        if "bare" in self.options.servers:
            made.append(bare_limit(build, self.folder / f"{name}-bare", rows))
        self.started += made
        return made

    def start_servers(self, name, rows=3000, app=None):
        servers = self.make_servers(name, rows, app)
        for server in servers:
            server.start()
        return servers

    def stop_servers(self):
        for server in self.started:
            server.stop()

    def load_command(self, server, mode, **settings):
        command = [self.options.build / "bench" / "atoll-load", mode, server.url, "--json"]
        for name, value in settings.items():
            command += ["--" + name.replace("_", "-"), str(value)]
        return command

    def load(self, server, mode, **settings):
        settings.setdefault("ids", ALL_IDS if mode == "get" else OWN_IDS)
        if "count" not in settings:
            settings.setdefault("seconds", self.options.seconds)
        command = self.load_command(server, mode, **settings)
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise BenchError(f"{mode} against {server.name} went wrong: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def rounds(self, servers, measure):
        """A B A B …"""
        for _ in range(self.options.rounds):
            for server in servers:
                measure(server)

    def measure_throughput(self, servers, mode, connections, target="≥ 0.75 of it", name=""):
        name = name or f"{mode.upper()}, {connections} connections"
        figure = self.figure(name, "/s", target)

        def measure(server):
            result = self.load(server, mode, connections=connections)
            figure.add(server.name, result["per_second"])
            self.say(f"{figure.name}: {server.name} {result['per_second']:,.0f}/s, "
                     f"load generator {100 * result['own_cores']:.0f} % of a core")

        self.rounds(servers, measure)


def get(bench):
    servers = bench.start_servers("get")
    for connections in CONNECTIONS:
        bench.measure_throughput(servers, "get", connections)
    bench.stop_servers()


def put(bench):
    servers = bench.start_servers("put")
    for connections in CONNECTIONS:
        bench.measure_throughput(servers, "put", connections)
    bench.stop_servers()


def one(bench):
    servers = bench.start_servers("one")
    p50 = bench.figure("PUT, 1 connection, p50", "µs", "≤ 250 µs")
    p99 = bench.figure("PUT, 1 connection, p99", "µs")

    def measure(server):
        result = bench.load(server, "put", connections=1)
        p50.add(server.name, result["p50_us"])
        p99.add(server.name, result["p99_us"])
        bench.say(f"{p50.name}: {server.name} {result['p50_us']} µs")

    bench.rounds(servers, measure)
    bench.stop_servers()


def count_fsyncs(bench, server):
    """How often the server flushes during FSYNC_PUTS writes by one connection."""
    counted = bench.folder / "strace.txt"
    strace = subprocess.Popen(
        ["strace", "-c", "-f", "-e", "trace=fdatasync,fsync", "-o", counted, "-p",
         str(server.pid)], stderr=subprocess.PIPE, text=True)
    try:
        if "attached" not in strace.stderr.readline():
            raise BenchError("strace may not attach to a process here")
        bench.load(server, "put", connections=1, count=FSYNC_PUTS)
    finally:
        strace.send_signal(signal.SIGINT)
        strace.communicate()
    lines = counted.read_text().splitlines()
    calls = [int(line.split()[3]) for line in lines if re.search(r" f(data)?sync$", line)]
    return sum(calls) / FSYNC_PUTS


def fsync(bench):
    if not shutil.which("strace"):
        bench.say("fsyncs per PUT: left out, there is no strace here")
        return
    figure = bench.figure("fsyncs per PUT, 1 connection", "", "1, and two per checkpoint")
    for server in bench.start_servers("fsync"):
        figure.add(server.name, count_fsyncs(bench, server))
        bench.say(f"{figure.name}: {server.name} {figure.median(server.name):.3f}")
    bench.stop_servers()


def latency(bench):
    servers = bench.start_servers("latency")
    for mode, rate in (("get", GET_RATE), ("put", PUT_RATE)):
        name = f"{mode.upper()} at {rate:,}/s, open loop"
        figures = {key: bench.figure(f"{name}, {title}", "µs")
                   for key, title in (("p50_us", "p50"), ("p99_us", "p99"), ("p999_us", "p99.9"))}

        def measure(server):
            result = bench.load(server, mode, connections=64, rate=rate)
            for key, figure in figures.items():
                figure.add(server.name, result[key])
            bench.say(f"{name}: {server.name} p50 {result['p50_us']} µs, "
                      f"p99 {result['p99_us']} µs")

        bench.rounds(servers, measure)
    bench.stop_servers()


def memory(bench):
    servers = bench.start_servers("memory")
    figure = bench.figure("resident memory, 3,000 rows, 256 connections", "MB", "≤ 48 MB")
    for server in servers:
        highest = 0
        for mode in ("get", "put", "mixed"):
            command = bench.load_command(
                server, mode, connections=256, seconds=bench.options.seconds, ids=OWN_IDS)
            load = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            while load.poll() is None:
                highest = max(highest, server.resident_mb())
                time.sleep(0.1)
            if load.returncode != 0:
                raise BenchError(f"{mode} against {server.name} had errors")
        figure.add(server.name, max(highest, server.resident_mb()))
        bench.say(f"{figure.name}: {server.name} {highest:.1f} MB")
    bench.stop_servers()


def start(bench):
    first = bench.figure("start to first answer, 3,000 rows to seed", "s", "≤ 0.2 s")
    again = bench.figure("start to first answer, 3,000 rows there", "s", "≤ 0.2 s")
    for number in range(bench.options.rounds):
        for server in bench.make_servers(f"start-{number}"):
            first.add(server.name, server.start())
            server.stop()
            again.add(server.name, server.start())
            server.stop()
            bench.say(f"start: {server.name} {first.samples[server.name][-1]:.3f} s, "
                      f"again {again.samples[server.name][-1]:.3f} s")


def million(bench):
    rows = bench.options.big_rows
    bench.say(f"seeding {rows:,} rows")
    few = make_app(bench.options.app, bench.folder / "app-few", 3000)
    many = make_app(bench.options.app, bench.folder / "app-many", rows)
    small = bench.start_servers("few", 3000, few)
    big = bench.start_servers("many", rows, many)
    for mode in ("get", "put"):
        for connections in (1, 64):
            compare_sizes(bench, mode, connections, small, big, rows)
    restart(bench, big, rows)
    bench.stop_servers()


def compare_sizes(bench, mode, connections, small, big, rows):
    """What a request costs with many rows, in units of what it costs with 3,000."""
    title = f"{mode.upper()}, {connections} connection{'s' if connections > 1 else ''}"
    at_few = bench.figure(f"{title}, 3,000 rows", "/s")
    at_many = bench.figure(f"{title}, {rows:,} rows", "/s")
    cost = bench.figure(f"{title}: cost with {rows:,} rows to 3,000", "×", "≤ 1.3")
    # A PUT needs to know its row's version: of many rows, 100,000 that lie evenly among them.
    step = max(1, rows // 100_000) if mode == "put" else 1
    for _ in range(bench.options.rounds):
        for one_small, one_big in zip(small, big):
            few = bench.load(one_small, mode, connections=connections, ids=ALL_IDS)["per_second"]
            many = bench.load(one_big, mode, connections=connections, ids=f"1-{rows}",
                              id_step=step)["per_second"]
            at_few.add(one_small.name, few)
            at_many.add(one_small.name, many)
            cost.add(one_small.name, few / many)
            bench.say(f"{cost.name}: {one_small.name} {few / many:.2f}")


def restart(bench, servers, rows):
    figure = bench.figure(f"restart after kill -9, {rows:,} rows", "s", "≤ 1 s")

    def measure(server):
        command = bench.load_command(server, "put", connections=64, ids=ALL_IDS, seconds=60)
        load = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(2)  # so that there is something to recover
        server.kill()
        load.wait()
        figure.add(server.name, server.start())
        bench.say(f"{figure.name}: {server.name} {figure.samples[server.name][-1]:.3f} s")

    bench.rounds(servers, measure)


MEASUREMENTS = {
    "get": get, "put": put, "one": one, "fsync": fsync, "latency": latency, "memory": memory,
    "start": start, "million": million,
}
