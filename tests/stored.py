"""What lies in a node's store, read and recomputed without a line of the program's code."""

import collections
import contextlib
import json
import sqlite3

import postgres
import xxhash

SEQ_BITS = 48
BUCKETS = 64
HASH_ONES = (1 << 128) - 1
FIELDS = ("price", "bedrooms", "bathrooms", "region_origin", "updated_at")  # after the key
TEXTS = ("region_origin", "updated_at")
SEEDED = range(1, 3001)

# One write of the log, the state in which it left its record, and its request's ids ("id:a1").
Entry = collections.namedtuple("Entry", "seq kind key version row ids")


def hash_of(text):
    return xxhash.xxh3_128_digest(text if isinstance(text, bytes) else text.encode())


def chain(before, text):
    """The running hash: of (the hash before, the hash of the entry), four little-endian words."""
    both = before + hash_of(text)
    return hash_of(b"".join(both[i:i + 8][::-1] for i in range(0, 32, 8)))


def version_of(vector):
    """The sum of the counts in "us.k3f9ab:12:3,eu.…"."""
    return sum(int(part.rsplit(":", 1)[1]) for part in vector.split(","))


class Store:
    """The file of a node, possibly while it runs. What was checked once is not checked again: the
    log may only grow."""

    def __init__(self, file):
        self.file = file
        self.checked = {}  # origin → (seq, running hash)
        self.entries = []  # of all logs, in the order of their seqs
        self.last = {}     # key → the canonical row of its last entry
        self.versions = {key: 1 for key in SEEDED}

    def check(self):
        """Reads everything in one transaction, and asserts what must always hold."""
        with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as store:
            store.execute("BEGIN")
            self._check_log(store)
            self._check_requests(store)
            self._check_rows(store)
        return self

    def _check_log(self, store):
        origins = store.execute("SELECT number, origin, received, applied, hash FROM atoll_origins")
        for number, origin, received, applied, mark in origins.fetchall():
            assert applied == received, f"{origin}: nothing is parked here"
            seq, running = self.checked.get(origin, (0, bytes(16)))
            assert received >= seq, f"{origin}: the log has lost its end"
            for id, text, stored in store.execute(
                    "SELECT id, json, hash FROM atoll_log WHERE id > ? AND id < ? ORDER BY id",
                    (number << SEQ_BITS | seq, number + 1 << SEQ_BITS)):
                seq += 1
                assert id == number << SEQ_BITS | seq, f"{origin}: a hole in the log before {seq}"
                running = chain(running, text)
                assert stored == running, f"{origin}: the running hash of {seq} is wrong"
                self._take(origin, seq, text)
            assert (seq, running) == (received, mark), f"{origin}: the mark is not the log's end"
            self.checked[origin] = seq, running

    def _take(self, origin, seq, text):
        change = json.loads(text)
        assert change["stamp"].startswith(f"{origin}:{seq}@")
        start = text.index(',"row":') + len(',"row":')
        end = json.JSONDecoder().raw_decode(text, start)[1]
        row = change["row"]
        key, version = row["key"], version_of(row["vector"])
        assert version == self.versions.get(key, 0) + 1, f"{key} has two writes of one version"
        self.versions[key] = version
        self.last[key] = text[start:end]
        self.entries.append(Entry(seq, change["kind"], key, version, row["fields"],
                                  change["request"]["ids"]))

    def _check_requests(self, store):
        known = store.execute("SELECT id, seq, key FROM atoll_requests").fetchall()
        logged = [(id, entry.seq, entry.key) for entry in self.entries for id in entry.ids]
        assert sorted(known) == sorted(logged), "the request ids are not those of the log"

    def _check_rows(self, store):
        sums, living, keys = [0] * BUCKETS, 0, set()
        columns = ", ".join(("id", *FIELDS, "atoll_vector", "atoll_state", "atoll_hash"))
        for table in ("properties", "atoll_tombstones_properties"):
            for row in store.execute(f"SELECT {columns} FROM {table}"):
                key, stored = row[0], row[-1]
                assert key not in keys, f"{key} is both alive and dead"
                keys.add(key)
                text = canonical(row)
                assert text == self.last.get(key, text), f"{key} is not as its last entry says"
                assert row_hash(row) == stored, f"the hash of {key} is wrong"
                bucket = int.from_bytes(hash_of(str(key))[8:], "big") % BUCKETS
                sums[bucket] = sums[bucket] + int.from_bytes(stored, "big") & HASH_ONES
                living += table == "properties"
        assert set(self.last) <= keys, "a row is in the log and not in the table"
        [digest] = store.execute("SELECT value FROM atoll_meta WHERE name = 'digest.properties'"
                                 ).fetchone()
        assert digest == b"".join(n.to_bytes(16, "big") for n in (*sums, living)), (
            "the stored digest is not the sum of the rows' hashes")
        for key, version in store.execute("SELECT id, version FROM properties"):
            assert version == self.versions[key], f"{key} shows another version than its log"


class PostgresStore(Store):
    """The same of a PostgreSQL database."""

    def check(self):
        with copy_of(self.file) as copy:
            self._check_log(copy)
            self._check_requests(copy)
            self._check_rows(copy)
        return self


@contextlib.contextmanager
def copy_of(url):
    """What lies in a PostgreSQL database, laid out as in a node's file."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        copy.executescript("CREATE TABLE atoll_origins (number, origin, received, applied, hash);"
                           "CREATE TABLE atoll_log (id, json, hash);"
                           "CREATE TABLE atoll_requests (id, seq, key);"
                           "CREATE TABLE atoll_meta (name, value);")
        ledger, digest = newest_batch(url)
        copy.execute("INSERT INTO atoll_meta VALUES ('digest.properties', ?)", [digest])
        for number, (origin, mark) in enumerate(sorted(ledger["origins"].items()), 1):
            copy.execute("INSERT INTO atoll_origins VALUES (?, ?, ?, ?, ?)",
                         [number, origin, mark["received"], mark["applied"],
                          bytes.fromhex(mark["hash"])])
            for entry in rows_of(url, "SELECT seq, json, encode(hash, 'hex') AS hash"
                                      f" FROM atoll_log WHERE origin = '{origin}'"):
                copy.execute("INSERT INTO atoll_log VALUES (?, ?, ?)",
                             [number << SEQ_BITS | entry["seq"], entry["json"],
                              bytes.fromhex(entry["hash"])])
        for request in rows_of(url, "SELECT id, seq, key::bigint AS key FROM atoll_requests"):
            copy.execute("INSERT INTO atoll_requests VALUES (:id, :seq, :key)", request)
        copy_tables(url, copy)
        yield copy


def copy_tables(url, copy):
    columns = ", ".join(("id", *FIELDS, "atoll_vector", "atoll_state"))
    shown = columns.replace("price", "price::text").replace(
        "updated_at", "to_char(updated_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS updated_at")
    for table in ("properties", "atoll_tombstones_properties"):
        copy.execute(f"CREATE TABLE {table} ({columns}, atoll_hash, version)")
        for row in rows_of(url, f"SELECT {shown}, encode(atoll_hash, 'hex'), version FROM {table}"):
            *values, hash, version = row.values()
            copy.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * (len(values) + 2))})",
                         [*values, bytes.fromhex(hash), version])


def newest_batch(url):
    """The ledger, and the digest of the properties."""
    [batch] = rows_of(url, "SELECT ledger, encode(digests, 'hex') AS digests FROM atoll_batches"
                           " ORDER BY number DESC LIMIT 1")
    return batch["ledger"], bytes.fromhex(batch["digests"])


def rows_of(url, sql):
    text = postgres.psql(url, f"SELECT json_agg(all_of) FROM ({sql}) AS all_of")
    return json.loads(text) if text else []


def store_of(node):
    """Of a node of property-listing."""
    if node.database_url:
        return PostgresStore(node.database_url)
    return Store(node.folder / "data" / f"{node.name}.db")


def row_hash(row):
    """From its columns, as docs/wire-format.md says. Here no field has a default."""
    key, *fields, vector, state, _ = row
    state = json.loads(state or '{"life":"1 base:1@0","stamps":{}}')
    assert state.keys() <= {"life", "stamps", "twins"}
    text = f'{{"key":{key},"vector":"{vector}","life":"{state["life"]}"'
    if "twins" in state:
        text += ',"twins":' + json.dumps(state["twins"], separators=(",", ":"))
    pieces = [text + "}"]
    for name, value in zip(FIELDS, fields):
        stamp = state["stamps"].get(name)
        if value is not None or stamp:
            pieces.append(f"{name}={shown_as(name, value)}" + (f"@{stamp}" if stamp else ""))
    total = sum(int.from_bytes(hash_of(piece), "big") for piece in pieces)
    return (total & HASH_ONES).to_bytes(16, "big")


def canonical(row):
    """The row as the canonical JSON of its last log entry, from its columns."""
    key, *fields, vector, state, _ = row
    shown = ",".join(f'"{name}":{shown_as(name, value)}' for name, value in zip(FIELDS, fields))
    return f'{{"key":{key},"vector":"{vector}","fields":{{{shown}}},{state[1:]}'


def shown_as(name, value):
    if value is None:
        return "null"
    return f'"{value}"' if name in TEXTS else str(value)
