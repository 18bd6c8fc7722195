"""The consent texts that a new clinic starts from: our own plain words around the protocol's clinical sentences."""

from __future__ import annotations

from functools import lru_cache

from django.utils import translation
from django.utils.translation import gettext as _

from afterthread.clinic.models import ConsentText
from afterthread.engine.explain import Words
from afterthread.protocol.load import shipped

LANGUAGES = ("en", "ru")
Purpose = ConsentText.Purpose


@lru_cache(maxsize=1)
def starting_texts() -> dict[str, dict[str, dict[str, str]]]:
    """Purpose -> language -> title and body; places in square brackets are the clinic's to fill in."""
    made: dict[str, dict[str, dict[str, str]]] = {}
    for language in LANGUAGES:
        with translation.override(language):
            for purpose, (title, *said) in _texts(Words(shipped(), language)).items():
                body = "\n\n".join([_marked(), *said, _data(), _withdrawing()])
                made.setdefault(purpose, {})[language] = {"title": title, "body": body}
    return made


def _texts(words: Words) -> dict[str, list[str]]:
    return {
        Purpose.PROCEDURE: _procedure(words),
        Purpose.PHOTO_RECORD: [
            _("Photos for my record"),
            _("I agree that the clinic takes photos of the treated area before, during and after the treatment."),
            _("They are kept in my record, to see how I heal and what came of the treatment. Nobody outside the clinic"
              " sees them without asking me again, except where the law requires it."),
            _("The treatment does not depend on this. I may say no."),
        ],
        Purpose.PHOTO_SHOWN: [
            _("Photos shown to others"),
            _("I agree that the clinic shows photos of my treatment to others: [where, for example on its own website"
              " or in teaching]."),
            _("My name is not shown. I understand that somebody who knows me may still recognise me, and that what was"
              " published once cannot be called back everywhere."),
            _("The treatment does not depend on this, and it costs no less for it. I may say no."),
        ],
        Purpose.REGISTRY: [
            _("Data for a registry"),
            _("I agree that the clinic passes on data of my treatment to [name of the registry], so that more is"
              " learned about threads: what was done, what was observed, and what came of it."),
            _("My name, address and pictures are not passed on. A key in their place is kept at the clinic only."),
            _("The treatment does not depend on this. I may say no."),
        ],
    }  # fmt: skip


def _procedure(words: Words) -> list[str]:
    """What threads do and do not do, what can happen, and what else there is."""
    return [
        _("Threads: what I agree to"),
        _("I agree to a treatment with threads at [name of the clinic]. Which zones, how many threads and of which"
          " material was discussed with me before, and stands in my record."),
        _("What I may expect, and what not:") + _listed(_promises(words, honest=True)),
        _("What is sometimes said, and is not so:") + _listed(_promises(words, honest=False)),
        _("What has to be thought of after threads, whether it is frequent or very rare:")
        + _listed(_complications(words)),
        _("What else could be done, and doing nothing, was discussed with me: [other treatments]."),
        _("I answered the questions about my health truthfully, and asked what I wanted to ask."
          " I know whom to call if something worries me, by day and by night: [phone numbers]."),
    ]  # fmt: skip


def _promises(words: Words, *, honest: bool) -> list[str]:
    return [words.of(one.key, "says") for one in words.protocol["promise"].values() if one.honest is honest]


def _complications(words: Words) -> list[str]:
    known = words.protocol["pathway"].values()
    return [words.of(one.key, "name") for one in known if one.nature == "complication"]


def _listed(lines: list[str]) -> str:
    return "".join(f"\n– {one}" for one in lines)


def _marked() -> str:
    return _(
        "[This is a starting text, and not legal advice. Read it, adapt it to the law of your country and to what you"
        " do, fill in the places in square brackets, and take this paragraph out. Only then can it be published.]"
    )


def _data() -> str:
    return _(
        "What I sign is kept in my record, together with the exact words, the time, and who was there."
        " I can read it at any time. My data is kept for [how long, and by which law]."
    )


def _withdrawing() -> str:
    return _(
        "I can take this consent back at any time, without a reason and without any disadvantage."
        " What was done before stays allowed; nothing more is done after."
    )
