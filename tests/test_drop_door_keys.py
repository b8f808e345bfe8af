"""A new key for the door's onion service: let in along with a new token, and whose key ends for it, and when."""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from journalist_interface.backup import look_at_restored
from journalist_interface.commands import main as desk_main
from onion import clients
from onion.client_key import ClientKey
from source_interface.commands import main
from source_interface.door_tokens import (
    PENDING_DAYS,
)
from source_interface.drop_folder import DropFolder
from tests.courier.stand_in_tor import ONION
from tests.desk_office import new_office
from tests.paired_door import SERVICE, Ground, in_days, let_in, names, new_key
from tests.source_ground import today


@pytest.fixture
def ground(drop_folder: DropFolder, tmp_path: Path) -> Ground:
    """A source host just made."""
    return Ground(drop_folder, str(json.loads((tmp_path / "pairing.json").read_text())["token"]))


@pytest.fixture
def onion_ground(ground: Ground) -> Ground:
    """One with an onion service for its door, to which `desk` has a key."""
    (ground.folder.root / "tor").mkdir(mode=0o700)
    let_in(ground, "desk")
    return ground


def test_the_key_before_ends_at_the_end_of_the_first_collection_with_the_new_token(onion_ground: Ground) -> None:
    """Not when the new one is let in, nor when the old token is used, nor in the middle of a collection."""
    new = onion_ground.pair("new.json", "--courier-key", new_key(onion_ground))
    assert names(onion_ground) == ("desk", "desk-2")
    assert onion_ground.knock(onion_ground.first, path="/v1/tor") == 200
    assert onion_ground.knock(new) == 200
    assert names(onion_ground) == ("desk", "desk-2")
    assert onion_ground.knock(new, path="/v1/tor") == 200
    assert names(onion_ground) == ("desk-2",)
    assert clients.is_shut(onion_ground.folder.root / SERVICE)
    # A key of that name that is let in later is another key: it stays.
    let_in(onion_ground, "desk")
    assert onion_ground.knock(new, path="/v1/tor") == 200
    assert names(onion_ground) == ("desk", "desk-2")


def test_a_key_that_was_let_in_for_a_pairing_that_lapsed_goes_with_it(onion_ground: Ground) -> None:
    """At the end of a collection, once; whoever lets the same key in later means it. A new key of the year after finds
    one other alone, whose place it takes.
    """
    key = new_key(onion_ground)
    onion_ground.pair("new.json", "--courier-key", key)
    assert onion_ground.knock(onion_ground.first, in_days(PENDING_DAYS + 7), "/v1/tor") == 200
    assert names(onion_ground) == ("desk", "desk-2")
    late = in_days(PENDING_DAYS + 8)
    assert onion_ground.knock(onion_ground.first, late, "/v1/tor") == 200
    assert names(onion_ground) == ("desk",)
    assert clients.is_shut(onion_ground.folder.root / SERVICE)
    clients.allow(onion_ground.folder.root / SERVICE, "meant", key.read_text())
    assert onion_ground.knock(onion_ground.first, late, "/v1/tor") == 200
    assert names(onion_ground) == ("desk", "meant")


def test_a_key_of_a_pairing_file_that_was_replaced_goes_with_it(onion_ground: Ground) -> None:
    """It is none of several among which somebody must choose. The same key carried again stays; and so does that of a
    desk which may have paired already, if the next file brings none.
    """
    lost, carried = new_key(onion_ground, "lost"), new_key(onion_ground, "carried")
    onion_ground.pair("1.json", "--courier-key", lost)
    onion_ground.pair("2.json", "--courier-key", carried)
    assert names(onion_ground) == ("carried", "desk")
    onion_ground.pair("3.json", "--courier-key", carried)
    onion_ground.pair("4.json")
    assert names(onion_ground) == ("carried", "desk")
    new = onion_ground.pair("5.json", "--courier-key", carried)
    assert onion_ground.knock(new, path="/v1/tor") == 200
    assert names(onion_ground) == ("carried",)
    # The key in use is not one that came with a new token: it does not go with that.
    onion_ground.pair("6.json", "--courier-key", carried)
    assert onion_ground.knock(new, in_days(PENDING_DAYS + 8), "/v1/tor") == 200
    assert names(onion_ground) == ("carried",)


REFUSED: dict[str, tuple[Callable[[Ground], Sequence[str | Path]], str]] = {
    "several are let in": (
        lambda ground: ["--courier-key", new_key(ground, let_in(ground, "other").stem + "-2")],
        "Say whose key ends, with --instead-of NAME",
    ),
    "a name that is taken": (
        lambda ground: ["--courier-key", new_key(ground, "desk")],
        "give the file of the new key another name",
    ),
    "no key at all": (
        lambda ground: ["--courier-key", ground.folder.root.parent / "pairing.json"],
        "This is not a client's key",
    ),
    "somebody who is not let in": (
        lambda ground: ["--courier-key", new_key(ground), "--instead-of", "nobody-1"],
        "There is no other client “nobody-1”",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_cannot_be_changed_changes_nothing(onion_ground: Ground, why: str) -> None:
    """No file, no token, no key; a sentence says what to do."""
    options, said = REFUSED[why]
    given = [str(word) for word in options(onion_ground)]
    before = names(onion_ground)
    out = onion_ground.folder.root.parent / "new.json"
    words = ["pairing", "--data", str(onion_ground.folder.root), "--pairing", str(out), *given]
    done = CliRunner().invoke(main, words)
    assert (done.exit_code, said in done.stderr) == (1, True), done.output
    assert (out.exists(), onion_ground.folder.tokens.pending.exists(), names(onion_ground)) == (False, False, before)


def test_a_file_that_is_there_already_changes_nothing(onion_ground: Ground) -> None:
    """Neither is the new key let in nor that of the file taken away, with which a desk may be paired still."""
    onion_ground.pair("1.json", "--courier-key", new_key(onion_ground, "carried"))
    pending = onion_ground.folder.tokens.pending.read_bytes()
    out, root = onion_ground.folder.root.parent / "1.json", onion_ground.folder.root
    words = ["pairing", "--data", str(root), "--pairing", str(out), "--courier-key"]
    done = CliRunner().invoke(main, [*words, str(new_key(onion_ground, "other"))])
    assert (done.exit_code, "exists already; nothing was changed" in done.stderr) == (1, True), done.output
    assert (names(onion_ground), onion_ground.folder.tokens.pending.read_bytes()) == (("carried", "desk"), pending)


@pytest.mark.parametrize("options", [[], ["--at-once"]])
def test_a_key_that_came_with_a_token_whose_file_is_damaged_is_not_forgotten(
    onion_ground: Ground, options: list[str]
) -> None:
    """Nothing would ever take it away: who is let in is told, and what to type. Once; then all is known again."""
    onion_ground.pair("1.json", "--courier-key", new_key(onion_ground, "carried"))
    onion_ground.folder.tokens.pending.write_bytes(b"damaged")
    words, out = (
        ["pairing", "--data", str(onion_ground.folder.root), *options, "--pairing"],
        onion_ground.folder.root.parent,
    )
    done = CliRunner().invoke(main, [*words, str(out / "2.json")])
    assert done.exit_code == 0, done.output
    assert "Let in were: carried, desk. Take away each that is not" in done.stderr
    revoked = CliRunner().invoke(main, ["onion", "revoke", "carried", "--data", str(onion_ground.folder.root)])
    assert (revoked.exit_code, names(onion_ground)) == (0, ("desk",)), revoked.output
    assert "Let in were" not in CliRunner().invoke(main, [*words, str(out / "3.json")]).output


def test_one_of_several_is_named(onion_ground: Ground) -> None:
    """The others stay."""
    let_in(onion_ground, "other")
    new = onion_ground.pair("new.json", "--courier-key", new_key(onion_ground), "--instead-of", "desk")
    assert onion_ground.knock(new, path="/v1/tor") == 200
    assert names(onion_ground) == ("desk-2", "other")


def desk_does(folder: Path, *words: str | Path) -> Result:
    """A command at the desk in a folder, as it ended."""
    return CliRunner().invoke(desk_main, [str(word) for word in (*words, "--data", folder)])


def desk_says(folder: Path, *words: str | Path) -> str:
    """What a command at the desk in a folder says, which must end well."""
    done = desk_does(folder, *words)
    assert done.exit_code == 0, done.output
    return done.output


DOOR = ("--door-url", f"http://{ONION}")


def pair_first(ground: Ground, desk: Path, carried: Path) -> str:
    """Pair a desk with the source host by a first key and token; return the pairing file's text."""
    (ground.folder.root / "intake-key.asc").write_bytes((desk / "intake-key.asc").read_bytes())
    desk_says(desk, "onion", "set-up", "--courier-key", carried / "first.auth")
    clients.revoke(ground.folder.root / SERVICE, "desk")
    clients.allow(ground.folder.root / SERVICE, "first", (carried / "first.auth").read_text())
    ground.pair("1.json", "--at-once")
    desk_says(desk, "pair", "--pairing", carried / "1.json", *DOOR)
    return (carried / "1.json").read_text()


def check_one_mark(ground: Ground, desk: Path, token: str) -> None:
    """Both hosts show the mark of the token in force, and the desk the month of its key."""
    checked = desk_does(desk, "check").output
    hashed = sha256(token.encode()).hexdigest()
    mark = f"{hashed[:4]} {hashed[4:8]}".upper()
    assert f"the mark {mark}; check on the source host must show the same" in checked
    assert f"its mark is {mark}." in ground.check()
    assert f"The courier's key for the door is from {today()[:7]}." in checked


UNFIT_FILES: dict[str, tuple[dict[str, str], str]] = {
    "it lets in a key that this desk does not have": (
        {"courier_key": ClientKey.draw().public},
        "lets in a key that this host does not have",
    ),
    "it is over": ({"until": in_days(-1)}, "the source host does not take it any more"),
}


def check_unfit_files_change_nothing(desk: Path, carried: Path, first: str) -> None:
    """Each is refused with the reason, and the desk stays paired as it is."""
    kept = (desk / "courier.json").read_bytes()
    for change, said in UNFIT_FILES.values():
        (carried / "3.json").write_text(json.dumps(json.loads(first) | change))
        done = desk_does(desk, "pair", "--pairing", carried / "3.json", *DOOR)
        assert (done.exit_code, said in done.stderr) == (1, True), done.output
    assert (desk / "courier.json").read_bytes() == kept


def test_the_whole_round_from_the_desk_and_back(onion_ground: Ground, tmp_path: Path) -> None:
    """A new key is drawn, carried, let in, and used with the new token; until then the desk has the one before. Each
    command may be typed twice; check on both hosts shows one mark, and says what is under way.
    """
    with new_office(tmp_path / "desk") as office:
        office.desk.database.close()
        desk = office.folder
        first_file = pair_first(onion_ground, desk, tmp_path)
        entrance = desk / "tor" / "entrances" / "door.auth_private"
        first = entrance.read_text()
        for _time in range(2):
            desk_says(desk, "onion", "new-key", "--courier-key", tmp_path / "second.auth")
        assert entrance.read_text() == first
        assert "A new key for the door was drawn and is not used yet" in desk_does(desk, "check").output
        new = onion_ground.pair("2.json", "--courier-key", tmp_path / "second.auth")
        for _time in range(2):
            desk_says(desk, "pair", "--pairing", tmp_path / "2.json", *DOOR)
        assert entrance.read_text() != first
        kept = json.loads((desk / "courier.json").read_text())
        assert (kept["token"], kept["since"]) == (new, today())
        assert onion_ground.knock(new, path="/v1/tor") == 200
        assert names(onion_ground) == ("second",)
        check_one_mark(onion_ground, desk, new)
        check_unfit_files_change_nothing(desk, tmp_path, first_file)
        # A key that was drawn before a theft lies in the backup, too: the restored desk hands out another.
        desk_says(desk, "onion", "new-key", "--courier-key", tmp_path / "third.auth")
        look_at_restored(desk)
        desk_says(desk, "onion", "new-key", "--courier-key", tmp_path / "fourth.auth")
        assert (tmp_path / "third.auth").read_text() != (tmp_path / "fourth.auth").read_text()
