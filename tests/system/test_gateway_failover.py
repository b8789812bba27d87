"""A region fails, and the gateway's clients do not notice. Nothing here is timed: in most tests the
gateway's timeouts are longer than those of its clients (`unhurried`), and where it has to wait for
one that hangs they are longer than for people (`at_leisure`)."""

import concurrent.futures
import contextlib
import http.client
import itertools
import re
import signal
import socket
import subprocess
import sys
import threading

import pytest
import region
import requests
from atoll import wait_until
from gateway import (
    CLIENT_SECONDS,
    PROPERTY,
    as_it_is,
    assert_problem,
    at_leisure,
    unhurried,
    with_waits,
)
from region import answering, slow, slow_until

METHODS = ["GET", "PUT", "POST", "DELETE"]

FAILURES = {
    "refuses": lambda one: one.kill(),
    "dies": lambda one: setattr(one, "behave", region.dying),
    "answers 502": lambda one: setattr(one, "behave", answering(502)),
    "answers 503": lambda one: setattr(one, "behave", answering(503)),
    "answers 504": lambda one: setattr(one, "behave", answering(504)),
    "hangs": lambda one: setattr(one, "behave", region.hanging),
}


@pytest.fixture
def world_where(make_world):
    """For a failure: only one that hangs is to be waited for."""
    def make(failure):
        return make_world(edit=at_leisure if failure == "hangs" else unhurried)

    return make


def impatient(conf):
    """Tests do not wait as long as clients may have to."""
    assert "proxy_read_timeout 10s;" in conf
    return conf.replace("proxy_read_timeout 10s;", "proxy_read_timeout 1s;")


def stubborn(conf):
    """To wait with patience for one that hangs takes longer than the tests' clients wait. Who has
    to answer before that may be slow."""
    assert "proxy_read_timeout 10s;" in conf
    conf = conf.replace("proxy_read_timeout 10s;", f"proxy_read_timeout {2 * CLIENT_SECONDS}s;")
    [again] = re.findall(r"location @again \{.*?proxy_pass", conf, re.DOTALL)
    return conf.replace(again, with_waits(again, 4, of=("send", "read", "next_upstream")))


def only_connects_soon(conf):
    """A region that has taken the connection is waited for as long as anybody asks."""
    return with_waits(conf, 240, of=("send", "read", "next_upstream"))


def long_marks(conf):
    """A region that failed is left alone for longer than a test takes."""
    assert "fail_timeout=1s" in conf
    return at_leisure(conf).replace("fail_timeout=1s", "fail_timeout=600s")


# ---- one region fails --------------------------------------------------------------------------


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("method", METHODS)
def test_the_other_region_is_tried_once(world_where, method, failure):
    world = world_where(failure)
    FAILURES[failure](world.us)
    answer = world.gateway.ask(method, PROPERTY, b'{"price":1}' if method != "GET" else None)
    assert answer.by == "eu"
    if failure != "refuses":
        wait_until(lambda: world.us.asked, what="us having read it")
    first, second = world.us.seen(), world.eu.seen()
    assert len(first) == (0 if failure == "refuses" else 1) and len(second) == 1
    assert (second[0].method, second[0].target) == (method, PROPERTY)
    for tried in first:
        for header in ("atoll-attempt", "atoll-received", "x-region", "host"):
            assert tried.all(header) == second[0].all(header)
        assert tried.body == second[0].body
    assert second[0]["x-region"] == "us", "it says who was meant"


def test_it_works_the_other_way_round(world):
    world.eu.kill()
    assert world.gateway.ask("PUT", "/eu/properties/10", b"{}").by == "us"
    assert world.us.seen()[0]["x-region"] == "eu"


def test_a_write_that_was_broken_off_late_is_tried_again(world):
    """Its region was cut off for a moment. A region that refuses does so at once."""
    def late_then_well(one, asked, connection):
        if len(one.asked) > 1:
            return answering(200)(one, asked, connection)
        one.released.wait(0.7)
        return region.dying(one, asked, connection)

    world.us.kill()
    world.eu.behave = late_then_well
    assert world.gateway.ask("PUT", PROPERTY, b"{}").by == "eu"
    assert len(world.eu.seen()) == 2


@pytest.mark.parametrize("target", ["/health", "/docs", "/openapi.json"])
def test_any_living_region_answers_for_all(world, target):
    world.us.kill()
    assert world.gateway.get(target).by == "eu"


def test_a_region_killed_under_load_costs_nobody_anything(world):
    load = Load(world.gateway, clients=8)
    load.go_on()
    world.us.kill()
    for _ in range(5):
        load.go_on()
    load.stop()
    assert {answer.by for answer in load.answers} == {"us", "eu"}


def test_a_rolling_restart_costs_nobody_anything(world):
    load = Load(world.gateway, clients=4)
    for one in [world.us, world.eu] * 3:
        one.behave = answering(503)  # it stops, then it is gone, then it starts
        load.go_on()
        one.kill()
        load.go_on()
        one.start()
        load.go_on()
        one.behave = answering(200)  # the other one goes while the gateway still avoids this one
        load.go_on()
    load.stop()
    assert {answer.by for answer in load.answers} == {"us", "eu"}


def test_a_stopped_process_is_like_a_hanging_region(make_world):
    """A real one under SIGSTOP: the kernel goes on taking its connections."""
    with subprocess.Popen([sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "0"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            port = int(process.stdout.readline().split(" port ")[1].split()[0])
            world = make_world(ports={"PORT_US": port}, edit=long_marks)
            assert requests.get(f"http://127.0.0.1:{port}/", timeout=CLIENT_SECONDS).ok, "it serves"
            assert world.gateway.get(PROPERTY).status == 404  # it has no such file
            process.send_signal(signal.SIGSTOP)
            answers = [world.gateway.get(PROPERTY) for _ in range(10)]
            assert [answer.by for answer in answers] == ["eu"] * 10
            asked = [line for line in world.gateway.log_lines(11) if f"127.0.0.1:{port}" in line]
            assert len(asked) == 2, "before it slept, and once"
        finally:
            process.kill()


def test_a_region_that_takes_no_connection_is_not_waited_for_as_one_that_hangs(make_world):
    world = make_world(edit=only_connects_soon)
    world.us.kill()
    with contextlib.ExitStack() as at_the_end, socket.socket() as full:
        full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        full.bind(("127.0.0.1", world.us.port))
        full.listen(0)
        for _ in range(4):  # as many as the kernel takes without anybody accepting, and more
            waiting = at_the_end.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        assert world.gateway.get(PROPERTY).by == "eu"
        assert f"127.0.0.1:{world.us.port}, 127.0.0.1:{world.eu.port}" in (
            world.gateway.log_lines(1)[0])


# ---- left alone, and found again ---------------------------------------------------------------


def test_a_hanging_region_is_left_alone_for_a_while(make_world):
    world = make_world(edit=long_marks)
    world.us.behave = region.hanging
    assert world.gateway.get(PROPERTY).by == "eu"
    for _ in range(20):
        assert world.gateway.get(PROPERTY).by == "eu"
    wait_until(lambda: world.us.asked, what="us having read it")
    assert len(world.us.seen()) == 1


@pytest.mark.parametrize("failure", ["refuses", "hangs"])
def test_a_region_that_is_back_is_found_soon(world_where, failure):
    world = world_where(failure)
    FAILURES[failure](world.us)
    assert world.gateway.get(PROPERTY).by == "eu"
    world.us.kill()
    world.us.behave = answering(200)
    world.us.start()
    wait_until(lambda: world.gateway.get(PROPERTY).by == "us", what="us being found again")


@pytest.mark.parametrize("failure", FAILURES)
def test_a_region_that_is_left_alone_is_asked_when_the_other_fails(world_where, failure):
    world = world_where(failure)
    world.us.behave = answering(503)
    assert world.gateway.get(PROPERTY).by == "eu"
    world.us.behave = answering(200)
    FAILURES[failure](world.eu)
    for method in METHODS:
        assert world.gateway.ask(method, PROPERTY).by == "us"
    assert "no live upstreams" not in world.gateway.log()


def test_a_read_that_waits_for_its_token_spoils_nothing_for_others(make_world):
    world = make_world(edit=at_leisure)
    world.us.behave = lambda one, asked, connection: (
        region.hanging if asked.all("atoll-token") else answering(200))(one, asked, connection)
    assert world.gateway.get(PROPERTY, {"Atoll-Token": "us.k3f9:7"}).by == "eu"
    assert world.gateway.get(PROPERTY).by == "us"
    assert world.gateway.ask("PUT", PROPERTY, b"{}", {"Atoll-Token": "us.k3f9:7"}).by == "eu"


# ---- no region answers -------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_with_all_regions_gone_the_gateway_says_so(world, method):
    world.us.kill()
    world.eu.kill()
    for _ in range(3):
        answer = world.gateway.ask(method, PROPERTY)
        assert_problem(answer, 502, "bad_gateway")
        assert answer.headers["Retry-After"] == "1"


def test_with_all_regions_hanging_the_gateway_says_so_in_the_end(make_world):
    world = make_world(edit=impatient)
    for one in world.regions:
        one.behave = region.hanging
    answer = world.gateway.ask("POST", "/us/properties", b"{}")
    assert_problem(answer, 504, "gateway_timeout")
    assert answer.headers["Retry-After"] == "1"
    assert len({asked["atoll-attempt"] for one in world.regions for asked in one.seen()}) == 1


def test_what_the_last_region_says_is_passed(world):
    for one in world.regions:
        one.behave = answering(503, [("Retry-After", "7")])
    answer = world.gateway.ask("PUT", PROPERTY, b"{}")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
    assert [len(one.seen()) for one in world.regions] == [1, 1]


@pytest.mark.parametrize("method", METHODS)
def test_who_takes_a_request_and_dies_is_not_asked_once_more(world, method):
    for one in world.regions:
        one.behave = region.dying
    assert_problem(world.gateway.ask(method, PROPERTY), 502, "bad_gateway")
    assert [len(one.seen()) for one in world.regions] == [1, 1]


# ---- slow answers and feeds --------------------------------------------------------------------


@pytest.fixture
def prompt(make_world):
    """With the waits that people have."""
    return make_world(edit=as_it_is)


@pytest.mark.parametrize("method, tries", [*((method, 3) for method in METHODS), ("PUT", 5)])
def test_an_answer_that_is_slow_everywhere_is_not_lost(prompt, method, tries):
    world = prompt
    behave = slow_until(lambda: sum(len(one.asked) for one in world.regions) >= tries)
    for one in world.regions:
        one.behave = behave
    assert world.gateway.ask(method, PROPERTY).status == 200
    asked = [asked for one in world.regions for asked in one.seen()]
    assert tries <= len(asked) <= 6
    assert len({str(a.all("atoll-attempt") + a.all("atoll-received")) for a in asked}) == 1


def slow_at_first(one, asked, connection):
    """Silent for as long as it is asked for the first time."""
    behave = region.hanging if len(one.asked) == 1 else answering(200)
    return behave(one, asked, connection)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("slow_one, other", [("us", "eu"), ("eu", "us")])
def test_who_hangs_keeps_no_answer_of_one_that_is_slow(make_world, slow_one, other, method):
    world = make_world(edit=stubborn)
    getattr(world, slow_one).behave = slow_at_first
    getattr(world, other).behave = region.hanging
    assert world.gateway.ask(method, PROPERTY).by == slow_one


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("failure", ["refuses", "dies"])
def test_a_region_whose_neighbour_is_gone_may_be_slow(prompt, failure, method):
    prompt.us.behave = slow_at_first
    FAILURES[failure](prompt.eu)
    assert prompt.gateway.ask(method, PROPERTY).by == "us"


def test_a_region_that_is_known_to_hang_is_not_waited_for_twice(make_world):
    world = make_world(edit=long_marks)
    world.eu.behave = region.hanging
    assert world.gateway.get("/eu/properties/10").by == "us"
    for one in world.regions:
        one.seen()
    world.us.behave = slow_at_first
    assert world.gateway.get(PROPERTY).by == "us"
    assert len(world.eu.seen()) == 1


@pytest.mark.parametrize("prefer", ["wait=2, atoll-peers=1", "atoll-peers=1; wait=2", "Wait = 2"])
def test_a_write_that_waits_for_peers_is_not_taken_for_hanging(prompt, prefer):
    world = prompt
    world.us.behave = slow(0.8)
    answer = world.gateway.ask("PUT", PROPERTY, b"x" * 100_000, {"Prefer": prefer})
    assert answer.by == "us"
    asked = world.us.seen()
    assert (len(asked), asked[0]["prefer"], len(asked[0].body)) == (1, prefer, 100_000)
    assert not world.eu.seen()
    world.us.kill()
    assert world.gateway.ask("PUT", PROPERTY, b"{}", {"Prefer": prefer}).by == "eu"


def test_an_answer_that_breaks_off_is_not_made_whole(world):
    world.us.behave = region.dying_in_the_middle
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        world.gateway.get(PROPERTY)
    assert not world.eu.seen()
    world.us.behave = answering(200)
    assert world.gateway.get(PROPERTY).status == 200


@pytest.mark.parametrize("target", ["/us/properties/changes?feed=sse", "/us/properties/changes/"])
def test_a_feed_is_passed_as_it_comes(prompt, target):
    world = prompt
    arrived = threading.Semaphore(0)

    def feed(one, asked, connection):
        del one, asked
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n7\r\ndata: 1\r\n")
        arrived.acquire(timeout=60)
        connection.sendall(b"7\r\ndata: 2\r\n")
        arrived.acquire(timeout=60)
        return b"0\r\n\r\n"

    world.us.behave = feed
    connection = http.client.HTTPConnection("127.0.0.1", world.gateway.port, timeout=60)
    connection.request("GET", target)
    answer = connection.getresponse()
    assert answer.read(7) == b"data: 1"
    assert not threading.Event().wait(0.8)  # longer than any other request may be silent
    arrived.release()
    assert answer.read(7) == b"data: 2"
    arrived.release()
    assert answer.read() == b""
    connection.close()


def test_a_feed_is_asked_for_at_the_other_region_too(world):
    world.us.kill()
    assert world.gateway.get("/us/properties/changes").by == "eu"


# ---- an app that spreads its requests ----------------------------------------------------------

WAREHOUSES = "/api/v1/warehouses/"


@pytest.fixture
def logistics(make_world):
    return make_world(app="logistics", nodes="ABCD")


def test_requests_are_spread(logistics):
    by = [logistics.gateway.get(WAREHOUSES).by for _ in range(40)]
    assert set(by) == set("ABCD")
    assert not logistics.regions[0].seen()[0].all("x-region")
    assert_problem(logistics.gateway.get("/api"), 404, "not_found")
    assert logistics.gateway.get("/openapi.json").by in "ABCD"


@pytest.mark.parametrize("method", METHODS)
def test_one_living_server_answers_for_all(logistics, method):
    for alive in range(4):
        for number, one in enumerate(logistics.regions):
            one.kill()
            if number == alive:
                one.start()
        for _ in range(3):
            assert logistics.gateway.ask(method, WAREHOUSES).by == "ABCD"[alive]
    for one in logistics.regions:
        one.kill()
    answer = logistics.gateway.ask(method, WAREHOUSES)
    assert_problem(answer, 502, "bad_gateway")
    assert "no server" in answer.json()["detail"]


# ---- load --------------------------------------------------------------------------------------


class Load:
    """Clients that ask until `stop()`, which fails when one of them saw anything but a 200."""

    def __init__(self, gateway, clients):
        self._gateway = gateway
        self._stopped = threading.Event()
        self._of_each = [[] for _ in range(clients)]
        self._pool = concurrent.futures.ThreadPoolExecutor(clients)
        self._asking = [self._pool.submit(self._ask, number) for number in range(clients)]

    def _ask(self, number):
        for turn in itertools.count():
            if self._stopped.is_set():
                return
            body = b'{"price":1}' if METHODS[turn % 4] != "GET" else None
            target = f"/{'us' if number % 2 else 'eu'}/x"
            answer = self._gateway.ask(METHODS[turn % 4], target, body)
            assert answer.by in ("us", "eu")
            self._of_each[number].append(answer)

    @property
    def answers(self):
        return [answer for answers in self._of_each for answer in list(answers)]

    def go_on(self):
        """Until no request from before is under way, and each client has asked in each way."""
        counts = [len(answers) for answers in self._of_each]

        def have_gone_on():
            for client in self._asking:
                if client.done():
                    client.result()
            return all(len(answers) > count + len(METHODS)
                       for answers, count in zip(self._of_each, counts))

        wait_until(have_gone_on, what="more answers for each client")

    def stop(self):
        self._stopped.set()
        for one in self._asking:
            one.result(2 * CLIENT_SECONDS)
        self._pool.shutdown()
