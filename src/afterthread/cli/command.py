"""What each command does: read, ask the core, show."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from datetime import datetime
from pathlib import Path
from typing import Any

from afterthread.cli import UsageError, dump, read_text, show
from afterthread.engine.case import Reader, parse_json, read_candidate, read_case
from afterthread.engine.explain import Words, explain
from afterthread.engine.facts import Case, Procedure
from afterthread.engine.pathway import follow
from afterthread.engine.plan import plan as make_plan
from afterthread.engine.plan import today
from afterthread.engine.screen import screen as weigh_candidate
from afterthread.engine.technique import advise
from afterthread.engine.triage import triage as decide_case
from afterthread.protocol.load import LIBRARY, SHIPPED, load
from afterthread.protocol.model import Protocol
from afterthread.protocol.parse import suggest


def _protocol(options: Namespace, speak: str = "") -> Protocol:
    return load(_folder(options.protocol or LIBRARY / SHIPPED), options.overlay, speak)


def _folder(path: Path) -> Path:
    """A folder that is not there is one mistake of the caller, not twenty missing files."""
    if path.is_dir():
        return path
    raise UsageError(f"{path} is no folder. Give the folder of a protocol, the one that holds protocol.toml.")


def _speaking(options: Namespace) -> tuple[Protocol, Words]:
    protocol = _protocol(options, options.language)
    return protocol, Words(protocol, options.language)


def _case(protocol: Protocol, file: str) -> Case:
    return read_case(protocol, parse_json(read_text(file)))


def _print_json(value: Any) -> int:
    from afterthread.engine.plain import plain

    dump(plain(value))
    return 0


def _answer(options: Namespace, value: Any, text: str) -> int:
    if options.json:
        return _print_json(value)
    print(text)
    return 0


# -- Answers about one person -----------------------------------------------------------------------------------------


def triage(options: Namespace) -> int:
    """The urgency of the last check-in, with every reason."""
    protocol, words = _speaking(options)
    decision = decide_case(protocol, _case(protocol, options.file))
    told = explain(protocol, decision, options.language)
    if options.json:
        from afterthread.engine.plain import plain

        dump(plain(decision) | {"explanation": plain(told)})
    else:
        print(show.explanation(told, words, protocol.stamp))
    return 0


def screen(options: Namespace) -> int:
    """May this person have it, and when."""
    protocol, words = _speaking(options)
    found = weigh_candidate(protocol, read_candidate(protocol, parse_json(read_text(options.file))))
    return _answer(options, found, show.screening(found, words))


def technique(options: Namespace) -> int:
    """Advice on the threads of a case."""
    protocol, words = _speaking(options)
    procedure = _case(protocol, options.file).procedure
    found = advise(protocol, procedure, procedure.day)
    if options.json:
        from afterthread.cli.schema import Remarks

        return _print_json(Remarks(found, protocol.stamp))
    print(show.remarks(found, protocol, words))
    return 0


def plan(options: Namespace) -> int:
    """The dated plan, or one day of it."""
    from afterthread.cli.schema import PlanDay

    protocol, words = _speaking(options)
    made = make_plan(protocol, _case(protocol, options.file).procedure)
    if options.day is None:
        return _answer(options, made, show.plan(made, words))
    day = PlanDay(options.day, today(made, options.day), made.stamp)
    return _answer(options, day, show.plan_day(made, words, options.day))


def pathway(options: Namespace) -> int:
    """The steps of one complication, or the list of all."""
    protocol, words = _speaking(options)
    if not options.id:
        names = {id: words.of(f"pathway.{id}", "name") for id in sorted(protocol["pathway"])}
        return _answer(options, names, show.table(names.items()))
    if options.id not in protocol["pathway"]:
        raise UsageError(f"no complication is called `{options.id}`. {suggest(options.id, protocol['pathway'])}.")
    procedure = _case(protocol, options.file).procedure if options.file else Procedure()
    at = _opened(protocol, options.opened, procedure)
    opened = follow(protocol, options.id, procedure, day=options.day, opened=at)
    return _answer(options, opened, show.pathway(opened, words))


def _opened(protocol: Protocol, text: str | None, procedure: Procedure) -> datetime | None:
    if text is None:
        return None
    reader = Reader(protocol)
    at = reader.moment("--opened", text, procedure.zone)
    reader.finish()
    return at


# -- The knowledge and its proofs -------------------------------------------------------------------------------------


def sources(options: Namespace) -> int:
    """The account of every claim."""
    from afterthread.protocol.account import account

    lines = account(_protocol(options))
    wrong = [line for line in lines if line.wrong]
    if options.json:
        _print_json(lines)
        return int(bool(wrong))
    if options.all:
        print(show.table((x.claim, x.set_aside or "used", ", ".join(x.used_by or x.discussed_by)) for x in lines))
    print(show.table((line.claim, line.wrong) for line in wrong), end="\n" if wrong else "")
    aside = [line for line in lines if line.set_aside]
    used = [line for line in lines if line.used_by]
    weighed = len(lines) - len(aside) - len(used) - len([x for x in wrong if not x.set_aside and not x.used_by])
    print(
        f"{len(lines)} claims: {len(used)} used by entries, {len(aside)} set aside with a reason, "
        f"{weighed} weighed in a choice only, {len(wrong)} open"
    )
    return int(bool(wrong))


def check(options: Namespace) -> int:
    """Read everything, run the worked cases."""
    from afterthread.verify.cases import load_cases, run_cases

    protocol = _protocol(options)
    cases = load_cases(protocol, options.protocol)
    failures = run_cases(protocol, cases)
    if options.json:
        _print_json({"stamp": protocol.stamp, "cases": len(cases), "failures": failures})
        return int(bool(failures))
    for failure in failures:
        print(failure)
    counted = {section: len(entries) for section, entries in protocol.entries.items()}
    print(show.table((section, str(count)) for section, count in counted.items()))
    print(f"{protocol.id} {protocol.version}: {len(cases)} worked cases, {len(failures)} failed; "
          f"approval: {protocol.approval}")  # fmt: skip
    return int(bool(failures))


def verify(options: Namespace) -> int:
    """Prove every property, or print what refutes it."""
    from afterthread.verify.cases import load_cases
    from afterthread.verify.compare import an_overlay_never_weakens_a_red_flag as overlay_holds
    from afterthread.verify.properties import Result
    from afterthread.verify.properties import verify as prove

    protocol = _protocol(options)
    results = prove(protocol, load_cases(protocol, options.protocol))
    if options.overlay is not None:
        plain_protocol = load(options.protocol or LIBRARY / SHIPPED)
        refuted = tuple(overlay_holds(plain_protocol, protocol))
        results.append(Result(overlay_holds.__name__, (overlay_holds.__doc__ or "").strip(), refuted))
    broken = [result for result in results if not result.holds]
    if options.json:
        _print_json(results)
    else:
        for result in results:
            print(show.table([("holds " if result.holds else "FAILS ", result.name.replace("_", " "))]))
            for refutation in result.refutations:
                print(show.wrap(refutation.says, "      "))
                if refutation.case and not options.write:
                    print(f"      {json.dumps(refutation.case)}")
        print(f"{protocol.id} {protocol.version}: {len(results) - len(broken)} of {len(results)} properties hold")
    if options.write:
        _write_cases(options.write, broken)
    return int(bool(broken))


def _write_cases(folder: Path, broken: list[Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for result in broken:
        for number, refutation in enumerate(result.refutations, 1):
            if refutation.case:
                path = folder / f"{result.name}_{number}.json"
                path.write_text(json.dumps(refutation.case, indent=2) + "\n", encoding="utf-8")
                print(f"afterthread triage {path}", file=sys.stderr)


def compare(options: Namespace) -> int:
    """How a protocol stands to another; 1 when it is somewhere lower."""
    from afterthread.verify.compare import compare as compare_protocols

    found = compare_protocols(_named(options.old), _named(options.new))
    if options.json:
        _print_json(found)
    else:
        print(found.relation)
        for title, refutations in (("looser", found.looser), ("stricter", found.stricter)):
            for refutation in refutations:
                print(show.wrap(f"{title}: {refutation.says}", "  "))
                if refutation.case:
                    print(f"    {json.dumps(refutation.case)}")
    return int(bool(found.looser))


def _named(path: Path) -> Protocol:
    if str(path) == "-":
        return load(LIBRARY / SHIPPED)
    return load(LIBRARY / SHIPPED, path) if path.is_file() else load(_folder(path))


def compile(options: Namespace) -> int:  # noqa: A001 - the command's name
    """The artefact as one JSON document."""
    from afterthread.verify.artefact import compile_protocol

    print(json.dumps(compile_protocol(_protocol(options)).document(), ensure_ascii=False, separators=(",", ":")))
    return 0


def replay(options: Namespace) -> int:
    """Decisions over a stored history; 1 when another version lowers somebody and nobody approved it."""
    from afterthread.verify.artefact import compile_protocol

    try:
        from afterthread.verify.replay import replay as run
    except ImportError as error:
        raise UsageError(f"replay needs {error.name}. Install it with: pip install 'afterthread[replay]'.") from None
    artefact = compile_protocol(_protocol(options))
    against = compile_protocol(_named(options.against)) if options.against else None
    found = run(options.history, artefact, against)
    lowered = [change for change in found.changed if change.is_downgrade]
    if options.json:
        table = found.transition.urgencies if found.transition else None
        told = {name: getattr(found, name) for name in ("check_ins", "patients", "urgencies", "rules", "changed")}
        _print_json(told | {"transition": table, "approved_by": options.approved_by})
    else:
        print(show.replayed(found, approved_by=options.approved_by))
    return int(bool(lowered) and not options.approved_by)


def schema(options: Namespace) -> int:
    """The schema asked for, or the names of all."""
    from afterthread.cli.schema import schemas

    known = schemas(_protocol(options))
    if not options.name:
        print("\n".join(known))
        return 0
    if options.name not in known:
        raise UsageError(f"no schema is called `{options.name}`. {suggest(options.name, known)}.")
    dump(known[options.name])
    return 0


def demo(options: Namespace) -> int:
    """A whole recovery."""
    from afterthread.cli.demo import tell

    protocol, words = _speaking(options)
    print(tell(protocol, words))
    return 0
