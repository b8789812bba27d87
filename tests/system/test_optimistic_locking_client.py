"""tests/test_optimistic_locking.py, as a person would run it: against a node, and against none."""

import http.server
import subprocess
import sys
import threading

from atoll import REPOSITORY

SCRIPT = REPOSITORY / "tests" / "test_optimistic_locking.py"


def run(base_url):
    # -I: nothing but the standard library is found, whatever is installed here.
    command = [sys.executable, "-I", str(SCRIPT)]
    return subprocess.run(command, env={"BASE_URL": base_url}, text=True, capture_output=True,
                          timeout=180)


def test_against_a_node(node):
    for _ in range(2):  # it can be repeated
        done = run(node.base_url)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("[PASS]") >= 13
        assert "[FAIL]" not in done.stdout


def test_against_nobody():
    done = run("http://127.0.0.1:1")
    assert done.returncode == 1
    assert "[FAIL] http://127.0.0.1:1 answers" in done.stdout


def test_against_a_service_that_lets_everybody_win():
    """It sees what it is there to see."""
    row = b'{"id":1,"price":5,"version":2}'

    class Careless(http.server.BaseHTTPRequestHandler):
        def answer(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response({"POST": 201, "DELETE": 204}.get(self.command, 200))
            self.send_header("Content-Length", "0" if self.command == "DELETE" else str(len(row)))
            self.end_headers()
            if self.command != "DELETE":
                self.wfile.write(row)

        do_GET = do_PUT = do_POST = do_DELETE = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Careless)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        done = run(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert done.returncode == 1
    assert "[FAIL] of 10 concurrent updates" in done.stdout
