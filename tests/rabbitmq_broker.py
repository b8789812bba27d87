"""A RabbitMQ of the tests' own, with an epmd of its own: in a temporary folder, on free ports of
127.0.0.1, gone at the end."""

import contextlib
import os
import re
import subprocess
import urllib.parse

import broker
from ports import free_port

SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"

CONFIG = """
loopback_users = none
vm_memory_high_watermark.absolute = {memory}
disk_free_limit.absolute = 1MB
log.file.level = warning
{more}
"""


@contextlib.contextmanager
def of_service(service):
    """The service of a compose file, with its user."""
    wanted = service["environment"]
    with Broker() as started:
        started.add_user(wanted["RABBITMQ_DEFAULT_USER"], wanted["RABBITMQ_DEFAULT_PASS"])
        yield started


class Broker(broker.Broker):
    def __init__(self, more=""):
        super().__init__("rabbitmq")
        self.distribution, self.names = free_port(), free_port()
        self.more = more
        self.epmd = None

    def url(self, user="guest", password="guest", vhost="/", scheme="amqp", port=None):
        host = f"{scheme}://{user}:{password}@localhost:{port or self.port}"
        return f"{host}/{urllib.parse.quote(vhost, safe='')}"

    @property
    def environment(self):
        folder = self.folder
        return {
            "PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self.names), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "atoll@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.distribution),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"), "RABBITMQ_LOG_BASE": str(folder / "logs"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
            "RUNNING_UNDER_SYSTEMD": "1",  # the script becomes the server instead of waiting for it
        }

    def create(self):
        (self.folder / "plugins").write_text("[].\n")
        (self.folder / "rabbitmq.conf").write_text(CONFIG.format(memory="1GB", more=self.more))
        self.epmd = self.launch(["epmd"], self.names, env=self.environment)
        return self.start()

    def start(self):
        assert self.process is None, "it runs"
        self.process = self.launch([SERVER], self.port, env=self.environment, cwd=self.folder)
        return self

    def tell(self, *calls):
        """Makes calls inside of the server, as `rabbitmqctl` does, which takes seconds for each.
        Returns what the last one said."""
        cookie = (self.folder / ".erlang.cookie").read_text()
        done = subprocess.run(
            ["/usr/lib/erlang/bin/erl_call", "-sname", "atoll@localhost", "-c", cookie, "-e"],
            input=", ".join(calls) + ".\n", env=self.environment, text=True, capture_output=True,
            timeout=180, check=False)
        assert done.returncode == 0 and "{ok" in done.stdout, done.stdout + done.stderr
        return done.stdout

    def unacknowledged(self, queue):
        """How many messages of it are on their way to whoever reads it."""
        said = self.tell(f'{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, '
                         f'<<"{queue}">>))', "rabbit_amqqueue:info(Q, [messages_unacknowledged])")
        return int(re.search(r"messages_unacknowledged, ?(\d+)", said)[1])

    def add_user(self, name, password):
        self.tell(f'rabbit_auth_backend_internal:add_user(<<"{name}">>, <<"{password}">>, <<"t">>)',
                  f'rabbit_auth_backend_internal:set_permissions(<<"{name}">>, <<"/">>, <<".*">>, '
                  '<<".*">>, <<".*">>, <<"t">>)')

    def allow_memory(self, count):
        """So many bytes; when it needs more it takes no messages."""
        self.tell(f"vm_memory_monitor:set_vm_memory_high_watermark({{absolute, {count}}})")

    def connection(self, vhost="/"):
        import pika  # here: bench/run starts brokers without these
        from atoll import PATIENCE

        told = pika.URLParameters(self.url(vhost=vhost))
        told.socket_timeout = told.stack_timeout = PATIENCE
        told.heartbeat = 0  # a test that waits for something else sends none
        return pika.BlockingConnection(told)

    def end(self):
        super().end()
        if self.epmd:
            self.epmd.terminate()
            self.epmd.wait(60)
