"""What the clients asked and heard: what a run is judged by."""

import dataclasses
import json


@dataclasses.dataclass
class Ask:
    """One request and what came of it. Times are seconds since the run began."""

    client: str
    kind: str              # get, list, update, create, remove
    region: str            # which one was asked, by its path
    key: int = None
    price: str = None      # of an update or create: no other request has it
    version: int = None    # which the write named
    id: str = None         # "id:…" as X-Request-ID, "key:…" as Idempotency-Key
    token: str = None      # which a read sent back
    repeat: bool = False   # of an earlier request, with its id
    invoked: float = 0.0
    returned: float = None
    status: int = None     # None: the answer was lost
    body: dict = None
    by: str = None         # the node that answered
    tag: str = None        # the ETag, without quotes
    written: str = None    # Atoll-Token: which write this was, "us.k3f9:12"
    replayed: bool = False
    failure: str = None    # how the answer was lost

    @property
    def is_write(self):
        return self.kind in ("update", "create", "remove")

    @property
    def acknowledged(self):
        return self.is_write and self.status is not None and self.status < 300

    @property
    def request(self):
        """What tells this request from all others: its price, or of a delete its id."""
        return self.id if self.kind == "remove" else self.price

    @property
    def seconds(self):
        return self.returned - self.invoked

    def __str__(self):
        said = {name: value for name, value in dataclasses.asdict(self).items()
                if value not in (None, False)}
        return json.dumps(said)


@dataclasses.dataclass
class Fault:
    """Something that went wrong on purpose, from `begin` until all was well again."""

    kind: str
    node: str              # the one that it is about; None: a link between two nodes
    begin: float
    over: float = None     # the cause is gone
    end: float = None      # and so are its effects
    detail: dict = dataclasses.field(default_factory=dict)

    def touches(self, ask):
        return ask.returned >= self.begin and (self.end is None or ask.invoked <= self.end)

    def __str__(self):
        return json.dumps(dataclasses.asdict(self))


def save(folder, asks, faults):
    """One document a line, in the order of the answers."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, items in (("history", asks), ("faults", faults)):
        (folder / f"{name}.jsonl").write_text("".join(f"{item}\n" for item in items))


def load(folder):
    def read(name, made_of):
        return [made_of(**json.loads(line))
                for line in (folder / f"{name}.jsonl").read_text().splitlines()]

    return read("history", Ask), read("faults", Fault)
