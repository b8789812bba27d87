"""One keep-alive connection to a node, fast enough to make load with."""

import collections
import http.client
import json

Answer = collections.namedtuple("Answer", "status headers body")


class Connection:
    """Never reconnects by itself: whoever has lost it knows that an answer may be lost."""

    LOST = (OSError, http.client.HTTPException)

    def __init__(self, port, timeout=240):
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self._http.connect()
        self._http.auto_open = 0

    def ask(self, method, path, body=None, headers=()):
        self.send(method, path, body, headers)
        return self.receive()

    def send(self, method, path, body=None, headers=()):
        text = None if body is None else json.dumps(body)
        sent = {"Content-Type": "application/json", **dict(headers)}
        self._http.request(method, path, text, sent)

    def receive(self):
        answer = self._http.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def close(self):
        self._http.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
