"""A logistics server as it is usually written, with FastAPI and pika, which knows nothing of Atoll.

It keeps its records in memory, numbers them 1, 2, 3, …, tells all other servers of what its clients
write, and does what it reads in its own queue by calling itself. From the environment: SERVER_ID,
PORT, OTHERS (with commas), RABBITMQ_URL, EXCHANGE, QUEUE ("server_{}_events"), and SAYS_RESULT
("0": its messages do not hold what became of a call).
"""

import datetime
import json
import os
import threading

import fastapi
import pika
import requests
import uvicorn

SERVER = os.environ["SERVER_ID"]
PORT = int(os.environ["PORT"])
EXCHANGE = os.environ["EXCHANGE"]
PAST = {"POST": "created", "PUT": "updated", "DELETE": "deleted"}
KINDS = {"warehouses": ("warehouse", ("name", "location")),
         "shipments": ("shipment", ("tracking_number", "origin", "destination", "weight",
                                    "warehouse_id"))}

app = fastapi.FastAPI()
rows = {kind: {} for kind in KINDS}
lock = threading.Lock()


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat()


def connect():
    told = pika.URLParameters(os.environ["RABBITMQ_URL"])
    told.heartbeat = 0  # while it calls itself it sends none
    told.socket_timeout = told.stack_timeout = 60  # a busy broker may need that
    return pika.BlockingConnection(told)


def tell(method, path, key, inputs, result, operation):
    """A connection for each call: the simplest that works."""
    kind = path.split("/")[3]
    connection = connect()
    channel = connection.channel()
    channel.exchange_declare(EXCHANGE, "topic", durable=True)
    channel.confirm_delivery()
    for target in os.environ["OTHERS"].split(","):
        body = {"source_server": SERVER, "target_server": target,
                "event_type": f"{KINDS[kind][0]}.{PAST[method]}", "operation_name": operation,
                "url": path, "method": method, "inputs": inputs, "resource_id": key,
                "timestamp": now(), "routing_key": f"{SERVER}.{target}"}
        if os.environ.get("SAYS_RESULT") != "0":
            body["result"] = result
        channel.queue_declare(os.environ["QUEUE"].format(target), durable=True)
        channel.queue_bind(os.environ["QUEUE"].format(target), EXCHANGE, f"*.{target}")
        channel.basic_publish(EXCHANGE, f"{SERVER}.{target}", json.dumps(body),
                              pika.BasicProperties(delivery_mode=2, headers={
                                  "operation-name": operation, "source-server": SERVER,
                                  "target-server": target}))
    connection.close()


def consume():
    """Calls this very server, as its clients do, but says that all have the write."""
    channel = connect().channel()
    queue = os.environ["QUEUE"].format(SERVER)
    channel.exchange_declare(EXCHANGE, "topic", durable=True)
    channel.queue_declare(queue, durable=True)
    channel.queue_bind(queue, EXCHANGE, f"*.{SERVER}")
    for delivery, _, text in channel.consume(queue):
        told = json.loads(text)
        requests.request(
            told["method"], f"http://127.0.0.1:{PORT}{told['url']}", timeout=90,
            json=told["inputs"], headers={
                "operation-name": f"replicated-{told['operation_name']}",
                "X-Replicated-From": told["source_server"]})
        channel.basic_ack(delivery.delivery_tag)


def check(kind, body, whole):
    names = KINDS[kind][1]
    missing = [name for name in names if name not in body] if whole else []
    if missing:
        raise fastapi.HTTPException(422, f"missing: {missing}")
    if body.get("warehouse_id", 1) not in rows["warehouses"] and kind == "shipments" and whole:
        raise fastapi.HTTPException(422, "there is no such warehouse")


def found(kind, key):
    if key not in rows[kind]:
        raise fastapi.HTTPException(404, "there is no such record")
    return rows[kind][key]


@app.get("/health")
def health():
    return {"status": "ok", "server": SERVER}


def routes(kind):
    path = f"/api/v1/{kind}/"
    named = fastapi.Header(alias="operation-name")
    made_by = fastapi.Header(default=None, alias="X-Replicated-From")

    @app.post(path, status_code=201)
    def create(body: dict, operation: str = named, source: str | None = made_by):
        with lock:
            check(kind, body, True)
            key = max(rows[kind], default=0) + 1
            rows[kind][key] = row = {"id": key} | body | {"created_at": now(), "updated_at": now()}
            if not source:
                tell("POST", path, None, body, row, operation)
            return row

    @app.get(path)
    def listed(operation: str = named):
        del operation
        return list(rows[kind].values())

    @app.put(path + "{key}")
    def update(key: int, body: dict, operation: str = named, source: str | None = made_by):
        with lock:
            row = found(kind, key)
            check(kind, body, False)
            row.update(body, updated_at=now())
            if not source:
                tell("PUT", f"{path}{key}", key, body, row, operation)
            return row

    @app.delete(path + "{key}")
    def remove(key: int, operation: str = named, source: str | None = made_by):
        with lock:
            row = found(kind, key)
            del rows[kind][key]
            if not source:
                tell("DELETE", f"{path}{key}", key, {}, row, operation)
            return row


def main():
    for kind in KINDS:
        routes(kind)
    threading.Thread(target=consume, daemon=True).start()
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
