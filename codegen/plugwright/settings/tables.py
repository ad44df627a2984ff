"""What is configured? Frozen `Settings`, one class per table of `plugwright.toml`.

Conventions come first; a setting exists only for what they cannot know. `config` reads the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from ..problems import Location

Names: TypeAlias = tuple[str, ...]
"""What a config writes as a text, or as a list of them."""

Versions: TypeAlias = Mapping[int, Names]
"""What a config writes as a list of numbers, or as a table of a number -> names."""

_NONE: Mapping[str, Any] = MappingProxyType({})
FLAVOURS: Mapping[str, tuple[bool, ...]] = {
    "both": (False, True),
    "sync": (False,),
    "async": (True,),
}


class Extra(NamedTuple):
    """A hand-written module that is copied: `path` in its folder, `source`: from the config."""

    path: str
    source: str
    text: str


class Sdk(NamedTuple):
    """The package that comes out.

    `out`: folder of its pyproject.toml, relative to the config. `extras`: folder of hand-written
    modules that become part of it; `exports`: name in its root -> the extra module that has it;
    `copy_extras`: they are copied, and not linked.
    `clients`: "sync", "async" or "both". `dependencies`: further ones of the distribution.
    `guide`: file whose text the README has in place of a general example.
    """

    package: str = ""
    distribution: str = ""
    version: str = "0.1.0"
    summary: str = ""
    title: str = ""
    out: str = "."
    extras: str = ""
    exports: Mapping[str, str] = _NONE
    copy_extras: bool = False
    clients: str = "both"
    dependencies: tuple[str, ...] = ()
    guide: str = ""

    @property
    def flavours(self) -> tuple[bool, ...]:
        """Of each client to write, whether it is for coroutines."""
        return FLAVOURS[self.clients]


class Protos(NamedTuple):
    """`files`: globs of the protos to generate; `path`: import roots. Relative to the config.

    `nesting`: how many messages may nest in one that arrives; without it, as many as protobuf
    parses.
    """

    files: tuple[str, ...] = ("**/*.proto",)
    path: tuple[str, ...] = (".",)
    nesting: int = 100


class Select(NamedTuple):
    """Which part of the protos to generate: `services` (default: all) and what they need.

    `messages`: further messages and enums to keep. `prune`: leave out what neither needs.
    """

    services: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    prune: bool = True


class Error(NamedTuple):
    """How services say that a call failed; which keys a style has is said in plan/conventions.py.

    `style`: message, code, diagnostics or status. `message`: the message that a response embeds in
    `field`, and `text`: its field for people. `code`: the field of a number. `severity`,
    `summary`, `detail`: fields of a diagnostic; `failing`: the severities that fail a call.
    `embed_all`: whether servicers embed every exception. `statuses`: gRPC status -> exception.
    `without`: RPCs whose response has no place for a failure. What is empty has the style's
    default.
    """

    style: str = "message"
    statuses: Mapping[str, str] = _NONE
    message: str = ""
    field: str = ""
    text: str = ""
    code: str = ""
    severity: str = ""
    summary: str = ""
    detail: str = ""
    failing: tuple[str, ...] = ()
    embed_all: bool = False
    without: tuple[str, ...] = ()


class Api(NamedTuple):
    """The service that plugins call.

    `domains`: mixin name -> RPC patterns; an RPC that matches none joins the domain of the RPC
    declared above it. `nullable`: RPCs whose payload may be unset. `target_env`: the variable
    with the address. `timeout`: default deadline of a call, seconds.
    """

    service: str = ""
    client: str = ""
    domains: Mapping[str, tuple[str, ...]] = _NONE
    nullable: tuple[str, ...] = ()
    target_env: str = ""
    timeout: float = 30.0


class Hooks(NamedTuple):
    """The service that plugins serve.

    `omit`: request fields handlers never see. `implemented`: the RPC the runtime answers itself.
    `modified`, `rejected`: response fields that carry a changed entity and a refusal.
    `dismiss`: RPC -> the reason that drops an entity silently. `timeout`: seconds per call;
    `timeout_env`: the variable that overrides it. `startup`, `shutdown`: the hooks a host calls
    first and last, for the test harness. `before`: hook -> the hooks that the plugin's own process
    calls before it, once, unless the host has.
    """

    service: str = ""
    omit: tuple[str, ...] = ()
    implemented: str = ""
    modified: str = "modified_*"
    rejected: str = "rejection_reason"
    dismiss: Mapping[str, str] = _NONE
    timeout: float = 30.0
    timeout_env: str = ""
    startup: tuple[str, ...] = ()
    shutdown: tuple[str, ...] = ()
    before: Mapping[str, tuple[str, ...]] = _NONE


class Launch(NamedTuple):
    """How the host starts a plugin: without this table the SDK has no `run_plugin`.

    `style`: "go-plugin", "socket-argument" or "port-on-stdout". `service`: the services that
    plugins serve by subclassing servicers, with hooks or without; "*": each that nobody else does.
    `cookie_key`, `cookie_value`: the environment variable by which a plugin knows that a host
    started it; `cookies`: service -> the two, where they depend on what a plugin serves.
    `versions`: application protocol versions, each with the services that plugins serve in it
    alone. `auto_mtls`: "host" decides, "require" or "never". `log_level_envs`: variables that may
    name the log level, the first one set wins. `id_env`, `path_env`: the variables with the
    plugin's id and folder; `manifest`: the file in its folder that has its id where they are not
    set. `max_message_bytes`, `max_status_bytes`, `grace_seconds`: 0 = as the runtime has it.
    `file_scheme`: hosts call with `:scheme: file` over a Unix socket. `endpoint_env`: the variable
    with the address to listen on.
    """

    style: str = ""
    service: Names = ()
    cookie_key: str = ""
    cookie_value: str = ""
    cookies: Mapping[str, tuple[str, ...]] = _NONE
    versions: Versions = MappingProxyType({1: ()})
    auto_mtls: str = "host"
    log_level_envs: tuple[str, ...] = ()
    id_env: str = ""
    path_env: str = ""
    manifest: str = ""
    max_message_bytes: int = 0
    max_status_bytes: int = 0
    grace_seconds: float = 0.0
    file_scheme: bool = False
    endpoint_env: str = ""

    @property
    def services(self) -> Names:
        """What plugins serve in any version."""
        of_versions = (name for names in self.versions.values() for name in names)
        return (*self.service, *self.cookies, *of_versions)

    @property
    def every_cookie(self) -> tuple[tuple[str, ...], ...]:
        """The variables, with their values, of which one is set where a host started a plugin."""
        own = ((self.cookie_key, self.cookie_value),) if self.cookie_key else ()
        return (*own, *self.cookies.values())


class Parameters(NamedTuple):
    """`Message.field` patterns, the last that matches wins. `defaults`: pattern -> default;
    `absent`: pattern -> what a call of the API does about a message that is left out, "empty" or
    "refuse".
    """

    defaults: Mapping[str, Any] = _NONE
    absent: Mapping[str, str] = _NONE


class Fields(NamedTuple):
    """`Message.field` patterns: `json` = JSON text in bytes; `secret` = never shown.

    `secret_options`: boolean options of fields, by full name, that say the same, beside protobuf's
    own `debug_redact`.
    """

    json: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    secret_options: tuple[str, ...] = ()


class Settings(NamedTuple):
    """All that is configured, with the extra modules and the text of the guide; `file` and `lines`
    say where, for errors.

    Without a table [select] nothing is left out. `error` is for the services that `errors` does
    not name. `reuse`: pattern of proto files -> the generated package that has their types.
    """

    sdk: Sdk = Sdk()
    protos: Protos = Protos()
    select: Select = Select(prune=False)
    error: Error | None = None
    errors: Mapping[str, Error] = _NONE
    api: Api = Api()
    hooks: Hooks = Hooks()
    launch: Launch = Launch()
    parameters: Parameters = Parameters()
    fields: Fields = Fields()
    reuse: Mapping[str, str] = _NONE
    extras: tuple[Extra, ...] = ()
    guide: str = ""
    file: str = ""
    root: Path = Path()
    lines: Mapping[str, Location] = _NONE

    def where(self, key: str) -> Location:
        """Where `table.key` is set; the file as a whole if that is not known."""
        while key and key not in self.lines:
            key = key.rpartition(".")[0]
        return self.lines.get(key, Location(self.file))


def without_config(package: str, services: Sequence[str], option: str) -> Settings:
    """The settings of a command line, where conventions decide nearly everything.

    `services`: the ones to generate, with what they need (default: everything); `option`: how
    they are named on that command line.
    """
    settings = Settings(sdk=Sdk(package=package))
    if not services:
        return settings
    lines = {"select.services": Location(option)}
    return settings._replace(select=Select(tuple(services)), lines=lines)
