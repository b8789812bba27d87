"""What a node answers beside its records: methods, HEAD, tokens, probes, metrics, the document."""

import re

import pytest
import requests
from answers import problem
from atoll import wait_until

STORES = ("sqlite", "postgres")

# ---- methods -------------------------------------------------------------------------------------

ALLOWED = {
    "/us/properties": {"GET", "HEAD", "POST"}, "/properties": {"GET", "HEAD", "POST"},
    "/us/properties/10": {"GET", "HEAD", "PUT", "PATCH", "DELETE"},
    "/us/health": {"GET", "HEAD"}, "/us/replication-lag": {"GET", "HEAD"},
    "/livez": {"GET", "HEAD"}, "/readyz": {"GET", "HEAD"}, "/metrics": {"GET", "HEAD"},
    "/openapi.json": {"GET", "HEAD"}, "/docs": {"GET", "HEAD"}}


@pytest.mark.parametrize("path", ALLOWED)
def test_a_method_that_a_path_does_not_take(base_url, path):
    for method in {"POST", "PUT", "DELETE", "PATCH", "BREW"} - ALLOWED[path]:
        answer = requests.request(method, base_url + path, data="{}")
        problem(answer, 405, "method_not_allowed")
        assert set(answer.headers["Allow"].split(", ")) - {"OPTIONS"} == ALLOWED[path], method


@pytest.mark.parametrize("path", [
    "/us/properties/10", "/us/properties?limit=2", "/us/health", "/livez", "/openapi.json",
    "/us/properties/4001", "/nothing"])
def test_head_is_get_without_the_body(base_url, path):
    got = requests.get(base_url + path, headers={"Accept-Encoding": "identity"})
    head = requests.head(base_url + path, headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (got.status_code, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Link", "Atoll-Token"):
        assert head.headers.get(name) == got.headers.get(name), name


def test_head_of_what_is_known(base_url):
    tag = requests.get(f"{base_url}/us/properties/10").headers["ETag"]
    known = requests.head(f"{base_url}/us/properties/10", headers={"If-None-Match": tag})
    assert (known.status_code, known.headers["ETag"]) == (304, tag)


# ---- tokens --------------------------------------------------------------------------------------

def read(url, token):
    return requests.get(url, headers={"Atoll-Token": token})


def test_a_read_with_the_token_of_a_write(properties, property_url):
    token = requests.put(property_url, json={"price": 1, "version": 1}).headers["Atoll-Token"]
    assert read(property_url, token).json()["version"] == 2
    assert read(properties, token).status_code == 200
    assert read(property_url, read(property_url, token).headers["Atoll-Token"]).status_code == 200


def test_a_token_from_another_region_that_does_not_come(property_url):
    answer = read(property_url, "eu.k3f9ab:1")
    problem(answer, 503, "behind_token")
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_token_of_a_write_that_no_longer_exists(property_url):
    token = requests.put(property_url, json={"price": 1, "version": 1}).headers["Atoll-Token"]
    origin, seq = token.rsplit(":", 1)
    problem(read(property_url, f"{origin}:{int(seq) + 1000}"), 409, "token_lost")
    problem(read(property_url, "us.zzzzzz:1"), 409, "token_lost")


@pytest.mark.parametrize("token", ["x", "us", "us:", "us.a:x", "us.a:-1", ":1", "us.a:1 us.b:2",
                                   "us.a:99999999999999999999", "x" * 300])
def test_what_is_no_token(property_url, token):
    document = problem(read(property_url, token), 400, "invalid_request")
    assert document["errors"][0]["header"] == "Atoll-Token"


# ---- probes, metrics -----------------------------------------------------------------------------

def test_probes(base_url):
    assert requests.get(f"{base_url}/livez").text == "ok\n"
    assert requests.get(f"{base_url}/readyz").text == "ok\n"
    told = requests.get(f"{base_url}/readyz?verbose").text
    assert "[+]store ok\n" in told
    assert "[-]" not in told


SAMPLE = re.compile(r'([a-z_:]+)(\{[^}]*\})? (\S+)')


def samples(text):
    """The samples of a text in Prometheus' form, by name and labels; every line is looked at."""
    assert text.endswith("\n")
    types, found = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types, f"{name} comes twice"
            types[name] = kind
        elif not line.startswith("# HELP "):
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            name = re.sub(r"_(bucket|sum|count)$", "", sample[1])
            assert (name in types) or (sample[1] in types), line
            assert (sample[1] + (sample[2] or "")) not in found, f"{line} comes twice"
            found[sample[1] + (sample[2] or "")] = float(sample[3])
    return types, found


def test_metrics(base_url, property_url):
    requests.put(property_url, json={"price": 1, "version": 1}).raise_for_status()
    answer = requests.get(f"{base_url}/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    types, found = samples(answer.text)
    for name, kind in types.items():
        assert name.startswith(("atoll_", "process_")), name
        assert (kind == "counter") == name.endswith("_total"), name
    assert found['atoll_records{resource="properties"}'] >= 3000
    assert found['atoll_http_requests_total{operation="updateProperty",status="2xx"}'] >= 1


def test_a_counter_counts(base_url, properties):
    def reads():
        text = requests.get(f"{base_url}/metrics").text
        return samples(text)[1].get(
            'atoll_http_requests_total{operation="getProperty",status="2xx"}', 0)

    before = reads()
    for path in ("/us/properties/10", "/properties/10", "/eu/properties/10"):
        requests.get(base_url + path).raise_for_status()
    assert reads() == before + 3


# ---- the document, the log ----------------------------------------------------------------------

def test_the_openapi_document(base_url):
    answer = requests.get(f"{base_url}/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.1")


def test_the_log_tells_of_requests(make_node):
    node = make_node(options=["--log-requests", "all"]).start()
    requests.get(f"{node.base_url}/us/properties/10", headers={"X-Request-ID": "seen"})
    line = wait_until(lambda: [line for line in node.log().splitlines() if '"seen"' in line],
                      what="the line of the request")[0]
    assert '"path":"/us/properties/10"' in line
    assert '"status":200' in line
