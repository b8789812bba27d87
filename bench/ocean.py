"""What bench/run measures of two regions with an ocean between them: what a write costs that is
carried to its home, beside an echo over the same link, and who wins where two write at once."""

import contextlib
import http.client
import json
import pathlib
import random
import statistics
import sys
import threading
import time

from regions import CATCH_UP_SECONDS_MAX, MISSED_CHANGES, Region, percentile, start_together
from servers import BenchError, free_port

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from wan import Wan  # noqa: E402

ROUND_TRIPS_MS = (0, 20, 80, 150, 300, 600)
PAIRS = 40  # for each round trip and round
MANY = 64
HOME_KEY = 1  # at home in us
PATH = "/properties/{}"
# Its answer is waited for as long as the longest of these round trips needs. Compressed as it would
# be if the regions were not on one machine.
LINKS = "\n[links]\nround_trip_ms_max = 1200\ncompress = \"always\"\n"
RATE = 25_000_000  # bytes per second: 200 Mbit/s


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method, path, body=None):
        headers = {"Content-Type": "application/json"} if body else {}
        self.connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = self.connection.getresponse()
        said = answer.read()
        return answer.status, answer.headers, json.loads(said) if said else None

    def version(self, key):
        return self.ask("GET", PATH.format(key))[2]["version"]

    def put(self, key, version, price):
        return self.ask("PUT", PATH.format(key), {"price": price, "version": version})


def start(bench, wan, name, round_trip):
    folder = bench.folder / name
    folder.mkdir()
    app = folder / bench.options.app.name
    app.write_text(bench.options.app.read_text() + LINKS)
    (folder / "property-listing.csv").write_bytes(
        (bench.options.app.parent / "property-listing.csv").read_bytes())
    ports = {node: free_port() for node in ("us", "eu")}
    regions = []
    for node, other in (("us", "eu"), ("eu", "us")):
        region = Region(bench.options.build, folder / node, app, node, ports)
        region.link = wan.link(ports[other], round_trip)
        region.environment[f"{other.upper()}_URL"] = f"http://127.0.0.1:{region.link.port}"
        regions.append(region)
    bench.started += regions
    start_together(regions)
    for region in regions:
        while not region.ask("GET", "/replication-lag")["peers"][0].get("round_trip_seconds"):
            time.sleep(0.05)
    return regions


def timed(calls, count):
    times = []
    for _ in range(count):
        begin = time.monotonic()
        calls()
        times.append(1000 * (time.monotonic() - begin))
    return times


def carried(away, count):
    """Milliseconds of each write, one after the other."""
    state = {"version": away.version(HOME_KEY)}

    def write():
        status, headers, said = away.put(HOME_KEY, state["version"], 1.0)
        if status != 200 or "Atoll-In-Stead" in headers:
            raise BenchError(f"a carried write was answered with {status}: {said}")
        state["version"] = said["version"]

    return timed(write, count)


def rate_of_many(port, seconds):
    """Writes per second of 64 clients, each with a record of its own."""
    counts = [0] * MANY

    def run(number):
        client = Client(port)
        key = 100 + number
        version = client.version(key)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status, _, said = client.put(key, version, 2.0)
            if status == 200:
                counts[number] += 1
                version = said["version"]

    threads = [threading.Thread(target=run, args=[number]) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def pairs(us, eu, round_trip, chance):
    """How many pairs with one version both won, and of how many of those nobody said so."""
    both = unsaid = 0
    home, away = Client(us.port), Client(eu.port)
    for _ in range(PAIRS):
        version = home.version(HOME_KEY)
        while away.version(HOME_KEY) != version:
            time.sleep(0.002)
        later, answers = chance.uniform(-2 * round_trip, 2 * round_trip), {}

        def put(name, client, wait, price, version=version, answers=answers):
            time.sleep(max(wait, 0))
            answers[name] = client.put(HOME_KEY, version, price)

        threads = [threading.Thread(target=put, args=["home", home, later, 3.0]),
                   threading.Thread(target=put, args=["away", away, -later, 4.0])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        won = [headers for status, headers, _ in answers.values() if status == 200]
        both += len(won) == 2
        unsaid += len(won) == 2 and not any("Atoll-In-Stead" in headers for headers in won)
    return both, unsaid


def visible(us, eu, count):
    """Milliseconds from the answer at home until the other region shows the write."""
    home, away, times = Client(us.port), Client(eu.port), []
    version = home.version(HOME_KEY)
    for _ in range(count):
        version = home.put(HOME_KEY, version, 5.0)[2]["version"]
        answered = time.monotonic()
        while away.version(HOME_KEY) < version:
            pass
        times.append(1000 * (time.monotonic() - answered))
    return times


def measure(bench, wan, round_trip_ms):
    round_trip = round_trip_ms / 1000
    us, eu = start(bench, wan, f"ocean-{round_trip_ms}", round_trip)
    name = f"{round_trip_ms} ms between the regions"
    p50, p99 = (bench.figure(f"PUT through the other region, {name}, {part}", "ms", target, "echo")
                for part, target in (("p50", "≤ echo + 3 ms"), ("p99", "≤ echo + 10 ms")))
    seen = bench.figure(f"visible there after the answer, {name}, p50", "ms", "≤ one way + 5 ms")
    rate = bench.figure(f"PUT through the other region, {name}, 64 clients", "/s",
                        "≥ 0.9 of one write per round trip each", "limit")
    double = bench.figure(f"pairs of one version that both won, {name}", "", "0")
    hidden = bench.figure(f"of those not said to be in stead, {name}", "", "0")
    idle = bench.figure(f"an idle link carries each way, {name}", "bytes/s", "≤ 400")
    echo = Client(eu.link.port)  # from eu's side of the ocean to us
    away, chance = Client(eu.port), random.Random(7)
    count = 40 if round_trip_ms > 100 else 200
    timed(lambda: echo.ask("GET", "/health"), 3)
    carried(away, 3)
    for _ in range(bench.options.rounds):
        echoes = timed(lambda: echo.ask("GET", "/health"), count)
        writes = carried(away, count)
        for figure, part in ((p50, 0.5), (p99, 0.99)):
            figure.add("echo", percentile(echoes, part))
            figure.add("atoll", percentile(writes, part))
        seen.add("atoll", statistics.median(visible(us, eu, 20)))
        rate.add("atoll", rate_of_many(eu.port, max(3, 5 * round_trip)))
        rate.add("limit", MANY / (statistics.median(writes) / 1000))
        both, unsaid = pairs(us, eu, round_trip, chance)
        double.add("atoll", both)
        hidden.add("atoll", unsaid)
        time.sleep(2 * round_trip + 1)  # until it is quiet
        before = eu.link.there.passed + us.link.back.passed
        time.sleep(4)
        idle.add("atoll", (eu.link.there.passed + us.link.back.passed - before) / 4)
    bench.say(f"{name}: PUT p50 {p50.median('atoll'):.1f} ms, echo {p50.median('echo'):.1f} ms, "
              f"{rate.median('atoll'):,.0f}/s, {double.median('atoll'):.0f} both won")
    bench.stop_servers()


def ocean(bench):
    with contextlib.closing(Wan()) as wan:
        for round_trip_ms in ROUND_TRIPS_MS:
            measure(bench, wan, round_trip_ms)


def missed(bench, wan, round_trip_ms):
    """Seconds until a region has what it missed, and the bytes of each change on the way."""
    us, eu = start(bench, wan, f"missed-{round_trip_ms}", round_trip_ms / 1000)
    for region in (us, eu):
        region.ask("POST", "/_atoll/cut", {"peer": {"us": "eu", "eu": "us"}[region.name],
                                           "cut": True})
    bench.load(us, "put", connections=MANY, count=MISSED_CHANGES, ids="1-1400")
    for region in (us, eu):
        for way in (region.link.there, region.link.back):
            way.rate = RATE
    before, begin = eu.link.back.passed, time.monotonic()
    for region in (us, eu):
        region.ask("POST", "/_atoll/cut", {"peer": {"us": "eu", "eu": "us"}[region.name],
                                           "cut": False})
    rows = us.ask("GET", "/_atoll/status")["resources"]
    while eu.ask("GET", "/_atoll/status")["resources"] != rows:
        if time.monotonic() - begin > CATCH_UP_SECONDS_MAX:
            raise BenchError("the other region does not catch up")
        time.sleep(0.05)
    seconds, came = time.monotonic() - begin, eu.link.back.passed - before
    bench.stop_servers()
    return seconds, came


def far_catch_up(bench):
    name = f"{MISSED_CHANGES:,} missed changes, 200 Mbit/s"
    taken = bench.figure(f"{name}, 150 ms between the regions", "s",
                         "≤ 1.1 × at 0 ms, or 1.2 × what its bytes need", "at 0 ms")
    each = bench.figure("each of them takes of the link", "bytes", "≤ 150")
    with contextlib.closing(Wan()) as wan:
        for _ in range(bench.options.rounds):
            seconds, came = missed(bench, wan, 150)
            taken.add("at 0 ms", missed(bench, wan, 0)[0])
            taken.add("atoll", seconds)
            each.add("atoll", came / MISSED_CHANGES)
            bench.say(f"{name}: {seconds:.1f} s, {came / MISSED_CHANGES:.0f} bytes each")


OCEAN_MEASUREMENTS = {"ocean": ocean, "far-catch-up": far_catch_up}
