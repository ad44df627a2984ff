"""Which small faults could somebody make in a module? One change of one expression or statement.

In: the text of a module. Out: `Fault`s, in its order. They are those that reviews find: a condition
turned round, a limit off by one, a branch, a call, a check or an argument forgotten, the wrong
exception, another default. Texts, annotations, decorators and debugging stay as they are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

_SWAPPED = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
_OPERATORS = {ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.FloorDiv: "*", ast.Div: "*"}
_TWINS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}
_OF_TYPES = {"TypeVar", "ParamSpec", "NewType", "cast", "dataclass", "assert_never", "overload"}
_ANNOTATIONS = {"annotation", "returns", "decorator_list", "bases", "keywords_of_class"}


class Fault(NamedTuple):
    """`lines`: of the statement it is in; `text`: of the whole module with the fault."""

    line: int
    change: str
    lines: tuple[int, int]
    text: str


def faults(text: str) -> list[Fault]:
    """Every fault that is known of for a module."""
    found = _Finder(text)
    found.visit(ast.parse(text))
    return found.faults


class _Finder(ast.NodeVisitor):
    def __init__(self, text: str) -> None:
        self.faults: list[Fault] = []
        self._bytes = text.encode()
        self._starts = [0]
        for line in self._bytes.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._statement: tuple[int, int] = (1, 1)

    def _add(self, node: ast.expr | ast.stmt, new: str) -> None:
        start = self._starts[node.lineno - 1] + node.col_offset
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        end = self._starts[node.end_lineno - 1] + node.end_col_offset
        old = self._bytes[start:end].decode()
        text = (self._bytes[:start] + new.encode() + self._bytes[end:]).decode()
        change = f"{_short(old)}  ->  {_short(new)}"
        self.faults.append(Fault(node.lineno, change, self._statement, text))

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.stmt):
            first = getattr(node, "body", None)
            last = first[0].lineno - 1 if first else node.end_lineno or node.lineno
            self._statement = node.lineno, max(node.lineno, last)
        if not _is_aside(node):
            for change in _changes(node):
                self._add(*change)
            self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        for name, value in ast.iter_fields(node):
            of_class = isinstance(node, ast.ClassDef) and name == "keywords"
            if name in _ANNOTATIONS or of_class:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self.visit(child)


def _short(code: str) -> str:
    line = " ".join(code.split())
    return line if len(line) < 70 else f"{line[:66]} ..."


def _is_aside(node: ast.AST) -> bool:
    """Whether nothing in it is behaviour: types, texts, what a debugger reads."""
    match node:
        case ast.JoinedStr() | ast.Assert() | ast.Import() | ast.ImportFrom():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) if name in ("__all__", "__slots__"):
            return True
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")):
            return True
        case ast.Call(func=ast.Name(id=name)) if name in _OF_TYPES:
            return True
        case ast.Call(func=ast.Attribute(attr="debug")):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="AssertionError"))):
            return True
    return False


_Change = tuple[ast.expr | ast.stmt, str]


def _changes(node: ast.AST) -> Iterator[_Change]:
    match node:
        case ast.stmt():
            yield from _of_statement(node)
        case ast.expr():
            yield from _of_expression(node)
        case ast.comprehension(ifs=ifs):
            yield from ((test, "True") for test in ifs)
        case ast.ExceptHandler(type=ast.Tuple(elts=kinds) as caught):
            for kind in kinds:
                left = [ast.unparse(k) for k in kinds if k is not kind]
                yield caught, f"({', '.join(left)},)"
        case ast.ExceptHandler(type=ast.expr() as caught):
            yield caught, "ZeroDivisionError"


def _of_statement(node: ast.stmt) -> Iterator[_Change]:
    match node:
        case ast.If(test=test):
            yield test, "False"
            yield test, "True"
        case ast.Expr(value=ast.Call() | ast.Await(value=ast.Call())) | ast.Delete():
            if not _is_aside(node.value if isinstance(node, ast.Expr) else node):
                yield node, "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.AugAssign():
            yield node, "pass"
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield value, "None"
        case ast.Raise(exc=exc):
            yield node, "pass"
            match exc:
                case ast.Call(func=ast.Name() as kind):
                    yield kind, "Exception"
        case ast.Try(finalbody=[first, *_]) if len(node.finalbody) == 1:
            yield first, "pass"


def _of_expression(node: ast.expr) -> Iterator[_Change]:
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            swapped = _SWAPPED[type(operator)]
            yield node, f"{ast.unparse(left)} {swapped} {ast.unparse(right)}"
        case ast.BoolOp(op=operator, values=values):
            word, other = ("and", "or") if isinstance(operator, ast.And) else ("or", "and")
            texts = [f"({ast.unparse(value)})" for value in values]
            yield node, f" {other} ".join(texts)
            for text in texts:
                yield node, f" {word} ".join(t for t in texts if t is not text)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield node, f"({ast.unparse(operand)})"
        case ast.IfExp(body=body, orelse=other):
            yield node, f"({ast.unparse(body)})"
            yield node, f"({ast.unparse(other)})"
        case ast.Constant(value=bool(value)):
            yield node, str(not value)
        case ast.Constant(value=int() | float() as value) if value + 1 != value:
            yield node, repr(value + 1)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            if not any(map(_is_text, (left, right))):
                other = _OPERATORS[type(operator)]
                yield node, f"({ast.unparse(left)}) {other} ({ast.unparse(right)})"
        case ast.Call(func=ast.Name(id=name) as function) if name in _TWINS:
            yield function, _TWINS[name]
        case ast.Call(func=function, args=args, keywords=keywords):
            for keyword in keywords:
                left_over = [ast.unparse(a) for a in args]
                left_over += [ast.unparse(k) for k in keywords if k is not keyword]
                if keyword.arg is not None:
                    yield node, f"{ast.unparse(function)}({', '.join(left_over)})"


def _is_text(node: ast.expr) -> bool:
    match node:
        case ast.JoinedStr() | ast.Constant(value=str() | bytes()) | ast.Tuple() | ast.List():
            return True
        case ast.BinOp(left=left, right=right):
            return _is_text(left) or _is_text(right)
    return False
