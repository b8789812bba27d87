"""Faults of what a node stands on that no restart mends: its store comes back from yesterday, a
copy of it runs beside it, a row in it is damaged."""

import contextlib
import itertools
import os
import shutil

import lives
from atoll import Node, run_atoll, wait_until
from ports import free_port
from regions import by_hand

WAYS = (lives.FileCopiedBack, lives.CopiedInPlace, lives.AtollRestore)
UNWRITTEN = range(200, 1500)  # seeded records that no client writes
numbers = itertools.count(1)


@contextlib.contextmanager
def restored(cluster, node, chance):
    """The node stops, so that others have all that it has told; then it has an older store, and
    begins a new life."""
    way = chance.choice(WAYS)
    process = cluster.nodes[node]
    process.stop()
    way(process).bring_back()
    yield {"way": way.__name__}
    process.start()


@contextlib.contextmanager
def cloned(cluster, node, chance):
    """Nobody hears the copy, and it must not serve."""
    del chance
    original = cluster.nodes[node]
    folder = lives.folder_of_clone(original, f"{node}-clone-{next(numbers)}")
    clone = Node(folder, name=node, app=original.app, alone=False, env=original.env)
    clone.port = free_port()
    try:
        clone.start(ready=False)
        wait_until(lambda: "hears another process" in clone.log(), what="the clone being refused")
        lives.waits(clone)
        yield {}
    finally:
        clone.kill()
        shutil.rmtree(folder)


@contextlib.contextmanager
def damaged(cluster, node, chance):
    """A row that cannot be read, until it is taken from a peer."""
    process, key = cluster.nodes[node], chance.choice(UNWRITTEN)
    by_hand(process, lives.DAMAGE.format(key))
    yield {"key": key}
    own = {f"{node.upper()}_URL": process.base_url}
    run_atoll("repair", process.app, "--node", node, env=dict(os.environ) | process.env | own)
