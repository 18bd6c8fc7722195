"""What was decided can be kept as JSON and told again."""

import json
from typing import Any

from hypothesis import given

from afterthread.engine.case import read_case
from afterthread.engine.explain import explain
from afterthread.engine.plain import plain, read_decision
from afterthread.engine.triage import triage
from afterthread.protocol import shipped
from tests.lib.diary import cases

PROTOCOL = shipped()


@given(case=cases(PROTOCOL))
def test_it_reads_back_what_it_wrote(case: Any) -> None:
    """A decision that went through JSON is the same, and so is what it says in every language."""
    decision = triage(PROTOCOL, read_case(PROTOCOL, case))
    again = read_decision(json.loads(json.dumps(plain(decision))))
    assert again == decision
    for language in PROTOCOL.languages:
        assert explain(PROTOCOL, again, language) == explain(PROTOCOL, decision, language)
