"""The locks install the same files everywhere, from wherever a machine gets its packages."""

import re
import tomllib

import pytest

from tests.lib.source import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
LOCK_NAMES = [lock.name for lock in LOCKS]


def required(*, extras: set[str], groups: set[str]) -> set[str]:
    """The packages that pyproject.toml asks for by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*project["project"]["dependencies"]]
    for extra in extras:
        asked += project["project"]["optional-dependencies"][extra]
    for group in groups:
        asked += project["dependency-groups"][group]
    return {normalised(requirement) for requirement in asked}


def normalised(requirement: str) -> str:
    """The package's name as an index spells it."""
    return re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-").replace(".", "-")


def pinned(name: str) -> dict[str, set[str]]:
    """The versions that a lock pins, by package."""
    pins: dict[str, set[str]] = {}
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    for package, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, flags=re.MULTILINE):
        pins.setdefault(normalised(package), set()).add(version)
    return pins


def test_it_has_the_three_locks() -> None:
    """There is one lock to build the environment, one to run and one to work."""
    assert LOCK_NAMES == ["build.txt", "core.txt", "dev.txt"]


@pytest.mark.parametrize("name", LOCK_NAMES)
def test_it_names_no_host(name: str) -> None:
    """A lock has no address, no path and no option that would choose where packages come from."""
    for line in (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines():
        assert "://" not in line
        assert " @ " not in line
        assert not line.startswith("-")
        assert not re.search(r"(^|\s)/\w", line)


@pytest.mark.parametrize("name", LOCK_NAMES)
def test_it_pins_every_package_with_hashes(name: str) -> None:
    """Every requirement is one exact version with the digests of its files."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8").replace("\\\n", "")
    requirements = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert requirements
    for requirement in requirements:
        assert re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement), requirement


def test_it_locks_what_the_project_asks_for() -> None:
    """Every dependency of pyproject.toml is in the lock of those who need it."""
    runtime = required(extras=set(), groups=set())
    assert required(extras=set(), groups={"build"}) - runtime <= pinned("build.txt").keys()
    assert required(extras={"replay"}, groups=set()) <= pinned("core.txt").keys()
    assert required(extras={"replay"}, groups={"build", "dev", "bench"}) <= pinned("dev.txt").keys()


def test_it_runs_what_it_tests() -> None:
    """The working lock pins what the smaller locks pin, so that the tests judge what users run."""
    dev = pinned("dev.txt")
    for name in ("build.txt", "core.txt"):
        for package, versions in pinned(name).items():
            assert dev[package] == versions
