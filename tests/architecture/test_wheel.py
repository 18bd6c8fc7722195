"""What is published holds everything it needs and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.lib.source import PACKAGE, ROOT, SRC


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of a freshly built wheel, its metadata aside."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "uv", "build", "--wheel", "--offline", "--no-build-isolation"]
    subprocess.run([*build, "--python", sys.executable, "--out-dir", str(out)], cwd=ROOT, check=True)
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name and not name.endswith("/")}


def written(folder: Path) -> set[str]:
    """The files that people wrote under a folder, as the wheel names them."""
    return {
        path.relative_to(SRC).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_it_packs_the_library(packed: set[str]) -> None:
    """Every file of knowledge is in the wheel."""
    library = written(PACKAGE / "protocol" / "library")
    assert any(name.endswith("rules.toml") for name in library)
    assert library <= packed


def test_it_packs_the_package_and_nothing_else(packed: set[str]) -> None:
    """The wheel holds the package as it stands in src/."""
    assert packed == written(PACKAGE)
