"""What must be true after everything went wrong and was healed: of the clients' history, the nodes'
stores, the topic between them and the conflicts that they list. Each check yields what it finds, in
words."""

import collections
import dataclasses
import itertools

from stores import by_request, differences, vector_of
from topic import what_it_lacks

SEEDED = range(1, 3001)
# While one node is away because of these, every request through the gateway succeeds.
NODE_FAULTS = ("kill", "freeze", "disk slow", "disk full", "fsync fails", "store restored",
               "store cloned", "row damaged", "clock", "link cut",
               "link one way", "link delay", "link reset", "gateway cut", "gateway one way",
               "gateway delay", "database kill", "database stop", "database freeze",
               "sessions ended", "database cut", "database one way", "database delay",
               "database reset", "broker kill", "broker stop", "broker freeze", "broker cut",
               "broker one way", "broker delay", "broker reset")
AFTER_A_KILL_MAX = 1.0  # seconds
ON_ITS_WAY = 0.2        # seconds that a write may need to be in another region while all is well


@dataclasses.dataclass
class Run:
    asks: list
    faults: list
    copies: dict     # name → stores.Copy
    conflicts: dict  # name → what it lists
    shown: dict      # name → {key: row}, as its API shows them
    topic: list = None     # [(origin, seq, text)] of the changes; None where there is no broker
    starved: bool = False  # others had this machine's processors, so that even two tries may fail
    timed: bool = True     # how long things took is judged

    def __post_init__(self):
        self.any = next(iter(self.copies.values()))
        self.effects = by_request(self.entries())
        self.take_backs = collections.defaultdict(list)  # of one request's second record, by key
        for entry in self.entries():
            if entry.takes_back:
                self.take_backs[entry.key].append(entry)

    def stayed(self, made):
        """Which record a create stands for: its own, but where that was taken back."""
        instead = [back.row.instead for back in self.take_backs[made.key]
                   if back.row.covers(made.dot) and back.row.life[0] == made.row.life[0] + 1]
        return instead[0] if instead else made.key

    def entries(self):
        """Each write that any node knows of, once."""
        known = {entry.dot: entry for copy in self.copies.values() for entry in copy.entries()}
        return list(known.values())

    def asked(self):
        """request → what was asked with it."""
        asked = collections.defaultdict(list)
        for ask in self.asks:
            if ask.is_write:
                asked[ask.request].append(ask)
        return asked


def check(run):
    """All that is wrong; nothing, when all is well."""
    return [found for one in CHECKS for found in one(run)]


# ---- the stores ----------------------------------------------------------------------------------


def files_are_whole(run):
    for name, copy in run.copies.items():
        for fault in copy.faults:
            yield f"{name}: {fault}"


def nodes_are_equal(run):
    yield from differences(run.copies)


def request_ids_are_known_everywhere(run):
    for name, copy in run.copies.items():
        for entry in copy.entries():
            for id in entry.ids:
                if id not in copy.requests:
                    yield f"{name}: the id {id} of {entry} is forgotten"


def the_api_shows_what_lies_there(run):
    for name, copy in run.copies.items():
        lying = {key: {"id": key, **copy.rows[key].fields, "version": version}
                 for key, version in copy.shown.items()}
        shown = run.shown[name]
        for key in sorted(lying.keys() | shown.keys()):
            if lying.get(key) != shown.get(key):
                yield f"{name}: its API shows {shown.get(key)}, and there lies {lying.get(key)}"


def the_topic_has_every_change(run):
    if run.topic is not None:
        yield from what_it_lacks(run.topic, run.any.log)


# ---- acknowledged writes -------------------------------------------------------------------------


def nothing_acknowledged_is_lost(run):
    """Each is in the log as it was told, and inside its record's row."""
    dots = {entry.dot: entry for entry in run.entries()}
    for ask in run.asks:
        if not ask.acknowledged:
            continue
        origin, _, seq = (ask.written or ":0").rpartition(":")
        entry = dots.get((origin, int(seq)))
        if entry is None:
            yield f"acknowledged and lost: {ask}"
            continue
        meant = {ask.key, *(back.row.instead for back in run.take_backs[ask.key])}
        told = ask.body or {"id": entry.key if entry.key in meant else ask.key,
                            "version": entry.row.version}
        if ask.request != entry.request or (entry.kind, entry.key) != (ask.kind, told["id"]):
            yield f"acknowledged as another write, {entry}: {ask}"
        elif told["version"] != entry.row.version:
            yield f"told another version than that of {entry}: {ask}"
        for name, copy in run.copies.items():
            row = copy.rows.get(entry.key)
            if row is None or not row.covers(entry.dot):
                yield f"{name}: acknowledged and not inside its row: {ask}"


def nobody_else_wrote(run):
    asked = run.asked()
    for request, effects in run.effects.items():
        if request not in asked:
            yield f"written by nobody: {', '.join(map(str, effects))}"


def a_refusal_is_true(run):
    """What was refused did not take effect: but where the region that refused could not know."""
    for ask in run.asks:
        if not ask.is_write or ask.repeat or ask.status is None or not 400 <= ask.status < 500:
            continue
        effects = run.effects.get(ask.request, [])
        code = (ask.body or {}).get("code")
        if code in ("duplicate_request", "key_reused"):
            yield f"a first request was told that it is a repeat: {ask}"
        for effect in effects:
            if ask.by == effect.dot[0].split(".")[0]:
                yield f"refused where it took effect, as {effect}: {ask}"
            elif knew_of(run, ask, effect):
                yield f"refused by a region that had its effect {effect}: {ask}"


def knew_of(run, ask, effect):
    """Whether the row that a refusal showed has the effect inside."""
    shown = (ask.body or {}).get("current")
    if not shown:
        return False
    source = run.effects.get(shown["price"], [])
    return any(entry.key == effect.key and entry.row.covers(effect.dot) for entry in source)


# ---- once ----------------------------------------------------------------------------------------


def every_write_counts_once(run):
    """Twins apart, a row holds one write for each request that took effect, in whichever region;
    and its table shows the version that the row has by its vector."""
    requests = collections.defaultdict(set)
    for request, effects in run.effects.items():
        for effect in effects:
            requests[effect.key].add(request)
    for key, row in run.any.rows.items():
        count = (key in SEEDED) + len(requests[key]) + len(run.take_backs[key])
        shown = run.any.shown.get(key, row.version)
        if row.distinct_writes != count or shown != row.version:
            yield (f"{key}: {count} writes, and version {shown} (its vector has {row.writes}, "
                   f"{len(row.twins)} of them twins)")


def a_region_takes_a_request_once(run):
    for request, effects in run.effects.items():
        for origin, count in collections.Counter(one.dot[0] for one in effects).items():
            if count > 1:
                yield f"{request} took effect {count} times in {origin}: {effects[0]}"


def a_create_makes_one_record(run):
    """Of a request that made a record in two regions one stays, and the other one names it."""
    for request, effects in run.effects.items():
        made = {effect.key: effect for effect in effects if effect.kind == "create"}
        alive = {key for key, effect in made.items()
                 if key in run.any.rows and run.any.rows[key].life == effect.row.life}
        if len(alive) > 1:
            yield f"one request made the records {sorted(alive)}: {effects[0]} ({request})"
        for key, effect in made.items():
            stayed = run.stayed(effect)
            if stayed not in made:
                yield f"{key} was taken back for {stayed}, not made by {effects[0]}"


def what_was_taken_back_is_listed(run):
    """Where people had written to it."""
    listed = {int(conflict["key"]) for conflict in itertools.chain(*run.conflicts.values())
              if conflict["kind"] == "twin"}
    for entry in run.entries():
        if entry.takes_back and entry.row.distinct_writes > 2 and entry.key not in listed:
            yield f"{entry} was taken back with what was written to it, and is not listed"


def a_version_is_written_over_once(run):
    """At most one success for each (region, record, version), and it made the next version; of a
    record that holds a twin, a later one."""
    winners = collections.defaultdict(set)
    for ask in run.asks:
        if not ask.acknowledged or ask.version is None or not ask.written:
            continue
        origin = ask.written.rpartition(":")[0]
        key = ask.body["id"] if ask.body else ask.key  # one that was taken back stands for another
        winners[origin, key, ask.version].add(ask.request)
        made = ask.body["version"] if ask.body else ask.version + 1
        if made <= ask.version or made > ask.version + 1 + twins_of(run, key):
            yield f"it named version {ask.version}: {ask}"
    for (origin, key, version), requests in winners.items():
        if len(requests) > 1:
            yield f"{origin} let {sorted(requests)} all write over version {version} of {key}"


def twins_of(run, key):
    return len(run.any.rows[key].twins) if key in run.any.rows else 0


# ---- what is there in the end --------------------------------------------------------------------


def by_record(run):
    entries = collections.defaultdict(list)
    for entry in run.entries():
        entries[entry.key].append(entry)
    return entries


def last_ones(entries):
    """Writes that no other write of the record saw."""
    return [entry for entry in entries
            if not any(other.row.covers(entry.dot) for other in entries if other is not entry)]


def winner_of(entries):
    """The youngest life; in it, the price that was set last."""
    life = max(entry.row.life for entry in entries)
    return max((entry for entry in entries if entry.row.life == life),
               key=lambda entry: entry.row.price_stamp)


def rows_are_as_the_log_says(run):
    for key, entries in by_record(run).items():
        row, won = run.any.rows.get(key), winner_of(entries)
        if row is None:
            yield f"{key} is in the log and not in the table"
        elif (row.alive, row.price) != (won.row.alive, won.row.price):
            yield (f"{key} is {'alive' if row.alive else 'gone'} at {row.price}, and its log ends "
                   f"with {won} at {won.row.price}")
    made = {entry.key for entry in run.entries()}
    for key in run.any.rows:
        if key not in SEEDED and key not in made:
            yield f"{key} was made by nobody"


def what_lost_is_listed(run):
    """The final row is the last write, or a conflict is listed."""
    listed = collections.defaultdict(list)
    for conflict in itertools.chain(*run.conflicts.values()):
        vectors = [vector_of(conflict["detail"][side]["vector"]) for side in ("kept", "lost")]
        listed[int(conflict["key"])].append(vectors)
    for key, entries in by_record(run).items():
        won = winner_of(entries)
        for lost in last_ones(entries):
            if lost is won or loses_nothing(run, lost, won):
                continue
            effects = [effect for effect in run.effects[lost.request] if effect.key == key]
            if not any(is_between(effect.dot, vectors) for vectors in listed[key]
                       for effect in effects):
                yield f"{lost} at {lost.row.price} lost against {won}, and no conflict is listed"


def loses_nothing(run, lost, won):
    """A second effect of a request that won or was seen; or a delete of a life that is over."""
    over = lost.kind == "remove" and won.row.life[0] >= lost.row.life[0]
    seen = any(won.row.covers(effect.dot) for effect in run.effects[lost.request])
    return over or seen or lost.request == won.request


def is_between(dot, vectors):
    """Whether one side of the conflict had the write and the other had not."""
    origin, seq = dot
    has = [vector.get(origin, (0, 0))[0] >= seq for vector in vectors]
    return has[0] != has[1]


def nothing_acknowledged_is_undone_by_what_slept(run):
    """A write that was asked for after another was answered does not lose to it."""
    if any(fault.kind == "clock" for fault in run.faults):
        return  # then times say nothing
    asked = run.asked()
    for key, entries in by_record(run).items():
        won = winner_of(entries)
        first = min((ask.returned for ask in asked.get(won.request, ()) if ask.acknowledged),
                    default=None)
        for lost in last_ones(entries) if first is not None else ():
            later = min((ask.invoked for ask in asked.get(lost.request, ())), default=0)
            if lost.kind != "update" or lost.row.life != won.row.life or later < first:
                continue
            if lost is not won and lost.request != won.request:
                yield f"{key}: {lost} was undone by {won}, which had been answered before"


# ---- reads ---------------------------------------------------------------------------------------


def reads_are_true(run):
    """Nobody reads what nobody wrote, and a token is kept."""
    asked, records = run.asked(), by_record(run)
    for ask in run.asks:
        if ask.kind not in ("get", "list") or ask.status != 200:
            continue
        for row in ask.body["items"] if ask.kind == "list" else [ask.body]:
            if row["version"] > (row["id"] in SEEDED) and row["price"] not in asked:
                yield f"a price that nobody wrote, {row['price']}: {ask}"
        if ask.kind == "get" and ask.token and not keeps_token(records, ask):
            yield f"the read does not have what its token names: {ask}"


def keeps_token(records, ask):
    """The writes that the token names, of this record, are inside what was read."""
    dots = {entry.dot for entry in records.get(ask.body["id"], ())}
    read = vector_of(ask.tag)
    for part in ask.token.split(","):
        origin, _, seq = part.rpartition(":")
        known = max((dot[1] for dot in dots if dot[0] == origin and dot[1] <= int(seq)), default=0)
        if read.get(origin, (0, 0))[0] < known:
            return False
    return True


# ---- nobody notices ------------------------------------------------------------------------------


def alone(run, ask):
    """The one fault during the request; None where there was none, or several at once."""
    faults = [fault for fault in run.faults if fault.touches(ask)]
    return faults[0] if len(faults) == 1 and faults[0].kind in NODE_FAULTS else None


def only_there(run, ask, fault):
    """Whether the request's token names a write of the node that the fault is about, told so
    shortly before it that nobody else may have it."""
    dots = {part for part in (ask.token or "").split(",") if part.split(".")[0] == fault.node}
    return any(other.written in dots and other.returned > fault.begin - ON_ITS_WAY
               for other in run.asks)


def failed(ask):
    return ask.status is None or ask.status >= 500


def one_failure_is_not_noticed(run):
    for ask in run.asks if not run.starved else ():
        fault = alone(run, ask)
        if fault and ask.status == 503 and only_there(run, ask, fault):
            continue
        if failed(ask) and (fault or not any(f.touches(ask) for f in run.faults)):
            yield f"failed during {fault or 'no fault at all'}: {ask}"


def a_kill_costs_a_second_at_most(run):
    """And what the machine needed where nothing was wrong."""
    calm = max((ask.seconds for ask in run.asks
                if ask.acknowledged and not any(fault.touches(ask) for fault in run.faults)),
               default=0)
    for ask in run.asks if run.timed else ():
        fault = alone(run, ask)
        if fault and fault.kind == "kill" and ask.seconds > AFTER_A_KILL_MAX + calm:
            yield f"took {ask.seconds:.2f} s during {fault}: {ask}"


CHECKS = (files_are_whole, nodes_are_equal, request_ids_are_known_everywhere,
          the_api_shows_what_lies_there, the_topic_has_every_change,
          nothing_acknowledged_is_lost, nobody_else_wrote, a_refusal_is_true,
          every_write_counts_once, a_region_takes_a_request_once, a_create_makes_one_record,
          what_was_taken_back_is_listed, a_version_is_written_over_once,
          rows_are_as_the_log_says, what_lost_is_listed,
          nothing_acknowledged_is_undone_by_what_slept, reads_are_true, one_failure_is_not_noticed,
          a_kill_costs_a_second_at_most)


def figures(run):
    """What is printed of every run."""
    slowest = {}
    failures = collections.Counter()
    for ask in run.asks:
        fault = alone(run, ask)
        kind = fault.kind if fault else None
        if fault:
            slowest[kind] = max(slowest.get(kind, 0), ask.seconds)
        if failed(ask):
            failures["during one fault" if fault else "during several, or a broken answer"] += 1
    twins = sum(len(effects) - 1 for effects in run.effects.values())
    return {
        "requests": len(run.asks),
        "acknowledged writes": sum(ask.acknowledged for ask in run.asks),
        "statuses": dict(sorted(collections.Counter(str(a.status) for a in run.asks).items())),
        "failed": dict(failures),
        "faults": dict(collections.Counter(fault.kind for fault in run.faults)),
        "slowest (s)": {kind: round(seconds, 2) for kind, seconds in sorted(slowest.items())},
        "twins": twins,
        "records taken back": sum(entry.takes_back for entry in run.entries()),
        "conflicts": sum(map(len, run.conflicts.values())),
    }
