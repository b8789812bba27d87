"""What the brokers of the tests' own have in common: a process with a temporary folder and a port
of 127.0.0.1, which can be killed, stopped and started again on the same data."""

import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from ports import free_port

START_SECONDS = 300


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Broker:
    def __init__(self, kind):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"atoll-{kind}-", dir="/tmp"))
        self.port = free_port()
        self.process = None
        self.log_file = self.folder / "log"

    def __enter__(self):
        try:
            return self.create()
        except BaseException:
            self.clean_up()
            raise

    def __exit__(self, *_):
        self.clean_up()

    def launch(self, command, port, **options):
        """Returns the process once it listens there."""
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=subprocess.STDOUT, **options)
        try:
            self._wait_for(process, command[0], port)
        except BaseException:
            process.kill()
            process.wait(START_SECONDS)
            raise
        return process

    def _wait_for(self, process, name, port):
        deadline = time.monotonic() + START_SECONDS
        while not answers(port):
            assert process.poll() is None, self.log_file.read_text(errors="replace")[-4000:]
            assert time.monotonic() < deadline, f"{name} does not start"
            try:  # between two looks
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                pass

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        """All of it; its folder stays."""
        if self.process:
            self.kill()

    def clean_up(self):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, number):
        process, self.process = self.process, None
        process.send_signal(number)
        process.wait(START_SECONDS)
