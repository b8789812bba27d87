"""The real program as it runs for people: N nodes on their stores, NGINX before them, perhaps a
broker between them, and between any two of all these a link that can go wrong."""

import json
import pathlib
import signal

import disk
import lives
import requests
from atoll import BINARY, REPOSITORY, Node, wait_until
from gateway import Gateway
from ports import free_port
from proxy import NONE, Link, Loop
from regions import metric
from servers import Servers

NAMES = ("us", "eu", "ap", "sa")
GATEWAY = "gateway"
NOWHERE = "http://127.0.0.1:1"
UNPUBLISHED_MAX = 100  # changes that wait for the broker while clients write and all is well


QUEUES = """
[transport.rabbitmq]
url = "${RABBITMQ_URL:-}"
exchange = "faults"
queue = "faults_<node>"
routing_key = "<source>.<target>"
dead = "faults.dead"

[stack.full]"""


def app_file(folder, names, rows=None):
    """Property-listing with as many nodes as there are names, seeded with all rows or with those
    that have these ids. It can use RabbitMQ, too."""
    text = (REPOSITORY / "apps/property-listing.toml").read_text()
    more = "".join(f'[[node]]\nname = "{name}"\nlisten = "127.0.0.1:{8103 + number}"\n'
                   f'url = "${{{name.upper()}_URL:-}}"\n\n'
                   for number, name in enumerate(names[2:]))
    text = text.replace("[serve] ", more + "[serve] ", 1).replace("\n[stack.full]", QUEUES, 1)
    file = pathlib.Path(folder) / "property-listing.toml"
    file.write_text(text)
    seed = REPOSITORY / "apps/property-listing.csv"
    if rows is None:
        file.with_suffix(".csv").symlink_to(seed)
    else:
        title, *lines = seed.read_text().splitlines(keepends=True)
        kept = [line for line in lines if int(line.partition(",")[0]) in rows]
        file.with_suffix(".csv").write_text("".join([title, *kept]))
    return file


def says_who(conf):
    """The gateway's configuration, with a header that names the nodes that it asked."""
    assert "proxy_redirect off;" in conf
    return conf.replace("proxy_redirect off;",
                        "proxy_redirect off; add_header Tried $upstream_addr always;")


def told(url, asked):
    """A node that has its database back may have to notice that first."""
    answers = []

    def is_answered():
        answers.append(requests.get(url, params=asked, timeout=30))
        return answers[-1].status_code != 503

    wait_until(is_answered, what=f"{url} being answered")
    assert answers[-1].status_code == 200, answers[-1].text
    return answers[-1]


class Cluster:
    def __init__(self, folder, count, seed, stack, env=(), rows=None, binary=BINARY):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.names = NAMES[:count]
        self.stack = stack
        self.app = app_file(self.folder, self.names, rows)
        self._binary = binary
        self._loop = Loop()
        library = disk.build(self.folder)
        places = {name: free_port() for name in self.names}
        self.links = {(a, b): Link(self._loop, f"{a}-{b}", places[b], seed)
                      for a in (GATEWAY, *self.names) for b in self.names if a != b}
        self.servers = Servers(stack, self.names, self._loop, seed)
        self.links |= self.servers.links
        self.disks = {name: disk.Disk(self.folder / name, library) for name in self.names}
        self.nodes = {name: self._node(name, places[name], dict(env)) for name in self.names}
        self.gateway = Gateway(self.folder / GATEWAY, self.app, self._urls(GATEWAY), says_who)
        self.at_port = {self.links[GATEWAY, name].port: name for name in self.names}
        self.stopped = set()  # nodes under SIGSTOP

    def _urls(self, seen_from):
        known = seen_from == GATEWAY or self.stack.peers
        return {f"{name.upper()}_URL": self.links[seen_from, name].url if known else NOWHERE
                for name in self.names if name != seen_from}

    def _node(self, name, port, env):
        env = env | self._urls(name) | self.disks[name].environment
        node = Node(self.folder / name, name=name, app=self.app, alone=False, env=env,
                    binary=self._binary)
        node.port = port
        return node

    def has(self, name):
        """What of this node can go wrong, beside itself and the way to it."""
        return ({"database"} if name in self.servers.databases else {"file"}) | (
            {"broker"} if self.stack.broker else set()) | (
            {"peers"} if self.stack.peers else set())

    def start(self):
        self.servers.start()
        for name, node in self.nodes.items():
            node.env |= self.servers.environment(name)
            node.start(ready=False)
        for node in self.nodes.values():
            node.wait_ready()
        self.gateway.start()
        self.wait_well()
        return self

    def keep_stores(self):
        """The files as they are now: what a store that comes back from yesterday will be."""
        for name, node in self.nodes.items():
            if "file" in self.has(name):
                lives.command("backup", node, node.folder / "kept")

    # ---- what goes wrong -------------------------------------------------------------------------
    def kill(self, name):
        self.nodes[name].kill()

    def freeze(self, name):
        self.stopped.add(name)
        self.nodes[name].process.send_signal(signal.SIGSTOP)

    def thaw(self, name):
        self.nodes[name].process.send_signal(signal.SIGCONT)
        self.stopped.discard(name)

    def heal(self):
        """Everything runs and everybody reaches everybody again."""
        for link in self.links.values():
            link.set(NONE)
        for one in self.disks.values():
            one.heal()
        self.servers.heal()
        for name in list(self.stopped):
            self.thaw(name)
        for node in self.nodes.values():
            if node.process is None:
                node.start()

    def fallen(self):
        """Nodes that ended though nobody killed them, and how."""
        return [f"{name} (status {node.process.returncode})" for name, node in self.nodes.items()
                if node.process is not None and node.process.poll() is not None]

    # ---- how it is -------------------------------------------------------------------------------
    def wait_well(self):
        """Each is on its store, hears all others and is heard."""
        wait_until(lambda: all(map(self._is_well, self.nodes.values())), what="all being well")

    def _is_well(self, node):
        if node.process is None:
            return False
        try:
            lag = requests.get(f"{node.base_url}/replication-lag", timeout=1).json()
            hears = not self.stack.peers or all(peer["connected"] for peer in lag["peers"])
            return hears and self._serves(node) and self._is_at_the_broker(node, UNPUBLISHED_MAX)
        except (requests.RequestException, ValueError):
            return False

    def _serves(self, node):
        return requests.get(f"{node.base_url}/properties/3000", timeout=1).status_code == 200

    def _is_at_the_broker(self, node, unpublished_max):
        return not self.stack.broker or (metric(node, "atoll_broker_reading") == 1 and metric(
            node, "atoll_broker_unpublished") <= unpublished_max)

    def has_published_all(self):
        return all(self._is_at_the_broker(node, 0) for node in self.nodes.values())

    def shown(self):
        """What each node's API shows, {name: {key: row}}."""
        return {name: {row["id"]: row for row in self._pages(node)}
                for name, node in self.nodes.items()}

    def _pages(self, node):
        asked = {"limit": 1000}
        while True:
            answer = told(f"{node.base_url}/properties", asked)
            page = json.loads(answer.text, parse_float=str)
            yield from page["items"]
            if not page.get("next"):
                return
            asked["cursor"] = page["next"]

    def conflicts(self):
        """What each node lists, {name: […]}, page by page."""
        return {name: list(self._listed(node)) for name, node in self.nodes.items()}

    def _listed(self, node):
        after = 0
        while True:
            page = told(f"{node.base_url}/_atoll/conflicts", {"after": after}).json()
            yield from page["items"]
            if "next" not in page:
                return
            after = page["next"]

    def store(self, name):
        """Its database's URL, or its file."""
        database = self.servers.databases.get(name)
        return database.url() if database else self.folder / name / "data" / f"{name}.db"

    def stop(self):
        for node in self.nodes.values():
            node.stop()

    def clean_up(self):
        for name in list(self.stopped):
            self.thaw(name)
        self.gateway.clean_up()
        for node in self.nodes.values():
            node.clean_up()
        self.servers.clean_up(self.folder)
        for link in self.links.values():
            link.close()
        self._loop.close()
