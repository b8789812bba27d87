"""apps/property-listing.csv is what its generator writes."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_the_seed_file_is_what_its_generator_writes():
    made = subprocess.run(
        [sys.executable, ROOT / "tools" / "make-property-seed.py"],
        capture_output=True,
        check=True,
    )
    assert made.stdout == (ROOT / "apps" / "property-listing.csv").read_bytes()
