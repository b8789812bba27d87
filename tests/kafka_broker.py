"""A Kafka broker of the tests' own: one node in KRaft mode, in a temporary folder, on free ports of
127.0.0.1, gone at the end."""

import pathlib
import subprocess

import broker
from ports import free_port

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
JARS = REPOSITORY / "build" / "kafka"
CLUSTER_ID = "AtollTestsAtollTests00"

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners={listeners},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={advertised}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map={protocols},CONTROLLER:PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
num.network.threads=1
num.io.threads=2
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
log.cleaner.enable=false
file.delete.delay.ms=0
"""

# Small, and quick to start.
JAVA = ["java", "-Xms64m", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
        "-XX:-UsePerfData", "-Xshare:auto"]


# Of Python's clients: so long a broker that is busy may take to say who it is.
PATIENT = {"api_version_auto_timeout_ms": 60_000}


def addresses(ports):
    return ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())


class Broker(broker.Broker):
    """Beside its port it can have `doors`: ports of their own for clients that come through
    something else, or who speak another of Kafka's `protocols`, by door; then `settings` says more
    about it."""

    def __init__(self, doors=(), protocols=(), settings=""):
        super().__init__("kafka")
        self.controller = free_port()
        self.doors = {name: free_port() for name in doors}
        self.protocols = dict(protocols)
        self.settings = settings
        self._properties = self.folder / "server.properties"

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def create(self, advertised=()):
        """`advertised`: for each door the port at which its clients find it, if it is another."""
        assert any(JARS.glob("kafka_*.jar")), f"no Kafka in {JARS}: tools/install test fetches it"
        ports = {"PLAINTEXT": self.port} | {n.upper(): port for n, port in self.doors.items()}
        told = ports | {name.upper(): port for name, port in dict(advertised).items()}
        self._properties.write_text(PROPERTIES.format(
            listeners=addresses(ports), advertised=addresses(told),
            protocols=",".join(
                f"{name}:{self.protocols.get(name.lower(), 'PLAINTEXT')}" for name in ports),
            controller=self.controller, folder=self.folder) + self.settings)
        done = subprocess.run(
            self._command("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c",
                          self._properties), capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stderr
        return self.start()

    def start(self):
        assert self.process is None, "it runs"
        self.process = self.launch(self._command("kafka.Kafka", self._properties), self.port,
                                   cwd=self.folder)
        return self

    def _command(self, program, *arguments):
        return [*JAVA, "-cp", f"{JARS}/*", program, *map(str, arguments)]
