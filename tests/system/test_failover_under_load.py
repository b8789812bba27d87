"""Regions stop, die and sleep while clients write through the gateway: `atoll up`, the real NGINX.
Every request succeeds and counts once; nothing that was acknowledged is undone. How long that takes
is told, and not judged: it is the machine's as well."""

import itertools
import json
import os
import signal
import threading
import time

import pytest
import requests
from atoll import wait_until
from connection import Connection

CLIENTS = 6
RECORDS = 5        # of each client, of either region, nobody else's


class Writer(threading.Thread):
    """Writes its own records, each with the version that it was told last, and reads them back.
    What it says is compared in the end: version 1 + n after n acknowledged writes, and one more for
    each that took effect in both regions."""

    def __init__(self, number, port):
        super().__init__(daemon=True)
        first = 1 + RECORDS * number + (1500 if number % 2 else 0)
        self.told = {key: {"version": 1} for key in range(first, first + RECORDS)}
        self.answers = []  # (seconds, who it was, which only health says)
        self.wrong = []
        self.ahead = 0
        self.late = 0
        self.skipped = 0
        self.may_be_ahead = False
        self._refused = {}  # by record: prices that a region which was behind has refused
        self._number = number
        self._port = port
        self._stopped = threading.Event()

    def run(self):
        with Connection(self._port) as connection:
            for turn in itertools.count():
                if self._stopped.wait(0.002):
                    return
                try:
                    self._turn(connection, turn)
                except Connection.LOST as lost:
                    self.wrong.append(f"{lost!r} at turn {turn}")
                    return

    def _turn(self, connection, turn):
        key = list(self.told)[turn % RECORDS]
        region = ("us", "eu")[turn // 7 % 2]
        what = ("write", "write", "read", "write", "write", "health")[turn % 6]
        begun = time.monotonic()
        if what == "write":
            body = {"price": turn, "version": self.told[key]["version"]}
            headers = [{"X-Request-ID": f"{self._number}.{turn}"}, {},
                       {"Idempotency-Key": f"{self._number}.{turn}"}][turn % 5 % 3]
            answer = connection.ask("PUT", f"/{region}/properties/{key}", body, headers)
        else:
            path = "health" if what == "health" else f"properties/{key}"
            answer = connection.ask("GET", f"/{region}/{path}")
        seconds = time.monotonic() - begun
        row = json.loads(answer.body)
        self.answers.append((seconds, row.get("region")))
        if what == "write" and answer.status == 409 and self._is_excused(key, turn, row):
            return
        if answer.status != 200:
            self.wrong.append(f"{answer.status} {row} at turn {turn}")
        elif what == "write":
            if not self.is_next(row["version"], body["version"]) or row["price"] != turn:
                self.wrong.append(f"{row} after {body}")
            self.told[key] = row
            self._refused.pop(key, None)

    def is_next(self, version, named):
        """One number is skipped where the write took effect in both regions before its answer."""
        return version == named + 1 or (self.may_be_ahead and version == named + 2)

    def _is_excused(self, key, turn, problem):
        """When a region is away with what was written last, the other one is behind and says so.
        The first one may have got that request as well, before the gateway turned to the other
        one, and do it when it is back: then the client is told, and goes on from there."""
        if problem["code"] == "replica_behind" and self.may_be_ahead:
            self.ahead += 1
            self._refused.setdefault(key, set()).add(turn)
            return True
        if self.is_skipped(key, problem.get("current")):
            self.skipped += 1
            self.told[key] = problem["current"]
            return True
        if "current" in problem and self.is_done_later(key, problem["current"]):
            self.late += 1
            self.told[key] = problem["current"]
            del self._refused[key]
            return True
        return False

    def is_skipped(self, key, row):
        """Whether the row is what was told last under a later number: the write took effect in both
        regions, and the number skips one when that is found."""
        told = self.told[key]
        return (row is not None and row["price"] == told.get("price") and
                row["version"] > told["version"])

    def is_done_later(self, key, row):
        """Whether the row is what one of the refused requests has made of what was told last."""
        return (row["version"] == self.told[key]["version"] + 1 and
                row["price"] in self._refused.get(key, ()))

    def stop(self):
        self._stopped.set()
        self.join(60)


class Load:
    def __init__(self, fleet):
        self.fleet = fleet
        self.calm = None  # the slowest answer before anything happened
        self.writers = [Writer(number, fleet.gateway_port) for number in range(CLIENTS)]
        for writer in self.writers:
            writer.start()

    def answers(self):
        return [answer for writer in self.writers for answer in list(writer.answers)]

    def expect_loss(self):
        """A region that dies or sleeps may take an answered write with it until it is back: its
        writer is then told that the other region is behind, which it cannot help."""
        self.calm = self.slowest()
        for writer in self.writers:
            writer.may_be_ahead = True

    def slowest(self):
        return max(seconds for seconds, _ in self.answers())

    def goes_on(self, by, more=20):
        """Waits until that region has said so many times that it is well."""
        def count():
            return sum(by == one for _, one in self.answers())

        before = count()
        wait_until(lambda: count() >= before + more, what=f"{more} answers by {by}")

    def end(self):
        """Stops; all went well, both regions are level and have what the clients were told."""
        for writer in self.writers:
            writer.stop()
        wrong = [one for writer in self.writers for one in writer.wrong]
        ahead, late, skipped = (sum(getattr(writer, name) for writer in self.writers)
                                for name in ("ahead", "late", "skipped"))
        print(f"{len(self.answers())} answers, {len(wrong)} wrong, {ahead} ahead of a region, "
              f"{late} of these done later, {skipped} numbers skipped, "
              f"the slowest in {self.slowest():.3f} s "
              f"(before: {self.calm or 0:.3f} s)")
        assert not wrong, "\n".join(wrong)
        wait_until(self._is_level, what="both regions being level")
        for writer in self.writers:
            for key, told in writer.told.items():
                for url in self.fleet.urls.values():
                    row = requests.get(f"{url}/properties/{key}", timeout=60).json()
                    told = {"price": row["price"]} | told
                    excused = writer.is_done_later(key, row) or writer.is_skipped(key, row)
                    assert excused or (row["version"], row["price"]) == (
                        told["version"], told["price"]), (url, key, told)

    def _is_level(self):
        states = [requests.get(f"{url}/_atoll/status", timeout=60).json()["resources"]
                  for url in self.fleet.urls.values()]
        return states[0] == states[1]


@pytest.fixture
def load(fleet):
    made = Load(fleet)
    try:
        made.goes_on(by="us")
        yield made
    finally:
        for writer in made.writers:
            writer.stop()


def test_a_rolling_restart_fails_no_request(load):
    for node in ("us", "eu", "us", "eu"):
        load.fleet.tell("restart", node)
        load.goes_on(by=node)
    load.end()


def test_a_region_that_is_killed_costs_nobody_anything(load):
    load.expect_loss()
    for node, other in (("us", "eu"), ("eu", "us"), ("us", "eu")):
        os.kill(load.fleet.pid_of(node), signal.SIGKILL)
        load.goes_on(by=other)
        load.goes_on(by=node)  # `up` has started it again, and it has caught up
    load.end()


def test_a_region_that_sleeps_costs_nobody_anything(load):
    load.expect_loss()
    for node, other in (("us", "eu"), ("eu", "us"), ("us", "eu")):
        pid = load.fleet.pid_of(node)
        os.kill(pid, signal.SIGSTOP)
        try:
            load.goes_on(by=other, more=60)
        finally:
            os.kill(pid, signal.SIGCONT)
        load.goes_on(by=node)
    load.end()
