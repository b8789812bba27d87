#!/usr/bin/env python3
"""Walks through logistics as a client would, on four servers that run.

    python3 tests/test_system.py
    BASE_URL=http://localhost:9000 python3 tests/test_system.py

BASE_URL is server A (by default http://localhost:8000); B, C and D are at the next ports, unless
BASE_URL_B, BASE_URL_C, BASE_URL_D say where. It makes a warehouse and shipments of its own and
deletes them at the end. Each line says [PASS] or [FAIL]; the exit status is 0 when all passed.
Standard library only.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

TIMEOUT_SECONDS = 60
ARRIVAL_SECONDS = 60  # how long a change may be on its way from one server to another

failures = []


def report(passed, what, seen=""):
    print(f"[{'PASS' if passed else 'FAIL'}] {what}" + ("" if passed else f": {seen}"), flush=True)
    if not passed:
        failures.append(what)
    return passed


def urls_of_servers():
    first = os.environ.get("BASE_URL") or "http://localhost:8000"
    first = (os.environ.get("BASE_URL_A") or first).rstrip("/")
    at = urllib.parse.urlsplit(first)
    urls = {"A": first}
    for number, name in enumerate("BCD", 1):
        url = f"{at.scheme}://{at.hostname}:{(at.port or 80) + number}"
        urls[name] = (os.environ.get(f"BASE_URL_{name}") or url).rstrip("/")
    return urls


class Answer:
    def __init__(self, status, headers, text):
        self.status = status
        self.token = headers.get("Atoll-Token", "")
        self.body = json.loads(text) if text else None

    def __repr__(self):
        return f"{self.status} {self.body}"


class Server:
    def __init__(self, name, url):
        self.name = name
        self.url = url

    def send(self, method, path, body=None, token="", operation="test-system"):
        """A write that a busy server answers with 503 is sent again: under its key it counts
        once."""
        key = str(uuid.uuid4())
        end = time.monotonic() + ARRIVAL_SECONDS
        answer = self.send_once(method, path, body, token, operation, key)
        while method != "GET" and answer.status == 503 and time.monotonic() < end:
            answer = self.send_once(method, path, body, token, operation, key)
        return answer

    def send_once(self, method, path, body, token, operation, key):
        headers = {"operation-name": f"{operation}-server-{self.name.lower()}"} if operation else {}
        if token:
            headers["Atoll-Token"] = token
        if method != "GET":
            headers["Idempotency-Key"] = key
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, refused.headers, refused.read())

    def read_after(self, written, path):
        """What this server shows once it has what another one has answered with. A server waits
        two seconds for the writes that a token names, and then says 503."""
        end = time.monotonic() + ARRIVAL_SECONDS
        answer = self.send("GET", path, token=written.token)
        while answer.status == 503 and time.monotonic() < end:
            answer = self.send("GET", path, token=written.token)
        return answer


def check_health(servers):
    for server in servers:
        answer = server.send("GET", "/health", operation="")
        report(answer.status == 200 and answer.body.get("server") == server.name,
               f"{server.name} is healthy at {server.url}", answer)


def check_missing_header(a):
    for method, body in (("GET", None), ("POST", {"name": "x", "location": "y"})):
        answer = a.send(method, "/api/v1/warehouses/", body, operation="")
        faults = (answer.body or {}).get("errors") or [{}]
        report(answer.status == 422 and faults[0].get("header") == "operation-name",
               f"{method} without the header operation-name gets 422, which names it", answer)


def check_warehouse(a, b, c, d):
    """The warehouse that it has made, as D shows it; None: there is none."""
    made = a.send("POST", "/api/v1/warehouses/", operation="create-warehouse",
                  body={"name": "Main Warehouse A", "location": "New York, NY"})
    if not report(made.status == 201, "a warehouse is created on A", made):
        return None
    path = f"/api/v1/warehouses/{made.body['id']}"
    listed = b.read_after(made, "/api/v1/warehouses/?skip=0&limit=1000")
    report(listed.status == 200 and made.body in listed.body, "B lists it", listed.status)
    c.read_after(made, path)
    updated = c.send("PUT", path, {"location": "Boston, MA"}, operation="update-warehouse")
    report(updated.status == 200 and updated.body["location"] == "Boston, MA" and
           updated.body["name"] == made.body["name"], "C updates one of its fields", updated)
    read = d.read_after(updated, path)
    report((read.status, read.body) == (200, updated.body), "D shows what C has answered", read)
    return read.body


def check_shipment(a, b, c, d, warehouse):
    """The shipment that it has made and changed, and the answer to the last write of it."""
    number = f"TN-{uuid.uuid4()}"
    body = {"tracking_number": number, "origin": "New York, NY", "destination": "Boston, MA",
            "weight": 12.5, "status": "pending", "warehouse_id": warehouse["id"]}
    made = b.send("POST", "/api/v1/shipments/", body, operation="create-shipment")
    if not report(made.status == 201 and made.body["status"] == "created",
                  "a shipment is created on B; `pending` is taken for `created`", made):
        return None
    found = d.read_after(made, f"/api/v1/shipments/tracking/{number}")
    report((found.status, found.body) == (200, made.body), "D finds it by its number", found)
    path = f"/api/v1/shipments/{made.body['id']}"
    read = a.read_after(made, path)
    sent = a.send("PUT", path, read.body | {"status": "in_transit"}, operation="update-shipment")
    report(sent.status == 200 and sent.body["status"] == "in_transit",
           "A sends the whole object back with another status", sent)
    c.read_after(sent, path)
    back = c.send("PUT", path, {"status": "created"})
    report(back.status == 409, "C refuses a status that goes back with 409", back)
    again = c.send("POST", "/api/v1/shipments/", body)
    report(again.status == 409, "C refuses a second shipment with that number with 409", again)
    unknown = c.send("POST", "/api/v1/shipments/",
                     body | {"tracking_number": number + "-2", "warehouse_id": 2 ** 53})
    report(unknown.status == 422, "C refuses a shipment of an unknown warehouse with 422", unknown)
    refused = c.send("DELETE", f"/api/v1/warehouses/{warehouse['id']}")
    report(refused.status == 409, "C keeps a warehouse that shipments refer to: 409", refused)
    return sent


def check_deletion(server, others, path):
    gone = server.send("DELETE", path, operation="delete")
    report(gone.status == 200 and path.endswith(f"/{gone.body.get('id')}"),
           f"{server.name} deletes {path} and answers with it", gone)
    for other in others:
        answer = other.read_after(gone, path)
        report(answer.status == 404, f"{other.name} no longer has it", answer)


def main():
    a, b, c, d = servers = [Server(name, url) for name, url in urls_of_servers().items()]
    try:
        check_health(servers)
        check_missing_header(a)
        warehouse = check_warehouse(a, b, c, d)
        if warehouse:
            shipment = check_shipment(a, b, c, d, warehouse)
            if shipment:
                path = f"/api/v1/shipments/{shipment.body['id']}"
                d.read_after(shipment, path)
                check_deletion(d, (a, b, c), path)
            check_deletion(a, (b, c, d), f"/api/v1/warehouses/{warehouse['id']}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        report(False, "the servers answer as logistics does", repr(error))
    print(f"{len(failures)} failed" if failures else "all passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
