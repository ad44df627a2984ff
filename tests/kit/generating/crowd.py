"""Many processes write SDKs of one name into one folder.

    python -m kit.generating.crowd COUNT FOLDER

Each has one of three SDKs; some are killed. What is there in the end is one of the three, whole.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kit.generating.interrupted import is_staged, sdk, tree
from plugwright.output import disk

_SDKS = [
    sdk("sdk", {"__init__.py": f"{i}", f"models/{i}.py": "x", f"only_{i}/a.py": "x"})
    for i in range(3)
]


def main(count: int, scratch: Path) -> None:
    root = scratch / "deep" / "out"
    waiting, go = os.pipe()
    children = []
    for number in range(count):
        child = os.fork()
        if not child:
            os.close(go)
            os.read(waiting, 1)  # until all are there
            disk.write(root, _SDKS[number % 3], lambda text: None)
            os._exit(0)
        children.append(child)
    os.close(go)
    codes = [os.waitstatus_to_exitcode(os.waitpid(c, 0)[1]) for c in children]
    assert set(codes) == {0}, codes
    wanted = []
    for number, files in enumerate(_SDKS):
        disk.write(scratch / str(number), files, lambda text: None)
        wanted.append(tree(scratch / str(number)))
    assert tree(root) in wanted
    assert not is_staged(root)
    print(f"{count} wrote")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
