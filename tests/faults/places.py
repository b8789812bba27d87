"""Where in a run something can be planted for the checker to see."""

import checker


class Missing(AssertionError):
    """The run has no such place."""


def written(run, kind="update"):
    """An acknowledged write that was asked for once, and its entry in each node's log."""
    asked = run.asked()
    for ask in run.asks:
        effects = run.effects.get(ask.request, [])
        once = len(asked[ask.request]) == 1 and len(effects) == 1
        if ask.kind == kind and ask.acknowledged and once:
            return ask, [entry for copy in run.copies.values() for entry in copy.entries()
                         if entry.dot == effects[0].dot]
    raise Missing(f"no {kind} was answered")


def read(run):
    """A read of a record that clients had written."""
    for ask in run.asks:
        if ask.kind == "get" and ask.status == 200 and ask.body["version"] > 1:
            return ask
    raise Missing("nothing was read that a client had written")


def during(run, kind):
    """A request that was on its way during one fault of that kind, and no other."""
    for ask in run.asks:
        fault = checker.alone(run, ask)
        if fault and fault.kind == kind:
            return ask
    raise Missing(f"no request during {kind}")


def last_of_both_regions(run):
    """A record whose last two writes are updates of two regions: its key, and these two."""
    for key, entries in checker.by_record(run).items():
        *_, lost, won = [None, *sorted(entries, key=lambda entry: entry.stamp)]
        if lost and {lost.kind, won.kind} == {"update"} and lost.dot[0] != won.dot[0] and (
                lost.row.life == won.row.life):
            return key, lost, won
    raise Missing("no record was written in both regions")


def listed(run):
    """A conflict that a node lists."""
    for conflicts in run.conflicts.values():
        if conflicts:
            return conflicts[0]
    raise Missing("nothing lost against anything")


def has_all(run):
    """Whether a run has all of them."""
    try:
        listed(run)
        written(run)
        written(run, "create")
        read(run)
        during(run, "kill")
        last_of_both_regions(run)
    except Missing:
        return False
    return True
