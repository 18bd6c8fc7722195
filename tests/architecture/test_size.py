"""Everything can be read in one sitting."""

from tests.lib import house
from tests.lib.source import SRC


def test_it_keeps_modules_short() -> None:
    """No module is too long to hold in the head."""
    assert house.long_modules(SRC) == []


def test_it_keeps_functions_short() -> None:
    """No function is longer than a screen."""
    assert house.long_functions(SRC) == []


def test_it_keeps_nine_functions_in_ten_small() -> None:
    """The ninetieth percentile of function lengths stays low."""
    assert house.p90_function_lines(SRC) <= house.MAX_P90_FUNCTION_LINES


def test_it_keeps_folders_small() -> None:
    """No folder holds more modules than the eye takes in."""
    assert house.crowded_folders(SRC) == []


def test_it_keeps_the_engine_readable_in_one_sitting() -> None:
    """The reference meaning stays small as a whole."""
    assert 0 < house.engine_lines(SRC, house.MEANING) <= house.MAX_MEANING_LINES
    assert house.engine_lines(SRC) <= house.MAX_ENGINE_LINES
