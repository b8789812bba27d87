"""Products: wrapped answers, and a stock that is counted."""

import concurrent.futures
import itertools
import json
import re

import pytest
import requests
from atoll import Node

TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def primary(tmp_path_factory):
    """The node of products."""
    node = Node(tmp_path_factory.mktemp("products"), name="primary", app="apps/products.toml")
    try:
        yield node.start()
    finally:
        node.clean_up()


@pytest.fixture
def products(primary):
    return f"{primary.base_url}/api/products"


def wrapped(answer, status, message):
    """What is in a wrapped answer."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    document = answer.json()
    assert list(document)[:3] == ["success", "data", "message"]
    assert (document["success"], document["message"]) == (True, message)
    return document["data"]


def refused(answer, status, code, message=None):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    document = answer.json()
    assert list(document) == ["success", "data", "message", "error", "code"]
    assert (document["success"], document["data"], document["code"]) == (False, None, code)
    assert document["message"] and document["error"] != code
    if message:
        assert document["message"] == message


def make(products, **fields):
    body = {"id": f"p{next(numbers)}", "name": "Lamp", "price": 19.99, "stock": 5}
    return wrapped(requests.post(products, json=body | fields), 201, "Product created successfully")


def test_a_new_product(products):
    body = {"id": "lamp-1", "name": "Lamp", "price": 19.99, "stock": 5}
    answer = requests.post(products, json=body)
    assert answer.status_code == 201
    assert re.fullmatch(
        r'{"success":true,"data":{"id":"lamp-1","name":"Lamp","price":19\.99,"stock":5,'
        rf'"createdAt":"({TIME})","updatedAt":"\1"}},"message":"Product created successfully"}}',
        answer.text)
    assert answer.headers["Location"] == "/api/products/lamp-1"
    got = requests.get(f"{products}/lamp-1")
    assert got.text == answer.text.replace("Product created", "Product retrieved")


def test_an_id_is_given_when_there_is_none(products):
    body = {"name": "Lamp", "price": 1, "stock": 0}
    made = [wrapped(requests.post(products, json=body), 201, "Product created successfully")
            for _ in range(3)]
    assert len({product["id"] for product in made}) == 3
    for product in made:
        assert re.fullmatch(UUID, product["id"])
        assert requests.get(f"{products}/{product['id']}").json()["data"] == product


def test_an_existing_id_is_updated(products):
    first = make(products, id="again")
    body = {"id": "again", "name": "Lamp, blue", "price": 21, "stock": 3}
    second = wrapped(requests.post(products, json=body), 200, "Product updated successfully")
    assert second["createdAt"] == first["createdAt"]
    assert second["updatedAt"] >= first["updatedAt"]
    assert {name: second[name] for name in body} == body


def test_an_update(products):
    first = make(products)
    url = f"{products}/{first['id']}"
    body = {"name": "x", "price": 0.1, "stock": 7}
    second = wrapped(requests.put(url, json=body), 200, "Product updated successfully")
    assert second == first | body | {"updatedAt": second["updatedAt"]}
    third = wrapped(requests.put(url, json={"price": 2}), 200, "Product updated successfully")
    assert third == second | {"price": 2, "updatedAt": third["updatedAt"]}


def test_what_only_the_server_sets_is_passed_over(products):
    first = make(products, createdAt="yesterday", updatedAt=7)
    answer = requests.put(f"{products}/{first['id']}",
                          json=first | {"price": 3, "createdAt": "2020-01-01T00:00:00.000Z"})
    second = wrapped(answer, 200, "Product updated successfully")
    assert second == first | {"price": 3, "updatedAt": second["updatedAt"]}


def patched(url, body, **headers):
    return requests.patch(url, json=body, headers=headers, timeout=60)


def test_a_patch_changes_what_it_names(products):
    first = make(products, stock=5)
    url = f"{products}/{first['id']}"
    second = wrapped(patched(url, {"price": 2}), 200, "Product updated successfully")
    assert second == first | {"price": 2, "updatedAt": second["updatedAt"]}
    third = wrapped(patched(url, {"name": "x", "stock": {"add": -3}}), 200,
                    "Product updated successfully")
    assert (third["name"], third["stock"]) == ("x", 2)
    merge = {"Content-Type": "application/merge-patch+json"}
    fourth = wrapped(requests.patch(url, data='{"stock":7}', headers=merge, timeout=60), 200,
                     "Product updated successfully")
    assert fourth["stock"] == 7
    refused(patched(f"{products}/nothing", {"price": 2}), 404, "not_found", "Product not found")


@pytest.mark.parametrize("body", [
    {"stock": {"add": "x"}}, {"stock": {"add": 1.5}}, {"stock": {"add": 1, "x": 1}}, {"stock": {}},
    {"price": {"add": 1}}, {"stock": None}, {"pirce": 1}, [], "x"])
def test_what_is_no_patch(products, body):
    url = f"{products}/{make(products, stock=5)['id']}"
    refused(patched(url, body), 400, "invalid_request")
    assert requests.get(url, timeout=60).json()["data"]["stock"] == 5


def test_a_stock_does_not_fall_below_zero(products):
    url = f"{products}/{make(products, stock=2)['id']}"
    refused(patched(url, {"stock": {"add": -3}}), 409, "out_of_range")
    assert requests.get(url, timeout=60).json()["data"]["stock"] == 2


def test_additions_of_several_clients_all_count(products):
    url = f"{products}/{make(products, stock=100)['id']}"
    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: patched(url, {"stock": {"add": -3}}), range(40)))
    taken = sum(answer.status_code == 200 for answer in answers)
    assert taken == 33
    assert {answer.status_code for answer in answers} == {200, 409}
    assert requests.get(url, timeout=60).json()["data"]["stock"] == 1


def test_a_patch_that_is_repeated_counts_once(products):
    url = f"{products}/{make(products, stock=5)['id']}"
    key = {"Idempotency-Key": f"take-{next(numbers)}"}
    for _ in range(2):
        assert patched(url, {"stock": {"add": -3}}, **key).json()["data"]["stock"] == 2
    assert requests.get(url, timeout=60).json()["data"]["stock"] == 2
    refused(requests.put(url, json={"stock": 1}, headers=key, timeout=60), 422, "key_reused")


def test_a_deletion(products):
    made = make(products)
    url = f"{products}/{made['id']}"
    gone = wrapped(requests.delete(url), 200, "Product deleted successfully")
    assert {name: gone[name] for name in ("id", "name", "price")} == {
        name: made[name] for name in ("id", "name", "price")}
    for method in ("GET", "PUT", "DELETE"):
        answer = requests.request(method, url, json={"name": "x"} if method == "PUT" else None)
        refused(answer, 404, "not_found", "Product not found")
    again = make(products, id=made["id"], stock=2)
    assert again["stock"] == 2


def test_a_list(make_node):
    node = make_node(name="primary", app="apps/products.toml").start()
    products = f"{node.base_url}/api/products"
    empty = requests.get(products)
    assert empty.text == (
        '{"success":true,"data":[],"message":"Products retrieved successfully"}')
    made = sorted((make(products) for _ in range(5)), key=lambda product: product["id"])
    assert wrapped(requests.get(products), 200, "Products retrieved successfully") == made
    first = requests.get(f"{products}?limit=2")
    document = json.loads(first.text)
    assert list(document) == ["success", "data", "message", "next"]
    assert document["data"] == made[:2]
    second = requests.get(node.base_url + first.links["next"]["url"]).json()
    assert second["data"] == made[2:4]
    last = requests.get(products, params={"limit": 2, "cursor": second["next"]})
    assert (last.json()["data"], list(last.json())) == (made[4:], ["success", "data", "message"])
    assert "Link" not in last.headers


@pytest.mark.parametrize("query", ["limit=0", "limit=10001", "skip=1", "x=1", "cursor=x"])
def test_what_is_no_list(products, query):
    refused(requests.get(f"{products}?{query}"), 400, "invalid_request")


def test_a_stock_counts_up_and_down(products):
    url = f"{products}/{make(products, stock=5)['id']}"
    for stock in (4, 0, 2_147_483_647, 3):
        body = {"stock": stock}
        assert wrapped(requests.put(url, json=body), 200, "Product updated successfully")[
            "stock"] == stock
        assert requests.get(url).json()["data"]["stock"] == stock
    refused(requests.put(url, json={"stock": -1}), 400, "invalid_request")
    assert requests.get(url).json()["data"]["stock"] == 3


@pytest.mark.parametrize("fields", [
    {"name": ""}, {"name": "x" * 256}, {"name": 5}, {"price": -0.01}, {"price": "1"},
    {"price": None}, {"stock": -1}, {"stock": 1.5}, {"stock": 2_147_483_648}, {"id": ""},
    {"id": "x" * 129}, {"id": 5}, {"colour": "red"}])
def test_what_is_no_product(products, fields):
    body = {"name": "Lamp", "price": 1, "stock": 0} | fields
    refused(requests.post(products, json=body), 400, "invalid_request")


def test_all_fields_of_a_new_product_are_needed(products):
    answer = requests.post(products, json={})
    refused(answer, 400, "invalid_request")
    assert all(name in answer.json()["message"] for name in ("name", "price", "stock"))


@pytest.mark.parametrize("id", ["x" * 128, "a b", "50%", "ü/ñ", "?x=1", "#", "..", "%2e", "+"])
def test_ids_of_any_characters(products, id):
    made = make(products, id=id)
    assert made["id"] == id
    url = f"{products}/{requests.utils.quote(id, safe='')}".replace("/..", "/%2e%2e")
    request = requests.Request("GET", url).prepare()
    request.url = url  # as it is: dots stay
    assert requests.Session().send(request).json()["data"] == made


@pytest.mark.parametrize("price", ["0", "0.1", "19.99", "1e300", "5e-324", "0.30000000000000004",
                                   "123456789012345680"])
def test_prices_come_back_as_they_were(products, price):
    body = f'{{"id":"price{next(numbers)}","name":"x","price":{price},"stock":0}}'
    shown = requests.post(products, data=body)
    assert shown.status_code == 201, shown.text
    assert float(shown.json()["data"]["price"]) == float(price)


def test_unicode(products):
    made = make(products, name='Lampe "Öl" \\ 💡\n\u0001')
    assert made["name"] == 'Lampe "Öl" \\ 💡\n\u0001'


def test_probes_are_not_wrapped(primary):
    assert requests.get(f"{primary.base_url}/health").text == '{"status":"ok","node":"primary"}'
    assert requests.get(f"{primary.base_url}/docs").status_code == 200
    assert requests.get(f"{primary.base_url}/openapi.json").status_code == 200


def test_what_is_not_there_is_wrapped_too(primary):
    refused(requests.get(f"{primary.base_url}/api/nothing"), 404, "not_found")
    refused(requests.put(f"{primary.base_url}/api/products", json={}), 405, "method_not_allowed")


def test_the_table_is_as_prisma_makes_it(products, primary):
    import contextlib
    import sqlite3
    made = make(products)
    with contextlib.closing(sqlite3.connect(primary.folder / "data" / "primary.db")) as store:
        columns = [row[1] for row in store.execute('PRAGMA table_info("Product")')]
        assert columns[:6] == ["id", "name", "price", "stock", "createdAt", "updatedAt"]
        row = store.execute('SELECT name, price, stock FROM "Product" WHERE id = ?', [made["id"]])
        assert row.fetchone() == ("Lamp", 19.99, 5)


def test_an_error_is_a_sentence_and_its_code_a_word(products):
    answer = requests.get(f"{products}/nobody")
    assert answer.status_code == 404
    assert answer.text == ('{"success":false,"data":null,"message":"Product not found",'
                           '"error":"Product not found","code":"not_found"}')
