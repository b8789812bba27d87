"""A node's disk and clock, told to go wrong: disk.c, preloaded into the node, does as told."""

import errno
import mmap
import pathlib
import struct
import subprocess

LAYOUT = struct.Struct("iiiiq")
SOURCE = pathlib.Path(__file__).with_name("disk.c")


def build(folder):
    """The library to preload."""
    library = pathlib.Path(folder) / "disk.so"
    subprocess.run(["cc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE,
                    "-ldl"], check=True)
    return library


class Disk:
    def __init__(self, folder, library):
        file = pathlib.Path(folder) / "disk"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(LAYOUT.size))
        with file.open("r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), LAYOUT.size)
        self.environment = {"LD_PRELOAD": str(library), "FAULTY_DISK": str(file)}

    def tell(self, fsync_error=0, fsync_delay_ms=0, write_error=0, write_delay_ms=0,
             clock_ahead=0.0):
        self._memory[:] = LAYOUT.pack(fsync_error, fsync_delay_ms, write_error, write_delay_ms,
                                      round(clock_ahead * 1e6))

    def heal(self):
        self.tell()


EIO, ENOSPC = errno.EIO, errno.ENOSPC
