"""Which calls of a client stand together? The RPCs of a service in, groups by name out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..protos.schema import Method, Service
from ..python import names
from ..settings.patterns import Patterns
from ..settings.tables import Settings
from .context import Context


def groups(service: Service, context: Context) -> dict[str, list[Method]]:
    """The methods by domain, in order; without [api.domains] all are one domain."""
    found: dict[str, list[Method]] = {}
    for method, domain in sorted_into(service, context):
        found.setdefault(domain, []).append(method)
    return found


def sorted_into(service: Service, context: Context) -> Iterator[tuple[Method, str]]:
    """Each method with its domain, "" if it has none.

    One that no pattern matches joins the domain of the one declared above it.
    """
    if service is not context.api or not context.settings.api.domains:
        yield from ((m, names.camel(service.name)) for m in service.methods)
        return
    wanted = Patterns(patterns(context.settings))
    domain = ""
    for method in service.methods:
        found = wanted.find(method.name)
        domain = found[0] if found else domain
        yield method, domain


def patterns(settings: Settings) -> Mapping[str, str]:
    """The domain of each pattern of RPCs."""
    return {p: domain for domain, ps in settings.api.domains.items() for p in ps}


def submodule(domain: str) -> str:
    """The module of a domain, in the package of its client."""
    return names.attribute(names.snake(domain))
