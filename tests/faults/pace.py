"""Whether this machine had time for a run: a promise that names seconds is one about a machine that
is not taken up by others.

Two things tell. What the host of a virtual machine gave to others, which is counted; and how much
longer than its processor time a short piece of work takes, again and again, in a process beside."""

import contextlib
import pathlib
import select
import subprocess
import sys
import time

STOLEN = 0.03  # of the processors' time
SLOWER = 3.0   # times; by itself a run makes it 1.4, with three nodes on servers 2.1
WORK, PAUSE = 0.01, 0.2  # seconds


def processor_times():
    """All of it, and what the host gave to others."""
    times = [int(n) for n in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return sum(times), times[7]


class Pace:
    def __init__(self):
        self._all, self._stolen = processor_times()
        self._beside = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def judge(self):
        """Whether others took the machine, and what was measured, in words. To be asked once."""
        said, _ = self._beside.communicate()
        slower = float(said)
        all_now, stolen_now = processor_times()
        stolen = (stolen_now - self._stolen) / max(1, all_now - self._all)
        return stolen > STOLEN or slower > SLOWER, (
            f"{stolen:.0%} of the processors went to others, work took {slower:.1f} times as long")

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            self._beside.kill()
        self._beside.wait()


def measure():
    """Until nobody listens any more."""
    took = needed = 0.0
    while not needed or not select.select([sys.stdin], [], [], PAUSE)[0]:
        wall, work = time.monotonic(), time.process_time()
        while time.process_time() - work < WORK:
            pass
        took += time.monotonic() - wall
        needed += time.process_time() - work
    print(took / needed)


if __name__ == "__main__":
    measure()
