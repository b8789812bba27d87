"""Ports of this machine that were free a moment ago, for programs that take no port 0."""

import random
import socket


def free_ports(count):
    """All different: each is held until the last one is found."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def free_port():
    return free_ports(1)[0]


def quiet_port():
    """One that no outgoing connection takes while its program is away: below those that the system
    gives out."""
    while True:
        port = random.SystemRandom().randrange(10_000, 30_000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return port
        except OSError:
            continue
