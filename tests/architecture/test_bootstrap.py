"""The environment is built on any machine, or the exact command that is missing is printed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lib.source import ROOT


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine without an environment, where Python, apt and the user are our own."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "bootstrap", tmp_path / "scripts")
    (tmp_path / "bin").mkdir()
    return tmp_path


def install(machine: Path, name: str, script: str) -> None:
    """Put a program on the machine."""
    program = machine / "bin" / name
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


def bootstrap(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the bootstrap there, and let it fail."""
    return subprocess.run(
        [machine / "scripts" / "bootstrap", *arguments],
        env={"PATH": f"{machine / 'bin'}:/usr/bin:/bin", "PYTHON": "python-here"},
        capture_output=True,
        text=True,
        check=False,
    )


def python_without_venv(version: str) -> str:
    """A Python as Debian ships it, without what makes environments."""
    return f'case "$*" in *version_info*) echo {version} ;; *) exit 1 ;; esac'


def test_it_refuses_an_old_python(machine: Path) -> None:
    """Python before 3.11 is named, and so is what to install."""
    install(machine, "python-here", "echo 3.9")
    refused = bootstrap(machine, "dev")
    assert refused.returncode == 1
    assert "python-here is Python 3.9; Afterthread needs 3.11 or newer" in refused.stderr
    assert "apt-get install" in refused.stderr


def test_it_prints_the_command_when_not_root(machine: Path) -> None:
    """Somebody who may not install is told the exact command, and nothing goes on."""
    install(machine, "python-here", python_without_venv("3.13"))
    install(machine, "id", "echo 1000")
    install(machine, "apt-get", "exit 99")
    refused = bootstrap(machine, "dev")
    assert refused.returncode == 1
    assert "sudo apt-get update && sudo apt-get install --yes python3.13-venv" in refused.stderr
    assert not (machine / ".venv").exists()


def test_it_installs_what_is_missing_as_root(machine: Path) -> None:
    """Root gets the missing package installed, without being asked."""
    install(machine, "python-here", python_without_venv("3.12"))
    install(machine, "id", "echo 0")
    install(machine, "apt-get", f'echo "$@" >> "{machine}/asked"')
    bootstrap(machine, "core")
    asked = (machine / "asked").read_text(encoding="utf-8").splitlines()
    assert asked == ["update", "install --yes --no-install-recommends python3.12-venv"]


def test_it_installs_python_itself(machine: Path) -> None:
    """A machine without Python gets one, or is told how."""
    install(machine, "id", "echo 1000")
    install(machine, "apt-get", "exit 99")
    refused = bootstrap(machine, "core")
    assert refused.returncode == 1
    assert "sudo apt-get install --yes python-here python-here-venv" in refused.stderr


@pytest.mark.parametrize("arguments", [(), ("everything",)])
def test_it_says_what_can_be_built(machine: Path, arguments: tuple[str, ...]) -> None:
    """An unknown wish gets the usage line."""
    refused = bootstrap(machine, *arguments)
    assert refused.returncode == 1
    assert "usage: scripts/bootstrap core|dev" in refused.stderr
