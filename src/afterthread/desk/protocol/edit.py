"""The form on one entry of a clinic's own protocol, and what it puts into the draft; only what differs is kept."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.desk.form import Revised, line, text, whole
from afterthread.desk.page import words_of
from afterthread.desk.protocol.entry import SENTENCES, Entry, answer_of, find, name_of
from afterthread.desk.row import URGENCIES
from afterthread.protocol.entry import Course, Rule, Step
from afterthread.protocol.model import Offset, Protocol, Urgency
from afterthread.protocol.parse import Problem

FARTHEST, MOST_DAYS = 3650, 60
UNITS = (("d", gettext_lazy("days")), ("h", gettext_lazy("hours")))
PLAIN = {
    "the step ends before it begins": gettext_lazy("It would end before it begins. Give a later end."),
    "an emergency that does not call for help": gettext_lazy(
        "This sign cannot be made an emergency: what it tells people to do does not begin with calling an ambulance."
    ),
}
"""The few problems that a form can cause, in the words of whoever looks; any other is told as it was found."""
Tables = Mapping[str, Any]


class EntryForm(Revised):
    """What a clinic may set of one entry; built from what is shipped (`base`) and what stands in the draft (`laid`)."""

    def __init__(self, base: Protocol, laid: Protocol, about: str, data: Any = None, revision: int = 0) -> None:
        self.base, self.laid, self.about = base, laid, about
        self.shipped, self.entry = (cast("Entry", find(one, about)) for one in (base, laid))
        super().__init__(data, initial={**_stored(laid, self.entry), "revision": revision})
        for name, field in _fields(laid, self.entry, self.shipped).items():
            self.fields[name] = field
        self.wording = _sentences(laid, self.entry)
        self.fields.update(self.wording)

    @property
    def set(self) -> list[forms.BoundField]:
        """The fields of days and urgencies."""
        return [field for field in self.visible_fields() if field.name not in self.wording]

    @property
    def worded(self) -> list[forms.BoundField]:
        """The fields of sentences."""
        return [self[name] for name in self.wording]

    def document(self, document: Tables) -> dict[str, Any]:
        """The draft with what this form says of its entry, and everything else as it was."""
        told, old = self.cleaned_data, _stored(self.base, self.shipped)
        sentences: dict[str, dict[str, str]] = {}
        for name in self.wording:
            _words, code, which = name.split("_", 2)
            said = "\n".join(told[name].splitlines()).strip()
            if said and said != old[name]:
                sentences.setdefault(code, {})[which] = said
        section, _dot, id = self.about.partition(".")
        made = copy.deepcopy(dict(document))
        _put(made, (section, id), _values(self.shipped, told))
        for code in self.base.languages:
            _put(made, ("words", code, section, id), sentences.get(code, {}))
        return made

    def refuse(self, problems: tuple[Problem, ...]) -> None:
        """Put what keeps the protocol from being built beside the fields that cause it."""
        for problem in problems:
            mine = problem.id.removeprefix("words.") == self.about or problem.id == self.about
            name = _field_of(problem) if mine else ""
            says = PLAIN.get(problem.wrong) or f"{problem.wrong}. {problem.mend}."
            self.add_error(name if name in self.fields else None, says if mine else f"{problem.id}: {says}")


def take_back(document: Tables, key: str) -> dict[str, Any]:
    """The draft without any change of one entry."""
    section, _dot, id = key.partition(".")
    made = copy.deepcopy(dict(document))
    _put(made, (section, id), {})
    for code in list(made.get("words", {})):
        _put(made, ("words", code, section, id), {})
    return made


def _put(table: dict[str, Any], path: tuple[str, ...], values: Tables) -> None:
    """Set what stands at a place, or leave no trace of it."""
    first, *rest = path
    if rest:
        below = table.setdefault(first, {})
        _put(below, tuple(rest), values)
    elif values:
        table[first] = dict(values)
    else:
        table.pop(first, None)
    if not table.get(first):
        table.pop(first, None)


def _field_of(problem: Problem) -> str:
    if problem.file.startswith("words/"):
        return f"words_{problem.file.split('/')[1]}_{problem.key}"
    first, _dot, rest = problem.key.partition(".")
    return {"until": f"until_{rest}", "start": "start_n", "end": "end_n", "do": "urgency"}.get(first, first)


def _fields(laid: Protocol, entry: Entry, shipped: Entry) -> dict[str, forms.Field]:
    if isinstance(entry, Rule):
        return {"urgency": _urgency(_("Urgency"), entry.urgency)}
    if isinstance(entry, Course) and isinstance(shipped, Course):
        words = words_of(laid)
        until: dict[str, forms.Field] = {
            f"until_{answer}": whole(
                _("%(answer)s: last expected day") % {"answer": answer_of(words, entry, answer)}, 0, FARTHEST,
                required=True, help_text=_shipped(day),
            )
            for answer, day in shipped.until.items()
        }  # fmt: skip
        return {**until, "past": _urgency(_("Past that"), entry.past)}
    return _step_fields(cast("Step", shipped))


def _step_fields(shipped: Step) -> dict[str, forms.Field]:
    if shipped.days:
        days = ", ".join(map(str, shipped.days))
        field = line(_("On the days"), 400, required=True, help_text=_shipped(days))
        field.validators.append(_refuse_days)
        return {"days": field}
    start, end = shipped.start or Offset(0, "d"), shipped.end
    about = _("The first day or hour on which it holds no longer.")
    until = whole(
        _("Holds no longer after"), 0, FARTHEST, required=end is not None,
        help_text=f"{about} {_shipped(_offset(end) if end else '–')}",
    )  # fmt: skip
    until.error_messages["required"] = _("The shipped protocol has an end here, so yours needs one too.")
    return {
        "start_n": whole(_("Begins after"), 0, FARTHEST, required=True, help_text=_shipped(_offset(start))),
        "start_unit": forms.ChoiceField(label=_("Begins: counted in"), choices=UNITS),
        "end_n": until,
        "end_unit": forms.ChoiceField(label=_("Ends: counted in"), choices=UNITS),
    }


def _urgency(label: str, now: Urgency) -> forms.ChoiceField:
    """Every urgency that somebody has to look at; care at home only where it stands already."""
    offered = [(one.word, name) for one, name in URGENCIES.items() if one >= min(Urgency.ROUTINE, now)]
    return forms.ChoiceField(label=label, choices=offered, widget=forms.RadioSelect)


def _shipped(value: object) -> str:
    return _("Shipped: %(value)s.") % {"value": value}


def _offset(offset: Offset) -> str:
    return f"{offset.amount} {dict(UNITS)[offset.unit]}"


def _sentences(laid: Protocol, entry: Entry) -> dict[str, forms.Field]:
    return {
        f"words_{code}_{name}": text(f"{name_of(code)}: {SENTENCES[name]}", rows=2, most=1000)
        for code in laid.languages
        for name in entry.words
    }


def _stored(protocol: Protocol, entry: Entry) -> dict[str, Any]:
    """The values of an entry as the form shows them."""
    words = {
        f"words_{code}_{name}": protocol.words[code][entry.key][name]
        for code in protocol.languages
        for name in entry.words
    }
    if isinstance(entry, Rule):
        return {**words, "urgency": entry.urgency.word}
    if isinstance(entry, Course):
        until = {f"until_{answer}": day for answer, day in entry.until.items()}
        return {**words, **until, "past": entry.past.word}
    if entry.days:
        return {**words, "days": ", ".join(map(str, entry.days))}
    start, end = entry.start or Offset(0, "d"), entry.end
    told = {"start_n": start.amount, "start_unit": start.unit}
    return {**words, **told, "end_n": end.amount if end else None, "end_unit": end.unit if end else "d"}


def stored(form: EntryForm) -> dict[str, Any]:
    """What stands in the draft of the entry of a form."""
    return _stored(form.laid, form.entry)


def _values(shipped: Entry, told: Tables) -> dict[str, Any]:
    """What the form says otherwise than the shipped entry, as an overlay writes it."""
    if isinstance(shipped, Rule):
        return {} if told["urgency"] == shipped.urgency.word else {"urgency": told["urgency"]}
    if isinstance(shipped, Course):
        until = {answer: told[f"until_{answer}"] for answer, day in shipped.until.items()}
        until = {answer: day for answer, day in until.items() if day != shipped.until[answer]}
        past = {} if told["past"] == shipped.past.word else {"past": told["past"]}
        return {**({"until": until} if until else {}), **past}
    if shipped.days:
        days = read_days(told["days"])
        return {} if days == list(shipped.days) else {"days": days}
    made = {name: f"{told[f'{name}_n']}{told[f'{name}_unit']}" for name in ("start", "end") if _given(told, name)}
    return {name: value for name, value in made.items() if value != str(getattr(shipped, name))}


def _given(told: Tables, name: str) -> bool:
    return told.get(f"{name}_n") is not None


def _refuse_days(said: str) -> None:
    read_days(said)


def read_days(said: str) -> list[int]:
    """Day numbers out of a line; raises `ValidationError` for anything else."""
    parts = [part for part in re.split(r"[\s,;]+", said) if part]
    if not parts or len(parts) > MOST_DAYS or not all(re.fullmatch(r"[0-9]{1,4}", part) for part in parts):
        raise ValidationError(_("Write day numbers with commas between them: 0, 1, 3, 7."))
    days = sorted({int(part) for part in parts})
    if days[-1] > FARTHEST:
        raise ValidationError(_("The last day that can be named is %(day)s.") % {"day": FARTHEST})
    return days
