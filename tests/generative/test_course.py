"""A course told once decides every check-in as if it had been the last one said."""

from dataclasses import replace
from typing import Any

from hypothesis import given

from afterthread.engine.case import read_case
from afterthread.engine.history import observe
from afterthread.engine.plain import plain
from afterthread.engine.triage import decide, triage
from afterthread.protocol import shipped
from tests.lib.diary import cases

PROTOCOL = shipped()


@given(case=cases(PROTOCOL))
def test_it_decides_a_whole_course_as_check_in_by_check_in(case: Any) -> None:
    """Folding the history once gives, for each check-in, what triage says of everything up to it."""
    read = read_case(PROTOCOL, case)
    until = (read.checkins[:end] for end in range(1, len(read.checkins) + 1))
    alone = [plain(triage(PROTOCOL, replace(read, checkins=said, as_of=None))) for said in until]
    assert [plain(decide(PROTOCOL, facts)) for facts in observe(PROTOCOL, read)] == alone
