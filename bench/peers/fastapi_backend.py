#!/usr/bin/env python3
"""A region of property listings as it is usually written: FastAPI, asyncpg and kafka-python.

Knows nothing of Atoll. It is measured beside it (bench/README.md), and the tests put it beside an
Atoll region on one topic. From the environment: REGION, PORT, DATABASE_URL, KAFKA_BROKER,
KAFKA_TOPIC.
"""

import asyncio
import contextlib
import datetime
import json
import os
import threading

import asyncpg
import fastapi
import pydantic
import uvicorn
from kafka import KafkaConsumer, KafkaProducer

REGION = os.environ["REGION"]
BROKER = os.environ["KAFKA_BROKER"]
TOPIC = os.environ.get("KAFKA_TOPIC", "property-updates")

TABLES = """
CREATE TABLE IF NOT EXISTS properties (
    id BIGINT PRIMARY KEY, price DECIMAL(12,2) NOT NULL, bedrooms INTEGER, bathrooms INTEGER,
    region_origin VARCHAR(2) NOT NULL, version INTEGER NOT NULL DEFAULT 1,
    updated_at TIMESTAMP NOT NULL DEFAULT NOW());
CREATE TABLE IF NOT EXISTS request_ids (id TEXT PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT NOW());
"""
UPDATE = """
UPDATE properties SET price = $1, version = version + 1, updated_at = $2
WHERE id = $3 AND version = $4 RETURNING *
"""
# What another region wrote: only when it is news.
APPLY = """
UPDATE properties SET price = $1, version = $2, updated_at = $3 WHERE id = $4 AND version < $2
"""


class Update(pydantic.BaseModel):
    price: float
    version: int


class Consumer(threading.Thread):
    """Reads the topic; writes through the connections of the event loop."""

    def __init__(self, loop, pool):
        super().__init__(daemon=True)
        self.loop, self.pool = loop, pool
        self.stopping = threading.Event()

    def run(self):
        consumer = KafkaConsumer(TOPIC, bootstrap_servers=BROKER, group_id=f"{TOPIC}.{REGION}",
                                 auto_offset_reset="earliest", enable_auto_commit=False,
                                 session_timeout_ms=6000, heartbeat_interval_ms=500)
        while not self.stopping.is_set():
            for messages in consumer.poll(timeout_ms=100).values():
                for message in messages:
                    asyncio.run_coroutine_threadsafe(self.apply(message), self.loop).result()
                consumer.commit()
        consumer.close()

    async def apply(self, message):
        row = json.loads(message.value)
        if row["region_origin"] == REGION:
            return
        written = datetime.datetime.fromisoformat(row["updated_at"])
        await self.pool.execute(APPLY, row["price"], row["version"], written, row["id"])


@contextlib.asynccontextmanager
async def lifespan(app):
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], max_size=20) as pool:
        await pool.execute(TABLES)
        app.state.pool = pool
        app.state.producer = KafkaProducer(
            bootstrap_servers=BROKER, acks="all", key_serializer=lambda key: str(key).encode(),
            value_serializer=lambda value: json.dumps(value).encode())
        consumer = Consumer(asyncio.get_running_loop(), pool)
        consumer.start()
        yield
        consumer.stopping.set()
        await asyncio.to_thread(consumer.join)
        await asyncio.to_thread(app.state.producer.close)


app = fastapi.FastAPI(lifespan=lifespan)


def shown(row):
    return dict(row) | {"price": float(row["price"]), "updated_at": row["updated_at"].isoformat()}


@app.get("/{region}/health")
async def health(region: str):
    return {"status": "ok", "region": REGION}


@app.get("/{region}/properties/{number}")
async def read(region: str, number: int):
    row = await app.state.pool.fetchrow("SELECT * FROM properties WHERE id = $1", number)
    if row is None:
        raise fastapi.HTTPException(404, "there is no such property")
    return shown(row)


@app.put("/{region}/properties/{number}")
async def write(region: str, number: int, update: Update, request: fastapi.Request):
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    price = round(update.price, 2)
    async with app.state.pool.acquire() as connection, connection.transaction():
        request_id = request.headers.get("x-request-id")
        if request_id:
            try:
                await connection.execute("INSERT INTO request_ids (id) VALUES ($1)", request_id)
            except asyncpg.UniqueViolationError as error:
                raise fastapi.HTTPException(422, "duplicate request") from error
        row = await connection.fetchrow(UPDATE, price, now, number, update.version)
        if row is None:
            raise fastapi.HTTPException(409, "version conflict")
    answer = shown(row)
    app.state.producer.send(TOPIC, key=number, value=answer | {"region_origin": REGION})
    return answer


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning",
                access_log=False)
