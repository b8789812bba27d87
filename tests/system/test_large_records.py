"""The largest record that the default limits allow goes through everything that carries one."""

import json
import pathlib

import requests
from answers import problem
from atoll import wait_until
from regions import JSON, Regions, get, put, status

STORES = ("sqlite", "mixed")
KAFKA = True
TEXT = "\x7f" * 1_000_000  # each character is six bytes of JSON, "\\u007f"


def with_texts(regions):
    """Three texts without a limit of their own beside what a property has."""
    app = pathlib.Path(regions.app)
    fields = "[resource.fields]\n" + "".join(f'{name} = "text?"\n' for name in "abc")
    app.write_text(app.read_text(encoding="utf-8").replace("[resource.fields]\n", fields, 1),
                   encoding="utf-8")
    return regions


def write(node, version, **fields):
    """Sent again while a busy machine's database takes longer over such a record than it may."""
    body = json.dumps({"price": 1, "version": version, **fields}, ensure_ascii=False).encode()
    headers = JSON | {"Idempotency-Key": f"{version}-{'-'.join(fields)}"}
    answers = []

    def answered():
        answers.append(requests.put(f"{node.base_url}/properties/10", timeout=60, headers=headers,
                                    data=body))
        return answers[-1].status_code != 503

    wait_until(answered, what="an answer")
    return answers[-1]


def assert_third_is_refused(node):
    """At whatever version: eu may have decided as well, where us took long to answer it."""
    answers = []

    def judged():
        answers.append(write(node, get(node, 10).json()["version"], c=TEXT))
        return answers[-1].status_code != 409

    wait_until(judged, what="the newest version being named")
    problem(answers[-1], 422, "record_too_large")
    version = get(node, 10).json()["version"]
    problem(write(node, version, c=TEXT + TEXT[:100_000]), 413, "body_too_large")


def test_large_texts_travel(make_node, tmp_path):
    regions = with_texts(Regions(make_node, tmp_path))
    regions.start("us", "eu")
    us, eu = regions["us"], regions["eu"]
    for version, name in enumerate("ab", 1):
        assert write(us, version, **{name: TEXT}).status_code == 200
    wait_until(lambda: get(eu, 10).json()["version"] == 3, what="both texts in eu")
    assert write(eu, 3, a="x" + TEXT[1:]).status_code == 200, "carried to its home, us"
    wait_until(lambda: get(us, 10).text == get(eu, 10).text and get(us, 10).json()["a"][0] == "x",
               what="one state")
    assert_third_is_refused(us)
    assert put(us, 11, 7, 1).status_code == 200
    wait_until(lambda: get(eu, 11).json()["version"] == 2, what="the feed going on")
    assert status(eu)["dead"] == 0


def test_large_texts_are_in_snapshots(make_node, tmp_path):
    regions = with_texts(Regions(make_node, tmp_path, log_bytes_max=4096))
    regions.start("us")
    us = regions["us"]
    for version, name in enumerate("ab", 1):
        assert write(us, version, **{name: TEXT}).status_code == 200
    for version in range(1, 20):
        assert put(us, 11, version, version).status_code == 200
    eu = regions["eu"].start()
    wait_until(lambda: get(eu, 10).text == get(us, 10).text, what="the texts in eu")
