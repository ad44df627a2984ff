"""How does a generated module spell the names of others, and what must it import for them?

The module's body renders first; every symbol printed passes through its `ImportTable`, which picks
the spelling and notes the import; the header renders last. So nobody types an import, and none is
unused.

Spelling avoids every name that a class of the module declares: inside a class body a field called
`list` or `User` would hide the type of that name from type checkers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import runtime
from .import_order import statements
from .layout import statement
from .names import BUILTINS
from .symbols import Code, Symbol


class _Spelled(dict[Symbol, str]):
    """How symbols are spelled; `spell` is asked once for each."""

    def __init__(self, spell: Callable[[Symbol], str]) -> None:
        self._spell = spell

    def __missing__(self, symbol: Symbol) -> str:
        text = self[symbol] = self._spell(symbol)
        return text


class ImportTable:
    """The imports of one generated module, filled while its body renders.

    `module`: its dotted path in the package (`.models.user`); `defines`: its own names;
    `declares`: every name that a class body of it binds. Model modules are imported as modules
    (`_user.User`), which keeps them loadable one by one. With `lazy` they load when they are used,
    and are there to be found in their package (`models.User`): it says which names that has. All
    else is imported by name.
    """

    def __init__(
        self,
        module: str,
        defines: Iterable[str],
        declares: Iterable[str],
        lazy: frozenset[str] | None = None,
    ) -> None:
        self.module = module
        self.lazy = lazy
        self._declared = frozenset(declares)
        self._taken = {*defines, *self._declared}
        self._spelled = _Spelled(self._spell)
        self._modules: dict[str, str] = {}
        self._names: dict[str, dict[str, str]] = {}
        self._local_aliases: dict[str, str] = {}

    def text(self, code: Code) -> str:
        """`code` as text, its symbols spelled and noted."""
        if isinstance(code, str):
            return code
        spelled = self._spelled
        if isinstance(code, Symbol):
            return spelled[code]
        return "".join([p if isinstance(p, str) else spelled[p] for p in code.parts])

    def _spell(self, symbol: Symbol) -> str:
        head, dot, rest = symbol.name.partition(".")
        if symbol.module == self.module:
            text = self._local(head) + dot + rest
        elif symbol.module == "builtins":
            text = head if head not in self._taken else f"{self._module('builtins')}.{head}"
        elif self.lazy and head in self.lazy and symbol.module.startswith(".models."):
            text = f"{self._module('.models')}.{symbol.name}"
        elif self._by_module(symbol):
            text = f"{self._module(symbol.module)}.{symbol.name}"
        else:
            text = self._by_name(symbol.module, head) + dot + rest
        return text

    def _by_module(self, symbol: Symbol) -> bool:
        """Converters, which are loaded with the models anyway, import them by name."""
        if ".models." in symbol.module:  # ours, or those of a package whose types are reused
            return not self.module.startswith("._convert.")
        return self.lazy is not None and symbol.late

    def _local(self, name: str) -> str:
        """A top-level name of this module, through an alias where a class declares the same."""
        if name not in self._declared:
            return name
        if name not in self._local_aliases:
            self._local_aliases[name] = self._free("_" + name.lstrip("_"))
        return self._local_aliases[name]

    def _module(self, module: str) -> str:
        if module not in self._modules:
            leaf = module.rpartition(".")[2]
            is_public = module == ".models"
            self._modules[module] = self._free(leaf if is_public else "_" + leaf.lstrip("_"))
        return self._modules[module]

    def _by_name(self, module: str, name: str) -> str:
        names = self._names.setdefault(module, {})
        if name == "TYPE_CHECKING":  # checkers know it by that name only
            names[name] = name
        if name not in names:
            names[name] = self._free(name)
        return names[name]

    def _free(self, name: str) -> str:
        """`name` or a variant that nothing here has; two underscores in front would be mangled
        inside a class, so they go behind."""
        while name in self._taken or name in BUILTINS:  # templates use those bare
            name += "_"
        self._taken.add(name)
        return name

    def mentioned(self) -> Iterable[Symbol]:
        """The symbols that were printed."""
        return self._spelled.keys()

    def aliases(self) -> list[tuple[str, str]]:
        """(alias, name) of top-level names to be bound again at the end of the module."""
        return sorted((alias, name) for name, alias in self._local_aliases.items())

    def header(self) -> str:
        """The import statements, laid out as black would."""
        own = sorted((m, a) for m, a in self._modules.items() if m != "builtins")
        late = own if self.lazy is not None else []
        lines: list[str] = []
        if late:
            self._by_name("typing", "TYPE_CHECKING")
            lazy_module = self._by_name(runtime.lazy_module.module, runtime.lazy_module.name)
            lines = [
                "if TYPE_CHECKING:",
                statements((self._row(m, a) for m, a in late), "    "),
                "else:",
                *(self._lazy_module(lazy_module, m, a) for m, a in late),
            ]
        rows = [
            (self._relative(module), name if name == alias else f"{name} as {alias}")
            for module, names in self._names.items()
            for name, alias in names.items()
        ]
        rows += (self._row(m, a) for m, a in own if not late)
        if alias := self._modules.get("builtins"):
            rows.append(("", f"builtins as {alias}"))
        blocks = [statements(rows), "\n".join(lines)]
        return "\n\n".join(block for block in blocks if block)

    def _relative(self, module: str) -> str:
        """A module of the package as seen from this one: `.models.user` from `.models.post`."""
        if not module.startswith("."):
            return module
        here = self.module.split(".")[1:-1]
        there = module.split(".")[1:]
        shared = 0
        while shared < min(len(here), len(there) - 1) and here[shared] == there[shared]:
            shared += 1
        return "." * (len(here) - shared + 1) + ".".join(there[shared:])

    def _row(self, module: str, alias: str) -> tuple[str, str]:
        """The import of a module as a row of `statements`."""
        parent, _, name = self._relative(module).rpartition(".")
        if not parent or parent.endswith("."):
            parent += "."
        return parent, name if name == alias else f"{name} as {alias}"

    def _lazy_module(self, lazy_module: str, module: str, alias: str) -> str:
        text = f'{alias} = {lazy_module}(__package__, "{self._relative(module)}")'
        return statement(text, "    ")
