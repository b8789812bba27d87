#!/usr/bin/env python3
"""Tries the optimistic lock of the property listing, as a client would, on a service that runs.

    python3 tests/test_optimistic_locking.py
    BASE_URL=http://localhost:8101 python3 tests/test_optimistic_locking.py

BASE_URL is the gateway (by default http://localhost:8080) or a node; REGION (by default us) is the
region that is asked. It makes a property of its own and deletes it at the end. Each line says
[PASS] or [FAIL]; the exit status is 0 when all passed. Standard library only.
"""

import concurrent.futures
import json
import os
import sys
import urllib.error
import urllib.request
import uuid

BASE_URL = os.environ.get("BASE_URL", "http://localhost:8080").rstrip("/")
REGION = os.environ.get("REGION") or "us"
PROPERTIES = f"{BASE_URL}/{REGION}/properties"
CLIENTS = 10
ADDITIONS = 5  # by each client of the last check
TIMEOUT_SECONDS = 60

failures = []


def report(passed, what, seen=""):
    print(f"[{'PASS' if passed else 'FAIL'}] {what}" + ("" if passed else f": {seen}"), flush=True)
    if not passed:
        failures.append(what)


def send(method, url, body=None, request_id=None):
    """The status and the JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} if data else {}
    if request_id:
        headers["X-Request-ID"] = request_id
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            status, text = refused.code, refused.read()
    return status, json.loads(text) if text else None


def new_id():
    return str(uuid.uuid4())


def check_concurrent_updates(url):
    """All read one version and write at once: one of them wins."""
    _, row = send("GET", url)

    def update(number):
        body = {"price": 100_000 + number, "version": row["version"]}
        return send("PUT", url, body, new_id())

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(update, range(CLIENTS)))
    statuses = sorted(status for status, _ in answers)
    report(statuses == [200] + [409] * (CLIENTS - 1),
           f"of {CLIENTS} concurrent updates of version {row['version']} one succeeds, "
           "the others get 409", statuses)
    won = [told for status, told in answers if status == 200]
    _, now = send("GET", url)
    report(won == [now], "the record is as the one that succeeded was told", (won, now))


def check_stale_version(url):
    _, before = send("GET", url)
    status, told = send("PUT", url, {"price": 1, "version": before["version"] - 1}, new_id())
    report(status == 409 and told.get("error") == "Conflict: version mismatch" and
           told.get("code") == "version_conflict",
           "an update of a stale version gets 409 version_conflict", (status, told))
    report(told.get("current") == before, "the 409 carries the record as it is", told)
    report(send("GET", url)[1] == before, "and changes nothing", told)


def check_repeated_request(url):
    _, row = send("GET", url)
    id = new_id()
    status, first = send("PUT", url, {"price": 200_000, "version": row["version"]}, id)
    report(status == 200 and first["version"] == row["version"] + 1,
           "an update with an X-Request-ID succeeds", (status, first))
    for version in (row["version"], row["version"] + 1):
        status, told = send("PUT", url, {"price": 200_000, "version": version}, id)
        report(status == 422 and told.get("error") == "Duplicate request" and
           told.get("code") == "duplicate_request",
               f"the same X-Request-ID with version {version} gets 422", (status, told))
    report(send("GET", url)[1] == first, "the update took effect once")


def check_refused_request(url):
    _, row = send("GET", url)
    id = new_id()
    status, told = send("PUT", url, {"price": 300_000, "version": row["version"] - 1}, id)
    report(status == 409, "an update is refused", (status, told))
    status, told = send("PUT", url, {"price": 300_000, "version": told["current"]["version"]}, id)
    report(status == 200, "and succeeds under the same X-Request-ID with the version from the 409",
           (status, told))


def add_one(url, row):
    """What a client does on 409: it takes `current`, applies its change to it, and tries again."""
    id = new_id()
    while True:
        body = {"price": row["price"] + 1, "version": row["version"]}
        status, told = send("PUT", url, body, id)
        if status == 200:
            return told
        if status != 409:
            raise RuntimeError(f"{status} {told}")
        row = told["current"]


def check_conflict_and_retry(url):
    _, before = send("GET", url)

    def client(_):
        row = before
        for _ in range(ADDITIONS):
            row = add_one(url, row)

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(client, range(CLIENTS)))
    _, after = send("GET", url)
    added = CLIENTS * ADDITIONS
    seen = (after["price"] - before["price"], after["version"] - before["version"])
    report(seen == (added, added),
           f"{CLIENTS} clients that each add 1 to the price {ADDITIONS} times, and try again on "
           f"409, add {added}", seen)


def main():
    try:
        status, health = send("GET", f"{BASE_URL}/{REGION}/health")
        report(status == 200, f"{BASE_URL}/{REGION}/health answers", (status, health))
        status, made = send("POST", PROPERTIES, {"price": 100_000, "bedrooms": 3}, new_id())
        report(status == 201, "a property of our own is made", (status, made))
        if status != 201:
            return 1
        url = f"{PROPERTIES}/{made['id']}"
        send("PUT", url, {"price": 100_001, "version": 1})  # so that there is a stale version
        check_concurrent_updates(url)
        check_stale_version(url)
        check_repeated_request(url)
        check_refused_request(url)
        check_conflict_and_retry(url)
        status, _ = send("DELETE", f"{url}?version={send('GET', url)[1]['version']}")
        report(status == 204, "and deleted", status)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        report(False, f"{BASE_URL} answers as a property listing does", repr(error))
    print(f"{len(failures)} failed" if failures else "all passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
