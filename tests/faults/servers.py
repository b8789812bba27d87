"""What the nodes stand on and what lies between them, as real servers: PostgreSQL for each region
that is on it, and Kafka."""

import concurrent.futures
import dataclasses
import shutil

import kafka_broker
import postgres
from proxy import Link

DATABASE, BROKER = "database", "broker"


@dataclasses.dataclass(frozen=True)
class Stack:
    files: tuple = ()     # nodes on SQLite; the others have a PostgreSQL server each
    broker: bool = True   # Kafka brings the changes; else they come from node to node
    peers: bool = True    # nodes reach each other; else there is the broker alone


STACKS = {
    "embedded": Stack(files=("us", "eu", "ap"), broker=False),
    "full": Stack(),
    "mixed": Stack(files=("eu", "ap")),
    "apart": Stack(peers=False),
    "databases": Stack(broker=False),
}


class Servers:
    """Each node comes to its database, and to the broker, through a link of its own."""

    def __init__(self, stack, names, loop, seed):
        self.databases = {name: postgres.Cluster() for name in names if name not in stack.files}
        self.broker = kafka_broker.Broker(doors=names) if stack.broker else None
        self.links = {(name, DATABASE): Link(loop, f"{name}-{DATABASE}", database.port, seed)
                      for name, database in self.databases.items()}
        doors = self.broker.doors if self.broker else {}
        self.links |= {(name, BROKER): Link(loop, f"{name}-{BROKER}", port, seed)
                       for name, port in doors.items()}

    def start(self):
        advertised = {name: link.port for (name, to), link in self.links.items() if to == BROKER}
        with concurrent.futures.ThreadPoolExecutor() as pool:
            made = [pool.submit(database.create) for database in self.databases.values()]
            if self.broker:
                made.append(pool.submit(self.broker.create, advertised))
            for one in made:
                one.result()

    def environment(self, name):
        """What a node is told of them."""
        told = {}
        if (name, DATABASE) in self.links:
            port = self.links[name, DATABASE].port
            told["DATABASE_URL"] = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        if self.broker:
            told["KAFKA_BROKER"] = f"127.0.0.1:{self.links[name, BROKER].port}"
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
            if self.broker.process:
                self.broker.kill()
            shutil.move(self.broker.folder, folder / "kafka")
