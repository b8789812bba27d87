"""Long links on one machine: TCP proxies that delay, shake, slow down, stall and reset what passes.

Needs no rights. A link has two directions; each can be changed while it is in use."""

import asyncio
import contextlib
import dataclasses
import random
import socket
import struct
import threading

PIECE = 64 << 10
ON_THE_WAY = 16 << 20  # bytes of one direction; more are not read
RETRANSMIT = 0.2  # what a lost packet costs


@dataclasses.dataclass
class Direction:
    """Seconds, and bytes per second. `stalled`: what comes meanwhile passes when it ends."""

    delay: float = 0.0
    jitter: float = 0.0  # up to so much more, at random
    rate: float = 0.0  # 0: unlimited
    loss: float = 0.0  # share of the pieces that arrive after a retransmission
    stalled: bool = False
    passed: int = 0  # bytes
    until: int = 0  # of `passed`: then nothing passes any more; 0: without end
    sought: bytes = b""  # what is counted: the beginning of a kind of request
    found: int = 0


class Link:
    """One port that leads to another one. `there`: from who connects; `back`: to him."""

    def __init__(self, port, seed):
        self.target = port
        self.port = 0
        self.there = Direction()
        self.back = Direction()
        self.random = random.Random(seed)
        self.writers = set()

    def set(self, **values):
        for name, value in values.items():
            setattr(self.there, name, value)
            setattr(self.back, name, value)


class Wan:
    """The links, on a thread of their own."""

    def __init__(self, seed=1):
        self.seed = seed
        self.links = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def link(self, port, round_trip=0.0, **values):
        """A link to this port of this machine."""
        link = Link(port, self.seed + len(self.links))
        link.set(delay=round_trip / 2, **values)
        self.links.append(link)
        link.port = self._run(self._listen(link))
        return link

    def reset(self, link):
        """All its connections, by RST."""
        self._run(self._reset(link))

    def close(self):
        self._run(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    async def _close(self):
        for link in self.links:
            link.server.close()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _reset(self, link):
        for writer in list(link.writers):
            abort(writer)

    async def _listen(self, link):
        async def serve(reader, writer):
            with contextlib.suppress(asyncio.CancelledError):  # the end of the test
                await carry(link, reader, writer)

        link.server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
        return link.server.sockets[0].getsockname()[1]


def abort(writer):
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                   struct.pack("ii", 1, 0))
    writer.transport.abort()


async def carry(link, reader, writer):
    """One connection. The machine has connected it at once: what is sent first waits for as long as
    that would have taken."""
    no_delay(writer)
    link.writers.add(writer)
    first = link.there.delay + link.back.delay
    try:
        await asyncio.sleep(link.there.delay)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", link.target)
        except OSError:
            return
        no_delay(far_writer)
        link.writers.add(far_writer)
        ways = [asyncio.ensure_future(pass_on(link, link.there, reader, far_writer,
                                              first - link.there.delay)),
                asyncio.ensure_future(pass_on(link, link.back, far_reader, writer, 0))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            link.writers.discard(far_writer)
            far_writer.transport.abort()
    finally:
        link.writers.discard(writer)
        writer.transport.abort()


def no_delay(writer):
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


async def pass_on(link, way, reader, writer, first):
    """In order, each piece after its delay. The end of the stream, or its reset, is delayed too."""
    queue = asyncio.Queue()
    room = asyncio.Semaphore(ON_THE_WAY // PIECE)
    sender = asyncio.ensure_future(send(way, queue, room, writer))
    loop = asyncio.get_running_loop()
    at = loop.time() + first
    try:
        while True:
            await room.acquire()
            try:
                piece = await reader.read(PIECE)
            except OSError:
                piece = b""
            way.found += piece.count(way.sought) if way.sought else 0
            late = RETRANSMIT if way.loss and link.random.random() < way.loss else 0
            arrives = loop.time() + way.delay + link.random.random() * way.jitter + late
            at = max(at, arrives)
            if way.rate:
                at += len(piece) / way.rate
            queue.put_nowait((at, piece))
            if not piece:
                await sender
                return
    finally:
        sender.cancel()


async def send(way, queue, room, writer):
    loop = asyncio.get_running_loop()
    while True:
        at, piece = await queue.get()
        if (wait := at - loop.time()) > 0:
            await asyncio.sleep(wait)
        while way.stalled or 0 < way.until <= way.passed:
            await asyncio.sleep(0.002)  # between two looks at the link
        room.release()
        if not piece:
            with contextlib.suppress(OSError, RuntimeError):
                writer.write_eof()
            return
        writer.write(piece)
        way.passed += len(piece)
        await writer.drain()
