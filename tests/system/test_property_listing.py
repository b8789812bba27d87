"""Every request of docs/property-listing.md, with its exact answer."""

import re

import pytest
import requests
from answers import problem

STORES = ("sqlite", "postgres")

TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
JSON = {"Content-Type": "application/json"}


def test_health(base_url):
    for path in ("/us/health", "/eu/health", "/health"):  # any region answers for any other
        answer = requests.get(base_url + path)
        assert (answer.status_code, answer.text) == (200, '{"status":"ok","region":"us"}')
        assert answer.headers["Content-Type"] == "application/json"


def test_a_property(base_url):
    for path in ("/us/properties/10", "/eu/properties/10", "/properties/10"):
        answer = requests.get(base_url + path)
        assert answer.status_code == 200
        assert answer.text == (
            '{"id":10,"price":300780.89,"bedrooms":3,"bathrooms":1,"region_origin":"us",'
            '"version":1,"updated_at":"2026-01-01T12:00:00.000000Z"}')
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["ETag"] == '"base:1:1"'
        assert "Atoll-Token" in answer.headers


def test_null_is_shown(properties):
    created = requests.post(properties, json={"price": 1}).json()
    shown = requests.get(f"{properties}/{created['id']}").text
    assert '"bedrooms":null,"bathrooms":null' in shown


@pytest.mark.parametrize("path", ["/us/properties/{}", "/properties/{}"])
@pytest.mark.parametrize("id", ["4001", "0", "-1", "9223372036854775808", "1" * 40])
def test_a_property_that_is_not_there(base_url, path, id):
    path = path.format(id)
    document = problem(requests.get(base_url + path), 404, "not_found")
    assert document["detail"] == f"there is no properties/{id}"
    assert document["instance"] == path


@pytest.mark.parametrize("id", ["abc", "1.0", "1e1", "%201", "0x1", "--1", "1,2", "%00", "١"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_id_that_is_no_integer(properties, method, id):
    body = '{"price":1,"version":1}' if method == "PUT" else None
    answer = requests.request(method, f"{properties}/{id}", data=body)
    document = problem(answer, 400, "invalid_request")
    assert document["errors"] == [{"parameter": "id", "detail": "must be an integer"}]


@pytest.mark.parametrize("rest", ["/health", "/replication-lag", "/properties", "/properties/10"])
@pytest.mark.parametrize("region", ["mars", "US", "usa", "u", "us%20"])
def test_an_unknown_region(base_url, region, rest):
    problem(requests.get(f"{base_url}/{region}{rest}"), 404, "not_found")


@pytest.mark.parametrize("path", ["", "/", "/us", "/us/", "/us/houses", "/us/properties/10/price",
                                  "/us/us/properties/10", "//us/health"])
def test_what_is_not_there(base_url, path):
    problem(requests.get(base_url + path), 404, "not_found")


@pytest.mark.parametrize("region", ["/us", "/eu", ""])
def test_an_update(base_url, property_url, region):
    id = property_url.rsplit("/", 1)[1]
    before = requests.get(property_url).json()
    answer = requests.put(f"{base_url}{region}/properties/{id}", headers=JSON,
                          data='{"price":520000.00,"version":1}')
    assert answer.status_code == 200
    assert re.fullmatch(
        rf'{{"id":{id},"price":520000\.00,"bedrooms":{before["bedrooms"]},'
        rf'"bathrooms":{before["bathrooms"]},"region_origin":"us","version":2,'
        rf'"updated_at":"{TIME}"}}', answer.text)
    assert answer.headers["Content-Type"] == "application/json"
    tag = re.fullmatch(r'"base:1:1,(us\.[a-z0-9]+):(\d+):1"', answer.headers["ETag"])
    assert tag, answer.headers["ETag"]
    assert answer.headers["Atoll-Token"] == f"{tag[1]}:{tag[2]}"
    shown = requests.get(property_url)
    assert shown.text == answer.text
    assert shown.headers["ETag"] == answer.headers["ETag"]


def test_an_update_may_name_bedrooms_and_bathrooms(property_url):
    body = {"price": 1, "version": 1, "bedrooms": 7, "bathrooms": None}
    first = requests.put(property_url, json=body).json()
    assert (first["bedrooms"], first["bathrooms"]) == (7, None)
    second = requests.put(property_url, json={"price": 2, "version": 2}).json()
    assert (second["bedrooms"], second["bathrooms"]) == (7, None)


def test_updated_at_grows_with_each_write(property_url):
    seen = [requests.get(property_url).json()["updated_at"]]
    for version in range(1, 6):
        answer = requests.put(property_url, json={"price": version, "version": version})
        seen.append(answer.json()["updated_at"])
    assert seen == sorted(set(seen))


def test_a_stale_version(property_url):
    now = requests.put(property_url, json={"price": 2, "version": 1})
    document = problem(requests.put(property_url, json={"price": 3, "version": 1}), 409,
                       "version_conflict")
    id = now.json()["id"]
    assert document["detail"] == f"properties/{id} is at version 2, the request has version 1"
    assert document["current"] == now.json()
    assert list(document["current"]) == list(now.json())
    assert requests.get(property_url).text == now.text


def test_a_version_ahead(property_url):
    answer = requests.put(property_url, json={"price": 3, "version": 2})
    assert problem(answer, 409, "version_conflict")["current"]["version"] == 1


def test_what_a_client_does_on_409(property_url):
    requests.put(property_url, json={"price": 2, "version": 1})
    body, headers = {"price": 3, "version": 1}, {"X-Request-ID": f"retry {property_url}"}
    refused = requests.put(property_url, json=body, headers=headers)
    body["version"] = refused.json()["current"]["version"]
    assert requests.put(property_url, json=body, headers=headers).json()["version"] == 3


def test_an_update_of_what_is_not_there(properties):
    problem(requests.put(f"{properties}/4001", json={"price": 1, "version": 1}), 404, "not_found")


def test_the_lag_is_always_a_number(base_url):
    for path in ("/us/replication-lag", "/replication-lag"):
        answer = requests.get(base_url + path)
        assert answer.status_code == 200
        assert answer.text == '{"lag_seconds":0.000,"peers":[]}'  # it has no peers


def test_a_new_property(base_url, properties):
    answer = requests.post(properties, headers=JSON, data='{"price":1250000.50,"bedrooms":4}')
    assert answer.status_code == 201
    id = answer.json()["id"]
    assert re.fullmatch(
        rf'{{"id":{id},"price":1250000\.50,"bedrooms":4,"bathrooms":null,"region_origin":"us",'
        rf'"version":1,"updated_at":"{TIME}"}}', answer.text)
    assert answer.headers["Location"] == f"/us/properties/{id}"
    assert re.fullmatch(r'"us\.[a-z0-9]+:\d+:1"', answer.headers["ETag"])
    assert requests.get(base_url + answer.headers["Location"]).text == answer.text


def test_the_location_is_spelled_as_the_request(base_url):
    answer = requests.post(f"{base_url}/properties", json={"price": 1})
    assert answer.headers["Location"] == f"/properties/{answer.json()['id']}"


def test_ids_come_from_the_slots_of_the_region(make_node):
    properties = f"{make_node().start().base_url}/us/properties"
    eu = f"{make_node(name='eu').start().base_url}/eu/properties"
    ours = [requests.post(properties, json={"price": 1}).json()["id"] for _ in range(4)]
    theirs = [requests.post(eu, json={"price": 1}).json() for _ in range(4)]
    assert ours == [3001 + 16 * i for i in range(4)]
    assert [row["id"] for row in theirs] == [3002 + 16 * i for i in range(4)]
    assert {row["region_origin"] for row in theirs} == {"eu"}


def test_an_id_may_be_given(properties):
    answer = requests.post(properties, json={"id": 70_000, "price": 1})
    assert (answer.status_code, answer.json()["id"]) == (201, 70_000)
    document = problem(requests.post(properties, json={"id": 70_000, "price": 2}), 409,
                       "already_exists")
    assert document["current"] == answer.json()


def test_a_deletion_by_version(property_url):
    problem(requests.delete(property_url), 428, "precondition_required")
    stale = problem(requests.delete(property_url + "?version=2"), 409, "version_conflict")
    assert stale["current"]["version"] == 1
    gone = requests.delete(property_url + "?version=1")
    assert (gone.status_code, gone.content) == (204, b"")
    assert "Content-Type" not in gone.headers
    assert "Atoll-Token" in gone.headers
    problem(requests.get(property_url), 404, "not_found")
    problem(requests.delete(property_url + "?version=2"), 404, "not_found")
    problem(requests.put(property_url, json={"price": 1, "version": 2}), 404, "not_found")


def test_a_deletion_by_if_match(property_url):
    stale = requests.delete(property_url, headers={"If-Match": '"base:2:2"'})
    problem(stale, 412, "precondition_failed")
    tag = requests.get(property_url).headers["ETag"]
    assert requests.delete(property_url, headers={"If-Match": tag}).status_code == 204


@pytest.mark.parametrize("query", ["version=", "version=0", "version=-1", "version=x",
                                   "version=1&version=1", "versions=1", "version=1&x=1"])
def test_a_deletion_with_a_malformed_query(property_url, query):
    problem(requests.delete(f"{property_url}?{query}"), 400, "invalid_request")
    assert requests.get(property_url).status_code == 200


def test_what_was_deleted_may_be_created_again(property_url):
    id = int(property_url.rsplit("/", 1)[1])
    requests.delete(property_url + "?version=1").raise_for_status()
    again = requests.post(property_url.rsplit("/", 1)[0], json={"id": id, "price": 5})
    assert again.status_code == 201
    assert again.json()["version"] > 2, "a version must never name two states"
    assert requests.get(property_url).text == again.text
