"""Whatever is wrong with a write is said, all at once, each with a pointer; nothing is written."""

import pytest
import requests
from answers import problem

STORES = ("sqlite", "postgres")

NAMES = "price", "bedrooms", "bathrooms"


def send(url, text, content_type=None, method="PUT"):
    """A body exactly as it is given; without a Content-Type unless there is one."""
    headers = {"Content-Type": content_type} if content_type else {}
    body = text.encode() if isinstance(text, str) else text
    return requests.request(method, url, data=body, headers=headers)


def faults(answer):
    """The errors of a 400, by what they point to."""
    document = problem(answer, 400, "invalid_request")
    return {fault.get("pointer", fault.get("header", fault.get("parameter"))): fault["detail"]
            for fault in document["errors"]}


def test_all_faults_at_once(property_url):
    body = '{"price":1.005,"bedrooms":-1,"garden":true,"bathrooms":"2"}'
    assert faults(send(property_url, body)) == {
        "/price": "must have at most 2 decimals",
        "/bedrooms": "must be at least 0",
        "/garden": "is not a field of properties",
        "/bathrooms": "must be an integer",
        "/version": "is missing",
    }
    assert requests.get(property_url).json()["version"] == 1


def test_price_and_version_are_needed(property_url):
    assert faults(send(property_url, "{}")) == {"/price": "is missing", "/version": "is missing"}
    assert faults(send(property_url, '{"version":1}')) == {"/price": "is missing"}
    assert faults(send(property_url, '{"price":1}')) == {"/version": "is missing"}


@pytest.mark.parametrize("sent, kept", [
    ("1250000.50", "1250000.50"), ("0.1", "0.10"), ("0", "0.00"), ("-0", "0.00"), ("7", "7.00"),
    ("9999999999.99", "9999999999.99"), ("1.10", "1.10"), ("1e3", "1000.00"), ("1E-2", "0.01"),
    ("12.5e1", "125.00"), ("1.000", "1.00"), ("0.3", "0.30"), ("4503599627.49", "4503599627.49")])
def test_prices_are_exact(property_url, sent, kept):
    answer = send(property_url, f'{{"price":{sent},"version":1}}')
    assert answer.status_code == 200, answer.text
    assert f'"price":{kept},' in answer.text
    assert f'"price":{kept},' in requests.get(property_url).text


@pytest.mark.parametrize("sent", [
    "1.001", "0.001", "1e-3", "-0.01", "-1", "10000000000", "9999999999.995", "1e10", "1e400",
    "1e-400", '"1"', "null", "true", "[]", "{}", '"NaN"'])
def test_what_is_no_price(property_url, sent):
    assert list(faults(send(property_url, f'{{"price":{sent},"version":1}}'))) == ["/price"]
    assert requests.get(property_url).json()["version"] == 1


@pytest.mark.parametrize("field", ["bedrooms", "bathrooms"])
def test_rooms(property_url, field):
    for version, rooms in enumerate(["0", "1000", "null", "3.0", "1e1"], start=1):
        answer = send(property_url, f'{{"price":1,"{field}":{rooms},"version":{version}}}')
        if rooms in ("3.0", "1e1"):  # the same integers, spelled otherwise: either way, never 5xx
            assert answer.status_code in (200, 400)
            break
        assert answer.status_code == 200, answer.text
        assert f'"{field}":{rooms}' in answer.text
    for rooms in ["-1", "1001", "1.5", '"1"', "true", "99999999999999999999", "[1]"]:
        assert list(faults(send(property_url, f'{{"price":1,"{field}":{rooms},"version":9}}'))) == [
            f"/{field}"], rooms


@pytest.mark.parametrize("version", ["0", "-1", "1.5", '"1"', "null", "true", "[]",
                                     "99999999999999999999", "9223372036854775808"])
def test_what_is_no_version(property_url, version):
    assert list(faults(send(property_url, f'{{"price":1,"version":{version}}}'))) == ["/version"]


def test_unknown_fields_are_refused(property_url):
    answer = send(property_url, '{"price":1,"version":1,"a/b~c":1,"":2,"Price":3}')
    assert sorted(faults(answer)) == ["/", "/Price", "/a~1b~0c"]


def test_what_only_the_server_sets_is_refused_even_as_it_is(property_url):
    row = requests.get(property_url).json()
    answer = requests.put(property_url, json=row)
    assert list(faults(answer)) == ["/region_origin", "/updated_at"]
    rest = {name: row[name] for name in row if name not in ("region_origin", "updated_at")}
    answer = requests.put(property_url, json=rest)
    assert (answer.status_code, answer.json()["version"]) == (200, 2), "the id is the path's"


@pytest.mark.parametrize("field, value", [
    ("id", "11111"), ("id", '"10"'), ("region_origin", '"eu"'), ("region_origin", "null"),
    ("updated_at", '"2026-01-01T12:00:00.000001Z"'), ("updated_at", '"yesterday"')])
def test_what_the_server_sets_cannot_be_changed(property_url, field, value):
    answer = send(property_url, f'{{"price":1,"version":1,"{field}":{value}}}')
    assert list(faults(answer)) == [f"/{field}"]
    assert requests.get(property_url).json()["version"] == 1


@pytest.mark.parametrize("field, value", [
    ("version", "1"), ("region_origin", '"us"'), ("updated_at", '"2026-01-01T12:00:00Z"')])
def test_a_new_property_names_nothing_that_the_server_sets(properties, field, value):
    answer = send(properties, f'{{"price":1,"{field}":{value}}}', method="POST")
    assert list(faults(answer)) == [f"/{field}"]


@pytest.mark.parametrize("id", ["0", "-5", '"x"', "1.5", "null", "9223372036854775808"])
def test_what_is_no_id_for_a_new_property(properties, id):
    answer = send(properties, f'{{"price":1,"id":{id}}}', method="POST")
    if id in ("0", "-5"):
        assert answer.status_code in (201, 400)
    else:
        assert list(faults(answer)) == ["/id"]


@pytest.mark.parametrize("text", [
    "", " ", "{", "[]", "1", "null", '"x"', '{"price":1,"version":1', '{"price":1,"version":1}}',
    '{"price":1,"version":1,}', '{"price":01,"version":1}', '{"price":1.,"version":1}',
    '{"price":.5,"version":1}', '{"price":+1,"version":1}', "{'price':1,'version':1}",
    '{"price":NaN,"version":1}', '{"price":1,"version":1} x', '{"price":1/**/,"version":1}',
    '{"price":1,"price":1,"version":1}', '{"price":1,"version":1,"pri\\u0063e":2}',
    '\ufeff{"price":1,"version":1}', '{"price":1,"version":1,"x":"\\ud800"}',
    '{"price":1,"version":1,"x":"\n"}', '{"price":1,"version":1,"x":' + "[" * 70 + "]" * 70 + "}",
    '{"price":1e99999999999999999999,"version":1}',
    b'{"price":1,"version":1,"x":"\xff"}', b'{"price":1,"version":1,"x":"\xc0\xaf"}',
    b'{"price":1,"version":1,"x":"\xed\xa0\x80"}', b"\x00", b'\x1f\x8b\x08\x00'])
def test_what_is_not_one_json_object(property_url, text):
    found = faults(send(property_url, text))
    assert list(found) == [""]
    assert requests.get(property_url).json()["version"] == 1


@pytest.mark.parametrize("content_type", [
    None, "application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8",
    "APPLICATION/JSON", "application/merge-patch+json", "application/vnd.x+json; v=1"])
def test_what_is_json(property_url, content_type):
    answer = send(property_url, '{"price":1,"version":1}', content_type)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("content_type", [
    "text/plain", "application/x-www-form-urlencoded", "application/xml", "json",
    "application/jsonx", "multipart/form-data; boundary=x", "text/json", "+json"])
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_what_is_not_json(properties, property_url, content_type, method):
    url = property_url if method == "PUT" else properties
    answer = send(url, '{"price":1,"version":1}', content_type, method)
    problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("query", ["?x=1", "?limit=1", "?%zz", "?a%ff"])
def test_unknown_query_parameters(properties, property_url, method, query):
    url = properties if method == "POST" else property_url
    body = {"PUT": '{"price":1,"version":1}', "POST": '{"price":1}'}.get(method)
    answer = requests.request(method, url + query, data=body)
    assert answer.status_code == 400, answer.text
    assert requests.get(property_url).json()["version"] == 1
