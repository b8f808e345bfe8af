"""Whatever bytes strangers send: forms, letters, file names, documents of the door. `--long` makes it ten million."""

import string
import tracemalloc
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.form_stream import (
    LARGEST_PART_HEAD,
    MOST_PARTS,
    MOST_TEXT_BYTES,
    READ_BYTES,
    FormStream,
    TextTooLong,
)
from tests.fuzz import target_door, target_site
from tests.fuzz.hostile_forms import BOUNDARY, HOSTILE_FORMS, form, part
from tests.fuzz.pieces import SIZES, AwkwardBody
from tests.fuzz.regressions import REGRESSIONS, Broke
from tests.fuzz.run import long_plan, run, table
from tests.fuzz.site_ground import MULTIPART, SiteGround
from tests.fuzz.target_form_stream import Recorder, read
from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.wsgi import Asked

LONG = 10_000_000  # executions over all targets
# Where a file of ready-made machine code exists for it; ./test says at its beginning when it does not.
needs_fuzzer = pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is there for x86-64 alone")
ordinary = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
EVERYWHERE = (65_536,)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Target]]:
    """Every target, ready for inputs in this very process."""
    for target in TARGETS.values():
        target.prepare(tmp_path_factory.mktemp(target.name))
    yield TARGETS
    target_site.close()
    target_door.close()


@pytest.fixture
def ground(prepared: dict[str, Target]) -> SiteGround:  # noqa: ARG001  (makes the ground)
    """The source's site in this process."""
    return target_site._ground[0]


@needs_fuzzer
def test_a_guided_run_finds_nothing(pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]) -> None:
    """A coverage-guided fuzzer goes looking for an input that breaks any target, and does not find one."""
    long = bool(pytestconfig.getoption("--long"))
    plan = long_plan(LONG) if long else {name: target.short for name, target in TARGETS.items()}
    outcomes = run(plan, seed=0 if long else 1)
    with capsys.disabled():
        print(f"\n{table(outcomes)}")
    assert [one.find for one in outcomes if one.find] == []
    assert all(one.executions >= plan[one.target] for one in outcomes)
    assert all(one.branches and one.kept for one in outcomes)


@pytest.mark.parametrize("name", TARGETS)
def test_the_inputs_to_begin_with_hold(prepared: dict[str, Target], name: str) -> None:
    """Every seed passes by itself, on a machine without the fuzzer too."""
    for one in TARGETS[name].seeds():
        prepared[name].one_input(one)


@pytest.mark.parametrize("broke", REGRESSIONS.values(), ids=REGRESSIONS.keys())
def test_what_once_broke_is_mended(prepared: dict[str, Target], broke: Broke) -> None:
    """An input that broke a target once does not break it again."""
    prepared[broke.target].one_input(broke.given)


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
@ordinary
def test_any_bytes_hold(prepared: dict[str, Target], name: str, data: st.DataObject) -> None:
    """Arbitrary bytes, and seeds with a stretch replaced, break no target."""
    seed = data.draw(st.sampled_from(TARGETS[name].seeds()))
    at = data.draw(st.integers(0, len(seed)))
    length = data.draw(st.integers(0, 40))
    prepared[name].one_input(seed[:at] + data.draw(st.binary(max_size=60)) + seed[at + length :])


names = st.text(string.ascii_letters + "-_é☃ .", min_size=1, max_size=20)
contents = st.binary(max_size=200) | st.sampled_from(
    [
        b"\r\n--" + BOUNDARY[:-1],
        b"\r\n" * 20,
        b"\r\n--" + BOUNDARY + b"x\r\n",
        b"x--" + BOUNDARY + b"--",
        b"\r",
        bytes(70_000),
    ]
)


def as_text(content: bytes) -> str:
    """What a text field makes of its bytes."""
    return content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\x00", "\ufffd")


built = st.lists(st.tuples(names, contents, st.none() | names), max_size=12)


@given(parts=built, sizes=st.sampled_from(SIZES) | st.lists(st.integers(1, 99), min_size=1, max_size=4))
@ordinary
def test_a_form_is_read_as_it_was_built(
    parts: list[tuple[str, bytes, str | None]], sizes: tuple[int, ...] | list[int]
) -> None:
    """Fields and files come out as they were put in, byte for byte and in order, in whatever pieces they travel."""
    body = form(
        part(name.encode(), content, file_name=None if file is None else file.encode(), more=b"\r\nX-Odd: \xc3\xa9")
        for name, content, file in parts
    )
    found = read(MULTIPART, AwkwardBody(body, sizes if len(body) < 5_000 else EVERYWHERE))
    assert found is not None
    fields, files = found
    texts: dict[str, list[str]] = {}
    for name, content, file in parts:
        if file is None:
            texts.setdefault(name, []).append(as_text(content))
    assert fields.values == texts
    assert files == [(name, file, "", content) for name, content, file in parts if file is not None]


SMALL_FORM = form(
    [
        part(b"csrf_token", b"x"),
        part(b"message", "Café".encode()),
        part(b"attachments", b"\r\n-", file_name=b"a.txt"),
    ]
)


def test_a_form_cut_at_any_byte_is_refused() -> None:
    """There is no byte after which half a form passes for a whole one; its last line end alone may be missing."""
    whole = read(MULTIPART, AwkwardBody(SMALL_FORM, EVERYWHERE))
    assert whole is not None
    for cut in range(len(SMALL_FORM)):
        found = read(MULTIPART, AwkwardBody(SMALL_FORM[:cut], EVERYWHERE))
        assert found == (whole if cut >= len(SMALL_FORM) - 2 else None), cut


def test_a_form_cut_at_any_byte_gets_a_page_and_leaves_nothing(ground: SiteGround) -> None:
    """A connection that ends in the middle of a report is answered, and no file of it is kept."""
    ground.clean()
    for cut in range(len(SMALL_FORM) - 2):
        body = AwkwardBody(SMALL_FORM[:cut], EVERYWHERE)
        answer = ground.ask(Asked("POST", "/report", {"Content-Type": MULTIPART}, body, str(len(SMALL_FORM))))
        assert answer.status == 400
        assert ground.host.drop.blobs.held_bytes() == 0


REPEATED: dict[str, tuple[bytes, bool]] = {
    "as many parts as may be": (form([part(b"x", b"")] * MOST_PARTS), True),
    "one part more": (form([part(b"x", b"")] * (MOST_PARTS + 1)), False),
    "a hundred thousand parts": (form([part(b"x", b"")] * 100_000), False),
    "a hundred thousand heads in a part": (
        form([part(b"x", b"", more=b"\r\nX: " + b"a" * 20) for _each in range(1)] + [b"X: y\r\n" * 100_000]),
        False,
    ),
    "a hundred thousand boundaries": ((b"--" + BOUNDARY + b"\r\n") * 100_000, False),
    "a hundred thousand options": (form([part(b"x", b"", more=b"; a=b" * 100_000)]), False),
}


@pytest.mark.parametrize(("body", "taken"), REPEATED.values(), ids=REPEATED.keys())
def test_deep_repetition_is_bounded(body: bytes, taken: bool) -> None:
    """Whatever is repeated, there is a number after which the form is refused."""
    assert (read(MULTIPART, AwkwardBody(body, EVERYWHERE)) is not None) == taken


ENDLESS: dict[str, tuple[bytes, int]] = {
    "something before the first part": (b"x" * 100, LARGEST_PART_HEAD),
    "a part's head": (b"--" + BOUNDARY + b"\r\nX: ", LARGEST_PART_HEAD),
    "something after the last part": (form([part(b"message", b"x")]), LARGEST_PART_HEAD),
}


@pytest.mark.parametrize(("begins", "most"), ENDLESS.values(), ids=ENDLESS.keys())
def test_what_never_ends_is_refused_before_it_fills_the_memory(begins: bytes, most: int) -> None:
    """No more is read of it than the limit and one piece: the rest may be as long as it likes."""

    class Endless(AwkwardBody):
        came = 0

        def read(self, most: int = -1) -> bytes:
            piece = super().read(most) or b"x" * most
            self.came += len(piece)
            return piece

    body = Endless(begins, EVERYWHERE)
    assert read(MULTIPART, body) is None
    assert body.came <= most + 2 * READ_BYTES


def test_a_text_too_long_for_any_form_is_read_to_its_end_and_not_kept() -> None:
    """An answer before the end would be a broken connection; what is past the limit takes no memory."""

    class LongText(AwkwardBody):
        left = 10 * MOST_TEXT_BYTES

        def read(self, most: int = -1) -> bytes:
            if self.left <= 0:
                return super().read(most)
            self.left -= most
            return self._beginning() or b"x" * most

        def _beginning(self) -> bytes:
            first, self.first = self.first, b""
            return first

        first = b"--" + BOUNDARY + b"\r\n" + part(b"message", b"")[:-2]

    body = LongText(b"\r\n--" + BOUNDARY + b"--\r\n", EVERYWHERE)
    tracemalloc.start()
    try:
        with pytest.raises(TextTooLong):
            FormStream({}, 100, Recorder()).read(body, MULTIPART)
        assert tracemalloc.get_traced_memory()[1] < 4 * MOST_TEXT_BYTES
    finally:
        tracemalloc.stop()
    assert body.read(1) == b""


CHARSETS = ("utf-16", "utf-7", "latin-1", "cp1252", "shift_jis", "gb18030", "cp037", "utf-8-sig", "iso2022_jp")


@given(text=st.text(max_size=60), charset=st.sampled_from(CHARSETS), multipart=st.booleans())
@ordinary
def test_text_in_another_charset_gets_a_page(ground: SiteGround, text: str, charset: str, multipart: bool) -> None:
    """Whatever charset a form is in, and says it is in, it gets a page of ours in UTF-8."""
    typed = text.encode(charset, "replace")
    body, declared = b"codename=" + typed, f"application/x-www-form-urlencoded; charset={charset}"
    if multipart:
        more = f"\r\nContent-Type: text/plain; charset={charset}".encode()
        body, declared = (
            form([part(b"message", typed, more=more), part(typed, b"x")]),
            f"{MULTIPART}; charset={charset}",
        )
    for path in ("/return", "/report", "/inbox"):
        headers = {"Content-Type": declared}
        answer = ground.ask(Asked("POST", path, headers, AwkwardBody(body, EVERYWHERE), str(len(body))))
        answer.body.decode("utf-8")
        assert answer.status in (303, 400, 403, 413)


@pytest.mark.parametrize("path", ["/return", "/leave", "/report", "/inbox"])
@pytest.mark.parametrize("body", HOSTILE_FORMS.values(), ids=HOSTILE_FORMS.keys())
def test_a_hostile_form_gets_a_page(ground: SiteGround, path: str, body: bytes) -> None:
    """Each hostile form, on each page that takes a form, from somebody without a visit."""
    answer = ground.ask(Asked("POST", path, {"Content-Type": MULTIPART}, AwkwardBody(body, (17,)), str(len(body))))
    assert answer.status in (303, 400, 403)
