"""Print every ratio beside its target, from one run: `make bench`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import conversion
import generation
import hostile
import process
import startup
from measure import HEADER

_AREAS = {
    "generation": generation,
    "conversion": conversion,
    "startup": startup,
    "process": process,
    "hostile": hostile,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="AREA", help=", ".join(_AREAS))
    areas = parser.parse_args().areas or list(_AREAS)
    print(f"Python {sys.version.split()[0]}\n\n{HEADER}", flush=True)
    with tempfile.TemporaryDirectory(prefix="plugwright-bench-") as scratch:
        for area in areas:
            folder = Path(scratch) / area
            folder.mkdir()
            for result in _AREAS[area].results(folder):
                print(result.row(), flush=True)


if __name__ == "__main__":
    main()
