"""The sources of custody/ as syntax trees, and the few questions that the rules here ask of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import custody

ROOT = Path(custody.__file__).parent


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


def lines_of(module: str) -> int:
    path = ROOT.parent.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return len(file.read_text(encoding="utf-8").splitlines())


def imported_modules(tree: ast.Module) -> set[str]:
    """Full names of everything imported, at any depth: `from a import b` counts as a and as a.b."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def local_names_of(tree: ast.Module, name: str) -> set[str]:
    """What `name` is called in this module: itself, and every alias it was imported under."""
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == name
    }
    return aliases | {name}


def called(node: ast.Call) -> str:
    """The last part of what is called: `Authenticated` of authenticated.Authenticated[Message](...)."""
    function = node.func
    while isinstance(function, ast.Subscript):
        function = function.value
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def makers_of(name: str, trees: dict[str, ast.Module]) -> set[str]:
    """Modules that call the class `name`, under whatever name they imported it."""
    return {
        module
        for module, tree in trees.items()
        if any(called(call) in local_names_of(tree, name) for call in calls(tree))
    }
