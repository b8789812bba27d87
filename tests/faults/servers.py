"""What the nodes stand on and what lies between them, as real servers: PostgreSQL for each region
that is on it, and Kafka or RabbitMQ."""

import concurrent.futures
import dataclasses
import shutil

import kafka_broker
import postgres
import rabbitmq_broker
from proxy import Link

DATABASE, BROKER = "database", "broker"
KAFKA, RABBITMQ = "kafka", "rabbitmq"


@dataclasses.dataclass(frozen=True)
class Stack:
    files: tuple = ()     # nodes on SQLite; the others have a PostgreSQL server each
    broker: str = KAFKA   # what brings the changes; "": they come from node to node
    peers: bool = True    # nodes reach each other; else there is the broker alone


FILES = ("us", "eu", "ap", "sa")
STACKS = {
    "embedded": Stack(files=FILES, broker=""),
    "queues": Stack(files=FILES, broker=RABBITMQ),
    "full": Stack(),
    "mixed": Stack(files=FILES[1:]),
    "apart": Stack(peers=False),
    "databases": Stack(broker=""),
}


def make_broker(kind, names):
    if kind == KAFKA:
        return kafka_broker.Broker(doors=names)
    return rabbitmq_broker.Broker() if kind else None


class Servers:
    """Each node comes to its database, and to the broker, through a link of its own."""

    def __init__(self, stack, names, loop, seed):
        self.databases = {name: postgres.Cluster() for name in names if name not in stack.files}
        self.kind = stack.broker
        self.broker = make_broker(stack.broker, names)
        self.links = {(name, DATABASE): Link(loop, f"{name}-{DATABASE}", database.port, seed)
                      for name, database in self.databases.items()}
        self.links |= {(name, BROKER): Link(loop, f"{name}-{BROKER}", port, seed)
                       for name, port in self._doors(names).items()}

    def _doors(self, names):
        """Where each node's link with the broker leads to. Kafka names its port to its clients."""
        if self.kind == RABBITMQ:
            return dict.fromkeys(names, self.broker.port)
        return self.broker.doors if self.broker else {}

    def start(self):
        advertised = {name: link.port for (name, to), link in self.links.items() if to == BROKER}
        with concurrent.futures.ThreadPoolExecutor() as pool:
            made = [pool.submit(database.create) for database in self.databases.values()]
            if self.broker:
                made.append(pool.submit(self.broker.create,
                                        *([advertised] if self.kind == KAFKA else [])))
            for one in made:
                one.result()

    def environment(self, name):
        """What a node is told of them."""
        told = {}
        if (name, DATABASE) in self.links:
            port = self.links[name, DATABASE].port
            told["DATABASE_URL"] = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        if self.kind == KAFKA:
            told["KAFKA_BROKER"] = f"127.0.0.1:{self.links[name, BROKER].port}"
        if self.kind == RABBITMQ:
            told["RABBITMQ_URL"] = self.broker.url(port=self.links[name, BROKER].port)
        return told

    def heal(self):
        for database in self.databases.values():
            if database.pid():
                database.thaw()
            else:
                database.start()
        if self.broker and self.broker.process:
            self.broker.thaw()
        elif self.broker:
            self.broker.start()

    def clean_up(self, folder):
        """Stops them; what they leave goes to the nodes' folders."""
        for name, database in self.databases.items():
            database.stop()
            shutil.move(database.folder, folder / name / "postgres")
        if self.broker:
            self.broker.end()
            shutil.move(self.broker.folder, folder / self.kind)
