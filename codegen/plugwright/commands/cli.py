"""What did the user ask for? The commands with their options and help: the only user of typer.

Importing typer takes a while, so `__main__` comes here only if it must.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import __version__
from . import bundling, cli_new, comparing, documenting, generating, inspection, running
from .options import (
    AcceptSurface,
    Against,
    DescriptorSet,
    Inputs,
    NewSurface,
    Out,
    PackageName,
    ProtoPath,
    ServiceNames,
)
from .reporting import Manner
from .running import reported

if TYPE_CHECKING:
    from ..generation import Job

app = typer.Typer(
    name="plugwright",
    help=(
        "Turn the protos of a gRPC plugin system into a typed Python SDK.\n\n"
        "`plugwright generate` reads every proto/*/plugwright.toml and writes the SDKs they name."
    ),
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(cli_new.app, name="new")


class Report(enum.Enum):
    """For whom problems and differences are printed."""

    TEXT = "text"
    GITHUB = "github"


def main() -> None:
    """Do what the command line says, and end the process."""
    running.run(app)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"plugwright {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    del version


@app.command()
def generate(
    inputs: Inputs = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Write nothing; print what differs, exit 1 if anything does, 2 if that cannot be "
            "told.",
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Write nothing; print what would be written and deleted."),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print what is wrong, and no diffs.")
    ] = False,
    report: Annotated[
        Report,
        typer.Option("--format", help="How to print what is wrong: text, or for GitHub Actions."),
    ] = Report.TEXT,
    proto_path: ProtoPath = None,
    descriptor_set: DescriptorSet = None,
    package: PackageName = "",
    service: ServiceNames = None,
    out: Out = None,
    accept_surface: AcceptSurface = False,
    new_surface: NewSurface = False,
) -> None:
    """Write SDKs, or with --check say how they differ from what the protos give.

    With a config everything comes from it. Without one, name the package, the folder and the
    protos:

        plugwright generate --package my_sdk --out sdk -I protos protos/api.proto
    """

    def jobs() -> Iterator[Job]:
        from .. import generation

        found = _jobs(inputs, proto_path, descriptor_set, package, service, out)
        return generation.against(found, accept_surface, new_surface)

    if check and dry_run:
        raise typer.BadParameter("--dry-run goes without --check: both write nothing")
    manner = Manner(check, dry_run, quiet, report is Report.GITHUB)
    given = (proto_path, descriptor_set, package, service, out, accept_surface, new_surface)
    configs = None if any(given) else [str(config) for config in inputs or ()]
    generating.generate(jobs, manner, configs)


@app.command()
def inspect(
    stage: Annotated[str, typer.Argument(help="`schema` (what the protos mean) or `plan`.")],
    inputs: Inputs = None,
    proto_path: ProtoPath = None,
    descriptor_set: DescriptorSet = None,
    package: PackageName = "",
    service: ServiceNames = None,
) -> None:
    """Print the schema or the plan as JSON, for other tools and for the curious."""
    if stage not in ("schema", "plan"):
        raise typer.BadParameter("must be schema or plan")
    with reported() as progress:
        from .. import generation

        jobs = _jobs(inputs, proto_path, descriptor_set, package, service, Path())
        make = generation.schema if stage == "schema" else generation.plan
        values = [inspection.plain(make(job, progress.show)) for job in jobs]
    print(json.dumps(values[0] if len(values) == 1 else values, indent=2, ensure_ascii=False))


@app.command()
def schema() -> None:
    """Print the JSON Schema of plugwright.toml, by which editors complete and check it."""
    from ..settings import schema as of_config

    print(json.dumps(of_config.schema(), indent=2))


@app.command()
def explain(
    name: Annotated[
        str,
        typer.Argument(help="SERVICE.METHOD, a hook, or a message.", show_default=False),
    ],
    inputs: Inputs = None,
    proto_path: ProtoPath = None,
    descriptor_set: DescriptorSet = None,
    package: PackageName = "",
    service: ServiceNames = None,
) -> None:
    """Show how one RPC, hook or message becomes Python, and by which rule."""
    with reported() as progress:
        from .. import generation
        from . import explanation

        jobs = _jobs(inputs, proto_path, descriptor_set, package, service, Path())
        text = explanation.found([generation.plan(job, progress.show) for job in jobs], name)
    print(text)


@app.command()
def breaking(
    against: Against,
    inputs: Inputs = None,
    form: Annotated[str, typer.Option("--format", help="text, json, github or markdown.")] = "text",
    unless_raised: Annotated[
        bool,
        typer.Option(
            "--unless-raised", help="No failure where sdk.version is raised as the changes ask."
        ),
    ] = False,
    proto_path: ProtoPath = None,
    descriptor_set: DescriptorSet = None,
    package: PackageName = "",
    service: ServiceNames = None,
    out: Out = None,
) -> None:
    """Say what breaks for the users of SDKs since another state of them.

    In Python (signatures, types, names, defaults), in what happens (failures, retries, deadlines),
    on the wire, in JSON and in pickles. Exit code 0: nothing breaks; 1: something does; 2: it could
    not be found out.
    """
    if form not in comparing.FORMATS:
        raise typer.BadParameter(f"--format must be one of {', '.join(comparing.FORMATS)}")

    def jobs() -> Iterator[Job]:
        return _jobs(inputs, proto_path, descriptor_set, package, service, out)

    comparing.breaking(jobs, against, form, unless_raised)


@app.command()
def changes(
    against: Against,
    inputs: Inputs = None,
    proto_path: ProtoPath = None,
    descriptor_set: DescriptorSet = None,
    package: PackageName = "",
    service: ServiceNames = None,
    out: Out = None,
) -> None:
    """Write the entry of a change log: what has changed for users since another state of SDKs."""

    def jobs() -> Iterator[Job]:
        return _jobs(inputs, proto_path, descriptor_set, package, service, out)

    comparing.changes(jobs, against)


@app.command()
def bundle(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="PLUGIN_DIR",
            help="Has plugin.json, the program it names, and requirements.txt.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="The archive; default: ID-VERSION.tar.gz.")
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="A name or path to leave out, with * and ?; may be repeated."),
    ] = None,
    include: Annotated[
        list[str] | None,
        typer.Option(help="A name or path to take in that is left out otherwise; may be repeated."),
    ] = None,
    python_version: Annotated[
        str, typer.Option(help="Python of the server, such as 3.12; default: this one.")
    ] = "",
    platform: Annotated[
        list[str] | None,
        typer.Option(
            help="The server's platform as pip names it, such as manylinux_2_28_x86_64; "
            "default: this machine; may be repeated.",
        ),
    ] = None,
) -> None:
    """Pack a Mattermost plugin, with all it needs, into the .tar.gz that a server installs.

    The requirements are installed into the archive, so the server needs Python but no index. Left
    out are tests, hidden files, virtual environments, what Python and pip leave behind, and what
    looks like keys, passwords and databases; the last line says what.
    """
    if python_version and not re.fullmatch(r"3\.\d+", python_version):
        raise typer.BadParameter("--python-version must be like 3.12")
    bundling.bundle(folder, out, (exclude or (), include or ()), (python_version, platform or ()))


@app.command()
def docs(
    out: Annotated[Path, typer.Option(help="Gets a folder for each SDK: pages, and a mkdocs.yml.")],
    inputs: Inputs = None,
    build: Annotated[
        bool, typer.Option("--build", help="Build the site too; a dead link fails.")
    ] = False,
    proto_path: ProtoPath = None,
    descriptor_set: DescriptorSet = None,
    package: PackageName = "",
    service: ServiceNames = None,
) -> None:
    """Write a site about an SDK: its calls, hooks, models, failures and settings, with a search.

    Its pages are Markdown for zensical, or for mkdocs with its material theme.
    """

    def jobs() -> Iterator[Job]:
        return _jobs(inputs, proto_path, descriptor_set, package, service, Path())

    documenting.document(jobs, out, build)


def _jobs(
    inputs: list[Path] | None,
    proto_path: list[Path] | None,
    descriptor_set: Path | None,
    package: str,
    services: list[str] | None,
    out: Path | None,
) -> Iterator[Job]:
    """The generation jobs that the command line names."""
    from .. import generation

    if package:
        if out is None:
            raise typer.BadParameter("--package needs --out, the folder to write to")
        if not inputs and descriptor_set is None:
            raise typer.BadParameter("--package needs .proto files or --descriptor-set")
        roots = tuple(proto_path or ()) or tuple({p.parent: None for p in inputs or ()})
        sources = generation.Sources(tuple(inputs or ()), roots, descriptor_set)
        yield generation.zero_config(package, out, sources, services or ())
        return
    if services:
        raise typer.BadParameter(
            "--service goes with --package; a config has services in its [select]"
        )
    if out is not None and out != Path():
        raise typer.BadParameter("--out goes with --package; a config names its own folder")
    yield from generation.named(inputs or (), proto_path or (), descriptor_set)
