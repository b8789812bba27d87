"""What bench/run measures of several regions: how soon the other one knows, also through Kafka, and
what the gateway and the way to a record's home cost."""

import http.client
import json
import os
import statistics
import subprocess
import threading
import time

from database import start_broker, start_cluster
from servers import BenchError, Server, free_port

LIGHT_RATE = 200  # writes per second
HEAVY_RATE = 10_000
KAFKA_RATE = 4_000
MISSED_CHANGES = 600_000
CATCH_UP_SECONDS_MAX = 300
# What a newcomer would write who wants NGINX to keep its connections.
PLAIN_NGINX = """
user root; worker_processes auto; pid nginx.pid; error_log error.log;
events {{ worker_connections 8192; }}
http {{
    access_log access.log combined buffer=64k flush=10ms;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    keepalive_requests 1000000000;
    upstream bare {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://bare; proxy_http_version 1.1; proxy_set_header Connection "";
        }}
    }}
}}
"""


class Region(Server):
    """One node of an app whose nodes all have their ports in the environment."""

    def __init__(self, build, folder, app, name, ports):
        super().__init__(name, folder, lambda port: [
            build / "atoll", "serve", app, "--node", name, "--data", folder / "data"])
        self.own_port = ports[name]
        self.environment.update({f"PORT_{node.upper()}": str(port) for node, port in ports.items()})

    def choose_port(self):
        return self.own_port

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/{self.name}/properties"

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body and json.dumps(body), headers or {})
            answer = connection.getresponse()
            said = answer.read()
            if answer.status >= 300:
                raise BenchError(f"{method} {path} at {self.name}: {answer.status} {said!r}")
            return json.loads(said) if said else None
        finally:
            connection.close()

    def pending(self):
        return sum(peer["pending"] for peer in self.ask("GET", "/replication-lag")["peers"])


class Nginx(Server):
    """NGINX with a configuration that needs the port it shall listen on."""

    def __init__(self, name, folder, configure):
        super().__init__(name, folder, self.nginx)
        self.configure = configure
        for part in ("gateway", "logs"):
            (folder / part).mkdir(exist_ok=True)

    def nginx(self, port):
        path = self.folder / "nginx.conf"
        path.write_text(self.configure(port))
        return ["nginx", "-e", "stderr", "-p", self.folder, "-c", path, "-g", "daemon off;"]


def start_regions(bench, name, environment=()):
    ports = {node: free_port() for node in ("us", "eu")}
    regions = [Region(bench.options.build, bench.folder / f"{name}-{node}", bench.options.app, node,
                      ports) for node in ports]
    for region in regions:
        region.environment.update(environment)
    bench.started += regions
    start_together(regions)
    return regions


def start_together(regions):
    launched = [threading.Thread(target=region.start) for region in regions]
    for thread in launched:
        thread.start()
    for thread in launched:
        thread.join()


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


class Probe:
    """Writes to a record at one region; how long after the answer does the other one show it?"""

    def __init__(self, here, there, key):
        self.path = f"/us/properties/{key}"
        self.here = http.client.HTTPConnection("127.0.0.1", here.port, timeout=10)
        self.there = http.client.HTTPConnection("127.0.0.1", there.port, timeout=10)
        self.version = self.get(self.here)["version"]
        self.seconds = []

    def get(self, connection):
        connection.request("GET", self.path)
        return json.loads(connection.getresponse().read())

    def write(self, patience_s=10):
        self.here.request("PUT", self.path, json.dumps({"price": 1, "version": self.version}),
                          {"Content-Type": "application/json"})
        answer = self.here.getresponse()
        said = answer.read()
        answered = time.monotonic()
        if answer.status != 200:
            raise BenchError(f"a probe was answered with {answer.status}: {said!r}")
        self.version += 1
        while self.get(self.there)["version"] < self.version:
            if time.monotonic() - answered > patience_s:
                raise BenchError("a write is not visible in the other region after "
                                 f"{patience_s} s")
        self.seconds.append(time.monotonic() - answered)

    def run(self, seconds, pause):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.write()
            time.sleep(pause)


def probe_under_load(bench, us, eu, rate, seconds):
    """Milliseconds until the other region shows a write, and the longest lag that it said."""
    load = subprocess.Popen(
        bench.load_command(us, "put", connections=64, rate=rate, seconds=seconds, ids="1-1400"),
        stdout=subprocess.PIPE, text=True)
    probe = Probe(us, eu, 1500)
    time.sleep(1)  # the load's warm-up
    probe.run(seconds - 0.5, 1 / 50)
    said = json.loads(load.communicate()[0])
    if said["errors"]:
        raise BenchError(f"the load went wrong: {said}")
    return [1000 * value for value in probe.seconds], said


def watch_lag(bench, us, eu, rate, through, targets):
    """`targets`: of the median, of the 99th percentile, of the longest, of what is answered."""
    name = f"visible in the other region{through}, {rate:,} PUT/s"
    figures = [bench.figure(f"{name}, {part}", "ms", target)
               for part, target in zip(("p50", "p99", "longest"), targets)]
    reached = bench.figure(f"{name}: answered", "/s", targets[3])
    for _ in range(bench.options.rounds):
        times, said = probe_under_load(bench, us, eu, rate, max(5, bench.options.seconds))
        for figure, value in zip(figures, (statistics.median(times), percentile(times, 0.99),
                                           max(times))):
            figure.add("atoll", value)
        reached.add("atoll", said["per_second"])
        bench.say(f"{name}: p50 {statistics.median(times):.2f} ms, longest {max(times):.1f} ms,"
                  f" {said['per_second']:,.0f}/s answered")


def lag(bench):
    us, eu = start_regions(bench, "lag")
    watch_lag(bench, us, eu, LIGHT_RATE, "", ("≤ 2 ms", "≤ 10 ms", "", ""))
    watch_lag(bench, us, eu, HEAVY_RATE, "", ("", "", "≤ 100 ms", ""))
    bench.stop_servers()


def through_kafka(bench):
    """Each region on a PostgreSQL server of its own, Kafka between them."""
    environment = {"KAFKA_BROKER": start_broker(bench).address}
    for node in ("us", "eu"):
        cluster = start_cluster(bench, f"cluster-{node}")
        environment[f"DATABASE_URL_{node.upper()}"] = cluster.new_database()
    us, eu = start_regions(bench, "kafka", environment)
    watch_lag(bench, us, eu, LIGHT_RATE, " through Kafka", ("≤ 5 ms", "≤ 25 ms", "", ""))
    watch_lag(bench, us, eu, KAFKA_RATE, " through Kafka", ("", "", "", f"{KAFKA_RATE:,}/s"))
    bench.stop_servers()


def catch_up(bench):
    """Both serve light load while one takes what it missed."""
    us, eu = start_regions(bench, "catch-up")
    us.ask("POST", "/_atoll/cut", {"peer": "eu", "cut": True})
    eu.ask("POST", "/_atoll/cut", {"peer": "us", "cut": True})
    missed = bench.load(us, "put", connections=64, count=MISSED_CHANGES, ids="1-1400")
    bench.say(f"catch-up: {MISSED_CHANGES:,} changes written at {missed['per_second']:,.0f}/s")
    light = [subprocess.Popen(bench.load_command(region, "get", connections=8, rate=500,
                                                 seconds=CATCH_UP_SECONDS_MAX),
                              stdout=subprocess.DEVNULL) for region in (us, eu)]
    begun = time.monotonic()
    us.ask("POST", "/_atoll/cut", {"peer": "eu", "cut": False})
    eu.ask("POST", "/_atoll/cut", {"peer": "us", "cut": False})
    key = us.ask("GET", "/properties/1400")
    while eu.pending() or eu.ask("GET", "/properties/1400") != key:
        if time.monotonic() - begun > CATCH_UP_SECONDS_MAX:
            raise BenchError("the other region does not catch up")
        time.sleep(0.1)
    figure = bench.figure(f"{MISSED_CHANGES:,} missed changes caught up, both serving", "s",
                          "≤ 60 s")
    figure.add("atoll", time.monotonic() - begun)
    bench.say(f"{figure.name}: {figure.median('atoll'):.1f} s")
    for load in light:
        load.terminate()
        load.wait()
    bench.stop_servers()


def forward(bench):
    us, eu = start_regions(bench, "forward")
    for connections in (1, 64):
        name = f"PUT, {connections} connection{'s' if connections > 1 else ''}"
        local = bench.figure(f"{name}, at the record's home", "/s")
        carried = bench.figure(f"{name}, through the other region", "/s")

        for _ in range(bench.options.rounds):
            while us.pending():
                time.sleep(0.01)
            local.add("atoll", bench.load(us, "put", connections=connections)["per_second"])
            while eu.pending():
                time.sleep(0.01)  # the next load reads the versions there
            carried.add("atoll", bench.load(eu, "put", connections=connections)["per_second"])
        bench.say(f"{name}: {local.median('atoll'):,.0f}/s at home, "
                  f"{carried.median('atoll'):,.0f}/s through the other region")
    bench.stop_servers()


def gateway_conf(bench, us, eu):
    def configure(port):
        environment = {**os.environ, "PORT_US": str(us.port), "PORT_EU": str(eu.port)}
        done = subprocess.run(
            [bench.options.build / "atoll", "gateway-config", bench.options.app, "--listen",
             f"127.0.0.1:{port}"], capture_output=True, text=True, env=environment)
        if done.returncode != 0:
            raise BenchError(f"gateway-config: {done.stderr}")
        return done.stdout
    return configure


def gateway(bench):
    us, eu = start_regions(bench, "gateway")
    [bare] = [server for server in bench.start_servers("gateway-bare")
              if server.name == "bare limit"]
    ours = Nginx("atoll", bench.folder / "gateway-ours", gateway_conf(bench, us, eu))
    plain = Nginx("bare limit", bench.folder / "gateway-plain", lambda port: PLAIN_NGINX.format(
        port=port, upstream=bare.port))
    for server in (ours, plain):
        bench.started.append(server)
        server.start()
    for mode in ("get", "put"):
        for connections in (16, 64, 256):
            bench.measure_throughput(
                [ours, plain], mode, connections, "≥ 0.8 of it" if mode == "get" else "",
                name=f"{mode.upper()} through NGINX, {connections} connections")
    bench.stop_servers()


REGION_MEASUREMENTS = {"lag": lag, "catch-up": catch_up, "forward": forward, "gateway": gateway,
                       "kafka": through_kafka}
