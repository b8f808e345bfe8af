"""What coming back with a codename may find at the site: each row one answer, to be weighed."""

from collections.abc import Callable

from keys.codename import Codename
from keys.reply import LONGEST_REPLY, MOST_QUESTIONS, MOST_SHOWN_BYTES, shown_bytes
from keys.statuses import Status
from tests.watched_line import FILE_NAME, MISSPELT, Line, press
from tests.weighed_source import Weighed


def filling(piece: str) -> str:
    """This piece as often as the desk lets it stand in one reply."""
    count = MOST_SHOWN_BYTES // shown_bytes(piece, ())
    assert shown_bytes(piece * (count + 1), ()) > MOST_SHOWN_BYTES
    return piece * count


def filling_beside_files() -> str:
    """As long a text as the desk lets stand beside five files."""
    return "x" * (MOST_SHOWN_BYTES - shown_bytes("", (), [FILE_NAME] * 5) - 8)


def filling_questions() -> tuple[str, ...]:
    """As many questions as may be, as long as the desk lets them be."""
    left = MOST_SHOWN_BYTES - shown_bytes("?", [""] * MOST_QUESTIONS)
    return ("q" * (left // MOST_QUESTIONS),) * MOST_QUESTIONS


def _returning(codename_of: Callable[[Line], str]) -> Callable[[Line], Weighed]:
    return lambda line: line.source().come_back(codename_of(line))


def _at_status(status: Status) -> Callable[[Line], Weighed]:
    return _returning(lambda line: line.status(status))


def _answered_withdrawal(line: Line) -> str:
    line.withdrawn("withdrew, and was answered")
    line.deliver_once("withdrew, and was answered", "We kept your first letter, because of the gun.")
    return line.codenames["withdrew, and was answered"]


def _closed_full(line: Line) -> str:
    who = "closed, and full"
    line.answered(who, *["?"] * 5, questions=filling_questions())
    return line.status(Status.CLOSED, who)


def _joined(line: Line) -> str:
    older = line.known("older")
    if "newer" not in line.codenames:
        line.known("newer")
        assert press(line.inside("newer"), "/join", codename=older).status == 200
    return line.codenames["newer"]


COMING_BACK: dict[str, tuple[int, Callable[[Line], Weighed]]] = {
    "a codename that is known": (200, _returning(lambda line: line.known("nobody answered yet"))),
    "a codename that is not": (404, _returning(lambda _line: Codename.draw().reveal())),
    "a codename with a misspelt word": (422, _returning(lambda _line: MISSPELT)),
    "a codename with a word too few": (422, _returning(lambda _line: MISSPELT.rpartition(" ")[0])),
    "no codename at all": (422, _returning(lambda _line: "")),
    "four hundred letters that are no codename": (422, _returning(lambda _line: "<" * 400)),
    "a form without a token": (400, lambda line: line.source().post("/return", {"codename": "x"})),
    "a codename far too long": (413, lambda line: line.source().post("/return", {"codename": "x" * 40_000})),
    "a reply that waits unread": (200, _returning(lambda line: line.answered("unread", "Thank you."))),
    "a reply that was read": (200, _returning(lambda line: line.answered("read", "Thank you.", read=True))),
    "a reply with five files": (200, _returning(lambda line: line.answered("files", "Please read.", files=5))),
    "a reply with files, as long as may be": (
        200,
        _returning(lambda line: line.answered("long and files", filling_beside_files(), files=5)),
    ),
    "thirty replies, on several pages": (
        200,
        _returning(lambda line: line.answered("many", *["Thank you. " * 20] * 30)),
    ),
    "a reply of the longest kind": (
        200,
        _returning(lambda line: line.answered("long", "long " * (LONGEST_REPLY // 5))),
    ),
    "five replies with questions": (
        200,
        _returning(
            lambda line: line.answered(
                "questions", *["Please tell us more. " * 20] * 5, questions=("Who?", "When?", "Where?")
            )
        ),
    ),
    "a reply of as many paragraphs as a desk may send": (
        200,
        _returning(lambda line: line.answered("paragraphs", filling("<\n\n"))),
    ),
    "five times as many questions as a desk may send": (
        200,
        _returning(lambda line: line.answered("asked", *["?"] * 5, questions=filling_questions())),
    ),
    "five replies of as many short questions as may be": (
        200,
        _returning(lambda line: line.answered("short", *["?"] * 5, questions=("Who?",) * MOST_QUESTIONS)),
    ),
    "a report that was withdrawn": (200, _returning(lambda line: line.withdrawn("withdrew"))),
    "a report that was withdrawn and is gone": (404, _returning(lambda line: line.withdrawn("gone", told=False))),
    "a report that was withdrawn and answered": (200, _returning(lambda line: _answered_withdrawal(line))),
    "a closed report with as much as a desk may send": (200, _returning(lambda line: _closed_full(line))),
    "a report that was joined with an older one": (200, _returning(lambda line: _joined(line))),
    **{
        f"a report that is “{status.value}”": (200, _at_status(status))
        for status in Status
        if status is not Status.SHUT
    },
}
