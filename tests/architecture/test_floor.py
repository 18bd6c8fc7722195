"""Each floor knows only what it may know."""

import subprocess
import sys

from tests.lib import house
from tests.lib.source import SRC


def test_it_builds_the_core_on_the_standard_library() -> None:
    """Protocol, engine, proofs and command line import nothing foreign, replay's arrays aside."""
    assert house.foreign_imports(SRC) == []


def test_it_starts_without_arrays_and_web() -> None:
    """Importing the command line loads neither arrays nor the web, so that it starts at once."""
    program = "import sys, afterthread.cli; print(sorted({'django', 'numpy', 'pyarrow'} & set(sys.modules)))"
    started = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert started.stdout.strip() == "[]"


def test_it_writes_foreign_keys_with_the_class() -> None:
    """No foreign key hides its table in a string."""
    assert house.string_foreign_keys(SRC) == []
