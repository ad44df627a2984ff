"""What does the site say of an SDK as a whole: its start page, failures, launch, all by task?"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import partial

from plugwright_runtime import errors

from ..plan.call_nodes import ClientsPlan
from ..plan.nodes import Plan
from ..settings.tables import Settings
from . import calls, hooks
from .markdown import code, escaped, paragraphs
from .page import Page, table
from .places import ERRORS, Places

LAUNCH = "launch.md"
TASKS = "tasks.md"


def exceptions() -> Iterator[str]:
    """The names of the exceptions of calls, the most general first."""
    yield from (cls.__name__ for cls in _exceptions())


def pages(plan: Plan, settings: Settings, places: Places) -> Iterator[Page]:
    """The pages that every site has."""
    yield _start(plan, settings)
    yield _tasks(plan, places)
    yield _failures(places)
    if settings.launch.style:
        yield _launch(settings)


def _exceptions() -> list[type[errors.PluginAPIError]]:
    found = (getattr(errors, name) for name in errors.__all__)
    classes = [c for c in found if inspect.isclass(c) and issubclass(c, errors.PluginAPIError)]
    return sorted(classes, key=lambda c: (len(c.__mro__), c.__name__))


def _start(plan: Plan, settings: Settings) -> Page:
    sdk = settings.sdk
    title = sdk.title or plan.package
    distribution = sdk.distribution or plan.package.replace("_", "-")
    lines = [f"# {escaped(title)}"]
    lines += [escaped(f"{sdk.summary}.")] if sdk.summary else []
    lines += [
        f"```\npip install {distribution}\n```",
        f"Imported as {code(plan.package)}, version {escaped(sdk.version)}.",
        f"- [all by task]({TASKS})",
    ]
    lines[-1] += "\n- [hooks](hooks/index.md)" if plan.hooks else ""
    lines[-1] += f"\n- [failures]({ERRORS})"
    lines[-1] += f"\n- [how a plugin is started]({LAUNCH})" if settings.launch.style else ""
    return Page("index.md", title, "\n\n".join(lines))


def _tasks(plan: Plan, places: Places) -> Page:
    lines = ["# By task", "What there is to call and to answer, with the first sentence of each."]
    for module in plan.modules:
        if isinstance(module.content, ClientsPlan):
            title = escaped(calls.domain(module.content))
            lines += [f"## {title}", calls.overview(module, TASKS, places)]
    if plan.hooks:
        lines += ["## Hooks", hooks.overview(plan, TASKS, places)]
    return Page(TASKS, "By task", "\n\n".join(lines))


def _failures(places: Places) -> Page:
    link = partial(places.link, page=ERRORS)
    lines = [
        "# Failures",
        "A call that fails raises one of these; all are `PluginAPIError`s. An error that a host "
        "puts into its answer is told apart by its HTTP status, any other by its gRPC status.",
    ]
    for cls in _exceptions():
        lines += [f"## {code(cls.__name__)} {{ #{cls.__name__} }}"]
        lines += [paragraphs(inspect.getdoc(cls) or "", link)]
        told = [str(status) for status in cls.http_statuses]
        told += [status.name for status in cls.grpc_codes]
        lines += [f"Of {', '.join(map(code, told))}."] if told else []
    return Page(ERRORS, "Failures", "\n\n".join(lines))


def _launch(settings: Settings) -> Page:
    launch, hooks, api = settings.launch, settings.hooks, settings.api
    rows = [
        ("style", code(launch.style), "how the host finds a plugin that it has started"),
        (f"variable {code(launch.cookie_key)}", code(launch.cookie_value), "a host started it"),
        ("versions", code(", ".join(map(str, launch.versions))), "of the application protocol"),
        ("AutoMTLS", code(launch.auto_mtls), "whether both sides prove who they are"),
        (f"variable {code(api.target_env)}", "an address", "where the API of the host is"),
        ("time of a call", f"{api.timeout:g} s", "unless `timeout=` says otherwise"),
        ("time of a hook", f"{hooks.timeout:g} s", "after which the host gets a failure"),
        (f"variable {code(hooks.timeout_env)}", "seconds", "in place of the time of a hook"),
        (f"variable {code(launch.id_env)}", "an id", "the plugin's id"),
        (f"variable {code(launch.path_env)}", "a folder", "the plugin's folder"),
        (f"file {code(launch.manifest)}", "JSON", "has the id where no variable has"),
        *((f"variable {code(v)}", "a level", "of the log") for v in launch.log_level_envs),
    ]
    told = [row for row in rows if "``" not in row[0] and "``" not in row[1]]
    lines = ["# How a plugin is started", table(("what", "value", "meaning"), told)]
    return Page(LAUNCH, "How a plugin is started", "\n\n".join(lines))
