"""Completion scripts made from the parser, so that they never lag behind it."""

from __future__ import annotations

import argparse


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """A script that completes commands and options in bash, zsh or fish."""
    words = {name: _options(command) for name, command in _commands(parser).items()}
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](words)


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return next(dict(a.choices) for a in parser._actions if isinstance(a, argparse._SubParsersAction))  # noqa: SLF001


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return [option for action in parser._actions for option in action.option_strings]  # noqa: SLF001


def _bash(words: dict[str, list[str]]) -> str:
    cases = "\n".join(f'    {name}) words="{" ".join(options)}" ;;' for name, options in words.items())
    return f"""\
_afterthread() {{
  local words="" current="${{COMP_WORDS[COMP_CWORD]}}"
  if [ "$COMP_CWORD" -eq 1 ]; then words="{" ".join(words)}"; else case "${{COMP_WORDS[1]}}" in
{cases}
  esac; fi
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "$words" -- "$current"))
       else COMPREPLY=($(compgen -f -- "$current")); fi ;;
  esac
}}
complete -o filenames -F _afterthread afterthread"""


def _zsh(words: dict[str, list[str]]) -> str:
    return "autoload -U +X bashcompinit && bashcompinit\n" + _bash(words)


def _fish(words: dict[str, list[str]]) -> str:
    first = f"complete -c afterthread -n __fish_use_subcommand -f -a '{' '.join(words)}'"
    rest = [
        f"complete -c afterthread -n '__fish_seen_subcommand_from {name}' -l {option.removeprefix('--')}"
        for name, options in words.items()
        for option in options
        if option.startswith("--")
    ]
    return "\n".join([first, *rest])
