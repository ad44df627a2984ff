"""Plans in, source text out.

A template prints the body first. Every value it prints passes `finalize`, which spells symbols
through the module's import table; so when the body is done the imports are known, and the header
is put before it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from ..plan.model_nodes import OneofPlan
from ..plan.nodes import Frowned, Plan, PythonModule, TextFile
from ..plan.strictness import DEPRECATED
from ..python import import_order, layout, runtime
from ..python.imports import ImportTable
from ..python.splitting import WIDTH
from ..python.symbols import Code, Expr, Symbol, builtin, expr, typing
from ..surface import text as surface_text
from .compiling import Environment, Template
from .parallel import both
from .source import MARKER, SourceFile, recorded


def render(plan: Plan) -> tuple[SourceFile, ...]:
    """Every file of the plan and the record of them, sorted by path."""
    if len(plan.modules) < _WORTH_A_FORK:
        files = _rendered(plan, plan.modules)
    else:
        halves = plan.modules[::2], plan.modules[1::2]
        one, other = both(lambda: _rendered(plan, halves[0]), lambda: _rendered(plan, halves[1]))
        files = one + other
    texts = [SourceFile(t.path, _renderer().text(t)) for t in plan.texts]
    seen = f"# {MARKER}\n{surface_text.write(plan.surface)}"
    texts.append(SourceFile(f"{plan.package}/{surface_text.NAME}", seen))
    return recorded(plan.package, files + texts, plan.inputs)


# A fork costs some milliseconds, a module about two.
_WORTH_A_FORK = 20


def _rendered(plan: Plan, modules: Sequence[PythonModule]) -> list[SourceFile]:
    renderer = _renderer()
    return [
        SourceFile(f"{plan.package}/{m.path}", renderer.module(m, plan.frowned)) for m in modules
    ]


@functools.cache
def _renderer() -> _Renderer:
    """One for all SDKs of a run: each loads the templates that it prints."""
    return _Renderer()


class _Renderer:
    """The template environment; `table` is the import table of the module being rendered."""

    def __init__(self) -> None:
        self.table = ImportTable("", (), ())
        # Filters, for jinja calls a function through its context, which costs ten times a filter.
        texts: dict[str, Callable[..., str]] = {
            "doc": layout.docstring,
            "with_signature": layout.with_signature,
            "stmt": self._statement,
            "item": self._item,
            "union": self._union,
            "block": self._block,
            "signature": self._signature,
            "call": self._call,
            "display": self._display,
            "rows": self._rows,
            "strings": layout.strings,
            "imports": import_order.statements,
            "quote": layout.quote,
            "toml": layout.toml_string,
            "bytes_literal": layout.bytes_literal,
        }
        functions: dict[str, Callable[..., Any]] = {
            "builtin": builtin,
            "typing": typing,
            "Symbol": Symbol,
            "expr": expr,
        }
        self.environment = Environment(texts, functions, self._finalize)
        cast("dict[str, Any]", self.environment.globals)["runtime"] = runtime
        self.templates: dict[str, Template] = {}

    def module(self, plan: PythonModule, frowned: Frowned) -> str:
        self.table = ImportTable(plan.name, plan.defines, plan.declares, plan.lazy)
        body = self._printed(plan)
        mentioned = self.table.mentioned() if frowned else ()
        rules = {*plan.unchecked, *(r for s in mentioned for r in frowned.get(s, ()))}
        return self._with_header(plan, sorted(rules), body)

    def text(self, plan: TextFile) -> str:
        return self._printed(plan)

    def _printed(self, plan: PythonModule | TextFile) -> str:
        template = self.templates.get(plan.template)
        if template is None:
            template = self.environment.get_template(plan.template)
            self.templates[plan.template] = template
        return template.render(content=plan.content)

    def _with_header(self, plan: PythonModule, rules: Sequence[str], body: str) -> str:
        aliases = "".join(
            layout.statement(f"{alias} = {name}", "") + "\n" for alias, name in self.table.aliases()
        )
        parts = [f"# {MARKER}"]
        if rules:
            parts[0] += f"\n# pyright: {', '.join(f'{rule}=false' for rule in rules)}"
        if DEPRECATED in rules:
            parts[0] += '\n# mypy: disable-error-code="deprecated"'
        if plan.doc:
            parts.append(layout.docstring(plan.doc, ""))
        parts.append("from __future__ import annotations")
        if header := self.table.header():
            parts.append(header)
        text = "\n\n".join(parts) + "\n" + body
        if aliases:
            text = text.rstrip("\n") + "\n\n\n" + aliases
        return text

    def _finalize(self, value: Any) -> str:
        if type(value) is str:
            return value
        return self.table.text(value) if isinstance(value, Symbol | Expr) else str(value)

    def _statement(self, code: Code, pad: str) -> str:
        return layout.statement(self.table.text(code), pad)

    def _item(self, code: Code, pad: str) -> str:
        return layout.element(self.table.text(code), pad)

    def _union(self, plan: OneofPlan) -> str:
        alias, union = self.table.text(typing("TypeAlias")), "Union"
        if len(plan.members) > 1:
            union = self.table.text(typing("Union"))
        return layout.union(plan.union, alias, union, plan.members)

    def _block(self, lines: tuple[Code, ...], pad: str) -> str:
        text = self.table.text
        texts = [line if isinstance(line, str) else text(line) for line in lines]
        room = WIDTH - len(pad)
        return "\n".join([pad + t if len(t) <= room else layout.statement(t, pad) for t in texts])

    def _signature(
        self, parameters: Iterable[Code], head: str, result: Code, pad: str, body: str = ""
    ) -> str:
        text = self.table.text
        texts = [text(p) for p in parameters]
        return layout.bracketed(f"{head}(", texts, f") -> {text(result)}:{body}", pad)

    def _call(self, arguments: Iterable[Code], function: Code, pad: str, tail: str = "") -> str:
        text = self.table.text
        return layout.bracketed(text(function) + "(", [text(a) for a in arguments], f"){tail}", pad)

    def _argument(self, arguments: Iterable[Code], function: Code, pad: str) -> str:
        """A call that is an argument itself."""
        return self._call(arguments, function, pad, ",").removeprefix(pad).removesuffix(",")

    def _rows(
        self, rows: Iterable[Iterable[Code]], function: Code, head: Code, tail: str, pad: str
    ) -> str:
        """A display of calls of the same function."""
        items = [self._argument(row, function, pad + "    ") for row in rows]
        return layout.display(self.table.text(head), items, tail, pad)

    def _display(self, items: Iterable[Code], head: Code, tail: str, pad: str) -> str:
        text = self.table.text
        return layout.display(text(head), [text(i) for i in items], tail, pad)
