"""What bench/run measures of logistics with a RabbitMQ: a burst of writes at one server until all
four have it, through the broker alone, beside one bare publisher and three consumers that move as
many messages of the same length; and what events cost a PUT."""

import http.client
import json
import subprocess
import time

from backends import PYTHON, REPOSITORY
from logistics import HEADERS, LogisticsServer, WAREHOUSE
from servers import BenchError, free_port

import rabbitmq_broker  # found where database.py has found postgres

APP = REPOSITORY / "apps" / "logistics.toml"
NAMES = ("A", "B", "C", "D")
BURST_WRITES = 20_000
CONNECTIONS = 64
EQUAL_SECONDS_MAX = 300
NOWHERE = "http://127.0.0.1:1"  # so nobody asks a peer: what is missing has to come from the broker
BODY = json.dumps(WAREHOUSE)
EVENTS = "events_seconds = "
# The length of a message to B, as an independent client sees it.
MEASURE_MESSAGE = """
import json, sys, pika
channel = pika.BlockingConnection(pika.URLParameters(sys.argv[1])).channel()
channel.queue_declare("measured", exclusive=True)
channel.queue_bind("measured", "distributed_events", "*.B")
print("ready", flush=True)
for _, properties, body in channel.consume("measured", inactivity_timeout=60):
    headers = properties.headers
    print(json.dumps([len(body), sum(len(k) + len(str(v)) for k, v in headers.items())]))
    break
"""


class BrokerServer(LogisticsServer):
    """One of the four, which hears of the others through the broker alone."""

    def __init__(self, bench, name, broker, ports):
        folder = bench.folder / f"rabbitmq-{name}"
        super().__init__(name, folder, lambda port: [
            bench.options.build / "atoll", "serve", APP, "--node", name, "--data", folder / "data",
            "--listen", f"127.0.0.1:{port}"])
        self.own_port = ports[name]
        self.environment["RABBITMQ_URL"] = broker.url()
        self.environment.update({f"{other}_URL": NOWHERE for other in NAMES if other != name})

    def choose_port(self):
        return self.own_port

    def start(self):
        return super(LogisticsServer, self).start()

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, HEADERS)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status >= 300:
                raise BenchError(f"{method} {path} at {self.name}: {answer.status} {said!r}")
            return json.loads(said)
        finally:
            connection.close()

    def rows(self):
        return self.ask("GET", "/_atoll/status")["resources"]["warehouses"]["records"]

    def highest_resident_mb(self):
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as status:
            line = next(line for line in status if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024


def message_bytes(broker, server):
    """Of the body, and of the headers."""
    with subprocess.Popen([PYTHON, "-c", MEASURE_MESSAGE, broker.url()], text=True,
                          stdout=subprocess.PIPE) as reader:
        if reader.stdout.readline() != "ready\n":
            raise BenchError("nobody could look at a message: tools/install test")
        server.ask("POST", "/api/v1/warehouses/", BODY)
        return json.loads(reader.stdout.readline())


def bare_seconds(bench, broker, sizes):
    program = bench.options.build / "bench" / "bare-rabbitmq"
    done = subprocess.run([program, str(broker.port), str(BURST_WRITES), *map(str, sizes)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(f"bare-rabbitmq went wrong: {done.stderr}")
    return json.loads(done.stdout)["seconds"]


def wait_until_all_have(servers, records):
    until = time.monotonic() + EQUAL_SECONDS_MAX
    while [server.rows() for server in servers] != [records] * len(servers):
        if time.monotonic() > until:
            raise BenchError(f"not all have {records}: {[s.rows() for s in servers]}")
        time.sleep(0.02)


def burst(bench, servers, made):
    """Seconds from the first write until all have all, and from the last answer on."""
    url = f"http://127.0.0.1:{servers[0].port}/api/v1/warehouses"
    command = [bench.options.build / "bench" / "atoll-load", "post", url, "--json", "--body", BODY,
               "--connections", str(CONNECTIONS), "--count", str(BURST_WRITES), "--header",
               f"operation-name: {HEADERS['operation-name']}"]
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    answered = time.monotonic()
    if done.returncode != 0:
        raise BenchError(f"the burst went wrong: {done.stdout}{done.stderr}")
    wait_until_all_have(servers, made + BURST_WRITES)
    equal = time.monotonic()
    return equal - begun, equal - answered


def rabbitmq(bench):
    ports = {name: free_port() for name in NAMES}
    pair = "bare pair"
    rate = bench.figure("four servers and RabbitMQ: writes/s until all have them", "/s",
                        "≥ 0.6 of it", pair)
    behind = bench.figure(f"burst of {BURST_WRITES:,} writes: seconds until all are equal", "s",
                          "≤ 1.2 of it", pair)
    memory = bench.figure("memory of a server, at the most", "MB", "≤ 64 MB", pair)
    with rabbitmq_broker.Broker() as broker:
        servers = [BrokerServer(bench, name, broker, ports) for name in NAMES]
        bench.started += servers
        for server in servers:
            server.start()
        sizes = message_bytes(broker, servers[0])
        made = 1
        bench.say(f"a message: {sizes[0]} bytes of body, {sizes[1]} of headers")
        for _ in range(bench.options.rounds):
            whole, after = burst(bench, servers, made)
            made += BURST_WRITES
            bare = bare_seconds(bench, broker, sizes)
            rate.add("atoll", BURST_WRITES / whole)
            rate.add(pair, BURST_WRITES / bare)
            behind.add("atoll", after)
            behind.add(pair, bare)
            memory.add("atoll", max(server.highest_resident_mb() for server in servers))
            bench.say(f"{whole:.2f} s, {after:.2f} s of them after the last answer; "
                      f"{pair} {bare:.2f} s")
        bench.stop_servers()


class EventsServer(LogisticsServer):
    """Server A alone, whose app keeps events or none."""

    records = "/api/v1/warehouses"

    def __init__(self, bench, name, keeps):
        folder = bench.folder / f"events-{'on' if keeps else 'off'}"
        folder.mkdir()
        app = folder / APP.name
        text = APP.read_text()
        if EVENTS not in text:
            raise BenchError(f"{APP.name} keeps no events any more")
        lines = [line for line in text.splitlines() if keeps or not line.startswith(EVENTS)]
        app.write_text("\n".join(lines) + "\n")
        super().__init__(name, folder, lambda port: [
            bench.options.build / "atoll", "serve", app, "--node", "A", "--alone", "--data",
            folder / "data", "--listen", f"127.0.0.1:{port}"])

    def start(self):
        seconds = super().start()
        for _ in range(CONNECTIONS - 1):  # of its own for each connection
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            connection.request("POST", "/api/v1/warehouses", BODY, HEADERS)
            connection.getresponse().read()
            connection.close()
        return seconds


def events(bench):
    without = "without events"
    servers = [EventsServer(bench, "atoll", True), EventsServer(bench, without, False)]
    bench.started += servers
    name = f"PUT of a warehouse, events kept, {CONNECTIONS} connections"
    figure = bench.figure(name, "/s", "≥ 0.9 of it", without)
    for server in servers:
        server.start()

    def measure(server):
        rate = bench.load(server, "put", connections=CONNECTIONS,
                          ids=f"1-{1 + 16 * (CONNECTIONS - 1)}", id_step=16,
                          body=json.dumps(WAREHOUSE | {"location": "{n}"}),
                          header=f"operation-name: {HEADERS['operation-name']}")["per_second"]
        figure.add(server.name, rate)
        bench.say(f"{name}: {server.name} {rate:,.0f}/s")

    bench.rounds(servers, measure)
    bench.stop_servers()


RABBITMQ_MEASUREMENTS = {"events": events, "rabbitmq": rabbitmq}
