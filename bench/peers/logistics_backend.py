#!/usr/bin/env python3
"""A logistics server as it is usually written: FastAPI, SQLAlchemy on SQLite, and pika.

Knows nothing of Atoll. It is measured beside it (bench/README.md). From the environment: SERVER_ID,
PORT, ALLOWED_SERVERS (a JSON list), DATABASE_URL (sqlite:///FILE), RABBITMQ_URL (without it nobody
is told anything).
"""

import contextlib
import datetime
import json
import os
import threading

import fastapi
import pika
import pydantic
import sqlalchemy
import uvicorn
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

SERVER = os.environ["SERVER_ID"]
OTHERS = json.loads(os.environ.get("ALLOWED_SERVERS", "[]"))
RABBITMQ = os.environ.get("RABBITMQ_URL", "")
EXCHANGE = "distributed_events"

engine = sqlalchemy.create_engine(os.environ["DATABASE_URL"], pool_size=20,
                                  connect_args={"check_same_thread": False, "timeout": 30})


@sqlalchemy.event.listens_for(engine, "connect")
def settings(connection, _):
    connection.execute("PRAGMA journal_mode=WAL")


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


class Base(DeclarativeBase):
    pass


class Warehouse(Base):
    __tablename__ = "warehouses"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    location: Mapped[str]
    created_at: Mapped[datetime.datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime.datetime] = mapped_column(default=now, onupdate=now)


class Shipment(Base):
    __tablename__ = "shipments"
    id: Mapped[int] = mapped_column(primary_key=True)
    tracking_number: Mapped[str] = mapped_column(unique=True)
    origin: Mapped[str]
    destination: Mapped[str]
    weight: Mapped[float]
    status: Mapped[str] = mapped_column(default="pending")
    warehouse_id: Mapped[int] = mapped_column(sqlalchemy.ForeignKey("warehouses.id"), index=True)
    created_at: Mapped[datetime.datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime.datetime] = mapped_column(default=now, onupdate=now)


class WarehouseIn(pydantic.BaseModel):
    name: str
    location: str


class ShipmentIn(pydantic.BaseModel):
    tracking_number: str
    origin: str
    destination: str
    weight: float
    status: str = "pending"
    warehouse_id: int


KINDS = {"warehouses": (Warehouse, WarehouseIn, "warehouse"),
         "shipments": (Shipment, ShipmentIn, "shipment")}
PAST = {"POST": "created", "PUT": "updated", "DELETE": "deleted"}


def shown(row):
    return {column.name: value.isoformat() if isinstance(value, datetime.datetime) else value
            for column in row.__table__.columns
            for value in [getattr(row, column.name)]}


class Publisher:
    """One connection that all requests share, opened anew when it was lost."""

    def __init__(self):
        self.lock = threading.Lock()
        self.channel = None

    def open(self):
        self.channel = pika.BlockingConnection(pika.URLParameters(RABBITMQ)).channel()
        self.channel.exchange_declare(EXCHANGE, "topic", durable=True)

    def tell(self, method, path, resource_id, inputs, result, operation):
        kind = path.split("/")[3]
        for target in OTHERS if RABBITMQ else ():
            key = f"{SERVER}.{target}"
            body = {"source_server": SERVER, "target_server": target,
                    "event_type": f"{KINDS[kind][2]}.{PAST[method]}", "operation_name": operation,
                    "url": path, "method": method, "inputs": inputs, "resource_id": resource_id,
                    "timestamp": now().isoformat(), "routing_key": key, "result": result}
            with self.lock:
                try:
                    self.publish(key, body, operation, target)
                except (pika.exceptions.AMQPError, AttributeError):
                    self.open()
                    self.publish(key, body, operation, target)

    def publish(self, key, body, operation, target):
        self.channel.basic_publish(EXCHANGE, key, json.dumps(body), pika.BasicProperties(
            delivery_mode=2, content_type="application/json",
            headers={"operation-name": operation, "source-server": SERVER,
                     "target-server": target}))


class Consumer(threading.Thread):
    """Does what the messages of the other servers say."""

    def run(self):
        channel = pika.BlockingConnection(pika.URLParameters(RABBITMQ)).channel()
        queue = f"server_{SERVER}_events"
        channel.exchange_declare(EXCHANGE, "topic", durable=True)
        channel.queue_declare(queue, durable=True)
        channel.queue_bind(queue, EXCHANGE, f"*.{SERVER}")
        channel.basic_qos(prefetch_count=10)
        for delivery, _, body in channel.consume(queue):
            with contextlib.suppress(sqlalchemy.exc.SQLAlchemyError):
                apply(json.loads(body))
            channel.basic_ack(delivery.delivery_tag)


def apply(event):
    table = KINDS[event["url"].split("/")[3]][0]
    with Session(engine) as session:
        row = session.get(table, event["resource_id"]) if event["resource_id"] else None
        if event["method"] == "POST":
            session.add(table(**event["inputs"]))
        elif row and event["method"] == "PUT":
            for name, value in event["inputs"].items():
                setattr(row, name, value)
        elif row:
            session.delete(row)
        session.commit()


@contextlib.asynccontextmanager
async def lifespan(app):
    Base.metadata.create_all(engine)
    app.state.publisher = Publisher()
    if RABBITMQ:
        Consumer(daemon=True).start()
    yield


app = fastapi.FastAPI(lifespan=lifespan)


@app.get("/health")
def health():
    return {"status": "ok", "server": SERVER}


def routes(kind):
    table, given, _ = KINDS[kind]
    path = f"/api/v1/{kind}"
    named = fastapi.Header(alias="operation-name")

    def found(session, number):
        row = session.get(table, number)
        if row is None:
            raise fastapi.HTTPException(404, "there is no such record")
        return row

    @app.post(path, status_code=201)
    def create(body: given, operation: str = named):
        row = table(**body.model_dump())
        with Session(engine) as session:
            session.add(row)
            try:
                session.commit()
            except sqlalchemy.exc.IntegrityError as error:
                raise fastapi.HTTPException(409, "it is there already") from error
            answer = shown(row)
        app.state.publisher.tell("POST", f"{path}/", None, body.model_dump(), answer, operation)
        return answer

    @app.get(path)
    def listed(skip: int = 0, limit: int = 100, operation: str = named):
        del operation
        with Session(engine) as session:
            return [shown(row) for row in session.scalars(
                sqlalchemy.select(table).order_by(table.id).offset(skip).limit(limit))]

    @app.get(path + "/{number}")
    def read(number: int, operation: str = named):
        del operation
        with Session(engine) as session:
            return shown(found(session, number))

    @app.put(path + "/{number}")
    def update(number: int, body: dict, operation: str = named):
        with Session(engine) as session:
            row = found(session, number)
            for name, value in body.items():
                setattr(row, name, value)
            session.commit()
            answer = shown(row)
        app.state.publisher.tell("PUT", f"{path}/{number}", number, body, answer, operation)
        return answer

    @app.delete(path + "/{number}")
    def remove(number: int, operation: str = named):
        with Session(engine) as session:
            row = found(session, number)
            answer = shown(row)
            session.delete(row)
            session.commit()
        app.state.publisher.tell("DELETE", f"{path}/{number}", number, {}, answer, operation)
        return answer


for name in KINDS:
    routes(name)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning",
                access_log=False)
