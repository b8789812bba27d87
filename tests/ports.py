"""Ports for programs that take no port 0, or that come back to theirs after they were away.

They lie below those that the system gives out, so that no outgoing connection takes one while its
program is away: not even one to that very port, which would then be connected to itself. Test
processes that run side by side take theirs from different blocks."""

import functools
import itertools
import random
import socket

BLOCKS = range(10_000, 30_000, 200)


@functools.cache
def own_block():
    """The ports of a block that no other process has while this one lives, and what says so."""
    for first in random.SystemRandom().sample(BLOCKS, len(BLOCKS)):
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind(f"\0atoll-test-ports-{first}")
            return itertools.cycle(range(first, first + BLOCKS.step)), mark
        except OSError:
            mark.close()
    raise AssertionError("all blocks of ports are taken")


def is_free(port):
    try:
        socket.create_server(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


def free_port():
    ports, _ = own_block()
    return next(port for port in ports if is_free(port))


def free_ports(count):
    return [free_port() for _ in range(count)]


def free_run(count):
    """The first of so many in a row."""
    run = [free_port()]
    while len(run) < count:
        port = free_port()
        run = [*run, port] if port == run[-1] + 1 else [port]
    return run[0]
