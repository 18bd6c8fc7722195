"""What a reader meets is explained where the reader meets it."""

import re
import subprocess

from tests.lib import house
from tests.lib.source import ROOT, SRC


def test_it_opens_every_module_with_one_sentence() -> None:
    """Every module says what it is for."""
    assert house.unopened_modules(SRC) == []


def test_it_documents_every_public_name() -> None:
    """Every public function and class has a docstring."""
    assert house.undocumented(SRC) == []


def test_it_names_modules_after_what_they_hold() -> None:
    """No module has a name that would fit any other."""
    assert house.forbidden_names(SRC) == []


def test_it_explains_every_module_in_the_glossary() -> None:
    """The stem of every module of the knowledge floors is a word of the glossary."""
    assert house.words_without_meaning(SRC, (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")) == []


def test_it_lists_every_make_target() -> None:
    """Every target has a comment, and `make help` shows it."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]\w*):(?!=)", makefile, flags=re.MULTILINE))
    help_text = subprocess.run(
        ["make", "--no-print-directory", "help"],  # noqa: S607 - make itself started us
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    listed = {line.split()[0] for line in help_text.splitlines() if len(line.split()) > 1}
    assert {"run", "test", "check"} <= targets
    assert listed == targets
