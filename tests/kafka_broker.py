"""A Kafka broker of the tests' own: one node in KRaft mode, in a temporary folder, on free ports of
127.0.0.1, gone at the end."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from ports import free_port

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
JARS = REPOSITORY / "build" / "kafka"
START_SECONDS = 60
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


def addresses(ports):
    return ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())


class Broker:
    """It can be killed, stopped and started again, on the same ports and data. Beside its port it
    can have `doors`: ports of their own for clients that come through something else, or who speak
    another of Kafka's `protocols`, by door; then `settings` says more about it."""

    def __init__(self, doors=(), protocols=(), settings=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="atoll-kafka-", dir="/tmp"))
        self.port, self.controller = free_port(), free_port()
        self.doors = {name: free_port() for name in doors}
        self.protocols = dict(protocols)
        self.settings = settings
        self.process = None
        self.log_file = self.folder / "log"
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
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                self._command("kafka.Kafka", self._properties), stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, cwd=self.folder)
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            assert self.process.poll() is None, self.log_file.read_text(errors="replace")[-4000:]
            assert time.monotonic() < deadline, "the broker does not start"
            try:  # between two looks
                self.process.wait(0.05)
            except subprocess.TimeoutExpired:
                pass
        return self

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        """All of it; its folder stays."""
        if self.process:
            self.kill()

    def clean_up(self):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, number):
        process, self.process = self.process, None
        process.send_signal(number)
        process.wait(60)

    def _listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def _command(self, program, *arguments):
        return [*JAVA, "-cp", f"{JARS}/*", program, *map(str, arguments)]
