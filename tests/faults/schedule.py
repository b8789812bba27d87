"""What goes wrong, when and where: chosen by the seed."""

import contextlib
import random
import threading

import disk
from atoll import wait_until
from cluster import GATEWAY
from history import Fault
from proxy import FROM, NONE, TO, Trouble

BOTH_CHANCE = 0.15        # a second fault begins before the first one is over
CALM = (0.3, 1.2)         # seconds between two faults
EXIT_SECONDS = 8          # for a node whose disk fails


class Broken(AssertionError):
    """Something that no fault excuses, seen while it happens."""


# ---- the faults: each is a context in which something is wrong -----------------------------------


@contextlib.contextmanager
def kill(cluster, node, chance):
    del chance
    cluster.kill(node)
    yield {}
    cluster.nodes[node].start()


@contextlib.contextmanager
def freeze(cluster, node, chance):
    del chance
    cluster.freeze(node)
    yield {}
    cluster.thaw(node)


def faulty_disk(**told):
    @contextlib.contextmanager
    def fault(cluster, node, chance):
        chosen = {name: chance.choice(values) for name, values in told.items()}
        cluster.disks[node].tell(**chosen)
        yield chosen
        cluster.disks[node].heal()

    return fault


@contextlib.contextmanager
def failing_fsync(cluster, node, chance):
    """The process must end by itself, as one that failed, and come back whole."""
    del chance
    cluster.disks[node].tell(fsync_error=disk.EIO)
    process = cluster.nodes[node].process
    try:
        wait_until(lambda: process.poll() is not None, EXIT_SECONDS, f"{node} ending itself")
        if cluster.nodes[node].wait_for_exit() != 1:
            raise Broken(f"{node} ended with {process.returncode} after a failed fsync")
    finally:
        cluster.disks[node].heal()
    yield {}
    cluster.nodes[node].start()


def troubled(troubles, ends):
    """Links between `ends` in one of these troubles: ends(cluster, node, chance) chooses them."""
    @contextlib.contextmanager
    def fault(cluster, node, chance):
        trouble = chance.choice(troubles)
        links = ends(cluster, node, chance)
        for link in links:
            cluster.links[link].set(trouble)
        yield {"links": [f"{a}-{b}" for a, b in links], "trouble": repr(trouble)}
        for link in links:
            cluster.links[link].set(NONE)

    return fault


def between_nodes(cluster, node, chance):
    """Both ways between the node and one other, or all others."""
    others = [name for name in cluster.names if name != node]
    chosen = chance.choice([others, [chance.choice(others)]])
    return [pair for other in chosen for pair in ((node, other), (other, node))]


def one_way_between_nodes(cluster, node, chance):
    other = chance.choice([name for name in cluster.names if name != node])
    return [(node, other)]


def to_gateway(cluster, node, chance):
    del cluster, chance
    return [(GATEWAY, node)]


CUT = [Trouble(held=(TO, FROM))]
ONE_WAY = [Trouble(held=(TO,)), Trouble(held=(FROM,))]
DELAYS = [Trouble(delay=0.02), Trouble(delay=0.1)]
RESETS = [Trouble(refused=True), Trouble(reset_within=2000)]

FAULTS = {  # name: (how often, the fault, whether it is about one node)
    "kill": (6, kill, True),
    "freeze": (5, freeze, True),
    "disk slow": (2, faulty_disk(fsync_delay_ms=[20, 100, 400], write_delay_ms=[0, 1]), True),
    "disk full": (2, faulty_disk(write_error=[disk.ENOSPC]), True),
    "fsync fails": (2, failing_fsync, True),
    "clock": (1, faulty_disk(clock_ahead=[-1.5, -0.2, 0.2, 1.5]), True),
    "link cut": (4, troubled(CUT, between_nodes), False),
    "link one way": (3, troubled(ONE_WAY, one_way_between_nodes), False),
    "link delay": (2, troubled(DELAYS, between_nodes), False),
    "link reset": (3, troubled(RESETS, between_nodes), False),
    "link trickle": (1, troubled([Trouble(trickle=True)], between_nodes), False),
    "gateway cut": (2, troubled(CUT, to_gateway), True),
    "gateway one way": (2, troubled(ONE_WAY, to_gateway), True),
    "gateway delay": (1, troubled([Trouble(delay=0.02)], to_gateway), True),
    "gateway reset": (1, troubled([Trouble(reset_within=2000)], to_gateway), True),
    "gateway trickle": (1, troubled([Trouble(trickle=True)], to_gateway), True),
}


class Schedule:
    """Makes trouble until it is told to stop; then everything is as it should be again."""

    def __init__(self, cluster, seed, now, kinds=tuple(FAULTS), say=print):
        self.faults = []
        self._cluster = cluster
        self._chance = random.Random(f"{seed} faults")
        self._now = now
        self._kinds = kinds
        self._say = say
        self._never = threading.Event()

    def run(self, seconds):
        until = self._now() + seconds
        while self._now() < until:
            self._pause(*CALM)
            node = self._chance.choice(self._cluster.names)
            with self._fault(node):
                self._pause(0.2, self._chance.choice([0.5, 1.5, 3.0]))
                if self._chance.random() < BOTH_CHANCE:
                    others = [name for name in self._cluster.names if name != node]
                    with self._fault(self._chance.choice(others)):
                        self._pause(0.2, 1.5)
            self._recover()

    def _pause(self, least, most):
        self._never.wait(self._chance.uniform(least, most))
        fallen = self._cluster.fallen()
        if fallen:
            raise Broken(f"{', '.join(fallen)} ended by itself")

    @contextlib.contextmanager
    def _fault(self, node):
        weights = [FAULTS[kind][0] for kind in self._kinds]
        [kind] = self._chance.choices(self._kinds, weights)
        _, fault, about_node = FAULTS[kind]
        noted = Fault(kind, node if about_node else None, self._now())
        self.faults.append(noted)
        with fault(self._cluster, node, self._chance) as detail:
            noted.detail = detail
            self._say(f"  {noted.begin:7.2f} s  {kind} {node} {detail or ''}")
            yield
        noted.over = self._now()

    def _recover(self):
        """Faults end when all hear all again: until then, more than one thing may be wrong."""
        self._cluster.wait_linked(20)
        for fault in self.faults:
            if fault.end is None:
                fault.end = self._now()
