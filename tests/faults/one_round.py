"""One run: a cluster, its clients, its faults; then heal, wait until all are level, and judge."""

import json
import pathlib
import shutil
import tempfile
import time

import checker
import clients
import history
from atoll import wait_until
from cluster import Cluster
from schedule import FAULTS, Schedule
from stores import Copy, summary

LEVEL_SECONDS = 10


class Failed(AssertionError):
    """What was found, and where everything lies that tells why."""


def run(seed, seconds, nodes, folder=None, kinds=tuple(FAULTS), env=(), say=print):
    """Returns the run when the checks pass. Else its folder is kept and Failed says where it is."""
    folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="atoll-faults-"))
    say(f"seed {seed}: {nodes} nodes for {seconds} s, in {folder}")
    made, found = play(seed, seconds, nodes, folder, kinds, env, say)
    for name, figure in checker.figures(made).items() if made else ():
        say(f"  {name}: {json.dumps(figure)}")
    if found:
        shown = "\n".join(f"  - {one[:2000]}" for one in found[:20])
        raise Failed(f"seed {seed}, {nodes} nodes: {len(found)} faults in Atoll\n{shown}\n"
                     f"history, faults, logs and stores are in {folder}\n"
                     f"again: tests/faults/run --seed {seed} --seconds {seconds} --nodes {nodes}")
    shutil.rmtree(folder)
    return made


STARVED = 0.03  # of the processors' time


def processor_times():
    """All of it, and what the host of a virtual machine gave to others."""
    times = [int(n) for n in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return sum(times), times[7]


def play(seed, seconds, nodes, folder, kinds, env, say):
    """The run, and what is wrong with it."""
    all_before, stolen_before = processor_times()
    cluster = Cluster(folder, nodes, seed, env)
    crowd, schedule = None, None
    try:
        cluster.start()
        crowd = clients.Crowd(cluster.gateway.port, cluster.at_port, seed).start()
        schedule = Schedule(cluster, seed, crowd.now, kinds, say)
        schedule.run(seconds)
        asks = crowd.stop()
        found = settle(cluster, say)
        conflicts = cluster.conflicts()
        cluster.stop()
        copies = {name: Copy(cluster.store_file(name)) for name in cluster.names}
        all_after, stolen_after = processor_times()
        stolen = (stolen_after - stolen_before) / (all_after - all_before)
        made = checker.Run(asks, schedule.faults, copies, conflicts, stolen > STARVED)
        if made.starved:
            say(f"  {stolen:.0%} of the processors went to others: times are not judged")
        return made, found + checker.check(made)
    except AssertionError as wrong:
        return None, [str(wrong)]
    finally:
        if crowd:
            history.save(folder, crowd.asks(), schedule.faults if schedule else [])
        cluster.clean_up()


def settle(cluster, say):
    """Heals, and waits until the nodes' files are equal."""
    cluster.heal()
    healed = time.monotonic()

    def are_level():
        first, *others = [summary(cluster.store_file(name)) for name in cluster.names]
        return all(other == first for other in others)

    try:
        wait_until(are_level, LEVEL_SECONDS, "all nodes being equal")
    except AssertionError as wrong:
        return [str(wrong)]
    say(f"  level after {time.monotonic() - healed:.2f} s")
    return []
