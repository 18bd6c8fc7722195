"""Reads Python source as the architecture tests see it: modules, functions and what they import."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
PACKAGE = SRC / "afterthread"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One source file under `root`, which is the folder that holds the package."""

    root: Path
    path: Path

    def __str__(self) -> str:
        """Name the file as a reader would look for it."""
        return self.path.relative_to(self.root).as_posix()

    @cached_property
    def text(self) -> str:
        """The source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The source, parsed."""
        return ast.parse(self.text, filename=str(self.path))

    @property
    def is_migration(self) -> bool:
        """Whether a tool wrote it."""
        return "migrations" in self.path.parts

    def line_count(self) -> int:
        """How long a reader scrolls."""
        return len(self.text.splitlines())

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def public_definitions(self) -> Iterator[Function | ast.ClassDef]:
        """Every function and class that other modules may use."""
        for node in self.tree.body:
            if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
                yield node

    def imported(self) -> Iterator[str]:
        """The full name of everything imported, late imports too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield "." * node.level + (node.module or "")


def modules(root: Path = SRC) -> list[Module]:
    """Every module under `root`, migrations aside, in a fixed order."""
    found = (Module(root, path) for path in sorted(root.rglob("*.py")))
    return [module for module in found if not module.is_migration]


def function_length(function: Function) -> int:
    """The lines from `def` to the last one."""
    return (function.end_lineno or function.lineno) - function.lineno + 1
