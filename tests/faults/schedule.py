"""What goes wrong, when and where: chosen by the seed."""

import contextlib
import random
import threading
import typing

import disk
import yesterday
from atoll import wait_until
from cluster import GATEWAY
from history import Fault
from proxy import FROM, NONE, TO, Trouble
from servers import BROKER, DATABASE

BOTH_CHANCE = 0.15        # a second fault begins before the first one is over
CALM = (0.3, 1.2)         # seconds between two faults
LONG_SLEEP = 13           # seconds: longer than a node waits for anything of its database


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


def killed(server_of):
    @contextlib.contextmanager
    def fault(cluster, node, chance):
        del chance
        server = server_of(cluster, node)
        server.kill()
        yield {}
        server.start()

    return fault


def stopped(server_of, modes):
    """As an administrator does it who is in a hurry."""
    @contextlib.contextmanager
    def fault(cluster, node, chance):
        server, mode = server_of(cluster, node), chance.choice(modes)
        server.stop(*mode)
        yield {"mode": mode}
        server.start()

    return fault


def frozen(server_of, long=0.0):
    """Mostly for a moment, now and then for longer than a node waits."""
    @contextlib.contextmanager
    def fault(cluster, node, chance):
        server, seconds = server_of(cluster, node), chance.choice([0, 0, 0, 0, long])
        server.freeze()
        threading.Event().wait(seconds)
        yield {"longer by": seconds}
        server.thaw()

    return fault


@contextlib.contextmanager
def sessions_ended(cluster, node, chance):
    """Once, or again and again."""
    times = chance.choice([1, 1, 20])
    for _ in range(times):
        cluster.servers.databases[node].end_sessions("postgres")
    yield {"times": times}


def database_of(cluster, node):
    return cluster.servers.databases[node]


def broker_of(cluster, node):
    del node
    return cluster.servers.broker


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
        wait_until(lambda: process.poll() is not None, what=f"{node} ending itself")
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


def to_database(cluster, node, chance):
    del cluster, chance
    return [(node, DATABASE)]


def to_broker(cluster, node, chance):
    del cluster, chance
    return [(node, BROKER)]


CUT = [Trouble(held=(TO, FROM))]
ONE_WAY = [Trouble(held=(TO,)), Trouble(held=(FROM,))]
DELAYS = [Trouble(delay=0.02), Trouble(delay=0.1)]
TRICKLE = [Trouble(trickle=True)]
RESETS = [Trouble(refused=True), Trouble(reset_within=2000)]


class Kind(typing.NamedTuple):
    often: int
    fault: typing.Callable
    about_node: bool = True  # else it is about a link, or all of them
    needs: str = None        # what there must be: cluster.has() tells
    by_itself: bool = False  # nothing else goes wrong meanwhile: what it ends with needs the others


FAULTS = {
    "kill": Kind(6, kill),
    "freeze": Kind(5, freeze),
    "disk slow": Kind(2, faulty_disk(fsync_delay_ms=[20, 100, 400], write_delay_ms=[0, 1]),
                      needs="file"),
    "disk full": Kind(2, faulty_disk(write_error=[disk.ENOSPC]), needs="file"),
    "fsync fails": Kind(2, failing_fsync, needs="file"),
    "store restored": Kind(2, yesterday.restored, needs="file", by_itself=True),
    "store cloned": Kind(1, yesterday.cloned, needs="file", by_itself=True),
    "row damaged": Kind(1, yesterday.damaged, needs="file", by_itself=True),
    "clock": Kind(1, faulty_disk(clock_ahead=[-1.5, -0.2, 0.2, 1.5])),
    "link cut": Kind(4, troubled(CUT, between_nodes), False, "peers"),
    "link one way": Kind(3, troubled(ONE_WAY, one_way_between_nodes), False, "peers"),
    "link delay": Kind(2, troubled(DELAYS, between_nodes), False, "peers"),
    "link reset": Kind(3, troubled(RESETS, between_nodes), False, "peers"),
    "link trickle": Kind(1, troubled(TRICKLE, between_nodes), False, "peers"),
    "gateway cut": Kind(2, troubled(CUT, to_gateway)),
    "gateway one way": Kind(2, troubled(ONE_WAY, to_gateway)),
    "gateway delay": Kind(1, troubled([Trouble(delay=0.02)], to_gateway)),
    "gateway reset": Kind(1, troubled([Trouble(reset_within=2000)], to_gateway)),
    "gateway trickle": Kind(1, troubled(TRICKLE, to_gateway)),
    "database kill": Kind(4, killed(database_of), needs="database"),
    "database stop": Kind(2, stopped(database_of, [["immediate"], ["fast"]]), needs="database"),
    "database freeze": Kind(4, frozen(database_of, LONG_SLEEP), needs="database"),
    "sessions ended": Kind(3, sessions_ended, needs="database"),
    "database cut": Kind(2, troubled(CUT, to_database), needs="database"),
    "database one way": Kind(2, troubled(ONE_WAY, to_database), needs="database"),
    "database delay": Kind(1, troubled([Trouble(delay=0.01)], to_database), needs="database"),
    "database reset": Kind(2, troubled(RESETS, to_database), needs="database"),
    "database trickle": Kind(1, troubled(TRICKLE, to_database), needs="database"),
    "broker kill": Kind(4, killed(broker_of), False, "broker"),
    "broker stop": Kind(1, stopped(broker_of, [[]]), False, "broker"),
    "broker freeze": Kind(3, frozen(broker_of, LONG_SLEEP), False, "broker"),
    "broker cut": Kind(2, troubled(CUT, to_broker), needs="broker"),
    "broker one way": Kind(1, troubled(ONE_WAY, to_broker), needs="broker"),
    "broker delay": Kind(1, troubled(DELAYS, to_broker), needs="broker"),
    "broker reset": Kind(2, troubled(RESETS, to_broker), needs="broker"),
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

    def run(self, seconds, enough=lambda: True):
        """For so long, and until that was enough."""
        until = self._now() + seconds
        while self._now() < until or not enough():
            self._pause(*CALM)
            node, kind = self._choose(self._cluster.names, self._kinds)
            others = [name for name in self._cluster.names if name != node]
            with self._fault(node, kind):
                self._pause(0.2, self._chance.choice([0.5, 1.5, 3.0]))
                another = self._another(kind, others)
                if another and self._chance.random() < BOTH_CHANCE:
                    with self._fault(*another):
                        self._pause(0.2, 1.5)
            self._recover()

    def _another(self, first, nodes):
        """What goes wrong meanwhile, or None."""
        if FAULTS[first].by_itself:
            return None
        kinds = [kind for kind in self._kinds if not FAULTS[kind].by_itself]
        if FAULTS[first].needs == "broker":  # there is one
            kinds = [kind for kind in kinds if FAULTS[kind].needs != "broker"]
        return self._choose(nodes, kinds)

    def _choose(self, nodes, kinds):
        """Where something goes wrong next, and what; None where nothing of these kinds can."""
        possible = [(node, kind) for node in nodes for kind in kinds
                    if FAULTS[kind].needs in {None} | self._cluster.has(node)]
        weights = [FAULTS[kind].often for _, kind in possible]
        return self._chance.choices(possible, weights)[0] if possible else None

    def _pause(self, least, most):
        self._never.wait(self._chance.uniform(least, most))
        fallen = self._cluster.fallen()
        if fallen:
            raise Broken(f"{', '.join(fallen)} ended by itself")

    @contextlib.contextmanager
    def _fault(self, node, kind):
        _, fault, about_node, *_ = FAULTS[kind]
        noted = Fault(kind, node if about_node else None, self._now())
        self.faults.append(noted)
        with fault(self._cluster, node, self._chance) as detail:
            noted.detail = detail
            self._say(f"  {noted.begin:7.2f} s  {kind} {node} {detail or ''}")
            yield
        noted.over = self._now()

    def _recover(self):
        """Faults end when all hear all again: until then, more than one thing may be wrong."""
        self._cluster.wait_well()
        for fault in self.faults:
            if fault.end is None:
                fault.end = self._now()
