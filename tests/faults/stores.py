"""What lies in the nodes' files and databases at the end, read without the program's own code."""

import collections
import contextlib
import json
import sqlite3

from stored import (
    BUCKETS,
    FIELDS,
    HASH_ONES,
    SEQ_BITS,
    canonical,
    chain,
    copy_of,
    hash_of,
    newest_batch,
    row_hash,
)

TABLES = ("properties", "atoll_tombstones_properties")


def stamp_of(text):
    """Its order: time, origin, seq."""
    dot, _, time = text.rpartition("@")
    origin, _, seq = dot.rpartition(":")
    return int(time), origin, int(seq)


def vector_of(text):
    """origin → (seq, count)."""
    entries = (part.rsplit(":", 2) for part in text.split(","))
    return {origin: (int(seq), int(count)) for origin, seq, count in entries}


class Row:
    """A record's state, from its canonical JSON."""

    def __init__(self, json_row):
        self.key = json_row["key"]
        self.vector = vector_of(json_row["vector"])
        self.fields = json_row["fields"]
        self.price = self.fields["price"]
        n, _, born = json_row["life"].partition(" ")
        born, _, instead = born.partition(" as ")
        self.instead = int(instead) if instead else None  # which one stayed, of two made by mistake
        self.life = int(n), stamp_of(born)
        stamps = json_row.get("stamps", {})
        self.price_stamp = stamp_of(stamps["price"]) if "price" in stamps else self.life[1]
        self.twins = json_row.get("twins", [])

    @property
    def alive(self):
        return self.life[0] % 2 == 1

    @property
    def version(self):
        """No number that was shown comes back: what a twin takes off a counter adds one more."""
        return self.writes + sum(1 for twin in self.twins if len(twin) > 2)

    @property
    def writes(self):
        return sum(count for _, count in self.vector.values())

    @property
    def distinct_writes(self):
        return self.writes - len(self.twins)

    def covers(self, dot):
        origin, seq = dot
        return self.vector.get(origin, (0, 0))[0] >= seq


class Entry:
    """One write of the log."""

    def __init__(self, text):
        change = json.loads(text, parse_float=str)
        self.text = text
        self.stamp = stamp_of(change["stamp"])
        self.dot = self.stamp[1], self.stamp[2]
        self.kind = change["kind"]
        self.ids = change["request"]["ids"]
        self.attempt = change["request"]["attempt"]
        self.row = Row(change["row"])
        self.key = self.row.key

    @property
    def request(self):
        """What tells the request from all others, as the history names it."""
        if self.kind != "remove":
            return self.row.price
        return next((id for id in self.ids if not id.startswith("attempt:")), None)

    @property
    def takes_back(self):
        """A node's own write: its record was one too many."""
        return self.kind == "remove" and not self.ids

    def __str__(self):
        return f"{self.dot[0]}:{self.dot[1]} ({self.kind} of {self.key}, {self.ids})"


class Copy:
    """All that one node's store holds: a file, or a database by its URL."""

    def __init__(self, place):
        self.rows = {}      # key → Row
        self.texts = {}     # key → its canonical JSON
        self.shown = {}     # key → the version column of what lives
        self.log = {}       # origin → [Entry]
        self.marks = {}     # origin → (received, running hash)
        self.requests = set()
        self.faults = []    # what is wrong with the store by itself
        with opened(place) as store:
            store.execute("BEGIN")
            self._read_log(store)
            self._read_rows(store)
            self.requests = {id for id, in store.execute("SELECT id FROM atoll_requests")}

    def _read_log(self, store):
        origins = store.execute("SELECT number, origin, received, applied, hash FROM atoll_origins")
        for number, origin, received, applied, mark in origins.fetchall():
            entries, running = [], bytes(16)
            for id, text, stored in store.execute(
                    "SELECT id, json, hash FROM atoll_log WHERE id > ? AND id < ? ORDER BY id",
                    (number << SEQ_BITS, number + 1 << SEQ_BITS)):
                running = chain(running, text)
                if stored != running or id != number << SEQ_BITS | len(entries) + 1:
                    self.faults.append(f"{origin}: the log is broken at {len(entries) + 1}")
                    return
                entries.append(Entry(text))
            if (len(entries), running) != (received, mark) or applied != received:
                self.faults.append(f"{origin}: the mark is not the log's end")
            self.log[origin] = entries
            self.marks[origin] = received, running

    def _read_rows(self, store):
        sums, living = [0] * BUCKETS, 0
        columns = ", ".join(("id", *FIELDS, "atoll_vector", "atoll_state", "atoll_hash"))
        for table in TABLES:
            for row in store.execute(f"SELECT {columns} FROM {table}"):
                key, text = row[0], canonical(row)
                self.texts[key] = text
                self.rows[key] = Row(json.loads(text, parse_float=str))
                if row_hash(row) != row[-1]:
                    self.faults.append(f"{key}: its hash is wrong")
                bucket = int.from_bytes(hash_of(str(key))[8:], "big") % BUCKETS
                sums[bucket] = sums[bucket] + int.from_bytes(row[-1], "big") & HASH_ONES
                living += table == "properties"
        [digest] = store.execute("SELECT value FROM atoll_meta WHERE name = 'digest.properties'"
                                 ).fetchone()
        if digest != b"".join(n.to_bytes(16, "big") for n in (*sums, living)):
            self.faults.append("the stored digest is not the sum of the rows' hashes")
        self.shown = dict(store.execute("SELECT id, version FROM properties"))

    def entries(self):
        return [entry for log in self.log.values() for entry in log]


def opened(place):
    return copy_of(place) if is_url(place) else file_at(place)


def is_url(place):
    return "://" in str(place)


def file_at(file):
    return contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True))


def summary(place):
    """What two level nodes have in common, cheap enough to ask again and again: the sums of the
    rows' hashes, and how far each origin's log is known."""
    if is_url(place):
        ledger, digest = newest_batch(place)
        marks = [(origin, mark["received"], mark["applied"], bytes.fromhex(mark["hash"]))
                 for origin, mark in sorted(ledger["origins"].items())]
    else:
        with file_at(place) as store:
            store.execute("BEGIN")
            [digest] = store.execute("SELECT value FROM atoll_meta WHERE name = 'digest.properties'"
                                     ).fetchone()
            marks = store.execute("SELECT origin, received, applied, hash FROM atoll_origins"
                                  " ORDER BY origin").fetchall()
    return digest, [mark for mark in marks if mark[1] > 0]


def differences(copies):
    """Where the nodes' rows and logs are not the same, in words."""
    (first, one), *others = copies.items()
    for name, other in others:
        for key in sorted(one.texts.keys() | other.texts.keys()):
            if one.texts.get(key) != other.texts.get(key):
                yield (f"{key} differs: {first} has {one.texts.get(key)}, "
                       f"{name} has {other.texts.get(key)}")
        for origin in sorted(one.marks.keys() | other.marks.keys()):
            marks = [copy.marks.get(origin, (0, bytes(16))) for copy in (one, other)]
            if marks[0] != marks[1]:
                yield (f"the log of {origin} differs: {first} has {marks[0][0]} entries, "
                       f"{name} has {marks[1][0]}")


def by_request(entries):
    """request → its effects, the earliest first."""
    effects = collections.defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.stamp):
        if entry.request:
            effects[entry.request].append(entry)
    return effects
