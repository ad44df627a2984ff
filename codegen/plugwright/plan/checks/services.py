"""Are the services there that the settings name, and can the API be called as configured?"""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import Problem
from ...protos.schema import called
from ...settings.patterns import unmatched
from ..clients import class_name
from ..context import Context
from ..domains import patterns, sorted_into, submodule
from ..package import ROOT_NAMES


def problems(context: Context) -> Iterator[Problem]:
    """The problems of what names a service, and of [api]."""
    for key in ("api", "hooks", "launch"):
        yield from _named(key, context)
    yield from _served(context)
    yield from _client(context)
    if context.api is not None and context.settings.api.domains:
        yield from _domains(context)


def _named(key: str, context: Context) -> Iterator[Problem]:
    settings, services = context.settings, context.schema.services
    launch = key == "launch"
    named = settings.launch.services if launch else (getattr(settings, key).service,)
    for name in named:
        where = settings.where(f"{key}.service")
        if launch and name not in settings.launch.service:
            of_cookies = name in settings.launch.cookies
            where = settings.where("launch.cookies" if of_cookies else "launch.versions")
        found = called(services, name)
        if launch and name in ("", "*"):
            continue
        if name and not found:
            known = ", ".join(sorted(s.name for s in services)) or "none"
            yield Problem(where, f"there is no service {name!r}; the protos have: {known}")
        if len(found) > 1:
            full_names = " or ".join(s.full_name for s in found)
            text = f"{name!r} names several services; say which: {full_names}"
            yield Problem(where, text)


def _served(context: Context) -> Iterator[Problem]:
    """What plugins serve has one way to be served, and each service is named once."""
    where = context.settings.where("launch.service")
    names = context.settings.launch.services
    if names and "" in names:
        yield Problem(where, "service in [launch] names no service; remove the empty name")
    if "*" in names and not context.served:
        yield Problem(
            where,
            "'*' in [launch] means every service but those of [api] and [hooks]: "
            "there is no other",
        )
    for service in dict.fromkeys(context.served):
        if service == context.hooks:
            text = f"{service.name} is what [hooks] answers already; remove it from one of the two"
            yield Problem(where, text)
        if context.served.count(service) > 1:
            yield Problem(where, f"{service.name} is named more than once; keep one")


def _client(context: Context) -> Iterator[Problem]:
    """The configured name of the client may not be that of something else."""
    name = context.settings.api.client
    others = [s for s in context.schema.services if s is not context.api]
    clients = [context.services[s.full_name].client for s in others]
    taken = {class_name(client, is_async) for client in clients for is_async in (False, True)}
    taken |= ROOT_NAMES
    if name and {name, class_name(name, is_async=True)} & taken:
        text = f"{name!r} cannot name the client: it is taken; choose another"
        yield Problem(context.settings.where("api.client"), text)


def _domains(context: Context) -> Iterator[Problem]:
    """Each RPC has a domain, each domain a module of its own, and each pattern matches."""
    assert context.api is not None
    settings = context.settings
    for method, domain in sorted_into(context.api, context):
        if not domain:
            text = (
                f"{method.name} is in no domain; add a pattern for it to [api.domains] of "
                f"{settings.file}"
            )
            yield Problem(method.where, text)
    modules: dict[str, str] = {}
    for domain in settings.api.domains:
        module = submodule(domain)
        if module in modules:
            text = f"{domain} and {modules[module]} both become module {module}; rename one"
            yield Problem(settings.where(f"api.domains.{domain}"), text)
        modules[module] = domain
    rpcs = [m.name for m in context.api.methods]
    yield from unmatched(settings, "api.domains", patterns(settings), rpcs, rpcs)
