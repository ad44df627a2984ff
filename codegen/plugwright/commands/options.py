"""Which arguments do commands share, and what does their help say?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Inputs = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[CONFIG… | FILE…]",
        help="Configs, or folders with one; with --package: the .proto files.",
        show_default=False,
    ),
]
ProtoPath = Annotated[
    list[Path] | None,
    typer.Option("-I", "--proto-path", help="A further import root; may be repeated."),
]
DescriptorSet = Annotated[
    Path | None,
    typer.Option(help="A ready descriptor set (protoc -o, buf build) instead of .proto files."),
]
PackageName = Annotated[
    str, typer.Option("--package", help="Zero-config: the Python package to write.")
]
ServiceNames = Annotated[
    list[str] | None,
    typer.Option(
        "--service",
        help="Zero-config: a service to generate, with the messages it needs and no others; "
        "may be repeated.",
    ),
]
AcceptSurface = Annotated[
    bool, typer.Option("--accept-surface", help="Take changes that break programs of users.")
]
NewSurface = Annotated[
    bool, typer.Option("--new-surface", help="Keep nothing that users have seen: a major version.")
]
Out = Annotated[Path | None, typer.Option(help="Zero-config: the folder it goes to.")]
Against = Annotated[
    str,
    typer.Option(
        help="What to compare with: a revision of git, a folder (an SDK, a checkout), a wheel, a "
        "descriptor set, or the import name of an installed SDK.",
        show_default=False,
    ),
]
