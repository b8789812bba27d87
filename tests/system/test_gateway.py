"""The gateway in front of regions that do as the test says: what it passes, and what it answers
itself. What happens when a region fails is in test_gateway_failover.py."""

import re
import socket
import time

import pytest
import region
from atoll import run_atoll, wait_until
from gateway import PROPERTY, assert_problem
from region import answering

# ---- what is passed, and how -------------------------------------------------------------------


@pytest.mark.parametrize("target, by", [
    ("/us/health", "us"), ("/eu/health", "eu"),
    ("/us/properties?limit=2&cursor=%2Fx", "us"), ("/eu/replication-lag", "eu"),
    ("/health", "us"), ("/docs", "us"), ("/docs/page.css", "us"), ("/openapi.json", "us"),
])
def test_a_path_goes_to_its_region(world, target, by):
    assert world.gateway.get(target).by == by
    assert [asked.target for one in world.regions for asked in one.seen()] == [target]


@pytest.mark.parametrize("target", [
    "/us//properties/10", "/us/properties/a%2Fb%20c", "/us/properties/%C3%A9?x=%zz&y=a+b",
    "/us/properties/./10", "/us/properties/", "/us//properties/changes",
])
def test_the_node_sees_the_path_as_it_was_written(world, target):
    assert world.gateway.get(target).by == "us"
    assert world.us.seen()[0].target == target


@pytest.mark.parametrize("target", [
    "/", "/us", "/xx/health", "/properties/10", "/metrics", "/livez", "/readyz", "/_atoll",
    "/_atoll/changes?after=", "/us/../metrics", "/us/..%2f_atoll/changes", "/%5Fatoll/changes",
    "/_atoll/../us/health", "/metrics/../health", "//us/health", "/%75s/health", "/healthz",
    "/docs.html", "/.problem/502",
])
def test_what_is_not_for_the_public_is_not_found(world, target):
    assert_problem(world.gateway.get(target), 404, "not_found")
    assert not world.us.seen() + world.eu.seen()


def test_a_client_cannot_speak_for_the_gateway(world):
    before = time.time()
    told = {"Atoll-Attempt": "mine", "Atoll-Received": "1", "X-Region": "eu",
            "X-Real-IP": "9.9.9.9", "X-Forwarded-For": "9.9.9.9", "X-Request-ID": "r1",
            "Host": "api.example:81"}
    world.gateway.ask("PUT", PROPERTY, b"{}", told)
    asked = world.us.seen()[0]
    assert re.fullmatch("[0-9a-f]{32}", asked["atoll-attempt"])
    minute = 60  # of the wall clock, in seconds: how exact nginx's is, is not our business
    assert before - minute <= float(asked["atoll-received"]) <= time.time() + minute
    assert (asked["x-region"], asked["x-real-ip"]) == ("us", "127.0.0.1")
    assert asked["x-forwarded-for"] == "9.9.9.9, 127.0.0.1"
    assert (asked["x-request-id"], asked["host"]) == ("r1", "api.example:81")
    assert not asked.all("connection")


def test_no_region_is_named_where_the_path_names_none(world):
    world.gateway.get("/health", {"X-Region": "eu"})
    assert not world.us.seen()[0].all("x-region")


def test_each_write_has_its_own_attempt(world):
    for _ in range(5):
        world.gateway.ask("PUT", PROPERTY, b"{}")
    assert len({asked["atoll-attempt"] for asked in world.us.seen()}) == 5


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nothing_is_said_of_a_reads_attempt(world, method):
    world.gateway.ask(method, PROPERTY, None, {"Atoll-Attempt": "mine", "Atoll-Received": "1"})
    [asked] = world.us.seen()
    assert not asked.all("atoll-attempt") + asked.all("atoll-received")


def test_connections_to_a_region_are_kept(world):
    for _ in range(40):
        world.gateway.get(PROPERTY)
    assert world.us.connected <= world.gateway.WORKERS


@pytest.mark.parametrize("status", [201, 304, 400, 404, 409, 412, 422, 428, 500])
def test_a_nodes_answer_is_passed_as_it_is(world, status):
    world.us.behave = answering(status, [("ETag", '"us:1:1"'), ("Location", "/us/x")])
    answer = world.gateway.ask("PUT", PROPERTY, b"{}")
    assert (answer.status, answer.headers["ETag"]) == (status, '"us:1:1"')
    assert (answer.headers["Location"], answer.headers["Atoll-Served-By"]) == ("/us/x", "us")
    assert status == 304 or answer.json()["by"] == "us"
    assert len(world.us.seen()) == 1 and not world.eu.seen()


def test_an_etag_of_a_thousand_lives_of_stores_passes(world):
    tag = '"' + ",".join(f"us.l{life}:{life}:1" for life in range(1_000, 4_000)) + '"'
    assert 45_000 < len(tag) < 60_000
    world.us.behave = answering(200, [("ETag", tag)])
    answer = world.gateway.ask("PUT", PROPERTY, b"{}", {"If-Match": tag})
    assert answer.headers["ETag"] == tag
    assert world.us.seen()[0]["if-match"] == tag


def test_head_has_no_body(world):
    answer = world.gateway.ask("HEAD", PROPERTY)
    assert (answer.by, answer.body) == ("us", b"")
    assert world.us.seen()[0].method == "HEAD"


def test_ipv6_is_listened_on_too(world):
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError as error:
        pytest.skip(f"no ::1 on this machine: {error}")
    # NGINX opens one socket after the other.
    wait_until(lambda: world.gateway.listens("::1"), what="it listening there, too")
    assert world.gateway.ask("GET", PROPERTY, host="::1").by == "us"


# ---- bodies and limits -------------------------------------------------------------------------

MIB = 1 << 20


def chunks(size):
    yield from (b"x" * 1000 for _ in range(size // 1000))
    yield b"x" * (size % 1000)


@pytest.mark.parametrize("body", [lambda: b"x" * MIB, lambda: chunks(MIB)],
                         ids=["whole", "chunked"])
def test_a_body_of_1_mib_passes_even_at_the_second_try(world, body):
    world.us.behave = region.dying
    assert world.gateway.ask("PUT", PROPERTY, body()).by == "eu"
    assert [len(one.seen()[0].body) for one in world.regions] == [MIB, MIB]


@pytest.mark.parametrize("body", [lambda: b"x" * (MIB + 1), lambda: chunks(MIB + 1)],
                         ids=["whole", "chunked"])
def test_a_larger_body_is_refused(world, body):
    assert_problem(world.gateway.ask("PUT", PROPERTY, body()), 413, "body_too_large")
    assert not world.us.seen()


@pytest.mark.parametrize("request_text, status, code", [
    (b"GET /us/" + b"x" * 70000 + b" HTTP/1.1\r\n\r\n", 414, "target_too_long"),
    (b"GET /us/x HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70000 + b"\r\n\r\n", 431,
     "headers_too_large"),
    (b"GET /us/x HTTP/1.1\r\n\r\n", 400, "malformed_request"),
    (b"nonsense\r\n\r\n", 400, "malformed_request"),
    (b"GET /../x HTTP/1.1\r\nHost: x\r\n\r\n", 400, "malformed_request"),
    (b"POST /us/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: zip\r\n\r\n", 501, "not_implemented"),
    (b"POST /us/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400,
     "malformed_request"),
    (b"TRACE /us/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405, "method_not_allowed"),
    (b"GET /us/x HTTP/3.0\r\nHost: x\r\n\r\n", 505, "version_not_supported"),
])
def test_what_the_gateway_refuses_is_a_problem(world, request_text, status, code):
    head, _, body = world.gateway.say(request_text).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), head
    assert b"\r\nContent-Type: application/problem+json" in head
    assert b'"status":%d' % status in body and b'"code":"%s"' % code.encode() in body
    assert not world.us.seen()


def test_a_header_of_12_kib_passes(world):
    assert world.gateway.get(PROPERTY, {"X-Long": "x" * 12000}).by == "us"


def test_http_1_0_passes(world):
    assert b'"by": "us"' in world.gateway.say(b"GET /us/x HTTP/1.0\r\n\r\n")
    assert world.us.seen()[0]["host"] == "localhost"


# ---- the access log ----------------------------------------------------------------------------


def test_the_log_says_who_answered(world):
    world.us.kill()
    world.gateway.ask("PUT", "/us/properties/10?x=1", b"{}", {
        "X-Request-ID": "r7", "User-Agent": "test/1", "Referer": "http://a/",
        "X-Forwarded-For": "b"})
    line = world.gateway.log_lines(1)[0]
    assert re.fullmatch(
        r'127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] '
        r'"PUT /us/properties/10\?x=1 HTTP/1\.1" 200 \d+ "http://a/" "test/1" "b" '
        rf'upstream=127\.0\.0\.1:{world.us.port}, 127\.0\.0\.1:{world.eu.port} '
        r'upstream_response_time=\d+\.\d{3}, \d+\.\d{3} request_id=r7', line), line


def test_the_log_has_one_line_for_each_request(world):
    world.gateway.get(PROPERTY)
    world.gateway.log_lines(1)  # each of nginx's workers writes its lines when it has a moment
    world.gateway.get("/metrics")
    lines = world.gateway.log_lines(2)
    assert len(lines) == 2
    assert lines[0].endswith(" request_id=-") and '" 200 ' in lines[0]
    assert lines[1].endswith("upstream=- upstream_response_time=- request_id=-")
    assert '"GET /metrics HTTP/1.1" 404 ' in lines[1]


# ---- the command -------------------------------------------------------------------------------


def test_the_command_lets_nginx_check():
    for app in ("property-listing", "logistics"):
        printed = run_atoll("gateway-config", f"apps/{app}.toml")
        checked = run_atoll("gateway-config", f"apps/{app}.toml", "--check")
        assert checked.stdout == printed.stdout


def test_the_command_says_what_nginx_said(tmp_path):
    nginx = tmp_path / "nginx"
    nginx.write_text("#!/bin/sh\necho 'the moon is full' >&2\nexit 1\n")
    nginx.chmod(0o755)
    refused = run_atoll("gateway-config", "apps/logistics.toml", "--check", status=1,
                        env={"PATH": str(tmp_path)})
    assert "the moon is full" in refused.stderr


def test_an_app_without_a_gateway_needs_an_address():
    refused = run_atoll("gateway-config", "apps/products.toml", status=2)
    assert "has no [gateway]" in refused.stderr and not refused.stdout
    given = run_atoll("gateway-config", "apps/products.toml", "--check", "--listen", "127.0.0.1:1")
    assert "listen 127.0.0.1:1;" in given.stdout
    wrong = run_atoll("gateway-config", "apps/products.toml", "--listen", "nowhere", status=2)
    assert "--listen takes HOST:PORT" in wrong.stderr
