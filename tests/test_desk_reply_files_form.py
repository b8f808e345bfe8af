"""The form that takes files for a reply: never on a disk in clear, read only for its own session, bounded in memory."""

import io
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface import files_form
from keys.reply_file import MOST_FILE_BYTES
from tests.attaching import Desk, desk_for_files, part, raw
from tests.desk_person import Person
from tests.reply_files import CANARY, attach, content


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Such a desk."""
    with desk_for_files(tmp_path / "desk") as made:
        yield made


def test_no_parser_of_the_desk_has_a_way_to_a_temporary_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opened one would be stopped here; and what was attached stands in no file of the desk in clear."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a temporary file")

    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    monkeypatch.setattr("werkzeug.formparser.default_stream_factory", refuse)
    amina = Person(desk.app, desk.office, "amina")
    body = part("csrf_token", amina._token.encode()) + part("files", content(2_000_000), "large.bin") + b"--b--\r\n"
    assert raw(amina, f"/case/{desk.reference}/files", body).status_code == 303
    # To pages that take no files, and to one of a case that is not there.
    for address in (f"/case/{desk.reference}/note", "/case/0000-0000/files", "/search"):
        assert raw(amina, address, body).status_code in (404, 415)
    found = b"".join(
        path.read_bytes() for path in desk.office.folder.rglob("*") if path.is_file() and "S." not in path.name
    )
    assert CANARY not in found


FORGED: dict[str, dict[str, str]] = {
    "no token": {"csrf_token": ""},
    "another session's token": {"csrf_token": "0" * 64},
    "somebody else's page": {"writer": "ben"},
}


@pytest.mark.parametrize("what", FORGED)
def test_nothing_is_taken_of_a_form_that_is_not_this_sessions(desk: Desk, what: str) -> None:
    """Neither kept nor even gathered."""
    amina = Person(desk.app, desk.office, "amina")
    taken: list[bytes] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files_form.InMemory, "end", lambda self: taken.append(bytes(self._buffer or b"")))
        answer = attach(amina, desk.reference, ("a.txt", b"not ours"), **FORGED[what])
    assert answer.status_code == 400
    assert set(taken) == {b""}
    assert desk.waiting() == []


def test_a_token_that_comes_after_the_file_is_too_late(desk: Desk) -> None:
    """A form that is not ours, broken, or without an end is a plain page, and nothing is kept."""
    amina = Person(desk.app, desk.office, "amina")
    address = f"/case/{desk.reference}/files"
    token = part("csrf_token", amina._token.encode())
    file = part("files", b"hello", "a.txt")
    assert raw(amina, address, file + token + b"--b--\r\n").status_code == 422
    for body in (
        b"",
        b"--b--",
        token + file,
        b"x" * 1_000,
        token + b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
    ):
        assert raw(amina, address, body).status_code == 400, body
    assert desk.waiting() == []
    assert raw(amina, address, token + file + b"--b--\r\n").status_code == 303
    assert desk.waiting() == ["a.txt"]


def test_a_form_far_too_large_is_refused_in_bounded_memory(desk: Desk) -> None:
    """It is read to its end, so that a browser gets the page, and not kept past the limit."""
    amina = Person(desk.app, desk.office, "amina")
    address = f"/case/{desk.reference}/files"
    body = (
        part("csrf_token", amina._token.encode()) + part("files", bytes(6 * MOST_FILE_BYTES), "big.bin") + b"--b--\r\n"
    )
    stream = io.BytesIO(body)
    tracemalloc.start()
    answer = amina.client.post(
        address, input_stream=stream, content_type="multipart/form-data; boundary=b", content_length=len(body)
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code == 422
    assert "at most 10 MB together" in answer.text
    assert peak < 3 * MOST_FILE_BYTES
    assert desk.waiting() == []


def test_when_too_many_attach_at_once_the_next_is_told_to_wait(desk: Desk) -> None:
    """Each holds memory: four at once, and a sentence for the fifth."""
    amina = Person(desk.app, desk.office, "amina")
    held = [files_form._PLACES.acquire(blocking=False) for _place in range(files_form.FORMS_AT_ONCE)]
    try:
        answer = attach(amina, desk.reference, ("a.txt", b"x"))
    finally:
        for _place in held:
            files_form._PLACES.release()
    assert answer.status_code == 422
    assert "Try again in a minute" in answer.text


def test_after_the_end_of_a_session_the_browser_is_led_to_sign_in(desk: Desk) -> None:
    """Its form is read past, so that it is a page and no broken connection."""
    amina = Person(desk.app, desk.office, "amina")
    form = {"csrf_token": amina._token, "files": (io.BytesIO(content(300_000)), "a.bin")}
    amina.client.delete_cookie("candour_desk")
    answer = amina.client.post(f"/case/{desk.reference}/files", data=form, content_type="multipart/form-data")
    assert (answer.status_code, answer.location) == (303, "/sign-in")
