"""Which Python is written: the plan that templates see, with no descriptor in it.

Everything is decided here; a template only loops and prints. `Code` values contain symbols, which
the module's import table spells when they are printed. What a module contains is said by the nodes
beside this: of models, calls and hooks, or by the planner that alone has them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from ..problems import Problem
from ..python.symbols import Symbol
from ..surface.items import Surface
from .call_nodes import MethodPlan
from .hook_nodes import HookPlan

Frowned: TypeAlias = Mapping[Symbol, tuple[str, ...]]
"""Classes whose mention breaks rules of pyright's strict mode, with these rules."""


class PythonModule(NamedTuple):
    """One module of the package.

    `path`: in the package; `content`: what the template prints; `doc`: its docstring, "" for none;
    `defines`: its top-level names; `declares`: every name a class of it declares; `lazy`: the names
    that `models` has, if models load at first use; `unchecked`: rules of pyright's strict mode that
    its names break, beside those of what it mentions.
    """

    path: str
    template: str
    content: Any
    doc: str = ""
    defines: tuple[str, ...] = ()
    declares: tuple[str, ...] = ()
    lazy: frozenset[str] | None = None
    unchecked: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its dotted name, relative to the package: `.hooks`, `.clients.__init__`."""
        return "." + self.path.removesuffix(".py").replace("/", ".")


class TextFile(NamedTuple):
    """A file that the template prints as it is; `path`: in the SDK's folder."""

    path: str
    template: str
    content: Any


class Plan(NamedTuple):
    """All files of one SDK, the decisions `inspect` and `explain` show, and what users will see.

    `missed`: what users will miss that they have seen so far. `inputs`: a digest of each.
    """

    package: str
    modules: tuple[PythonModule, ...]
    texts: tuple[TextFile, ...]
    methods: tuple[MethodPlan, ...]
    hooks: tuple[HookPlan, ...]
    frowned: Frowned
    surface: Surface
    missed: tuple[Problem, ...]
    inputs: Mapping[str, str]


def messages_of(rpc: str, request: str, response: str) -> tuple[str, ...]:
    """The names of the messages of an RPC, all in full, as a proto of its package says them; none
    if they are called as the RPC.

    >>> messages_of("a.Posts.Get", "a.Id", "b.Post"), messages_of("Posts.Get", "Id", "Post")
    (('Id', '.b.Post'), ('Id', 'Post'))
    >>> messages_of("a.Posts.Get", "a.GetRequest", "a.GetResponse")
    ()
    """
    service, _, name = rpc.rpartition(".")
    scope = service.rpartition(".")[0]
    found = _relative(request, scope), _relative(response, scope)
    return () if found == (f"{name}Request", f"{name}Response") else found


def _relative(full_name: str, scope: str) -> str:
    inside = full_name.removeprefix(f"{scope}.")
    return inside if inside != full_name or not scope else f".{full_name}"


def noted(comment: str, deprecated: bool) -> str:
    """The comment, and that the element is deprecated if the comment does not say so."""
    if not deprecated or "deprecated" in comment.lower():
        return comment
    return f"{comment}\n\nDeprecated: the host may remove it.".strip()
