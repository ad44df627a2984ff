"""What does `plugwright bundle` do, and what does it say of the archive?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .running import reported


def bundle(
    folder: Path,
    out: Path | None,
    choice: tuple[Sequence[str], Sequence[str]],
    target: tuple[str, Sequence[str]],
) -> None:
    """`choice`: left out, taken in; `target`: version of Python ("" = this one), platforms."""
    with reported() as progress:
        from ..bundle import build
        from ..bundle.contents import Choice

        (version, platforms), (left_out, taken_in) = target, choice
        server = build.Target()._replace(platforms=tuple(platforms))
        server = server._replace(version=version) if version else server
        chosen = Choice(tuple(left_out), tuple(taken_in))
        made = build.make(folder, out, chosen, server, progress.show)
    print(f"{made.path}: {made.path.stat().st_size / 2**20:.1f} MiB")
    if made.hiding:
        print(f"hides a module of Python, so rename it: {', '.join(made.hiding)}")
    if made.left_out:
        print(f"left out: {', '.join(made.left_out)}")
