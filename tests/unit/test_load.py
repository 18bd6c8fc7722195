"""A broken protocol folder is refused with all its errors at once, each with its place and how to mend it."""

import re
import shutil
from pathlib import Path

import pytest

from afterthread.protocol import ProtocolError, load, shipped
from afterthread.protocol.load import LARGEST_FILE, LIBRARY, SHIPPED, digest

ENTRY_BREAKS: list[tuple[str, str, str, str, str]] = [
    # missing and unknown keys, wrong types
    ("course.toml", "course.hives", "onset", "1", "course.hives: peak: missing. Add `peak = …`; nothing clinical has"),
    ("course.toml", "course.lump", "colour", "3", "course.lump: colour: unknown key. Use one of: "),
    ("course.toml", "course.folds", "onset", "true", "course.folds: onset: True is not a whole number. Write digits"),
    ("course.toml", "course.dimple", "onset", "nan", "course.dimple: onset: nan is not a whole number. Write digits"),
    ("course.toml", "course.asymmetry", "onset", "-inf", "course.asymmetry: onset: -inf is not a whole number"),
    ("course.toml", "course.bruise", "onset", '"0"', "course.bruise: onset: '0' is not a whole number"),
    ("course.toml", "course.numbness", "onset", "0x" + "f" * 5000, "course.numbness: onset: this int is beyond any d"),
    ("course.toml", "course.drooling", "peak", '"9-2"', "course.drooling: peak: the range '9-2' ends before it begins"),
    ("course.toml", "course.itching", "past", '"soon"', "course.itching: past: 'soon' is not an urgency. Use one of: "),
    ("course.toml", "course.overtight", "until", "{ enormous = 3 }", "course.overtight: until.enormous: no such answ"),
    ("course.toml", "course.sneezing", "onset", "0", "course.sneezing: hazard: missing"),
    ("steps.toml", "step.touching", "end", '"24x"', "step.touching: end: '24x' is not an offset. Write hours as"),
    ("steps.toml", "step.hygiene", "kind", '"odd"', "step.hygiene: kind: 'odd' is not allowed here. Use one of: forb"),
    ("steps.toml", "step.rubbing", "sources", '"S001"', "step.rubbing: sources: 'S001' is not a list. Put it in squa"),
    # conditions
    ("rules.toml", "rule.breathing", "when", '{ breathing = "bad" }',
     "rule.breathing: when.breathing: 'bad' is not an answer of `breathing`. Use one of: no, yes"),
    ("rules.toml", "rule.throat", "when", '{ thraot = "yes" }',
     "rule.throat: when.thraot: nothing is called `thraot`. Use one of: throat"),
    ("rules.toml", "rule.vision", "when", '{ "swelling.side" = "one" }',
     'rule.vision: when.swelling.side: `swelling.side` stands without `swelling`. Add swelling = "mild+" beside it'),
    ("rules.toml", "rule.eye_fixed", "when", "[]", "rule.eye_fixed: when: no condition stands here, so it never holds"),
    ("rules.toml", "rule.stroke_signs", "when", '{ diabetes = "yes", day = "3+" }',
     "rule.stroke_signs: when: no sign is named, so it would never be looked at"),
    ("rules.toml", "rule.bleeding", "when", '{ bleeding = ["no", "yes"] }', "rule.bleeding: when.bleeding: `bleeding"),
    ("rules.toml", "rule.wound", "when", '{ wound = "yes", day = "-3" }', "rule.wound: when.day: '-3' is not a range"),
    ("rules.toml", "rule.pus", "when", "{ discharge = true }", "rule.pus: when.discharge: True is not an answer of"),
    ("questions.toml", "question.event_heat", "scale", '"presense"', "no scale is called `presense`. Use one of: pre"),
    # references
    ("rules.toml", "rule.neck_growing", "hazard", '"airway"', "no hazard is called `airway`. Use one of: airway_lost"),
    ("rules.toml", "rule.hair_loss", "suspects", '["bald"]', "rule.hair_loss: suspects: no pathway is called `bald`"),
    ("questions.toml", "question.event_blow", "group", '"accident"', "group: no group is called `accident`. Use one"),
    ("technique.toml", "zone.chin", "dangers", '["dragon"]', "zone.chin: dangers: no danger is called `dragon`"),
    # sources and judgement
    ("technique.toml", "layer.fat", "depth", "9", "layer.fat: sources: no source. Cite a claim, a paper or a choice"),
    ("technique.toml", "layer.dermis", "sources", '["S999"]', "sources: no source, claim or choice is called `S999`"),
    ("technique.toml", "layer.smas", "sources", '["judgement"]', "layer.smas: needs_review: a judgement without a no"),
    ("sources.toml", "claim.S001", "set_aside", '"vague"', "claim.S001: why: set aside without a reason"),
    # meaning
    ("rules.toml", "rule.sepsis_signs", "do", '["lie_down"]', "rule.sepsis_signs: do: an emergency that does not cal"),
    ("questions.toml", "scale.hives", "values", '["no", "a", "a"]', "scale.hives: values: a scale begins with `no`,"),
    ("questions.toml", "scale.deep", "values" + ".a" * 5000, "1", "scale.deep: values: this dict is not a list"),
    ("questions.toml", "modifier.day", "sources", '["S001"]', "modifier.day: the engine has a meaning of its own for"),
    ("questions.toml", "modifier.wound", "sources", '["S001"]', "question.wound: a modifier has the same name"),
    ("questions.toml", 'modifier."9 lives"', "sources", '["S001"]', "modifier.9 lives: '9 lives' is not an id"),
    ("steps.toml", "step.idle", "kind", '"care"\ntopic = "x"\nsources = ["S001"]', "step.idle: start: a step has eit"),
    ("screening.toml", "step.checkin", "kind", '"care"', "screening.toml: step.checkin: "),
    ("steps.toml", "step.checkin", "topic", '"checkin"', "steps.toml: step.checkin: this id stands twice. Rename one"),
    # words
    ("words/ru/rules.toml", "rule.fluctuance", "because", '""',
     "words/ru: rule.fluctuance: because: the sentence is missing. Write it in ru"),
    ("words/en/rules.toml", "rule.hives", "because", "7", "rule.hives: because: 7 is not what is said here. Give it"),
    ("words/en/course.toml", "course.cough", "expected", '"x"', "words/en: course.cough: words for nothing. Use one"),
    ("words/ru/course.toml", "course.pain", "rumour", '"x"', "words/ru: course.pain: rumour: unknown key. Use one of"),
]  # fmt: skip
"""File, entry, key, a value that is wrong there, and the message that must come of it."""

FILE_BREAKS: list[tuple[str, bytes | None, str]] = [
    ("course.toml", b"[course", "course.toml: it is not TOML: "),
    ("rules.toml", b"\xff\xfe", "rules.toml: byte 0 is not UTF-8. Save the file as UTF-8"),
    ("steps.toml", None, "steps.toml: the file is missing. Create it, even if empty"),
    ("outcome.toml", b"#" * (LARGEST_FILE + 1), "outcome.toml: the file is larger than 5 MB. Split it or remove"),
    ("choices.toml", b"x = " + b"[" * 5000 + b"]" * 5000, "choices.toml: it is nested too deeply. Use at most a few"),
    ("screening.toml", b"x = " + b"9" * 5000, "screening.toml: it is not TOML: Exceeds the limit"),
    (
        "technique.toml",
        b"[zone]\ncheek = 3",
        "technique.toml: zone.cheek: 3 is not a table. Write it as a table of keys",
    ),
    (
        "pathways.toml",
        b"[rule.x]",
        "pathways.toml: rule: this section does not belong here. Use one of: pathway, removal",
    ),
    ("words/en/extra.toml", b"course = 5", "words/en/extra.toml: course: sentences stand below their entry. Write ["),
    ("protocol.toml", b'id = 1\ncolour = 2\nlanguages = []\nhorizon_days = 0\n[phones]\nemergency = ""', ""),
    ("protocol.toml", b"", "protocol.toml: colour: unknown key. Use one of: "),
    ("protocol.toml", b"", "protocol.toml: id: 1 is not what belongs here. Give it as str"),
    ("protocol.toml", b"", "protocol.toml: version: None is not what belongs here. Give it as str"),
    ("protocol.toml", b"", "protocol.toml: languages: [] names no language"),
    ("protocol.toml", b"", "protocol.toml: horizon_days: there would be no day to ask about. Give the last day"),
    ("protocol.toml", b"", "protocol.toml: unanswered: None is not an urgency. Use one of: "),
    ("protocol.toml", b"", "protocol.toml: phones.emergency: '' is not a number to call. Put it in quotes"),
    ("protocol.toml", b"", "protocol.toml: phones.clinic: None is not a number to call. Put it in quotes"),
]
"""File, its whole content (None: none; empty: as already said), and the message that must come of it."""


def copy_of_shipped(parent: Path) -> Path:
    """The shipped folder, to be broken."""
    return shutil.copytree(LIBRARY / SHIPPED, parent / SHIPPED)


def put(path: Path, entry: str, key: str, value: str) -> None:
    """Set one key of one entry, whether or not they stand there."""
    text = path.read_text(encoding="utf-8")
    head, line = f"[{entry}]\n", f"{key} = {value}\n"
    before, found, rest = text.partition(head)
    if not found:
        before, rest = text, ""
    own = re.match(r"(?s).*?(?=^\[|\Z)", rest, flags=re.MULTILINE)
    kept = re.sub(rf"(?m)^{re.escape(key)} = .*\n", "", own[0]) if own else ""
    path.write_text(f"{before}\n{head}{line}{kept}{rest[len(own[0]) if own else 0 :]}", encoding="utf-8")


def problems_of(folder: Path) -> str:
    """Every problem, one to a line."""
    with pytest.raises(ProtocolError) as caught:
        load(folder)
    return str(caught.value)


@pytest.fixture(scope="module")
def entry_problems(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a folder in which everything of `ENTRY_BREAKS` is wrong at once."""
    folder = copy_of_shipped(tmp_path_factory.mktemp("entries"))
    for name, entry, key, value, _ in ENTRY_BREAKS:
        put(folder / name, entry, key, value)
    return problems_of(folder)


@pytest.fixture(scope="module")
def file_problems(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a folder in which whole files are wrong."""
    folder = copy_of_shipped(tmp_path_factory.mktemp("files"))
    for name, content, _ in FILE_BREAKS:
        if content is None:
            (folder / name).unlink()
        elif content:
            (folder / name).write_bytes(content)
    return problems_of(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped protocol."""
    return copy_of_shipped(tmp_path)


@pytest.mark.parametrize("message", [message for *_, message in ENTRY_BREAKS])
def test_it_names_every_wrong_entry_at_once(entry_problems: str, message: str) -> None:
    """However many entries are wrong, each is named with what is wrong and how to mend it."""
    assert message in entry_problems


@pytest.mark.parametrize("message", [message for *_, message in FILE_BREAKS])
def test_it_names_every_wrong_file_at_once(file_problems: str, message: str) -> None:
    """A file that cannot be read does not hide the others."""
    assert message in file_problems


def test_it_blames_nothing_else(tmp_path: Path) -> None:
    """One broken entry gives one message: nothing sound is blamed for it, and none of its words are called useless."""
    folder = copy_of_shipped(tmp_path)
    put(folder / "pathways.toml", "pathway.infection", "onset", '"never"')
    put(folder / "technique.toml", "zone.cheek", "region", '"moon"')
    assert [line.partition(": ")[2].partition(": ")[0] for line in problems_of(folder).splitlines()] == [
        "pathway.infection",
        "zone.cheek",
    ]


def test_it_says_in_every_line_where_and_how_to_mend(entry_problems: str, file_problems: str) -> None:
    """Every message begins with a file, says what is wrong, and then what to do."""
    for line in (entry_problems + "\n" + file_problems).splitlines():
        assert re.match(r"\S+\.toml: .+\. \S|words/(en|ru): .+\. \S", line), line


def test_it_misses_a_whole_language(folder: Path) -> None:
    """A language that is promised and not written is missed sentence by sentence."""
    shutil.rmtree(folder / "words" / "ru")
    missing = problems_of(folder).splitlines()
    assert len(missing) > len(shipped()["rule"])
    assert all(line.startswith("words/ru: ") for line in missing)


@pytest.mark.parametrize("language", ["de", "*", "**x", "../words/en", "en/../ru"])
def test_it_speaks_only_what_it_has_words_for(language: str) -> None:
    """A language without words is refused, whatever its name holds."""
    with pytest.raises(ProtocolError, match="does not speak"):
        load(LIBRARY / SHIPPED, speak=language)


def test_it_reads_one_language_alone() -> None:
    """Reading only Russian gives the same knowledge with only the Russian words."""
    russian = load(LIBRARY / SHIPPED, speak="ru")
    assert russian.languages == ("ru",)
    assert russian.entries == shipped().entries
    assert russian.words == {"ru": shipped().words["ru"]}
    assert russian.digest == shipped().digest


def test_it_reads_a_copy_as_the_original(folder: Path) -> None:
    """Where a folder lies means nothing."""
    assert load(folder).stamp == shipped().stamp
    assert load(folder).entries == shipped().entries


def test_it_forgives_a_byte_order_mark(folder: Path) -> None:
    """Editors that put a mark before the first letter do no harm."""
    rules = folder / "rules.toml"
    rules.write_bytes(b"\xef\xbb\xbf" + rules.read_bytes())
    assert load(folder).entries == shipped().entries


@pytest.mark.parametrize("name", ["rules.toml", "protocol.toml", "words/ru/rules.toml"])
def test_it_changes_its_digest_with_any_file(folder: Path, name: str) -> None:
    """A single character anywhere gives another digest; line ends of another system do not."""
    path = folder / name
    text = path.read_bytes()
    path.write_bytes(text.replace(b"\n", b"\r\n"))
    assert digest(folder) == shipped().digest
    path.write_bytes(text + b"#")
    assert digest(folder) != shipped().digest


def test_it_changes_its_digest_when_lines_change_files(folder: Path) -> None:
    """The same bytes shared out otherwise between two files are another protocol."""
    courses, rules = folder / "course.toml", folder / "rules.toml"
    for path in (courses, rules):
        path.write_bytes(path.read_bytes() + b"# end\n")
    before = digest(folder)
    courses.write_bytes(courses.read_bytes().removesuffix(b"# end\n"))
    rules.write_bytes(b"# end\n" + rules.read_bytes())
    assert digest(folder) != before


def test_it_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Every file of the format is missed by its name."""
    message = problems_of(tmp_path / "nowhere")
    assert "rules.toml: the file is missing" in message
    assert "protocol.toml: the file is missing" in message
