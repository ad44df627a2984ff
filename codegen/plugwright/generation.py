"""From settings, or the words of a command, to the files of an SDK: `schema`, `plan`, `render`.

Each stage is one function that takes a job and begins with the stage before it. The descriptors may
come from protoc, from a descriptor set, or from a compiler that asks; what follows is the same.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .output.parallel import both
from .problems import GenerationError, Location, Problem, fail
from .protos import globs, protoc, roots
from .settings import extras
from .settings.reader import CONFIG_NAME, load
from .settings.tables import Settings, without_config
from .settings.validity import package_fault
from .surface import text as surface_text

if TYPE_CHECKING:
    from .output.links import Link
    from .output.source import SourceFile
    from .plan.nodes import Plan
    from .protos.request import Request
    from .protos.schema import Schema
    from .surface.recorded import Recorded

Progress = Callable[[str], None]


class Sources(NamedTuple):
    """Where the protos are: `files` below import roots `path`, or in a ready `descriptor_set`, or
    in the `request` of a compiler.
    """

    files: tuple[Path, ...] = ()
    path: tuple[Path, ...] = ()
    descriptor_set: Path | None = None
    request: Request | None = None


class Earlier(NamedTuple):
    """What users have seen so far: `path` of the surface, None = nothing.

    `accept`: whether what nothing makes safe may change; `anew`: whether nothing has to stay.
    """

    path: Path | None = None
    accept: bool = False
    anew: bool = False


class Job(NamedTuple):
    """One SDK to generate: its settings, its protos, the folder it goes to, and what was there."""

    settings: Settings
    sources: Sources
    out: Path
    earlier: Earlier = Earlier()


def against(jobs: Iterable[Job], accept: bool, anew: bool) -> Iterator[Job]:
    """The jobs with the word of a command line on what users have seen so far."""
    for job in jobs:
        yield job._replace(earlier=job.earlier._replace(accept=accept, anew=anew))


def named(
    configs: Sequence[Path],
    extra_path: Sequence[Path] = (),
    descriptor_set: Path | None = None,
) -> Iterator[Job]:
    """The jobs of the configs that a command line names, or of those that are found."""
    for config in configs or default_configs(Path()):
        yield configured(config, extra_path, descriptor_set)


def configured(config: Path, extra_path: Sequence[Path], descriptor_set: Path | None) -> Job:
    """The job of a `plugwright.toml` (or of the folder that holds one)."""
    file = config / CONFIG_NAME if config.is_dir() else config
    return of_settings(load(file), extra_path, descriptor_set)


def of_settings(settings: Settings, extra_path: Sequence[Path], descriptor_set: Path | None) -> Job:
    """The job of what a config says."""
    files = _matching(settings) if descriptor_set is None else ()
    path = (*(settings.root / p for p in settings.protos.path), *extra_path)
    out = _short(settings.root / settings.sdk.out)
    return Job(settings, Sources(files, path, descriptor_set), out, _earlier(settings, out))


def _earlier(settings: Settings, out: Path) -> Earlier:
    return Earlier(out / settings.sdk.package / surface_text.NAME)


def _short(path: Path) -> Path:
    """`path` as one would type it here, unless a link makes that another folder."""
    short = os.path.normpath(path)
    here = os.path.relpath(short)
    if not here.startswith(os.pardir):
        short = here
    return Path(short) if os.path.realpath(short) == os.path.realpath(path) else path


def zero_config(package: str, out: Path, sources: Sources, services: Sequence[str] = ()) -> Job:
    """The job of a command without a config: conventions alone decide.

    `services`: the ones to generate, with what they need (default: everything).
    """
    if fault := package_fault(package):
        raise fail(Location("--package"), fault)
    settings = without_config(package, services, "--service")
    return Job(settings, sources, out, _earlier(settings, out))


def default_configs(root: Path) -> list[Path]:
    """`plugwright.toml` in `root`; without one, every `proto/*/plugwright.toml` below."""
    if (root / CONFIG_NAME).is_file():
        return [root / CONFIG_NAME]
    found = sorted(root.glob(f"proto/*/{CONFIG_NAME}"))
    if not found:
        text = f"no {CONFIG_NAME}; name a config, or use --package, --out and proto files"
        raise fail(Location(str(root / "proto")), text)
    return found


def _matching(settings: Settings) -> tuple[Path, ...]:
    files: set[Path] = set()
    problems: list[Problem] = []
    for pattern in settings.protos.files:
        found = set(globs.protos(settings.root, pattern))
        if not found:
            place = settings.where("protos.files")
            text = f"{pattern!r} matches no .proto file below {settings.root}"
            problems.append(Problem(place, text))
        files |= found
    if problems:
        raise GenerationError(problems)
    return globs.once(files)


def _linked(job: Job, progress: Progress) -> Schema:
    """The schema of all of a job's protos, and of what they import."""
    found = _descriptors(job.sources, progress)
    from .protos.link import link

    progress("linking")
    return link(*found)


def schema(job: Job, progress: Progress) -> Schema:
    """The schema of a job's protos, as far as it selects them."""
    linked = _linked(job, progress)
    from .protos.selection import select

    return select(linked, job.settings)


def plan(job: Job, progress: Progress) -> Plan:
    """The plan of a job."""
    return _planned(job, schema(job, progress), progress)


def _planned(job: Job, selected: Schema, progress: Progress) -> Plan:
    from . import plan as planning

    progress("planning")
    return planning.plan(selected, job.settings, _recorded(job.earlier))


def _recorded(earlier: Earlier) -> Recorded:
    """What the surface says that is there."""
    from .surface import recorded

    if earlier.path is None or earlier.anew:
        return recorded.FRESH
    try:
        with earlier.path.open("rb") as file:
            data = file.read(surface_text.MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return recorded.FRESH
    except OSError as error:
        raise fail(Location(str(earlier.path)), f"cannot be read: {error.strerror}") from None
    return recorded.recorded(surface_text.read(data, str(earlier.path)))


class Missed(GenerationError):
    """Users would miss something of what they have seen."""


class Made(NamedTuple):
    """The files of a job, in memory; the names of all `protos` that were compiled for them, and
    `notices`: what whoever writes them should know.
    """

    files: tuple[SourceFile, ...]
    protos: tuple[str, ...]
    notices: tuple[str, ...]


def make(job: Job, progress: Progress) -> Made:
    """What becomes of a job.

    Raises Missed if users would miss something of what they have seen, unless that is accepted.
    """
    linked = _linked(job, progress)
    from .output import readback
    from .output import render as rendering
    from .protos.selection import select

    planned = _planned(job, select(linked, job.settings), progress)
    if planned.missed and not job.earlier.accept:
        raise Missed(planned.missed)
    progress(f"rendering {len(planned.modules) + len(planned.texts)} files")
    files = rendering.render(planned)
    readback.check(files)
    protos = tuple(file.name for file in linked.files)
    return Made(files, protos, tuple(_notices(planned)))


def _notices(made: Plan) -> Iterator[str]:
    from .plan.package import NamespacePlan

    for module in made.modules:
        if isinstance(content := module.content, NamespacePlan):
            folder = module.path.rpartition("/")[0].replace("/", ".")
            if text := content.notice(f"{made.package}.{folder}".rstrip(".")):
                yield text


def render(job: Job, progress: Progress) -> tuple[SourceFile, ...]:
    """The files of a job, in memory."""
    return make(job, progress).files


class _Descriptors(NamedTuple):
    """What `link` takes: a serialized descriptor set, and how to speak of it."""

    data: bytes
    targets: Sequence[str] | None = None
    source: str = ""
    locate: Callable[[str], str] = str


def _descriptors(sources: Sources, progress: Progress) -> _Descriptors:
    if sources.request is not None:
        return _Descriptors(sources.request.descriptors, sources.request.targets)
    if sources.descriptor_set is not None:
        return _read(sources.descriptor_set)
    return _compiled(sources.files, sources.path, progress)


def _read(descriptor_set: Path) -> _Descriptors:
    try:
        return _Descriptors(descriptor_set.read_bytes(), None, str(descriptor_set))
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
        raise fail(Location(str(descriptor_set)), text) from None


def _compiled(files: tuple[Path, ...], path: tuple[Path, ...], progress: Progress) -> _Descriptors:
    progress(f"compiling {len(files)} protos")
    # A small run spends as long on importing the later stages as on protoc: do both at once.
    _, data = both(_load_stages, lambda: protoc.compile(files, path))
    targets = [roots.rooted(f, path).name for f in files]
    return _Descriptors(data, targets, locate=partial(roots.disk_path, roots=path))


def _load_stages() -> None:
    for stage in (
        "protos.link",
        "protos.selection",
        "plan",
        "output.render",
        "output.readback",
        "output.disk",
    ):
        importlib.import_module(f".{stage}", __package__)


def link_of(job: Job) -> Link | None:
    """The link to the hand-written modules of an SDK, if it has any that are not copied."""
    sdk = job.settings.sdk
    if not sdk.extras or sdk.copy_extras:
        return None
    from .output.links import Link

    return Link(f"{sdk.package}/{extras.NAME}", job.settings.root / sdk.extras)
