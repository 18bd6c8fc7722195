"""Makes a check-in or a person worse in one way, so that no such step may ever lower the urgency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from afterthread.engine.case import TRENDS
from afterthread.engine.facts import Answer, CheckIn, Procedure
from afterthread.protocol import UNKNOWN, Protocol

Step = Callable[[Protocol, CheckIn, Random], CheckIn | None]
"""Makes one answer worse, or None where nothing of the kind can be made worse."""


def _answers(protocol: Protocol, checkin: CheckIn) -> dict[str, Answer]:
    """Every question with what was said of it, closed ones as "no"."""
    rest = Answer(level="no" if checkin.otherwise_no else UNKNOWN)
    return {id: checkin.answers.get(id, rest) for id in protocol["question"]}


def _with(checkin: CheckIn, id: str, answer: Answer) -> CheckIn:
    return replace(checkin, answers={**checkin.answers, id: answer})


def more_severe(protocol: Protocol, checkin: CheckIn, random: Random) -> CheckIn | None:
    """A present sign is stronger."""
    scales = protocol.variables
    found = [
        (id, answer)
        for id, answer in _answers(protocol, checkin).items()
        if answer.level not in ("no", UNKNOWN, scales[id][-1])
    ]
    if not found:
        return None
    id, answer = random.choice(found)
    level = random.choice(scales[id][scales[id].index(answer.level) + 1 :])
    return _with(checkin, id, replace(answer, level=level))


def one_more_sign(protocol: Protocol, checkin: CheckIn, random: Random) -> CheckIn | None:
    """A question answered "no" is answered with any sign at all."""
    found = [id for id, answer in _answers(protocol, checkin).items() if answer.level == "no"]
    if not found:
        return None
    id = random.choice(found)
    question = protocol["question"][id]
    side = random.choice(("both", "one", UNKNOWN)) if question.side else UNKNOWN
    trend = random.choice((*TRENDS, UNKNOWN)) if question.trend else UNKNOWN
    return _with(checkin, id, Answer(level=random.choice(protocol.variables[id][1:]), side=side, trend=trend))


def getting_worse(protocol: Protocol, checkin: CheckIn, random: Random) -> CheckIn | None:
    """A sign that was said to get better or to stay is said to stay or to get worse; not said becomes worse."""
    found = [
        (id, answer)
        for id, answer in checkin.answers.items()
        if protocol["question"][id].trend and answer.level not in ("no", UNKNOWN) and answer.trend != "worse"
    ]
    if not found:
        return None
    id, answer = random.choice(found)
    worse = TRENDS[TRENDS.index(answer.trend) + 1 :] if answer.trend != UNKNOWN else ("worse",)
    return _with(checkin, id, replace(answer, trend=random.choice(worse)))


def one_sided(protocol: Protocol, checkin: CheckIn, random: Random) -> CheckIn | None:
    """A sign on both sides, or nobody asked, is on one."""
    found = [
        (id, answer)
        for id, answer in checkin.answers.items()
        if protocol["question"][id].side and answer.level not in ("no", UNKNOWN) and answer.side != "one"
    ]
    if not found:
        return None
    id, answer = random.choice(found)
    return _with(checkin, id, replace(answer, side="one"))


def unknown_to_worst(protocol: Protocol, checkin: CheckIn, random: Random) -> CheckIn | None:
    """A question nobody answered is answered with the worst that can be said."""
    found = [id for id, answer in _answers(protocol, checkin).items() if answer.level == UNKNOWN]
    if not found:
        return None
    id = random.choice(found)
    question = protocol["question"][id]
    side, trend = "one" if question.side else UNKNOWN, "worse" if question.trend else UNKNOWN
    return _with(checkin, id, Answer(level=protocol.variables[id][-1], side=side, trend=trend))


def no_to_unknown(protocol: Protocol, checkin: CheckIn, random: Random) -> CheckIn | None:
    """A question answered "no" is not answered."""
    found = [id for id, answer in _answers(protocol, checkin).items() if answer.level == "no"]
    return _with(checkin, random.choice(found), Answer(level=UNKNOWN)) if found else None


def left_open(_protocol: Protocol, checkin: CheckIn, _random: Random) -> CheckIn | None:
    """The closing "none of these" was not given."""
    return replace(checkin, otherwise_no=False) if checkin.otherwise_no else None


def own_words(_protocol: Protocol, checkin: CheckIn, _random: Random) -> CheckIn | None:
    """Something was written besides."""
    return None if checkin.words.strip() else replace(checkin, words="A remark.")


STEPS: tuple[Step, ...] = (
    more_severe, more_severe, one_more_sign, one_more_sign, getting_worse, getting_worse, one_sided, unknown_to_worst,
    no_to_unknown, left_open, own_words,
)  # fmt: skip
"""Every step; those with the most to go wrong stand twice."""


def riskier(protocol: Protocol, procedure: Procedure, random: Random) -> Procedure | None:
    """A raising modifier goes from no to unknown or yes, or from unknown to yes.

    The other modifiers only lengthen windows, so having one of them is not worse.
    """
    raising = [m.id for m in protocol["modifier"].values() if m.raises]
    found = [id for id in raising if procedure.modifiers.get(id, UNKNOWN) != "yes"]
    if not found:
        return None
    id = random.choice(found)
    value = "yes" if procedure.modifiers.get(id, UNKNOWN) == UNKNOWN else random.choice(("yes", UNKNOWN))
    return replace(procedure, modifiers={**procedure.modifiers, id: value})
