"""A link that can go wrong: a TCP proxy of our own between two parts of the cluster."""

import asyncio
import contextlib
import dataclasses
import random
import socket
import struct
import threading

PIECE_BYTES = 64 << 10
TO, FROM = "to", "from"  # seen from whoever connects


@dataclasses.dataclass(frozen=True)
class Trouble:
    """What a link does to what passes. Held bytes are not lost: they arrive when it is over, as
    those that TCP sends again."""

    delay: float = 0.0      # seconds, for each piece
    held: tuple = ()        # directions in which nothing passes
    trickle: bool = False   # one byte a second
    refused: bool = False   # connections are reset, those that are there too
    reset_within: int = 0   # each connection is reset somewhere in the next so many bytes back


NONE = Trouble()


class Loop:
    """One thread for all links."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()


class Link:
    """Listens on a port of its own and passes on to `target`. Used from any thread."""

    def __init__(self, loop, name, target, seed=0):
        self.name = name
        self.target = target
        self.port = 0
        self._loop = loop
        self._chance = random.Random(f"{seed} {name}")
        self._trouble = NONE
        self._connections = set()
        loop.run(self._start())

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def set(self, trouble):
        self._loop.run(self._set(trouble))

    def close(self):
        self._loop.run(self._close())

    async def _start(self):
        self._changed = asyncio.Event()
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _set(self, trouble):
        self._trouble = trouble
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        if trouble.refused:
            self._reset_all()

    async def _close(self):
        self._server.close()
        self._reset_all()
        for task in list(self._connections):
            task.cancel()

    def _reset_all(self):
        for task in list(self._connections):
            task.cancel()

    async def _accepted(self, reader, writer):
        task = asyncio.current_task()
        self._connections.add(task)
        both, farewell = [writer], False
        try:
            if self._trouble.refused:
                return
            await self._until_passing(TO)  # a connection is made of bytes too
            there = await asyncio.open_connection("127.0.0.1", self.target)
            both.append(there[1])
            farewell = await self._pass_both_ways((reader, writer), there)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            for one in both:
                one.close() if farewell else reset(one)

    async def _pass_both_ways(self, here, there):
        ways = [asyncio.ensure_future(self._pass(here[0], there[1], TO)),
                asyncio.ensure_future(self._pass(there[0], here[1], FROM))]
        try:
            # When one side has ended, the other one does as well: nothing here half-closes.
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            return all([way.result() for way in done])
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(self, reader, writer, way):
        """True at the end of what there is, false where the trouble ends it."""
        left = None  # bytes until the reset
        while data := await reader.read(PIECE_BYTES):
            while data:
                await self._until_passing(way)
                trouble = self._trouble
                size = 1 if trouble.trickle else len(data)
                if trouble.reset_within and way == FROM:
                    if left is None:
                        left = self._chance.randrange(trouble.reset_within)
                    size = min(size, left)
                    left -= size
                else:
                    left = None
                piece, data = data[:size], data[size:]
                writer.write(piece)
                await writer.drain()
                if left == 0:
                    return False
        return True

    async def _until_passing(self, way):
        """Waits as long as the trouble of this moment says."""
        slow = self._trouble.delay + (1.0 if self._trouble.trickle else 0.0)
        if slow:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), slow)
        while way in self._trouble.held:
            await self._changed.wait()


def reset(writer):
    """Ends a connection with RST: what is under way is lost."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
