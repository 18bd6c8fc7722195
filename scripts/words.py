"""Collects what pages and letters say into the catalogue of a language, compiles it, and names what is not translated.

`make words` runs this; it needs the system's gettext tools, which nothing else does.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.makemessages import Command

PACKAGE = Path(__file__).parents[1] / "src" / "afterthread"
LOCALE = PACKAGE / "server" / "locale"
FLOORS = ("clinic", "desk", "diary", "exchange", "server")
LANGUAGES = ("ru",)
CHANGING = re.compile(r'^"POT-Creation-Date: .*\n', re.MULTILINE)


class Collect(Command):
    """Django's own collector, which guesses nothing: a sentence that is new or changed stays open until it is said."""

    msgmerge_options = ["-q", "--backup=none", "--no-fuzzy-matching", "--update"]  # noqa: RUF012 - as Django has it


def collect() -> None:
    """Bring every catalogue up to date with the sources."""
    others = [f"{path.name}/*.*" for path in sorted(PACKAGE.iterdir()) if path.is_dir() and path.name not in FLOORS]
    call_command(
        Collect(), locale=list(LANGUAGES), extensions=["html", "txt", "py", "svg"], ignore_patterns=others,
        no_location=True, no_obsolete=True, no_wrap=True, verbosity=0,
    )  # fmt: skip


def run(*command: str) -> str:
    """What one of the gettext tools says; its complaints go to the terminal."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> int:
    """Collect, compile, and say what is missing."""
    settings.configure(LOCALE_PATHS=[LOCALE], USE_I18N=True)
    django.setup()
    os.chdir(PACKAGE)
    collect()
    missing = 0
    for language in LANGUAGES:
        catalogue = LOCALE / language / "LC_MESSAGES" / "django.po"
        catalogue.write_text(CHANGING.sub("", catalogue.read_text(encoding="utf-8")), encoding="utf-8")
        run("msgfmt", "--check", "-o", str(catalogue.with_suffix(".mo")), str(catalogue))
        _, _, found = run("msgattrib", "--untranslated", "--no-wrap", str(catalogue)).partition("\n\n")  # the head
        missing += len(re.findall("^msgid ", found, re.MULTILINE))
        print(found, end="")
    print(f"{missing} not translated")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
