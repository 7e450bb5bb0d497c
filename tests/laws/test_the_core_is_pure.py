"""T4: kernel and contexts read no clock, randomness, environment or locale, and hold no float.

import-linter forbids the modules; this looks at what the code says: no float literal, no division that makes
one, no function that returns one, and none that asks the machine for anything.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "src" / "distcore"
PURE = ("kernel", "referral", "commission", "compliance", "analytics", "catalog", "pricing")
DECIDING = (*PURE, "engine", "memory", "codec", "ports.py")

FLOATS = {
    "float",
    "Decimal",
    "Fraction",
    "fsum",
    "sqrt",
    "isclose",
    "timestamp",
    "total_seconds",
    "fromtimestamp",
}
ASKS = {
    *("now", "today", "utcnow", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime"),
    *("random", "randint", "choice", "shuffle", "uuid1", "uuid4", "token_bytes", "token_hex", "urandom"),
    *("environ", "getenv", "getcwd", "setlocale", "getlocale", "localeconv", "strftime", "strptime"),
    *("open", "print", "input", "eval", "exec", "__import__", "getLogger", "warn"),
}
MODULES = {
    *("time", "random", "os", "locale", "secrets", "uuid", "logging", "decimal", "math", "statistics"),
    *("fractions", "cmath", "platform", "sys", "io", "pathlib", "warnings"),
}


def files(*places: str) -> list[Path]:
    found = [
        file
        for place in places
        for file in ([ROOT / place] if "." in place else (ROOT / place).rglob("*.py"))
    ]
    assert found
    return sorted(found)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nodes_of(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk what is executed; an assertion that something is no float names it, and makes none."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, ast.Assert):
            yield from nodes_of(child)


def floats_in(code: str) -> Iterator[str]:
    for node in nodes_of(ast.parse(code)):
        match node:
            case ast.Constant(value=float() | complex()):
                yield f"line {node.lineno}: the literal {node.value!r}"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield f"line {node.lineno}: a division"
            case ast.BinOp(op=ast.Pow(), right=ast.UnaryOp(op=ast.USub())):
                yield f"line {node.lineno}: a negative power"
            case ast.Call(func=ast.Name(id="round")):
                yield f"line {node.lineno}: round()"
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in FLOATS:
                yield f"line {node.lineno}: {name}"


def asks_in(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module)):
                modules = [module]
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in ASKS:
                yield f"line {node.lineno}: {name}()"
                continue
            case ast.Attribute(attr=name) if name in ASKS:
                yield f"line {node.lineno}: {name}"
                continue
            case _:
                continue
        yield from (f"line {node.lineno}: import {each}" for each in modules if each.split(".")[0] in MODULES)


@pytest.mark.parametrize("file", files(*DECIDING), ids=name_of)
def test_no_float_is_made(file: Path) -> None:
    assert list(floats_in(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("file", files(*PURE), ids=name_of)
def test_the_machine_is_not_asked(file: Path) -> None:
    assert list(asks_in(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    [
        "x = 0.1",
        "x = 1e3",
        "y = a / b",
        "a /= 2",
        "float(x)",
        "x = round(1)",
        "Decimal(1)",
        "d.total_seconds()",
        "2**-1",
    ],
)
def test_a_float_is_seen(code: str) -> None:
    assert list(floats_in(code))
    assert not list(floats_in("assert type(x) is not float"))


@pytest.mark.parametrize(
    "code",
    [
        "datetime.now(UTC)",
        "import time",
        "from os import environ",
        "import os.path",
        "os.environ['X']",
        "random.random()",
        "open('x')",
        "print(1)",
    ],
)
def test_asking_is_seen(code: str) -> None:
    assert list(asks_in(code))
