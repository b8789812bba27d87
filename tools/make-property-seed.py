#!/usr/bin/env python3
"""Writes apps/property-listing.csv, the seed of the property-listing app, to standard output.

    tools/make-property-seed.py > apps/property-listing.csv

3,000 properties: ids 1 to 1500 are of the region us, 1501 to 3000 of eu. The same numbers at every
run and with every Python: the generator is written out here (SplitMix64).
"""

import sys

PROPERTIES = 3000
# The property that the documentation shows.
SHOWN = {10: ("300780.89", "3", "1")}


def random_numbers(seed):
    """64-bit numbers without end (SplitMix64)."""
    mask = (1 << 64) - 1
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        number = seed
        number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & mask
        number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & mask
        yield number ^ (number >> 31)


def rows():
    numbers = random_numbers(2026)
    for key in range(1, PROPERTIES + 1):
        # One in fifty is a plot of land, without rooms.
        bedrooms = 1 + next(numbers) % 6
        bathrooms = 1 + next(numbers) % bedrooms
        cents = 8_000_000 + next(numbers) % 40_000_000 + bedrooms * 10_000_000
        land = next(numbers) % 50 == 0
        price = f"{cents // 100}.{cents % 100:02}"
        rooms = ("", "") if land else (str(bedrooms), str(bathrooms))
        region = "us" if key <= PROPERTIES // 2 else "eu"
        yield (str(key), *SHOWN.get(key, (price, *rooms)), region)


def main():
    lines = ["id,price,bedrooms,bathrooms,region_origin"]
    lines += [",".join(row) for row in rows()]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
