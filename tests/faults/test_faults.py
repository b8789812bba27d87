"""The fault test as ./test and CI run it: some minutes, with seeds nobody picked. Times are judged
by hand (`run`), where the machine does nothing else.

SECONDS says how long each round lasts, SEED repeats one."""

import os
import random

import one_round
import pytest

SECONDS = int(os.environ.get("SECONDS", 30))


def enough(faults, asks):
    """However slow the machine is."""
    return (len(faults) >= SECONDS / 10 and
            sum(ask.acknowledged for ask in asks) > 10 * SECONDS)


@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.parametrize("nodes, stacks", [
    (2, "embedded"), (3, "embedded"), (4, "queues"), (2, "full"),
    (2, "apart, mixed or databases")])
def test_nothing_is_lost_and_nobody_notices(tmp_path, nodes, stacks):
    seed = int(os.environ.get("SEED", 0)) or random.randrange(1, 1_000_000)
    possible = [stack for stack in one_round.STACKS if stack in stacks]
    one_round.run(seed, SECONDS, nodes, tmp_path / "run", stack=possible[seed % len(possible)],
                  timed=False, enough=enough)
