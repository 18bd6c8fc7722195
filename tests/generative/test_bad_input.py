"""Whatever is sent, there is an answer or a clear refusal: never a traceback, and never comfort by mistake."""

import contextlib
import copy
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterthread.cli import main
from afterthread.engine.case import MOST_ITEMS, MOST_PROBLEMS, CaseError, parse_json, read_candidate, read_case
from afterthread.engine.triage import Decision, triage
from afterthread.protocol import ProtocolError, Urgency, load, shipped
from afterthread.protocol.load import LIBRARY, SHIPPED
from tests.lib.diary import Raw, cases, signs

PROTOCOL = shipped()
COMMANDS = ("triage", "plan", "technique", "screen")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(
    ["no", "yes", "unknown", "mild", "2026-03-02", "2026-03-02T10:00", "9999-12-31", "\x00", "\u202e", "Europe/Berlin"]
)  # fmt: skip
KEYS = st.text(max_size=8) | st.sampled_from(
    ["procedure", "checkins", "as_of", "day", "date", "at", "answers", "otherwise", "words", "swelling", "level", "age",
     "zones", "threads", "modifiers", "timezone", "events", "planned", "otherwise", "count", "diabetes"]
)  # fmt: skip
ANYTHING = st.recursive(SCALARS, lambda one: st.lists(one, max_size=4) | st.dictionaries(KEYS, one, max_size=5))
WRONG: tuple[Any, ...] = (
    None, True, False, -1, 1.5, 10**30, float("nan"), float("inf"), "", "x", "yes ", "NO", [], {}, [[]], {"": {}},
    "9999-12-31", "0001-01-01T00:00+14:00", "\x00", "é" * 30_000,
)  # fmt: skip


def sent(data: bytes, *command: str) -> tuple[int, str, str]:
    """What a command says to these bytes, as somebody would send them."""
    with tempfile.NamedTemporaryFile(suffix=".json") as stream:
        stream.write(data)
        stream.flush()
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = main([*command, stream.name, "--json"])
    return code, out.getvalue(), err.getvalue()


def refused(data: bytes) -> str:
    """The message with which bytes are refused as a case."""
    code, out, err = sent(data, "triage")
    assert (code, out) == (2, "")
    assert "nothing was decided" in err
    return err


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything inside a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield (*path, key)
        yield from places(one, (*path, key))


def altered(case: Raw, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Raw:
    """A copy of a case with one place changed."""
    other = copy.deepcopy(case)
    change(value_at(other, path[:-1]), path[-1])
    return other


def value_at(case: Any, path: tuple[Any, ...]) -> Any:
    """What stands at a path."""
    for key in path:
        case = case[key]
    return case


def put(value: object) -> Callable[[Any, Any], None]:
    """Writes a value in a place."""
    return lambda parent, key: parent.__setitem__(key, value)


def judged(case: Any) -> Decision | None:
    """The decision on a case, or None where it is refused with a path for every problem."""
    try:
        return triage(PROTOCOL, read_case(PROTOCOL, case))
    except CaseError as error:
        problems = error.problems
    assert problems
    assert all(one.path.startswith("$") and one.wrong and one.mend for one in problems)
    return None


# -- Anything at all --------------------------------------------------------------------------------------------------


@given(ANYTHING)
def test_it_answers_or_refuses_any_json(value: Any) -> None:
    """Any JSON is a case or a candidate, or is refused with the path of every mistake."""
    judged(value)
    with contextlib.suppress(CaseError):
        read_candidate(PROTOCOL, value)


@given(ANYTHING, st.sampled_from(COMMANDS))
def test_it_answers_or_refuses_any_file(value: Any, command: str) -> None:
    """Every command exits with 0 and JSON, or with 2 and a message that names a path."""
    code, out, err = sent(json.dumps(value).encode(), command)
    assert code in (0, 2)
    assert json.loads(out) is not None if code == 0 else "\n  $" in err


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_it_answers_or_refuses_any_bytes(data: bytes) -> None:
    """Bytes that are no JSON are refused with the place where they stop being it."""
    try:
        judged(parse_json(data))
    except CaseError as error:
        paths = [one.path for one in error.problems]
    else:
        paths = ["$"]
    assert paths == ["$"]


@given(cases(PROTOCOL, most=2), st.data())
def test_it_refuses_a_case_that_is_cut_or_torn(case: Raw, data: st.DataObject) -> None:
    """A file that ends early or has one byte changed is refused, or is another valid case; it never crashes."""
    text = json.dumps(case).encode()
    end = data.draw(st.integers(0, len(text) - 1))
    refused_bytes = text[:end]
    with pytest.raises(CaseError):
        read_case(PROTOCOL, parse_json(refused_bytes))
    torn = bytearray(text)
    torn[end] = data.draw(st.integers(0, 255))
    with contextlib.suppress(CaseError):
        read_case(PROTOCOL, parse_json(bytes(torn)))


# -- One thing wrong with a case --------------------------------------------------------------------------------------


@given(cases(PROTOCOL, most=2) | signs(PROTOCOL), st.data())
def test_it_refuses_null_everywhere(case: Raw, data: st.DataObject) -> None:
    """Null is never an answer, wherever it stands."""
    path = data.draw(st.sampled_from([*places(case)]))
    assert judged(altered(case, path, put(None))) is None


@given(cases(PROTOCOL, most=2) | signs(PROTOCOL), st.data())
def test_it_never_reassures_by_a_wrong_value(case: Raw, data: st.DataObject) -> None:
    """With one wrong value a case is refused; where it can be read as "nothing was said", that is announced."""
    path = data.draw(
        st.sampled_from([path for path in places(case) if path[-1] not in ("answers", "words", "checkins")])
    )
    before, after = judged(case), judged(altered(case, path, put(data.draw(st.sampled_from(WRONG)))))
    assert before is not None
    assert after is None or max(after.urgency, after.could_be) >= unraised(before)


@given(signs(PROTOCOL), st.data())
def test_it_never_reassures_by_half_an_answer(case: Raw, data: st.DataObject) -> None:
    """An answer that lost its level or its side is unknown, not "no", even on a page that was closed."""
    answers = case["checkins"][0]["answers"]
    paths = [path for path in places(answers) if len(path) > 1 and path[-1] in ("level", "side")]
    path = data.draw(st.sampled_from(paths))
    whole, half = judged(case), judged(altered(case, ("checkins", 0, "answers", *path), dict.__delitem__))
    assert whole is not None
    assert half is not None
    assert max(half.urgency, half.could_be) >= unraised(whole)


def unraised(decision: Decision) -> Urgency:
    """The urgency that the signs alone would have, whoever the person is."""
    signs_alone = (Urgency.ROUTINE if one.raised_by else one.urgency for one in decision.findings)
    return max(signs_alone, default=Urgency.SELF_CARE)


@given(cases(PROTOCOL, most=2, closed=False), st.data())
def test_it_says_what_a_lost_answer_leaves_open(case: Raw, data: st.DataObject) -> None:
    """On a page that was not closed, an answer that is lost is named as unanswered."""
    lost = [path for path in places(case) if len(path) == 4 and path[2] == "answers"]
    if lost:
        path = data.draw(st.sampled_from(lost))
        before, after = judged(case), judged(altered(case, path, dict.__delitem__))
        assert before is not None
        assert after is not None
        assert max(after.urgency, after.could_be) >= unraised(before)


@given(cases(PROTOCOL, most=2) | signs(PROTOCOL), st.data())
def test_it_refuses_keys_that_it_does_not_know(case: Raw, data: st.DataObject) -> None:
    """A key with a typing error is named, and never passed over."""
    tables = [(), *(path for path in places(case) if isinstance(value_at(case, path), dict))]
    path = data.draw(st.sampled_from(tables))
    with pytest.raises(CaseError) as caught:
        read_case(PROTOCOL, altered(case, (*path, "swelin"), put("mild")))
    assert any(one.path.endswith(".swelin") and "unknown" in one.wrong for one in caught.value.problems)


# -- Traps, one by one ------------------------------------------------------------------------------------------------

VALID = json.dumps({"checkins": [{"day": 3, "answers": {"discharge": "pus"}}]}).encode()
TRAPS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "$: line 1, column 1 is not JSON: Expecting value"),
    "blanks": (b" \n\t ", "is not JSON: Expecting value"),
    "binary": (bytes(range(256)), "is not"),
    "latin-1": ('{"checkins": [{"day": 1, "words": "é"}]}'.encode("latin-1"), "is not UTF-8. Save the file as UTF-8"),
    "utf-16": (VALID.decode().encode("utf-16"), "$: byte 0 is not UTF-8"),
    "two documents": (VALID + VALID, "is not JSON: Extra data"),
    "NaN": (b'{"as_of": NaN}', "$: NaN is not a number that means anything here"),
    "Infinity": (b'{"procedure": {"age": Infinity}}', "$: Infinity is not a number"),
    "-Infinity": (b'{"as_of": -Infinity}', "$: -Infinity is not a number"),
    "a number beyond floats": (b'{"as_of": 1e999}', "$.as_of: inf is no day we know"),
    "a number of 5,000 digits": (b'{"as_of": ' + b"9" * 5000 + b"}", "$: a number cannot be read"),
    "a long number": (b'{"as_of": ' + b"9" * 400 + b"}", "$.as_of: 9999"),
    "a fraction": (b'{"as_of": 3.0}', "$.as_of: 3.0 is no day we know. Days run from 0"),
    "true": (b'{"as_of": true}', "$.as_of: True is no day we know"),
    "twin keys": (b'{"as_of": 1, "as_of": 2}', "$: the key 'as_of' stands twice in one object. Keep one of the two"),
    "twin answers": (
        b'{"checkins": [{"day": 1, "answers": {"fever": "yes", "fever": "no"}}]}', "the key 'fever' stands twice"
    ),
    "deep lists": (b"[" * 100_000, "$: the brackets are nested too deeply"),
    "deep objects": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "$: the brackets are nested too deeply"),
    "a lone surrogate": (b'{"checkins": [{"day": 1, "words": "\\ud800"}]}', "$.checkins[0].words: it holds half a"),
    "a surrogate as a key": (b'{"\\ud800": 1}', "$.'\\ud800': unknown key"),
    "a control character": (b'{"checkins": [{"day": 1, "words": "\x07"}]}', "is not JSON: Invalid control character"),
    "a key in disguise": ('{"cheсkins": []}'.encode(), "unknown key. Use one of: checkins"),
    "a long answer": (b'{"checkins": [{"day": 1, "answers": {"fever": "' + b"y" * 100_000 + b'"}}]}', "yyy... is not"),
    "a long key": (b'{"' + b"k" * 100_000 + b'": 1}', "kkk...: unknown key"),
    "long words": (b'{"checkins": [{"day": 1, "words": "' + b"w" * 20_001 + b'"}]}', "longer than 20,000 characters"),
    "the year 9999": (b'{"procedure": {"date": "9999-12-31"}}', "$.procedure.date: '9999-12-31' is not a date of our"),
    "the year 1": (b'{"procedure": {"at": "0001-01-01T00:00+14:00"}}', "$.procedure.at: '0001-01-01T00:00+14:00' is"),
    "a day before": (b'{"checkins": [{"day": -1}]}', "$.checkins[0].day: it lies before the procedure"),
    "days on end": (b'{"checkins": [{"day": 3651}]}', "$.checkins[0].day: 3651 is no day we know"),
    "a zone outside": (b'{"procedure": {"timezone": "/etc/passwd"}}', "$.procedure.timezone: no time zone is called"),
    "a zone with a nought": (b'{"procedure": {"timezone": "\\u0000"}}', "$.procedure.timezone: no time zone is called"),
    "5 MB": (b" " * 5_000_001, "$: the input has more than 5 MB"),
    "too many": (b'{"checkins": [' + b'{"day":1},' * MOST_ITEMS + b'{"day":1}]}', f"a list of at most {MOST_ITEMS}"),
}  # fmt: skip


@pytest.mark.parametrize("name", TRAPS)
def test_it_refuses_a_trap(name: str) -> None:
    """Each is refused with its place, in a few words, and nothing is decided."""
    data, message = TRAPS[name]
    said = refused(data)
    assert message in said
    assert len(said) < 2000


def test_it_refuses_fifty_megabytes_without_reading_them() -> None:
    """A file of 50 MB is refused after the first five."""
    with tempfile.NamedTemporaryFile() as stream:
        stream.truncate(50_000_000)
        with contextlib.redirect_stderr(io.StringIO()) as err:
            assert main(["triage", stream.name]) == 2
    assert "more than 5 MB" in err.getvalue()


def test_it_forgives_a_byte_order_mark() -> None:
    """A mark before the first letter changes nothing."""
    assert sent(b"\xef\xbb\xbf" + VALID, "triage") == sent(VALID, "triage")


@pytest.mark.parametrize("depth", [3, 30, 300, 900, 990])
def test_it_refuses_depth_wherever_reading_gives_up(depth: int) -> None:
    """Brackets that are deep, though not too deep to read, are refused like any wrong value."""
    deep = b"[" * depth + b"]" * depth
    assert "$" in refused(deep)
    assert "$" in refused(b'{"checkins": [{"day": 1, "answers": {"fever": ' + deep + b"}}]}")


def test_it_does_not_list_mistakes_for_ever() -> None:
    """A file of nothing but mistakes is refused with as many as anybody would read."""
    many = json.dumps({f"k{number}": 1 for number in range(50_000)}).encode()
    assert refused(many).count("\n") == MOST_PROBLEMS + 1


def test_it_reads_hundreds_of_check_ins() -> None:
    """A long and complete diary is read."""
    days = [{"day": day, "answers": {"pain": "mild"}, "otherwise": "no"} for day in range(1000)]
    assert sent(json.dumps({"checkins": days}).encode(), "triage")[0] == 0


# -- A protocol with a mistake ----------------------------------------------------------------------------------------

FILES = sorted(path.relative_to(LIBRARY / SHIPPED) for path in (LIBRARY / SHIPPED).rglob("*.toml"))
KNOWLEDGE = [path for path in FILES if path.parts[0] != "cases" and "ru" not in path.parts]
NOISE = (
    "",
    "]",
    "x = 1",
    "[rule]",
    "[rule.x]",
    "when = {}",
    "sources = 5",
    'id = "x"',
    "= 3",
    "[[course]]",
    "day = nan",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped protocol in one language, to be damaged and mended again."""
    return shutil.copytree(LIBRARY / SHIPPED, tmp_path_factory.mktemp("damaged") / SHIPPED)


@given(st.sampled_from(KNOWLEDGE), st.integers(0), st.sampled_from(NOISE))
def test_it_reads_or_refuses_a_damaged_protocol(folder: Path, name: Path, line: int, noise: str) -> None:
    """A protocol in which one line was lost or overwritten is read, or refused with file and mend."""
    text = (folder / name).read_text(encoding="utf-8")
    lines = text.split("\n")
    lines[line % len(lines)] = noise
    try:
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
        load(folder, speak="en")
    except ProtocolError as error:
        complete = [bool(one.file and one.wrong and one.mend) for one in error.problems]
    else:
        complete = [True]
    finally:
        (folder / name).write_text(text, encoding="utf-8")
    assert complete
    assert all(complete)


PARTS = st.sampled_from(["id", "author", "approval", "phones", "words", "course", "rule", "step", "zone"])
OVERLAYS = st.dictionaries(PARTS, ANYTHING, max_size=5)


@given(OVERLAYS)
def test_it_lays_over_or_refuses_anything(overlay: Raw) -> None:
    """Whatever stands in an overlay, it is laid or refused."""
    with tempfile.NamedTemporaryFile(suffix=".toml") as stream:
        stream.write(toml(overlay).encode("utf-8", "surrogatepass"))
        stream.flush()
        with contextlib.suppress(ProtocolError):
            load(LIBRARY / SHIPPED, Path(stream.name), "en")


def toml(table: Raw) -> str:
    """A table as TOML, so far as TOML has words for it; the rest is broken, which is welcome."""
    return 'id = "own"\nauthor = "Own"\n' + "\n".join(
        f"{key} = {inline(value)}" for key, value in table.items() if key not in ("id", "author")
    )


def inline(value: Any) -> str:
    """A value on one line of TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {inline(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return json.dumps(value)
