"""What did the user ask `plugwright new` for?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import starting

app = typer.Typer(
    help="Write the beginnings of a plugin, or of an SDK, into a new folder.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("plugin")
def new_plugin(
    sdk: Annotated[
        str,
        typer.Argument(
            help="mattermost, clapshot, openrun, or the package of an SDK that is installed.",
            show_default=False,
        ),
    ],
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that is new.", show_default=False)
    ],
    name: Annotated[
        str, typer.Option(help="As in good-bot; default: the name of the folder.")
    ] = "",
    id: Annotated[str, typer.Option(help="Default: com.example.NAME.")] = "",
) -> None:
    """A plugin with its test, ready to be run, tested and packed; the README says how.

    plugwright new plugin mattermost good-bot
    """
    starting.plugin(sdk, folder, name, id)


@app.command("sdk")
def new_sdk(
    name: Annotated[
        str, typer.Argument(help="As in good-sdk; its package is good_sdk.", show_default=False)
    ],
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A folder that is new; default: NAME.")
    ] = None,
) -> None:
    """Protos of a plugin system, their plugwright.toml, a test, and what CI and publishing need."""
    starting.sdk(name, folder)
