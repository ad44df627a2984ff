"""How does a template become Python? The only user of jinja2, without what ours have no use for.

Templates of jinja2 may be given anything: so each attribute is looked up in two ways, each call
goes through a context, and whatever is printed is asked once more whether it is text. Ours are
given the nodes of a plan; all of that would be a thirtieth of a run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import jinja2
import jinja2.bccache
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame

from .. import shipped
from . import cache

__all__ = ["Environment", "Template"]

# The cache has the templates of earlier runs under this name: it changes when this module does.
_CACHED_AS = "templates-direct"


class _Generator(CodeGenerator):
    environment: Environment

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        self.visit(node.node, frame)
        self.write(f".{node.attr}")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        called = node.node
        if not isinstance(called, nodes.Name) or called.name not in self.environment.functions:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.write(f"environment.functions[{called.name!r}](")
        for argument in (*node.args, *node.kwargs):
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: object) -> None:
        is_text = isinstance(node, nodes.Filter) and node.name in self.environment.texts
        self.write("(" if is_text else "environment.finalize(")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: object) -> None:
        self.write(")")


class _Templates(jinja2.FileSystemBytecodeCache):
    """Compiled templates of earlier runs; a disk that is full is no reason to fail."""

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


class Environment(jinja2.Environment):
    """Our templates. `texts`: filters, which return text. `functions`: what templates call by name.
    `finalize`: all else that is printed in, text out.
    """

    code_generator_class = _Generator

    def __init__(
        self,
        texts: Mapping[str, Callable[..., str]],
        functions: Mapping[str, Callable[..., Any]],
        finalize: Callable[[Any], str],
    ) -> None:
        folder = cache.folder(_CACHED_AS)
        super().__init__(
            loader=jinja2.FileSystemLoader(shipped.templates()),
            undefined=jinja2.StrictUndefined,
            finalize=finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # Python is written, not HTML; layout.quote and docstring escape
            auto_reload=False,
            # Nothing is laid out when a template is compiled: the cache outlives the layout's code.
            optimized=False,
            bytecode_cache=_Templates(folder) if folder else None,
        )
        self.texts = texts
        self.functions = functions
        self.filters.update(texts)
        self.globals.update(functions)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """What `map` asks of each item, by the name of an attribute."""
        return getattr(obj, argument) if isinstance(argument, str) else obj[argument]
