"""Warehouses and shipments, as one server of logistics answers for them."""

import itertools
import re

import pytest
import requests
from answers import problem
from atoll import REPOSITORY, Node
from ports import free_port

TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
NAMED = {"operation-name": "test"}
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The server A."""
    node = Node(tmp_path_factory.mktemp("logistics"), name="A", app="apps/logistics.toml")
    try:
        yield node.start()
    finally:
        node.clean_up()


class Api:
    def __init__(self, url):
        self.url = url

    def call(self, method, path, body=None, headers=NAMED, **options):
        return requests.request(method, self.url + path, json=body, headers=headers, **options)

    def warehouse(self, **fields):
        body = {"name": "Main Warehouse A", "location": "New York, NY", **fields}
        return self.call("POST", "/warehouses/", body)

    def shipment(self, warehouse, **fields):
        body = {"tracking_number": f"TN-{next(numbers)}", "origin": "New York, NY",
                "destination": "Boston, MA", "weight": 12.5, "warehouse_id": warehouse}
        return self.call("POST", "/shipments/", body | fields)


@pytest.fixture
def api(server):
    return Api(f"{server.base_url}/api/v1")


def refused(answer, status, error, pointer=None):
    document = problem(answer, status, error)
    if pointer:
        assert [fault["pointer"] for fault in document["errors"]] == [pointer]
    return document


# ---- warehouses ----------------------------------------------------------------------------------

def test_the_first_ids_of_each_server(make_node):
    for name, first in (("A", 1), ("B", 2), ("D", 4)):
        server = make_node(name=name, app="apps/logistics.toml").start()
        api = Api(f"{server.base_url}/api/v1")
        assert [api.warehouse().json()["id"] for _ in range(3)] == [first, first + 16, first + 32]
        assert (server.folder / "data" / f"logistic_{name}.db").exists()


def test_a_new_warehouse(api):
    answer = api.warehouse()
    assert answer.status_code == 201
    id = answer.json()["id"]
    assert re.fullmatch(
        rf'{{"id":{id},"name":"Main Warehouse A","location":"New York, NY",'
        rf'"created_at":"({TIME})","updated_at":"\1"}}', answer.text)
    assert answer.headers["Location"] == f"/api/v1/warehouses/{id}"
    assert api.call("GET", f"/warehouses/{id}").text == answer.text


def test_with_and_without_the_trailing_slash(api):
    body = {"name": "x", "location": "y"}
    for path in ("/warehouses/", "/warehouses"):
        made = api.call("POST", path, body)
        assert made.status_code == 201
        id = made.json()["id"]
        assert made.headers["Location"] == f"/api/v1/warehouses/{id}"
        assert api.call("GET", f"/warehouses/{id}/").text == made.text
        assert api.call("PUT", f"/warehouses/{id}/", {"name": "z"}).status_code == 200
        assert api.call("DELETE", f"/warehouses/{id}/").status_code == 200
        assert isinstance(api.call("GET", path).json(), list)


def test_an_update_names_any_of_the_fields(api):
    before = api.warehouse().json()
    url = f"/warehouses/{before['id']}"
    after = api.call("PUT", url, {"location": "Boston, MA"}).json()
    assert list(after) == list(before)
    assert after["updated_at"] > before["updated_at"]
    assert after == before | {"location": "Boston, MA", "updated_at": after["updated_at"]}
    assert api.call("PUT", url, {}).json()["name"] == before["name"]


def test_a_deletion_answers_with_what_it_deleted(api):
    made = api.warehouse().json()
    gone = api.call("DELETE", f"/warehouses/{made['id']}")
    assert gone.status_code == 200
    assert {name: gone.json()[name] for name in ("id", "name", "location", "created_at")} == {
        name: made[name] for name in ("id", "name", "location", "created_at")}
    for method, body in (("GET", None), ("PUT", {"name": "x"}), ("DELETE", None)):
        refused(api.call(method, f"/warehouses/{made['id']}", body), 404, "not_found")


def test_lists_are_arrays(make_node):
    server = make_node(name="A", app="apps/logistics.toml").start()
    api = Api(f"{server.base_url}/api/v1")
    assert api.call("GET", "/warehouses/").text == "[]"
    rows = [api.warehouse(name=f"W{i}").json() for i in range(105)]
    assert api.call("GET", "/warehouses/").json() == rows[:100]
    assert api.call("GET", "/warehouses/?skip=0&limit=100").json() == rows[:100]
    assert api.call("GET", "/warehouses/?skip=100").json() == rows[100:]
    assert api.call("GET", "/warehouses?skip=3&limit=2").json() == rows[3:5]
    assert api.call("GET", "/warehouses/?skip=105").json() == []
    assert api.call("GET", "/warehouses/?limit=1000").json() == rows


@pytest.mark.parametrize("limit", ["1001", "10000000", "99999999999999999999999"])
def test_a_limit_above_the_most_is_taken_for_it(api, limit):
    api.warehouse()
    assert (api.call("GET", f"/warehouses/?limit={limit}").text
            == api.call("GET", "/warehouses/?limit=1000").text)


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "skip=-1", "skip=x",
                                   "cursor=x", "count=true", "sort=id", "x=1"])
def test_what_is_no_list(api, query):
    document = refused(api.call("GET", f"/warehouses/?{query}"), 422, "invalid_request")
    assert document["errors"][0]["parameter"] == query.split("=")[0]


def test_a_record_may_be_sent_back_whole(api):
    warehouse = api.warehouse().json()
    moved = api.call("PUT", f"/warehouses/{warehouse['id']}", warehouse | {"name": "Moved"})
    assert (moved.status_code, moved.json()["name"]) == (200, "Moved")
    shipment = api.shipment(warehouse["id"]).json()
    sent = api.call("PUT", f"/shipments/{shipment['id']}", shipment | {"status": "in_transit"})
    assert (sent.status_code, sent.json()["status"]) == (200, "in_transit")


@pytest.mark.parametrize("field, value", [
    ("id", 999_999), ("created_at", "2020-01-01T00:00:00Z"), ("updated_at", "yesterday")])
def test_what_the_server_sets_cannot_be_changed(api, field, value):
    made = api.warehouse().json()
    url = f"/warehouses/{made['id']}"
    refused(api.call("PUT", url, made | {"name": "x", field: value}), 422, "invalid_request",
            f"/{field}")
    assert api.call("GET", url).json() == made


# ---- the header that every request has -----------------------------------------------------------

@pytest.mark.parametrize("headers", [{}, {"operation-name": ""}])
@pytest.mark.parametrize("method, path", [
    ("GET", "/warehouses/"), ("GET", "/warehouses/1"), ("POST", "/warehouses/"),
    ("PUT", "/warehouses/1"), ("DELETE", "/warehouses/1"), ("GET", "/shipments/tracking/x")])
def test_without_an_operation_name(api, headers, method, path):
    document = refused(api.call(method, path, headers=headers), 422, "invalid_request")
    assert document["errors"] == [{"header": "operation-name", "detail": "is missing"}]


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/health", "/livez"])
def test_where_no_operation_name_is_needed(server, path):
    assert requests.get(server.base_url + path).status_code == 200


def test_health(server):
    assert requests.get(f"{server.base_url}/health").text == '{"status":"ok","server":"A"}'


# ---- invalid input is 422 ------------------------------------------------------------------------

@pytest.mark.parametrize("body, pointers", [
    ({}, ["/name", "/location"]), ({"name": "x"}, ["/location"]),
    ({"name": 1, "location": "x"}, ["/name"]), ({"name": "x" * 201, "location": "x"}, ["/name"]),
    ({"name": "x", "location": "y", "id": 5}, ["/id"]),
    ({"name": "x", "location": "y", "size": 5}, ["/size"]),
    ({"name": "x", "location": "y", "created_at": "2026-01-01T00:00:00Z"}, ["/created_at"]),
    ([], [""])])
def test_what_is_no_warehouse(api, body, pointers):
    document = refused(api.call("POST", "/warehouses/", body), 422, "invalid_request")
    assert [fault["pointer"] for fault in document["errors"]] == pointers


def test_an_id_that_is_no_integer(api):
    document = refused(api.call("GET", "/warehouses/abc"), 422, "invalid_request")
    assert document["errors"] == [{"parameter": "id", "detail": "must be an integer"}]


# ---- shipments -----------------------------------------------------------------------------------

def test_a_new_shipment(api):
    warehouse = api.warehouse().json()["id"]
    answer = api.shipment(warehouse, tracking_number="NEW-1")
    assert answer.status_code == 201
    id = answer.json()["id"]
    assert re.fullmatch(
        rf'{{"id":{id},"tracking_number":"NEW-1","origin":"New York, NY",'
        rf'"destination":"Boston, MA","weight":12\.5,"status":"created",'
        rf'"warehouse_id":{warehouse},"created_at":"({TIME})","updated_at":"\1"}}', answer.text)


def test_an_unknown_warehouse(api):
    refused(api.shipment(999_999), 422, "unknown_reference", "/warehouse_id")
    made = api.shipment(api.warehouse().json()["id"]).json()
    answer = api.call("PUT", f"/shipments/{made['id']}", {"warehouse_id": 999_999})
    refused(answer, 422, "unknown_reference", "/warehouse_id")
    gone = api.warehouse().json()["id"]
    api.call("DELETE", f"/warehouses/{gone}").raise_for_status()
    refused(api.shipment(gone), 422, "unknown_reference", "/warehouse_id")


def test_a_warehouse_that_shipments_refer_to_stays(api):
    warehouse = api.warehouse().json()["id"]
    shipment = api.shipment(warehouse).json()["id"]
    refused(api.call("DELETE", f"/warehouses/{warehouse}"), 409, "still_referenced")
    api.call("DELETE", f"/shipments/{shipment}").raise_for_status()
    assert api.call("DELETE", f"/warehouses/{warehouse}").status_code == 200


def test_a_tracking_number_is_unique(api):
    warehouse = api.warehouse().json()["id"]
    first = api.shipment(warehouse, tracking_number="UNIQUE-1").json()
    other = api.shipment(warehouse).json()
    answer = api.shipment(warehouse, tracking_number="UNIQUE-1")
    refused(answer, 409, "not_unique", "/tracking_number")
    answer = api.call("PUT", f"/shipments/{other['id']}", {"tracking_number": "UNIQUE-1"})
    refused(answer, 409, "not_unique", "/tracking_number")
    own = api.call("PUT", f"/shipments/{first['id']}", {"tracking_number": "UNIQUE-1"})
    assert own.status_code == 200
    api.call("DELETE", f"/shipments/{first['id']}").raise_for_status()
    assert api.shipment(warehouse, tracking_number="UNIQUE-1").status_code == 201


@pytest.mark.parametrize("number", ["LOOK-1", "a b", "50%", "ü/ñ", "?x=1", "#", "tracking"])
def test_a_shipment_is_found_by_its_tracking_number(api, number):
    made = api.shipment(api.warehouse().json()["id"], tracking_number=number)
    path = f"/shipments/tracking/{requests.utils.quote(number, safe='')}"
    for spelled in (path, path + "/"):
        assert api.call("GET", spelled).text == made.text
    api.call("DELETE", f"/shipments/{made.json()['id']}").raise_for_status()
    refused(api.call("GET", path), 404, "not_found")


def test_an_unknown_tracking_number(api):
    refused(api.call("GET", "/shipments/tracking/nothing"), 404, "not_found")


def test_pending_is_taken_for_created(api):
    warehouse = api.warehouse().json()["id"]
    made = api.shipment(warehouse, status="pending")
    assert (made.status_code, made.json()["status"]) == (201, "created")
    url = f"/shipments/{made.json()['id']}"
    assert api.call("PUT", url, {"status": "pending"}).json()["status"] == "created"
    assert api.call("PUT", url, {"status": "in_transit"}).status_code == 200
    refused(api.call("PUT", url, {"status": "pending"}), 409, "against_order")


def test_a_status_only_goes_forward(api):
    made = api.shipment(api.warehouse().json()["id"]).json()
    url = f"/shipments/{made['id']}"
    for status in ("created", "in_transit", "in_transit", "delivered"):
        assert api.call("PUT", url, {"status": status}).json()["status"] == status
    document = refused(api.call("PUT", url, {"status": "created"}), 409, "against_order")
    assert document["current"]["status"] == "delivered"
    assert api.call("PUT", url, {"status": "cancelled"}).json()["status"] == "cancelled"
    refused(api.call("PUT", url, {"status": "lost"}), 422, "invalid_request", "/status")


@pytest.mark.parametrize("weight, valid", [
    ("0", True), ("0.1", True), ("1e3", True), ("-0.1", False), ("1e400", False), ('"1"', False),
    ("null", False)])
def test_weights(api, weight, valid):
    warehouse = api.warehouse().json()["id"]
    body = (f'{{"tracking_number":"W{next(numbers)}","origin":"a","destination":"b",'
            f'"weight":{weight},"warehouse_id":{warehouse}}}')
    answer = requests.post(f"{api.url}/shipments/", data=body, headers=NAMED)
    if valid:
        assert answer.json()["weight"] == float(weight)
    else:
        refused(answer, 422, "invalid_request", "/weight")


def test_a_repeated_request_id(api):
    headers = NAMED | {"X-Request-ID": "once"}
    body = {"name": "x", "location": "y"}
    assert api.call("POST", "/warehouses/", body, headers).status_code == 201
    refused(api.call("POST", "/warehouses/", body, headers), 422, "duplicate_request")


def test_every_answer_says_who_gave_it(server, api):
    for answer in (api.call("GET", "/warehouses/"), api.call("GET", "/warehouses/7x"),
                   api.call("POST", "/nothing"), requests.get(f"{server.base_url}/health"),
                   requests.get(f"{server.base_url}/docs/"),
                   requests.get(f"{server.base_url}/_atoll/status"),
                   requests.get(f"{server.base_url}/{'x' * 20_000}")):
        assert answer.headers["Atoll-Served-By"] == "A", answer.url[:100]


def test_that_others_have_a_write_is_not_believed_and_said_once(make_node):
    server = make_node(name="A", app="apps/logistics.toml").start()
    api = Api(f"{server.base_url}/api/v1")
    for number in range(3):
        body = {"name": f"W{number}", "location": "x"}
        told = NAMED | {"X-Replicated-From": "B"}
        assert api.call("POST", "/warehouses/", body, told).status_code == 201
    assert len(api.call("GET", "/warehouses/").json()) == 3
    server.stop()
    assert server.log().count("Does not believe X-Replicated-From") == 1


@pytest.mark.parametrize("allowed", ['["A","B","D"]', "[A,B,D]", "A,B,D", "A, B, C, D", ""])
def test_the_environment_of_a_server(make_node, allowed):
    port = free_port()
    server = make_node(app="apps/logistics.toml", by_flags=False, env={
        "SERVER_ID": "C", "SERVER_HOST": "127.0.0.1", "SERVER_PORT": str(port),
        "ALLOWED_SERVERS": allowed})
    server.start()
    assert server.port == port
    assert requests.get(f"{server.base_url}/health").json()["server"] == "C"


@pytest.mark.parametrize("env, place, refusal", [
    ({"ALLOWED_SERVERS": "B,D"}, "send_to = ",
     "has no replication to some nodes only yet: unset ALLOWED_SERVERS, or name A too"),
])
def test_what_this_version_does_not_do_is_refused_at_the_start(make_node, env, place, refusal):
    lines = (REPOSITORY / "apps/logistics.toml").read_text().splitlines()
    line = next(n for n, text in enumerate(lines, 1) if text.startswith(place))
    column = place.index("= ") + 3
    server = make_node(name="C", app="apps/logistics.toml", env=env)
    server.start(ready=False)
    assert server.wait_for_exit() == 2
    assert f"apps/logistics.toml:{line}:{column}: this version of Atoll {refusal}\n" in server.log()
