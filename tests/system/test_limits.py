"""What never becomes a request is refused as everything else is, and the connection is closed."""

import json
import socket

import pytest

LINES = "PUT /us/properties/10 HTTP/1.1\r\nHost: x\r\n"


def exchange(port, text):
    """Sends bytes, and reads until the other side closes: status, head, document."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(text.encode("latin-1"))
        told = b""
        while piece := client.recv(65536):
            told += piece
    head, body = told.split(b"\r\n\r\n", 1)
    return int(head.split(b" ")[1]), head.decode().lower(), json.loads(body)


@pytest.mark.parametrize("text, status", [
    (LINES + "Content-Length: 2000000\r\n\r\n", 413),
    (LINES + "X: " + "x" * 70_000 + "\r\n\r\n", 431),
    (LINES + "".join(f"X{i}: 1\r\n" for i in range(120)) + "\r\n", 431),
    ("GET /" + "x" * 10_000 + " HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    (LINES + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400),
    (LINES + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    (LINES + "Content-Length: -1\r\n\r\n", 400),
    (LINES + "X: a\r\n b\r\n\r\n", 400),
    (LINES + "X: a\rb\r\n\r\n", 400),
    ("GET /us/health HTTP/1.1\r\n\r\n", 400),
    ("GET us/health HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("GET /us/health HTTP/3.0\r\nHost: x\r\n\r\n", 505),
    (LINES + "Transfer-Encoding: gzip\r\n\r\n", 501),
    ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400)])
def test_refused_before_it_is_a_request(shared_node, text, status):
    told, head, document = exchange(shared_node.port, text)
    assert told == status, document
    assert "content-type: application/problem+json" in head
    assert "connection: close" in head
    assert (document["status"], document["type"].split("/")[1]) == (status, "problems")


def test_pieces_and_pipelines(shared_node):
    """A request may come byte by byte, and the next one before the answer."""
    text = ("GET /us/properties/1 HTTP/1.1\r\nHost: x\r\n\r\n"
            "GET /us/properties/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    with socket.create_connection(("127.0.0.1", shared_node.port), timeout=60) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in text.encode():
            client.sendall(bytes([byte]))
        told = b""
        while piece := client.recv(65536):
            told += piece
    first, second = (told.index(b'{"id":%d,' % id) for id in (1, 2))
    assert first < second
