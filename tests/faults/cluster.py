"""The real program as it runs for people: N nodes, NGINX before them, and between any two of them
a link that can go wrong."""

import pathlib
import random
import signal
import socket

import disk
import requests
from atoll import REPOSITORY, Node, wait_until
from gateway import Gateway
from proxy import NONE, Link, Loop

NAMES = ("us", "eu", "ap")
GATEWAY = "gateway"


def app_file(folder, names):
    """Property-listing with as many nodes as there are names."""
    text = (REPOSITORY / "apps/property-listing.toml").read_text()
    more = "".join(f'[[node]]\nname = "{name}"\nlisten = "127.0.0.1:{8103 + number}"\n'
                   f'url = "${{{name.upper()}_URL:-}}"\n\n'
                   for number, name in enumerate(names[2:]))
    text = text.replace("[serve] ", more + "[serve] ", 1)
    file = pathlib.Path(folder) / "property-listing.toml"
    file.write_text(text)
    file.with_suffix(".csv").symlink_to(REPOSITORY / "apps/property-listing.csv")
    return file


def quiet_port(chance):
    """A free port that no outgoing connection takes while its node is away."""
    while True:
        port = chance.randrange(10_000, 30_000)
        with socket.socket() as taken:
            try:
                taken.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def says_who(conf):
    """The gateway's configuration, with a header that names the nodes that it asked."""
    assert "proxy_redirect off;" in conf
    return conf.replace("proxy_redirect off;",
                        "proxy_redirect off; add_header Tried $upstream_addr always;")


class Cluster:
    def __init__(self, folder, count, seed, env=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.names = NAMES[:count]
        self.app = app_file(self.folder, self.names)
        self._loop = Loop()
        library = disk.build(self.folder)
        ports = random.Random()  # two runs of one seed may go side by side
        places = {name: quiet_port(ports) for name in self.names}
        self.links = {(a, b): Link(self._loop, f"{a}-{b}", places[b], seed)
                      for a in (GATEWAY, *self.names) for b in self.names if a != b}
        self.disks = {name: disk.Disk(self.folder / name, library) for name in self.names}
        self.nodes = {name: self._node(name, places[name], dict(env)) for name in self.names}
        self.gateway = Gateway(self.folder / GATEWAY, self.app, self._urls(GATEWAY), says_who)
        self.at_port = {self.links[GATEWAY, name].port: name for name in self.names}
        self.stopped = set()  # nodes under SIGSTOP

    def _urls(self, seen_from):
        return {f"{name.upper()}_URL": self.links[seen_from, name].url
                for name in self.names if name != seen_from}

    def _node(self, name, port, env):
        node = Node(self.folder / name, name=name, app=self.app, alone=False,
                    env=env | self._urls(name) | self.disks[name].environment)
        node.port = port
        return node

    def start(self):
        for node in self.nodes.values():
            node.start(ready=False)
        for node in self.nodes.values():
            node.wait_ready()
        self.gateway.start()
        self.wait_linked(20)
        return self

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
    def wait_linked(self, seconds):
        wait_until(lambda: all(map(self._hears_all, self.nodes.values())), seconds,
                   "all nodes hearing each other")

    def _hears_all(self, node):
        if node.process is None:
            return False
        try:
            lag = requests.get(f"{node.base_url}/replication-lag", timeout=1).json()
        except (requests.RequestException, ValueError):
            return False
        return all(peer.get("connected") for peer in lag.get("peers", [{}]))

    def conflicts(self):
        """What each node lists, {name: […]}, page by page."""
        return {name: list(self._listed(node)) for name, node in self.nodes.items()}

    def _listed(self, node):
        after = 0
        while True:
            page = requests.get(f"{node.base_url}/_atoll/conflicts?after={after}", timeout=10)
            items = page.json()["items"]
            if not items:
                return
            yield from items
            after = items[-1]["id"]

    def store_file(self, name):
        return self.folder / name / "data" / f"{name}.db"

    def stop(self):
        for node in self.nodes.values():
            node.stop()

    def clean_up(self):
        for name in list(self.stopped):
            self.thaw(name)
        self.gateway.clean_up()
        for node in self.nodes.values():
            node.clean_up()
        for link in self.links.values():
            link.close()
        self._loop.close()
