"""Lists: filters, orders, pages. What is expected is computed from the seed file."""

import csv
import decimal
import itertools
import json
import random
import threading

import pytest
import requests
from answers import problem
from atoll import REPOSITORY

STORES = ("sqlite", "postgres")


def read_seed():
    with (REPOSITORY / "apps" / "property-listing.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [{"id": int(row["id"]), "price": decimal.Decimal(row["price"]),
             "bedrooms": int(row["bedrooms"]) if row["bedrooms"] else None,
             "bathrooms": int(row["bathrooms"]) if row["bathrooms"] else None,
             "region_origin": row["region_origin"]} for row in rows]


SEED = read_seed()


def page(url, **parameters):
    answer = requests.get(url, params=parameters)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text, parse_float=decimal.Decimal)


def pages(url, **parameters):
    """Every page to the end, by the cursors."""
    while True:
        got = page(url, **parameters)
        yield got
        if got["next"] is None:
            return
        parameters["cursor"] = got["next"]


def ids(rows):
    return [row["id"] for row in rows]


def all_ids(url, **parameters):
    return [id for got in pages(url, **parameters) for id in ids(got["items"])]


def test_the_first_page(properties):
    answer = requests.get(properties)
    got = answer.json()
    assert list(got) == ["items", "next"]
    assert ids(got["items"]) == list(range(1, 101))
    assert answer.headers["Content-Type"] == "application/json"
    assert "Atoll-Token" in answer.headers
    assert requests.get(f"{properties}/1").text == answer.text[len('{"items":['):].split("},{")[
        0] + "}"


def test_every_page_by_link(base_url, properties):
    url, seen = f"{properties}?limit=700&sort=-price&max_price=900000.5", []
    while url:
        answer = requests.get(url)
        got = answer.json()
        seen += ids(got["items"])
        assert ("Link" in answer.headers) == (got["next"] is not None)
        link = answer.links.get("next", {}).get("url")
        if link:
            assert got["next"] in link
        url = link and base_url + link
    wanted = sorted((row for row in SEED if row["price"] <= decimal.Decimal("900000.5")),
                    key=lambda row: (row["price"], row["id"]), reverse=True)
    assert seen == ids(wanted)


@pytest.mark.parametrize("sort", ["id", "-id", "price", "-price", "updated_at", "-updated_at"])
def test_orders(properties, sort):
    name = sort.removeprefix("-")
    wanted = sorted(SEED, key=lambda row: (row.get(name, 0), row["id"]), reverse=sort[0] == "-")
    assert all_ids(properties, sort=sort, limit=1000) == ids(wanted)


FILTERS = {
    "min_price": lambda row, value: row["price"] >= decimal.Decimal(value),
    "max_price": lambda row, value: row["price"] <= decimal.Decimal(value),
    "bedrooms": lambda row, value: row["bedrooms"] == int(value),
    "bathrooms": lambda row, value: row["bathrooms"] == int(value),
    "region_origin": lambda row, value: row["region_origin"] == value,
}


@pytest.mark.parametrize("wanted", [
    {"min_price": "300780.89"}, {"max_price": "300780.89"}, {"min_price": "300780.9"},
    {"max_price": "300780.88"}, {"bedrooms": "3"}, {"bathrooms": "2"}, {"region_origin": "eu"},
    {"region_origin": "us", "bedrooms": "2", "max_price": "400000", "min_price": "100000.01"},
    {"bedrooms": "1000"}, {"min_price": "9999999999.99"}, {"max_price": "0"},
    {"min_price": "-5"}, {"region_origin": "zz"}])
def test_filters(properties, wanted):
    fits = [row for row in SEED if all(FILTERS[name](row, wanted[name]) for name in wanted)]
    assert all_ids(properties, limit=999, **wanted) == ids(fits)
    counted = page(properties, limit=1, count="true", **wanted)
    assert list(counted) == ["items", "next", "total"]
    assert counted["total"] == len(fits)


def test_limits(properties):
    assert len(page(properties, limit=1)["items"]) == 1
    assert len(page(properties, limit=1000)["items"]) == 1000
    last = page(properties, limit=3, sort="-id")
    assert ids(last["items"]) == [3000, 2999, 2998]
    assert page(properties, limit=1000, bedrooms=3, max_price=0) == {"items": [], "next": None}


def test_a_page_that_ends_exactly_at_the_end_is_the_last(properties):
    got = list(pages(properties, limit=1000))
    assert [len(one["items"]) for one in got] == [1000, 1000, 1000]


@pytest.mark.parametrize("query", [
    "limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "limit=1.0", "limit=1&limit=2",
    "limit=99999999999999999999", "sort=bedrooms", "sort=", "sort=-", "sort=--id", "sort=id,price",
    "min_price=x", "min_price=", "min_price=1.001", "max_price=1e5x", "bedrooms=x", "bedrooms=1.5",
    "bedrooms=99999999999", "region_origin=usa", "count=1", "count=yes", "skip=1", "offset=1",
    "Limit=1", "limit =1", "%6=1", "a=%zz", "limit=%ff", "cursor=", "cursor=x", "cursor=%00"])
def test_what_is_no_list(properties, query):
    document = problem(requests.get(f"{properties}?{query}"), 400, "invalid_request")
    name = query.split("=")[0]
    assert document["errors"][0]["parameter"] in (name, "")


def test_all_that_is_wrong_is_said_at_once(properties):
    answer = requests.get(f"{properties}?limit=0&sort=x&colour=red")
    named = [fault["parameter"] for fault in problem(answer, 400, "invalid_request")["errors"]]
    assert named == ["limit", "sort", "colour"]


def test_a_cursor_belongs_to_its_order(properties):
    cursor = page(properties, sort="price", limit=5)["next"]
    for other in ("id", "-price", "updated_at"):
        answer = requests.get(properties, params={"sort": other, "cursor": cursor})
        problem(answer, 400, "invalid_request")


def test_a_cursor_that_was_tampered_with(properties):
    chance = random.Random(7)
    cursor = page(properties, sort="price", limit=5)["next"]
    for _ in range(200):
        bent = list(cursor)
        for _ in range(chance.randint(1, 3)):
            bent[chance.randrange(len(bent))] = chance.choice("ABCabc019-_=+/%")
        text = "".join(bent)[: chance.randint(1, len(cursor))]
        answer = requests.get(properties, params={"sort": "price", "cursor": text})
        assert answer.status_code in (200, 400), answer.text


def test_a_property_without_rooms_is_in_no_list_that_asks_for_rooms(node):
    properties = f"{node.base_url}/us/properties"
    made = requests.post(properties, json={"price": 1}).json()["id"]
    assert made in all_ids(properties, limit=1000)
    assert made not in all_ids(properties, limit=1000, bedrooms=0)


def test_a_deleted_property_is_in_no_list(node):
    properties = f"{node.base_url}/us/properties"
    requests.delete(f"{properties}/7?version=1").raise_for_status()
    assert ids(page(properties, limit=8)["items"]) == [1, 2, 3, 4, 5, 6, 8, 9]
    assert page(properties, limit=1, count="true")["total"] == 2999


def test_each_row_once_while_rows_are_written(node):
    """Pages in the order of a key that does not change show every row once, whatever is written."""
    properties, stop = f"{node.base_url}/us/properties", threading.Event()

    def write():
        session = requests.Session()
        for version in itertools.count(1):
            for id in range(50, 60):
                if stop.is_set():
                    return
                body = {"price": version, "version": version}
                session.put(f"{properties}/{id}", json=body).raise_for_status()
                session.post(properties, json={"price": 1}).raise_for_status()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            seen = all_ids(properties, limit=97)
            assert len(seen) == len(set(seen))
            assert set(range(1, 3001)) <= set(seen)
            seen = all_ids(properties, limit=97, sort="-id")
            assert seen == sorted(set(seen), reverse=True)
            assert set(range(1, 3001)) <= set(seen)
    finally:
        stop.set()
        writer.join()
