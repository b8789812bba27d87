"""One run: a cluster, its clients, its faults; then heal, wait until all are level, and judge."""

import json
import pathlib
import shutil
import tempfile
import time

import checker
import clients
import history
from atoll import PATIENCE, wait_until
from cluster import Cluster
from pace import Pace
from schedule import FAULTS, Schedule
from servers import KAFKA, STACKS
from stores import Copy, summary
from topic import changes_in

LEVEL_SECONDS = 10


class Failed(AssertionError):
    """What was found, and where everything lies that tells why."""


def run(seed, seconds, nodes, folder=None, kinds=tuple(FAULTS), env=(), say=print,
        stack="embedded", **more):
    """Returns the run when the checks pass. Else its folder is kept and Failed says where it is."""
    folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="atoll-faults-"))
    say(f"seed {seed}: {nodes} nodes ({stack}) for {seconds} s, in {folder}")
    made, found = play(seed, seconds, nodes, folder, kinds, env, say, stack, **more)
    for name, figure in checker.figures(made).items() if made else ():
        say(f"  {name}: {json.dumps(figure)}")
    if found:
        shown = "\n".join(f"  - {one[:2000]}" for one in found[:20])
        raise Failed(f"seed {seed}, {nodes} nodes ({stack}): {len(found)} faults in Atoll\n"
                     f"{shown}\n"
                     f"history, faults, logs and stores are in {folder}\n"
                     f"again: tests/faults/run --seed {seed} --seconds {seconds} --nodes {nodes}"
                     f" --stack {stack}")
    shutil.rmtree(folder)
    return made


def play(seed, seconds, nodes, folder, kinds, env, say, stack="embedded", rows=None, timed=True,
         enough=lambda faults, asks: True, **habits):
    """The run, and what is wrong with it. `rows`: only these of the seed; `timed`: whether it is
    judged how long things take; `enough`: it goes on until this is true; `habits`: of Client."""
    pace = Pace()
    cluster = Cluster(folder, nodes, seed, STACKS[stack], env, rows)
    crowd, schedule = None, None
    try:
        cluster.start()
        crowd = clients.Crowd(cluster.gateway.port, cluster.at_port, seed, **habits)
        crowd.write_once(cluster.names)
        cluster.keep_stores()
        wait_until(cluster.has_published_all, what="the first writes being at the broker")
        crowd.start()
        schedule = Schedule(cluster, seed, crowd.now, kinds, say)
        schedule.run(seconds, lambda: enough(schedule.faults, crowd.asks()))
        crowd.stop()
        starved, measured = pace.judge()
        timed = timed and not starved
        say(f"  {measured}" + ("" if timed else ": times are not judged"))
        found = settle(cluster, LEVEL_SECONDS if timed else PATIENCE, say)
        made = noted(cluster, crowd.asks(), schedule.faults, starved, timed)
        return made, found + checker.check(made)
    except AssertionError as wrong:
        return None, [str(wrong)]
    finally:
        if crowd:
            history.save(folder, crowd.asks(), schedule.faults if schedule else [])
        cluster.clean_up()
        pace.end()


def noted(cluster, asks, faults=(), starved=False, timed=True):
    """All that the checker wants to know of a cluster that is level. Stops its nodes."""
    conflicts, shown = cluster.conflicts(), cluster.shown()
    cluster.stop()
    copies = {name: Copy(cluster.store(name)) for name in cluster.names}
    kafka = cluster.stack.broker == KAFKA  # what lies in a queue goes when it was taken
    topic = changes_in(cluster.servers.broker) if kafka else None
    return checker.Run(asks, list(faults), copies, conflicts, shown, topic, starved, timed)


def wait_for_logs(cluster):
    """Until each node's log has what the others' have."""
    def are_equal():
        first, *others = [marks for _, marks in
                          (summary(cluster.store(name)) for name in cluster.names)]
        return all(other == first for other in others)

    wait_until(are_equal, what="all logs being equal")


def settle(cluster, seconds, say):
    """Heals, and waits until the nodes' stores are equal and the broker has everything."""
    cluster.heal()
    healed = time.monotonic()

    def are_level():
        first, *others = [summary(cluster.store(name)) for name in cluster.names]
        return all(other == first for other in others)

    waited = []
    for condition, what in ((are_level, "all nodes being equal"),
                            (cluster.has_published_all, "the broker having everything")):
        try:
            wait_until(condition, seconds, what)
            say(f"  {what}: after {time.monotonic() - healed:.2f} s")
        except AssertionError as wrong:
            waited.append(str(wrong))
    return waited
