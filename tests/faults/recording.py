"""A run of the real program, kept as text: what the checker's own tests are made of.

`history.jsonl` and `faults.jsonl` are as every run leaves them, NAME.sql is the dump of a node's
file, and `told.json` has what the nodes listed and showed in the end."""

import contextlib
import json
import sqlite3

import checker
import history
from stores import Copy


def save(folder, run, files):
    """`files`: each node's store, {name: path}."""
    history.save(folder, run.asks, run.faults)
    told = {"conflicts": run.conflicts, "shown": run.shown}
    (folder / "told.json").write_text(json.dumps(told, indent=1) + "\n")
    for name, file in files.items():
        with contextlib.closing(sqlite3.connect(file)) as store:
            (folder / f"{name}.sql").write_text("".join(f"{line}\n" for line in store.iterdump()))


def load(folder, made):
    """The run; its nodes' files are made in the folder `made`, as NAME.db."""
    asks, faults = history.load(folder)
    told = json.loads((folder / "told.json").read_text())
    shown = {name: {int(key): row for key, row in rows.items()}
             for name, rows in told["shown"].items()}
    copies = {name: Copy(restored(folder / f"{name}.sql", made / f"{name}.db")) for name in shown}
    return checker.Run(asks, faults, copies, told["conflicts"], shown)


def restored(dump, file):
    with contextlib.closing(sqlite3.connect(file)) as store:
        store.executescript(dump.read_text())
        store.commit()
    return file
