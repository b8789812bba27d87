"""X-Request-ID, Idempotency-Key, Atoll-Attempt: a request that is sent again takes effect once."""

import itertools
import json

import pytest
import requests
from answers import problem

STORES = ("sqlite", "postgres")

numbers = itertools.count(1)


@pytest.fixture
def id():
    """An id that no other request has."""
    return f"id-{next(numbers)}"


def put(url, version=1, price=7, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.put(url, json={"price": price, "version": version}, headers=named)


# ---- X-Request-ID --------------------------------------------------------------------------------

def test_a_repeat_is_refused(property_url, id):
    written = put(property_url, X_Request_ID=id)
    assert written.status_code == 200
    for version in (1, 2, 3):  # it is looked up before the version is
        document = problem(put(property_url, version, X_Request_ID=id), 422, "duplicate_request")
        assert document["request_id"] == id
    assert requests.get(property_url).text == written.text


def test_one_space_for_all_records_and_methods(properties, property_url, id):
    headers = {"X-Request-ID": id}
    assert requests.post(properties, json={"price": 1}, headers=headers).status_code == 201
    problem(put(property_url, X_Request_ID=id), 422, "duplicate_request")
    problem(requests.post(properties, json={"price": 1}, headers=headers), 422, "duplicate_request")
    problem(requests.delete(property_url + "?version=1", headers=headers), 422,
            "duplicate_request")
    assert requests.get(property_url).json()["version"] == 1


def test_a_deletion_uses_its_id_up(property_url, id):
    headers = {"X-Request-ID": id}
    assert requests.delete(property_url + "?version=1", headers=headers).status_code == 204
    problem(requests.delete(property_url + "?version=1", headers=headers), 422,
            "duplicate_request")


def test_a_refused_request_does_not_use_its_id_up(properties, property_url, id):
    problem(put(property_url, 5, X_Request_ID=id), 409, "version_conflict")
    problem(put(property_url, 1, "x", X_Request_ID=id), 400, "invalid_request")
    problem(put(f"{properties}/4001", 1, X_Request_ID=id), 404, "not_found")
    answer = requests.put(property_url, json={"price": 1},
                          headers={"X-Request-ID": id, "If-Match": '"base:9:9"'})
    problem(answer, 412, "precondition_failed")
    answer = requests.put(property_url, data="{}",
                          headers={"X-Request-ID": id, "Content-Type": "text/plain"})
    problem(answer, 415, "unsupported_media_type")
    assert put(property_url, 1, X_Request_ID=id).status_code == 200


def test_a_read_does_not_look_at_it(property_url, id):
    put(property_url, X_Request_ID=id).raise_for_status()
    assert requests.get(property_url, headers={"X-Request-ID": id}).status_code == 200
    assert requests.get(property_url, headers={"X-Request-ID": "x" * 300}).status_code == 200


@pytest.mark.parametrize("header", ["X-Request-ID", "Idempotency-Key", "Atoll-Attempt"])
@pytest.mark.parametrize("value", ["", "x" * 256, "a\tb", "é"])
def test_what_is_no_id(property_url, header, value):
    headers = {header: value.encode("latin-1")}
    answer = requests.put(property_url, json={"price": 1, "version": 1}, headers=headers)
    document = problem(answer, 400, "invalid_request")
    assert document["errors"] == [
        {"header": header, "detail": "must have 1 to 255 printable ASCII characters"}]


@pytest.mark.parametrize("id", ["x" * 255, "~", "a b", '{"a":1}', "\\", "%00", "'; DROP TABLE x"])
def test_what_is_an_id(property_url, id):
    assert put(property_url, X_Request_ID=id).status_code == 200
    problem(put(property_url, 2, X_Request_ID=id), 422, "duplicate_request")


def test_ids_are_told_apart_by_case(property_url):
    assert put(property_url, 1, X_Request_ID="Case").status_code == 200
    assert put(property_url, 2, X_Request_ID="case").status_code == 200


def test_it_is_optional_unless_the_app_wants_it(make_node):
    node = make_node(env={"REQUEST_ID": "required"}).start()
    url = f"{node.base_url}/us/properties"
    for refused in (put(f"{url}/10"), requests.post(url, json={"price": 1}),
                    requests.delete(f"{url}/10?version=1")):
        document = problem(refused, 400, "invalid_request")
        assert document["errors"] == [{"header": "X-Request-ID", "detail": "is missing"}]
    assert requests.get(f"{url}/10").json()["version"] == 1
    assert put(f"{url}/10", X_Request_ID="a").status_code == 200


def test_ids_survive_a_restart(node):
    url = f"{node.base_url}/us/properties/10"
    first = put(url, X_Request_ID="a", Idempotency_Key="k")
    node.restart()
    problem(put(url, 2, X_Request_ID="a"), 422, "duplicate_request")
    assert put(url, Idempotency_Key="k").content == first.content


# ---- Idempotency-Key -----------------------------------------------------------------------------

def test_a_repeat_gets_the_first_answer(property_url, id):
    first = put(property_url, Idempotency_Key=id)
    assert "Idempotency-Replayed" not in first.headers
    put(property_url, 2, price=8).raise_for_status()
    again = put(property_url, Idempotency_Key=id)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    for name in ("ETag", "Content-Type", "Atoll-Token"):
        assert again.headers[name] == first.headers[name]
    assert requests.get(property_url).json()["version"] == 3


def test_a_new_property_is_made_once(properties, id):
    headers = {"Idempotency-Key": id}
    first = requests.post(properties, json={"price": 1}, headers=headers)
    again = requests.post(properties, json={"price": 1}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again.headers["Location"]) == (first.content, first.headers["Location"])
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_deletion_is_replayed(property_url, id):
    for replayed in (None, "true"):
        gone = requests.delete(property_url + "?version=1", headers={"Idempotency-Key": id})
        assert (gone.status_code, gone.content) == (204, b"")
        assert gone.headers.get("Idempotency-Replayed") == replayed


def test_another_request_under_the_same_key(properties, property_url, id):
    first = put(property_url, Idempotency_Key=id)
    problem(put(property_url, price=8, Idempotency_Key=id), 422, "key_reused")
    problem(put(property_url, 2, Idempotency_Key=id), 422, "key_reused")
    problem(put(f"{properties}/11", Idempotency_Key=id), 422, "key_reused")
    body = {"price": 7, "version": 1}
    answer = requests.post(properties, json=body | {"id": 5}, headers={"Idempotency-Key": id})
    assert answer.status_code in (400, 422)
    assert requests.get(property_url).text == first.text
    assert requests.get(f"{properties}/11").json()["version"] == 1


@pytest.mark.parametrize("first, second", [("q1", '"q1"'), ('"q2"', "q2"), ('"a\\"b"', 'a"b')])
def test_quoted_and_bare_are_one_key(property_url, first, second):
    written = put(property_url, Idempotency_Key=first)
    assert put(property_url, Idempotency_Key=second).content == written.content


def test_keys_and_ids_are_two_spaces(property_url, id):
    assert put(property_url, 1, Idempotency_Key=id).status_code == 200
    assert put(property_url, 2, X_Request_ID=id).status_code == 200


def test_a_key_replays_though_the_id_repeats(property_url, id):
    first = put(property_url, Idempotency_Key=id, X_Request_ID=id)
    again = put(property_url, Idempotency_Key=id, X_Request_ID=id)
    assert (again.status_code, again.content) == (200, first.content)
    problem(put(property_url, 2, X_Request_ID=id), 422, "duplicate_request")


def test_a_refused_request_does_not_use_its_key_up(property_url, id):
    problem(put(property_url, 5, Idempotency_Key=id), 409, "version_conflict")
    assert put(property_url, 1, Idempotency_Key=id).status_code == 200


# ---- Atoll-Attempt -------------------------------------------------------------------------------

def test_the_same_attempt_is_replayed_whatever_the_other_header_says(property_url, id):
    first = put(property_url, X_Request_ID=id, Atoll_Attempt=f"{id}.1")
    again = put(property_url, X_Request_ID=id, Atoll_Attempt=f"{id}.1")
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    problem(put(property_url, X_Request_ID=id, Atoll_Attempt=f"{id}.2"), 422, "duplicate_request")
    problem(put(property_url, X_Request_ID=id), 422, "duplicate_request")


def test_without_an_id_the_attempt_is_the_id(properties, property_url, id):
    first = put(property_url, Atoll_Attempt=id)
    again = put(property_url, Atoll_Attempt=id)
    assert (again.status_code, again.content) == (200, first.content)
    made = [requests.post(properties, json={"price": 1}, headers={"Atoll-Attempt": f"{id}.post"})
            for _ in range(2)]
    assert made[0].content == made[1].content


def test_the_client_may_try_again_under_another_attempt(property_url, id):
    problem(put(property_url, 9, X_Request_ID=id, Atoll_Attempt=f"{id}.1"), 409,
            "version_conflict")
    assert put(property_url, X_Request_ID=id, Atoll_Attempt=f"{id}.2").status_code == 200


def test_replays_after_the_record_has_gone(property_url, id):
    first = put(property_url, Idempotency_Key=id)
    requests.delete(property_url + "?version=2").raise_for_status()
    again = put(property_url, Idempotency_Key=id)
    assert (again.status_code, json.loads(again.content)) == (200, first.json())
