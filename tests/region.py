"""Something that plays a region behind the gateway: a small HTTP server that can go wrong on
purpose, in the middle of anything."""

import dataclasses
import json
import socket
import struct
import threading

from ports import free_port


@dataclasses.dataclass
class Asked:
    """A request as the region got it."""

    method: str
    target: str
    headers: list  # (name in lower case, value), in order
    body: bytes

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def __getitem__(self, name):
        values = self.all(name)
        assert len(values) == 1, f"{name}: {values}"
        return values[0]


def response(status=200, body=None, headers=()):
    payload = json.dumps(body).encode() if body is not None else b""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(payload)}",
             "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload


class Region:
    """Answers 200 and its name, and keeps what it was asked.

    `behave` is called for each request as behave(region, asked, connection); what it returns is
    sent. `answering(status)`, `hanging`, `dying` and the others below are such functions.
    """

    def __init__(self, name):
        self.name = name
        self.behave = answering(200)
        self.asked = []
        self.connected = 0
        self.released = threading.Event()  # lets go of what waits in the test's end
        self.port = free_port()
        self._listener = None
        self._open = set()
        self._lock = threading.Lock()
        self.start()

    def start(self):
        """Listens; again at the same port."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(512)
        self._listener = listener
        threading.Thread(target=self._accept, args=[listener], daemon=True).start()

    def kill(self):
        """As when the process dies: no connection is taken, all are reset."""
        listener, self._listener = self._listener, None
        if not listener:
            return
        listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        listener.close()
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            reset(connection)

    def clean_up(self):
        self.released.set()
        self.kill()

    def seen(self):
        """Takes what was asked since the last time."""
        asked, self.asked = self.asked, []
        return asked

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                alive = listener is self._listener
                if alive:
                    self._open.add(connection)
                    self.connected += 1
            if alive:
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()
            else:
                reset(connection)

    def _serve(self, connection):
        try:
            with connection.makefile("rb") as stream:
                while asked := read_request(stream):
                    if not self._is_open(connection):
                        return  # killed while it was read
                    self.asked.append(asked)
                    connection.sendall(self.behave(self, asked, connection))
        except (OSError, ValueError):
            pass  # reset, by either side
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _is_open(self, connection):
        with self._lock:
            return connection in self._open


def read_request(stream):
    line = stream.readline().decode()
    if not line:
        return None
    method, target, _ = line.split(" ", 2)
    headers = []
    while field := stream.readline().decode().rstrip("\r\n"):
        name, _, value = field.partition(":")
        headers.append((name.lower(), value.strip()))
    asked = Asked(method, target, headers, b"")
    length = asked.all("content-length")
    if length:
        asked.body = stream.read(int(length[0]))
    return asked


def reset(connection):
    """Closes without a farewell: RST instead of FIN."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)  # wakes a thread that reads
    except OSError:
        pass
    connection.close()


# ---- how a region can behave -------------------------------------------------------------------


def answering(status, headers=()):
    def behave(region, asked, connection):
        del connection
        served_by = [("Atoll-Served-By", region.name), *headers]
        body = {"by": region.name, "status": status}
        whole = response(status, body, served_by)
        return whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if asked.method == "HEAD" else whole

    return behave


def hanging(region, asked, connection):
    """Takes the request and says nothing."""
    del asked, connection
    region.released.wait()
    raise OSError("the test is over")


def slow(seconds):
    def behave(region, asked, connection):
        region.released.wait(seconds)
        return answering(200)(region, asked, connection)

    return behave


def slow_until(condition):
    """Answers when it comes true, at the latest when the test ends."""
    def behave(region, asked, connection):
        while not condition() and not region.released.wait(0.005):
            pass
        return answering(200)(region, asked, connection)

    return behave


def dying(region, asked, connection):
    """Takes the request, and the process is gone."""
    del region, asked
    reset(connection)
    return b""


def dying_in_the_middle(region, asked, connection):
    """Half an answer."""
    whole = answering(200)(region, asked, connection)
    connection.sendall(whole[:-4])
    return dying(region, asked, connection)
