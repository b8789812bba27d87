"""ETag, If-Match, If-None-Match: what a client read, or has, decides what is answered."""

import json

import pytest
import requests
from answers import problem

STORES = ("sqlite", "postgres")

NO_TAGS = ['"x"', "x", '""', "", '"base:1:1', "W/", '"base:0:0"', '"\xff"']


def put(url, tag=None, header="If-Match", **body):
    headers = {} if tag is None else {header: tag}
    return requests.put(url, json={"price": 7, **body}, headers=headers)


def test_if_match_stands_for_the_version(property_url):
    tag = requests.get(property_url).headers["ETag"]
    written = put(property_url, tag)
    assert (written.status_code, written.json()["version"]) == (200, 2)
    stale = put(property_url, tag)
    document = problem(stale, 412, "precondition_failed")
    assert document["current"] == written.json()
    assert stale.headers["ETag"] == written.headers["ETag"]
    assert requests.get(property_url).text == written.text


def test_any_state_will_do(property_url):
    assert put(property_url, "*").json()["version"] == 2
    assert put(property_url, "*").json()["version"] == 3


def test_one_of_several_tags(property_url):
    tag = requests.get(property_url).headers["ETag"]
    assert put(property_url, f'"base:9:9", {tag}').status_code == 200


def test_a_weak_tag_matches_no_write(property_url):
    problem(put(property_url, 'W/"base:1:1"'), 412, "precondition_failed")


@pytest.mark.parametrize("tag", NO_TAGS)
def test_what_is_no_tag_matches_nothing(property_url, tag):
    answer = put(property_url, tag)
    assert answer.status_code in (400, 412), answer.text
    assert requests.get(property_url).json()["version"] == 1


def test_both_must_hold(property_url):
    tag = requests.get(property_url).headers["ETag"]
    problem(put(property_url, tag, version=2), 409, "version_conflict")
    problem(put(property_url, '"base:9:9"', version=1), 412, "precondition_failed")
    assert put(property_url, tag, version=1).status_code == 200


def patch(url, tag=None, **body):
    headers = {"Content-Type": "application/merge-patch+json"} | ({"If-Match": tag} if tag else {})
    return requests.patch(url, data=json.dumps(body), headers=headers)


def test_a_patch_says_which_state_it_is_about(property_url):
    first = requests.get(property_url)
    written = patch(property_url, first.headers["ETag"], bedrooms=7)
    assert written.status_code == 200, written.text
    shown = written.json()
    assert shown == first.json() | {"bedrooms": 7, "version": 2, "updated_at": shown["updated_at"]}
    stale = problem(patch(property_url, first.headers["ETag"], price=1), 412, "precondition_failed")
    assert stale["current"] == shown
    problem(patch(property_url, price=1, version=1), 409, "version_conflict")
    assert patch(property_url, bathrooms=None, version=2).json()["bathrooms"] is None
    pointers = [error["pointer"] for error in problem(patch(property_url, price=None), 400,
                                                      "invalid_request")["errors"]]
    assert pointers == ["/price", "/version"]


def test_if_match_on_what_is_not_there(properties):
    problem(put(f"{properties}/4001", "*"), 404, "not_found")


def test_a_read_of_what_is_known(property_url):
    known = requests.get(property_url)
    tag = known.headers["ETag"]
    for tags in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        answer = requests.get(property_url, headers={"If-None-Match": tags})
        assert (answer.status_code, answer.content) == (304, b""), tags
        assert answer.headers["ETag"] == tag
    for tags in (*NO_TAGS, '"base:1:2"', '"base:1:11"'):
        answer = requests.get(property_url, headers={"If-None-Match": tags})
        assert (answer.status_code, answer.text) == (200, known.text), tags
    put(property_url, tag)
    assert requests.get(property_url, headers={"If-None-Match": tag}).status_code == 200


def test_create_only(properties):
    body, headers = {"id": 81_001, "price": 1}, {"If-None-Match": "*"}
    assert requests.post(properties, json=body, headers=headers).status_code == 201
    again = requests.post(properties, json=body, headers=headers)
    assert problem(again, 412, "precondition_failed")["current"]["id"] == 81_001


def test_a_write_that_wants_nothing_there(property_url):
    problem(put(property_url, "*", header="If-None-Match", version=1), 412, "precondition_failed")
