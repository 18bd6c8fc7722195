"""The rules of the house as functions: each returns its breaches, a sentence apiece, or nothing."""

import ast
import re
import sys
from collections import Counter
from pathlib import Path

from tests.lib.source import Module, function_length, modules

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_P90_FUNCTION_LINES = 30
MAX_FOLDER_FILES = 12
MAX_ENGINE_LINES = 1700
MAX_MEANING_LINES = 800
MEANING = {"day", "facts", "history", "triage", "explain"}
"""The modules of the engine that say what a check-in means (adr/0006)."""

FORBIDDEN_STEMS = {"utils", "helpers", "common", "base", "manager", "core"}
CORE_FLOORS = {"protocol", "engine", "verify", "cli"}
KNOWLEDGE_FLOORS = {"protocol", "engine", "verify"}
ARRAY_PACKAGES = {"numpy", "pyarrow"}
FOREIGN_KEYS = {"ForeignKey", "OneToOneField", "ManyToManyField"}


def long_modules(root: Path) -> list[str]:
    """Modules that a reader cannot hold in the head."""
    return [
        f"{module} has {module.line_count()} lines; divide it before it passes {MAX_MODULE_LINES}"
        for module in modules(root)
        if module.line_count() > MAX_MODULE_LINES
    ]


def long_functions(root: Path) -> list[str]:
    """Functions that do more than one thing."""
    return [
        f"{module}:{function.lineno} {function.name} has {function_length(function)} lines; "
        f"{MAX_FUNCTION_LINES} is the most"
        for module in modules(root)
        for function in module.functions()
        if function_length(function) > MAX_FUNCTION_LINES
    ]


def p90_function_lines(root: Path) -> int:
    """The length that nine functions in ten do not pass."""
    lengths = sorted(function_length(function) for module in modules(root) for function in module.functions())
    return lengths[len(lengths) * 9 // 10] if lengths else 0


def crowded_folders(root: Path) -> list[str]:
    """Folders with more modules than the eye takes in."""
    counts = Counter(module.path.parent for module in modules(root))
    return [
        f"{folder.relative_to(root).as_posix()} has {count} modules; {MAX_FOLDER_FILES} is the most"
        for folder, count in counts.items()
        if count > MAX_FOLDER_FILES
    ]


def engine_lines(root: Path, stems: set[str] | None = None) -> int:
    """The lines of the engine, or of some of its modules."""
    chosen = [m for m in modules(root) if _floor(m) == "engine" and (stems is None or m.path.stem in stems)]
    return sum(module.line_count() for module in chosen)


def unopened_modules(root: Path) -> list[str]:
    """Modules that do not open with one sentence saying what they are for."""
    return [
        f"{module} must open with a docstring whose first paragraph is one sentence"
        for module in modules(root)
        if not _is_one_sentence(ast.get_docstring(module.tree) or "")
    ]


def forbidden_names(root: Path) -> list[str]:
    """Modules and folders whose name says nothing."""
    return [
        f"{module} is named `{part}`, which says nothing; name it after what it holds"
        for module in modules(root)
        for part in module.path.relative_to(root).with_suffix("").parts
        if FORBIDDEN_STEMS & set(part.split("_"))
    ]


def undocumented(root: Path) -> list[str]:
    """Public functions and classes without a docstring."""
    return [
        f"{module}:{node.lineno} `{node.name}` is public and has no docstring"
        for module in modules(root)
        for node in module.public_definitions()
        if not ast.get_docstring(node)
    ]


def foreign_imports(root: Path) -> list[str]:
    """Imports in the core from outside the standard library; arrays are for replay alone."""
    breaches = []
    for module in modules(root):
        if _floor(module) not in CORE_FLOORS:
            continue
        allowed = sys.stdlib_module_names | {"afterthread"}
        if _floor(module) == "verify" and module.path.stem.startswith("replay"):
            allowed |= ARRAY_PACKAGES
        breaches += [
            f"{module} imports `{name}`; the core is standard library only"
            for name in module.imported()
            if name.split(".")[0] not in allowed
        ]
    return breaches


def string_foreign_keys(root: Path) -> list[str]:
    """Foreign keys that name their table by a string, which no import contract can see."""
    return [
        f"{module}:{node.lineno} names a table by a string; write the class, so that the contracts see it"
        for module in modules(root)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and _called_name(node) in FOREIGN_KEYS and _names_table_by_string(node)
    ]


def words_without_meaning(root: Path, glossary: str) -> list[str]:
    """Modules of the knowledge floors whose stem the glossary does not explain."""
    explained = {_letters(word) for word in re.findall(r"\*\*(.+?)\*\*", glossary)}
    return [
        f"{module}: the glossary has no `**{module.path.stem}**: …`"
        for module in modules(root)
        if _floor(module) in KNOWLEDGE_FLOORS
        and module.path.stem != "__init__"
        and _letters(module.path.stem) not in explained
    ]


def _floor(module: Module) -> str:
    """The top-level folder or module inside the package."""
    parts = module.path.relative_to(module.root).with_suffix("").parts
    return parts[1] if len(parts) > 1 else ""


def _letters(word: str) -> str:
    return re.sub(r"[^a-z]", "", word.lower())


def _is_one_sentence(docstring: str) -> bool:
    opening = " ".join(docstring.partition("\n\n")[0].split())
    return opening.endswith(".") and not re.search(r"[.!?] +[A-Z]", opening)


def _called_name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _names_table_by_string(call: ast.Call) -> bool:
    """Whether the target is a string other than "self", which cannot be written as a class."""
    targets = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "to")]
    return any(
        isinstance(target, ast.Constant) and isinstance(target.value, str) and target.value != "self"
        for target in targets
    )
