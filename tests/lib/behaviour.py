"""Tells the spec tests as prose, so that what is promised and what is tested are one text."""

import ast
from collections.abc import Iterator

from tests.lib.source import ROOT, Module, modules

SPEC = ROOT / "tests" / "spec"
CASES = "test_cases.py"
"""The worked cases are told by the protocol itself, one title each."""


def chapters() -> str:
    """A chapter for each module of the spec, a line for each of its tests."""
    told = [_chapter(module) for module in modules(SPEC) if module.path.name.startswith("test_")]
    opening = "Every line is a test that runs against the shipped protocol; nothing is written here by hand."
    return "\n".join(["# How Afterthread behaves\n", opening, *(chapter for chapter in told if chapter), ""])


def _chapter(module: Module) -> str:
    if module.path.name == CASES:
        return ""
    title = (ast.get_docstring(module.tree) or "").rstrip(".")
    return "\n".join([f"\n## {title}\n", *(f"- {sentence}" for sentence in sentences(module))])


def sentences(module: Module) -> Iterator[str]:
    """What each test of a module says, in their order."""
    for node in module.public_definitions():
        if node.name.startswith("test_"):
            yield " ".join((ast.get_docstring(node) or "").split())
