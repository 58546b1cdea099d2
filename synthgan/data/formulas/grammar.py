"""Reads the text of a formula as a tree of the few kinds of nodes that a formula may have; nothing of it is ever run as code."""

from __future__ import annotations

import ast
import keyword
import re
from functools import lru_cache
from typing import Final

from synthgan.data.formulas.functions import FUNCTIONS, LOOKUP
from synthgan.errors import SchemaError, remedies_in_words
from synthgan.suggest import did_you_mean

_MAX_LETTERS: Final = 10_000
_MAX_NODES: Final = 2_000
_TOKEN: Final = re.compile(r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|`(?P<name>(?:[^`]|``)*)`""", re.DOTALL)
_PLACEHOLDER: Final = "_quoted_name_{}_"

OPERATORS: Final = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
COMPARISONS: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


@lru_cache(maxsize=4096)
def parse(text: str) -> ast.expr:
    """The tree of a formula's text; a name in backticks may hold anything.

    Raises:
        SchemaError: the text is no formula.

    Example:
        >>> ast.unparse(parse("weight / (height / 100) ** 2"))
        'weight / (height / 100) ** 2'
        >>> names_in(parse("log(`white cells`) + age"))
        ('white cells', 'age')
        >>> parse("__import__('os')")
        Traceback (most recent call last):
        synthgan.errors.SchemaError: a formula must use known functions alone, however: found '__import__'
    """
    if not isinstance(text, str) or len(text) > _MAX_LETTERS:
        raise SchemaError(
            f"a formula must be text of at most {_MAX_LETTERS:,} letters, however: found {str(text)[:60]!r}"
        )
    names: dict[str, str] = {}

    def placed(found: re.Match[str]) -> str:
        if found["text"] is not None:
            return found[0]
        name = _PLACEHOLDER.format(len(names))
        names[name] = found["name"].replace("``", "`")
        return name

    try:
        tree = ast.parse(_TOKEN.sub(placed, text.strip()), mode="eval").body
        nodes = list(ast.walk(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise SchemaError(
            f"a formula must be an expression such as weight / (height / 100) ** 2, however: {text[:100]!r} cannot be read"
        ) from error
    if len(nodes) > _MAX_NODES:
        raise SchemaError(f"a formula must have at most {_MAX_NODES:,} parts, however: {len(nodes):,}")
    for node in nodes:
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    _check(tree)
    return tree


def names_in(tree: ast.expr) -> tuple[str, ...]:
    """The names of the columns that a tree speaks of, each once, in their order."""
    found: dict[str, None] = {}
    _names(tree, found)
    return tuple(found)


def quoted(name: str | int) -> str:
    """A column's name as a formula writes it.

    Example:
        >>> quoted("age"), quoted("white cells"), quoted(3)
        ('age', '`white cells`', '`3`')
    """
    text = str(name)
    plain = text.isidentifier() and text.isascii() and not keyword.iskeyword(text)
    return text if plain else "`" + text.replace("`", "``") + "`"


def number(value: float) -> str:
    """A number as a formula writes it, as short as it can be."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))  # noqa: PLR2004 (exact)


def _names(node: ast.AST, found: dict[str, None]) -> None:
    if isinstance(node, ast.Name):
        found[node.id] = None
    children = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
    for child in children:
        _names(child, found)


def _check(node: ast.AST) -> None:
    """See that a tree has known nodes alone."""
    children: list[ast.expr] = []
    match node:
        case ast.Name():
            pass
        case ast.Constant(value=str() | bool() | int() | float()):
            pass
        case ast.BinOp(left=left, op=operator, right=right) if isinstance(operator, OPERATORS):
            children = [left, right]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=operand):
            children = [operand]
        case ast.BoolOp(values=values):
            children = values
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if isinstance(operator, COMPARISONS):
            children = [left, right]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            _check_call(name, args)
            children = args
        case _:
            raise SchemaError(
                f"a formula must be made of columns, numbers and functions, however: found {_shown(node)}"
            )
    for child in children:
        _check(child)


def _check_call(name: str, args: list[ast.expr]) -> None:
    known = [*FUNCTIONS, LOOKUP]
    if name not in known:
        with remedies_in_words():
            raise SchemaError(
                f"a formula must use known functions alone, however: found {name!r}", remedy=did_you_mean(name, known)
            )
    least, most = (1, 3) if name == LOOKUP else FUNCTIONS[name].takes
    if not least <= len(args) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise SchemaError(f"the function {name} must have {wanted} arguments, however: found {len(args)}")


def _shown(node: ast.AST) -> str:
    try:
        return repr(ast.unparse(node)[:60])
    except (ValueError, AttributeError, RecursionError):
        return type(node).__name__
