"""What several unit tests are handed."""

import pytest

from afterthread.cli import main
from tests.lib.shell import Ask, Told


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command in this process."""

    def ask(*arguments: str) -> Told:
        code = main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    return ask
