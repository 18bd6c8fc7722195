"""The chart of a symptom shows what was answered beside what is expected, to the eye and as a table."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Engine

from afterthread.desk.patient.chart import Chart, Point, chart, spark
from afterthread.engine.explain import Words
from afterthread.engine.facts import Procedure
from afterthread.engine.plan import Expected, plan
from afterthread.protocol import shipped
from tests.lib.source import PACKAGE

PROTOCOL = shipped()
WORDS = Words(PROTOCOL, "en")
EXPECTED = {
    each.question: each
    for each in plan(PROTOCOL, Procedure(modifiers=dict.fromkeys(PROTOCOL["modifier"], "no"))).expected
}
SWELLING = EXPECTED["swelling"]
RELAPSE = (Point(0, "severe"), Point(3, "moderate"), Point(5, "unknown"), Point(6, "mild"), Point(9, "severe"))


@pytest.fixture(scope="module", autouse=True)
def _django() -> None:
    """A template asks for the language, even alone."""
    if not settings.configured:
        settings.configure(USE_I18N=False)


def drawn(points: tuple[Point, ...] = RELAPSE, *, today: int = 9, question: str = "swelling") -> Chart:
    """A chart in English."""
    return chart(PROTOCOL, EXPECTED[question], points, today=today, words=WORDS)


def page(made: Chart) -> ET.Element:
    """The figure as a browser gets it."""
    engine = Engine(dirs=[str(PACKAGE / "desk" / "templates")], libraries={"i18n": "django.templatetags.i18n"})
    return ET.fromstring(engine.get_template("desk/chart.svg").render(Context({"chart": made})))  # noqa: S314 - our own


def shapes(tree: ET.Element, kind: str) -> list[ET.Element]:
    """Everything drawn of one class."""
    return [shape for shape in tree.iter() if shape.get("class") == f"chart-{kind}"]


def test_it_tells_answers_apart_by_shape() -> None:
    """Expected answers are circles, those past their window diamonds, the unanswered open circles."""
    tree = page(drawn())
    assert [shape.tag for shape in shapes(tree, "dot")] == ["circle"] * 3
    assert [shape.tag for shape in shapes(tree, "past")] == ["path"]
    (unknown,) = shapes(tree, "unknown")
    assert (unknown.tag, unknown.get("fill")) == ("circle", "none")


def test_it_never_draws_the_unanswered_as_none() -> None:
    """It lies below every answer, and the line does not run through it."""
    made = drawn()
    open_mark = made.marks[2]
    assert open_mark.y == made.unknown_y
    assert open_mark.y > max(label.y for label in made.labels)
    assert made.line.count("M") == 2
    assert f" {open_mark.y}" not in made.line
    assert drawn((Point(1, "no"),)).unknown_y is None


def test_it_marks_an_answer_from_the_day_after_its_window() -> None:
    """The last day is still expected; the best answer always is; one without a window never is."""
    until = SWELLING.until["severe"]
    points = (Point(until, "severe"), Point(until + 1, "severe"), Point(300, "no"))
    assert [mark.status for mark in drawn(points).marks] == ["expected", "past", "expected"]
    assert "severe" not in EXPECTED["pain"].until
    assert drawn((Point(0, "severe"),), question="pain").marks[0].status == "past"


def test_it_shades_until_the_last_expected_day() -> None:
    """An answer on its last day lies on the band, one on the next day beside it."""
    until = SWELLING.until["severe"]
    made = drawn((Point(until, "severe"), Point(until + 1, "severe")))
    boxes = made.band.split("z")[:-1]
    ends = [int(box.partition("H")[2].partition("v")[0]) for box in boxes]
    assert len(ends) == 4
    assert made.marks[0].x < ends[-1] < made.marks[1].x
    assert ends == sorted(ends, reverse=True)
    assert ends[0] == made.right


def test_it_shows_where_the_band_ends() -> None:
    """Even on the day of the procedure the drawing reaches past the last expected day."""
    for question in EXPECTED:
        made = drawn((), today=0, question=question)
        ends = [int(box.partition("H")[2].partition("v")[0]) for box in made.band.split("z")[1:-1]]
        assert ends
        assert max(ends) < made.right


def test_it_says_the_same_as_a_table() -> None:
    """Every check-in is a row, in words."""
    cells = [[cell.text for cell in row] for row in page(drawn()).iter("tr")][1:]
    assert cells == [
        ["0", "very strong", "expected"],
        ["3", "clearly", "expected"],
        ["5", "no answer", "not known"],
        ["6", "a little", "expected"],
        ["9", "very strong", "past what is expected"],
    ]


def test_it_has_a_name_and_a_description() -> None:
    """A screen reader hears what the picture is of, and how many answers are past what is expected."""
    tree = page(drawn())
    (svg,) = tree.iter("svg")
    ids = {each.get("id"): each.text or "" for each in tree.iter() if each.get("id")}
    title, desc = (ids[id] for id in svg.attrib["aria-labelledby"].split())
    assert (svg.get("role"), title) == ("img", "swelling")
    assert "until day 9" in desc
    assert "1 answer is past" in desc


def test_it_escapes_the_words() -> None:
    """A clinic's own words cannot become markup."""
    made = replace(drawn(), name='<script>alert("1")</script> & more')
    tree = page(made)
    assert [*tree.iter("script")] == []
    assert next(tree.iter("title")).text == made.name


def test_it_keeps_to_the_content_policy() -> None:
    """No inline style and no handlers."""
    for tree in (page(drawn()), ET.fromstring(spark(PROTOCOL, SWELLING, RELAPSE))):  # noqa: S314 - our own
        names = {name for each in tree.iter() for name in each.attrib}
        assert not {name for name in names if name == "style" or name.startswith("on")}
        assert [*tree.iter("style")] == []


@pytest.mark.parametrize("question", sorted(EXPECTED))
@pytest.mark.parametrize("last", [0, 1, 7, 30, 31, 90, 400])
def test_it_draws_every_symptom_over_any_time(question: str, last: int) -> None:
    """Two to four answers, a day or a year: everything lies inside, in order of time."""
    points = tuple(Point(last * n // 6, level) for n, level in enumerate((*PROTOCOL.variables[question], "unknown")))
    made = drawn(points, today=last, question=question)
    xs = [mark.x for mark in made.marks]
    assert xs == sorted(xs)
    assert all(made.left <= x <= made.right for x in [*xs, made.today_x, made.start])
    assert all(0 < y < made.height for mark in made.marks for y in (mark.y - 8, mark.y + 8))
    assert all(later - x >= 20 for (x, _), (later, _) in pairwise(made.ticks))
    assert made.ticks[0][1] == 0
    page(made)


def test_it_says_when_days_are_not_equally_wide() -> None:
    """A year does not fit beside a week without saying so."""
    assert "closer together" in text(page(drawn(today=200)))
    assert "closer together" not in text(page(drawn(today=20)))


def test_it_draws_the_day_before_at_the_procedure() -> None:
    """Who flew west may check in on the date before: it is drawn at day 0 and told as day -1."""
    made = drawn((Point(-1, "severe"), Point(0, "severe")), today=0)
    assert [(mark.x, mark.day) for mark in made.marks] == [(made.start, -1), (made.start, 0)]


def test_it_draws_nobody_yet() -> None:
    """Before the first check-in there is the expected course alone."""
    made = drawn((), today=0)
    assert (made.marks, made.line) == ((), "")
    page(made)


def test_it_sparks_the_trend() -> None:
    """A line with a gap, a diamond past the window, an open mark for silence, hidden from screen readers."""
    tree = ET.fromstring(spark(PROTOCOL, SWELLING, RELAPSE))  # noqa: S314 - our own
    assert (tree.get("width"), tree.get("height"), tree.get("aria-hidden")) == ("120", "24", "true")
    assert shapes(tree, "line")[0].attrib["d"].count("M") == 2
    assert [len(shapes(tree, kind)) for kind in ("past", "unknown", "dot")] == [1, 1, 0]
    (unknown,) = shapes(tree, "unknown")
    none = ET.fromstring(spark(PROTOCOL, SWELLING, (Point(1, "no"),)))  # noqa: S314 - our own
    assert int(unknown.attrib["cy"]) > int(shapes(none, "dot")[0].attrib["cy"])


def test_it_sparks_without_answers() -> None:
    """A row without check-ins has an empty picture and no error."""
    assert shapes(ET.fromstring(spark(PROTOCOL, SWELLING, ())), "dot") == []  # noqa: S314 - our own


def test_it_knows_no_windows_for_other_questions() -> None:
    """A question without a course is past as soon as it is answered worse than best."""
    fever = Expected(question="fever", peak="", until={})
    made = chart(PROTOCOL, fever, (Point(1, "no"), Point(2, "yes")), today=2, words=WORDS)
    assert [mark.status for mark in made.marks] == ["expected", "past"]


def text(tree: Any) -> str:
    """All that is read."""
    return " ".join(tree.itertext())
