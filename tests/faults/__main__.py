"""tests/faults/run: one round of a minute after the other, each with the next seed."""

import argparse
import pathlib
import random
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1])]

import one_round

ROUND_SECONDS = 60


def main():
    parser = argparse.ArgumentParser(prog="tests/faults/run", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--seconds", type=float, default=ROUND_SECONDS)
    parser.add_argument("--nodes", type=int, choices=(2, 3, 4), default=2)
    parser.add_argument("--stack", choices=tuple(one_round.STACKS), default="embedded",
                        help="what the nodes stand on: README.md")
    parser.add_argument("--kinds", default="", help="only these faults, with commas between")
    said = parser.parse_args()
    kinds = tuple(said.kinds.split(",")) if said.kinds else tuple(one_round.FAULTS)
    seed, until = said.seed, time.monotonic() + said.seconds
    while (left := until - time.monotonic()) > 0:
        try:
            one_round.run(seed, min(round(left), ROUND_SECONDS) or 1, said.nodes, kinds=kinds,
                          stack=said.stack)
        except one_round.Failed as failed:
            print(failed)
            return 1
        seed += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
