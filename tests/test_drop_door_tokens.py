"""The door's token changed without a gap: the one before holds until the new one is used, through the door itself."""

import fcntl
import json
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from journalist_interface.backup import look_at_restored
from journalist_interface.commands import main as desk_main
from onion import clients
from onion.client_key import ClientKey, authorised
from serving.server import CLOSE
from source_interface.commands import main
from source_interface.door_app import create_door
from source_interface.door_tokens import (
    PENDING_DAYS,
    DoorToken,
    forget_let_in,
    keep_pending,
    make_void,
    opens,
    read_in_force,
    read_new,
)
from source_interface.drop_folder import DropFolder
from store.errors import FolderExposed
from store.folder import write_private_file
from tests.courier.stand_in_tor import ONION
from tests.desk_office import new_office
from tests.source_ground import today

SERVICE = Path("tor/door")


@dataclass(frozen=True)
class Ground:
    """A source host whose door is open, and the token that its first pairing file holds."""

    folder: DropFolder
    first: str

    def knock(self, token: str, day: str | None = None, path: str = "/v1/waiting") -> int:
        """What the door answers to whoever has this token, on that day."""
        app = create_door(self.folder.root, lambda: day or today())
        client: FlaskClient = app.test_client()
        answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
        answer.close()
        app.extensions[CLOSE]()
        return answer.status_code

    def pair(self, name: str, *options: str | Path) -> str:
        """Make a pairing file; return its token."""
        out = self.folder.root.parent / name
        words = ["pairing", "--data", str(self.folder.root), "--pairing", str(out), *map(str, options)]
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.output
        return str(json.loads(out.read_text())["token"])

    def check(self) -> str:
        """What `check` says."""
        return CliRunner().invoke(main, ["check", "--data", str(self.folder.root)]).output


@pytest.fixture
def ground(drop_folder: DropFolder, tmp_path: Path) -> Ground:
    """A source host just made."""
    return Ground(drop_folder, str(json.loads((tmp_path / "pairing.json").read_text())["token"]))


def somebody_waits(folder: Path) -> bool:
    """Tell whether somebody waits for the lock of a folder (proc_locks(5))."""
    number = f":{folder.stat().st_ino} "
    return any("->" in line and number in line for line in Path("/proc/locks").read_text().splitlines())


def in_days(days: int) -> str:
    """The day that many days from now."""
    return (date.fromisoformat(today()) + timedelta(days=days)).isoformat()


def test_the_one_before_holds_until_the_new_one_is_used(ground: Ground) -> None:
    """However often it is used meanwhile; from the first use of the new one on it opens nothing, also after a start."""
    new = ground.pair("new.json")
    assert [ground.knock(ground.first) for _time in range(2)] == [200, 200]
    assert "was made and not used yet" in ground.check()
    assert ground.knock(new) == 200
    assert (ground.knock(ground.first), ground.knock(new)) == (401, 200)
    assert "was made and not used yet" not in ground.check()


def test_at_once_means_at_once(ground: Ground) -> None:
    """For who fears that it is in wrong hands: also a new one that was not used yet."""
    unused = ground.pair("unused.json")
    new = ground.pair("new.json", "--at-once")
    assert [ground.knock(token) for token in (ground.first, unused, new)] == [401, 401, 200]


def test_of_two_new_ones_the_later_holds(ground: Ground) -> None:
    """The earlier file may have gone astray: it opens nothing. The one in use is not touched."""
    earlier, later = ground.pair("earlier.json"), ground.pair("later.json")
    assert [ground.knock(token) for token in (earlier, ground.first, later)] == [401, 200, 200]


@pytest.mark.parametrize(("day", "opens"), [(PENDING_DAYS, True), (PENDING_DAYS + 7, True), (PENDING_DAYS + 8, False)])
def test_one_that_nobody_used_lapses_and_the_one_before_stays(ground: Ground, day: int, opens: bool) -> None:
    """A forgotten file opens nothing for ever, and shuts nobody out; the file says so itself to the desk. A desk that
    was paired on its last day has a week to collect, for it has given up the one before.
    """
    new = ground.pair("new.json")
    assert json.loads((ground.folder.root.parent / "new.json").read_text())["until"] == in_days(PENDING_DAYS)
    assert ground.knock(new, in_days(day)) == (200 if opens else 401)
    assert ground.knock(ground.first, in_days(day)) == (401 if opens else 200)


def test_a_void_token_opens_nothing_and_the_next_pairing_holds_at_once(ground: Ground) -> None:
    """There is nothing that could overlap. The door starts meanwhile, and lets nobody in; `check` warns: it is no
    fault of what is kept, for which an upgrade would be refused."""
    unused = ground.pair("unused.json")
    make_void(ground.folder.tokens)
    make_void(ground.folder.tokens)
    assert [ground.knock(token) for token in (ground.first, unused, "A" * 43)] == [401, 401, 401]
    assert "warn  The door's token was made void: no desk can collect" in ground.check()
    new = ground.pair("new.json")
    assert ground.knock(new) == 200


def test_nobody_finds_what_opens_a_void_door(ground: Ground) -> None:
    """Not with the hash itself, and not with what hashes to an empty token."""
    make_void(ground.folder.tokens)
    assert read_in_force(ground.folder.tokens).hashed == "0" * 64
    assert [ground.knock(token) for token in ("", "0" * 43, "0" * 64)] == [401, 401, 401]


AGES: dict[str, tuple[str, str]] = {
    "a year and a day": (f" {in_days(-366)}", "change it once a year"),
    "a version that noted none": ("", "nobody noted from when it is"),
    "of today": (f" {today()}", ""),
}


@pytest.mark.parametrize("how", AGES)
def test_check_tells_from_which_month_it_is(ground: Ground, how: str) -> None:
    """A month and no day; a year later it warns. Both hosts show one mark."""
    day, said = AGES[how]
    hashed = sha256(ground.first.encode()).hexdigest()
    write_private_file(ground.folder.door_token, f"{hashed}{day}".encode())
    told = ground.check()
    assert f"its mark is {hashed[:4].upper()} {hashed[4:8].upper()}." in told
    if said:
        assert f"warn  The door's token{': ' if not day else f' is from {day[1:8]}: '}{said}" in told
    else:
        assert f"ok    The door's token is from {today()[:7]}." in told
    assert day[1:] not in told or not day


DAMAGED = {"a month that is none": f"{'a' * 64} 2026-13-01", "too short": "a" * 63, "words": f"{'a' * 64} soon"}


@pytest.mark.parametrize("how", DAMAGED)
def test_a_damaged_token_does_not_start_a_door(ground: Ground, how: str) -> None:
    """A sentence, not a door that anybody or nobody can open."""
    write_private_file(ground.folder.door_token, DAMAGED[how].encode())
    with pytest.raises(FolderExposed, match="is damaged"):
        create_door(ground.folder.root)


def let_in(ground: Ground, name: str) -> Path:
    """Let a reviewer host in at the door's onion service; return the file with its key."""
    key = ground.folder.root.parent / f"{name}.auth"
    key.write_text(authorised(ClientKey.draw().public))
    clients.shut(ground.folder.root / SERVICE)
    clients.allow(ground.folder.root / SERVICE, name, key.read_text())
    return key


def names(ground: Ground) -> tuple[str, ...]:
    """Who is let in."""
    return clients.names(ground.folder.root / SERVICE)


@pytest.fixture
def onion_ground(ground: Ground) -> Ground:
    """One with an onion service for its door, to which `desk` has a key."""
    (ground.folder.root / "tor").mkdir(mode=0o700)
    let_in(ground, "desk")
    return ground


def new_key(ground: Ground, name: str = "desk-2") -> Path:
    """A new key of the reviewer host, not let in."""
    key = ground.folder.root.parent / f"{name}.auth"
    key.write_text(authorised(ClientKey.draw().public))
    return key


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


def test_what_is_replaced_while_it_is_used_does_not_come_into_force(ground: Ground) -> None:
    """Whoever uses the earlier of two new tokens at the very moment in which the later is made."""
    hashed, tokens = sha256(ground.pair("earlier.json").encode()).hexdigest(), ground.folder.tokens
    used: list[bool] = []
    using = threading.Thread(target=lambda: used.append(opens(tokens, hashed, today())))
    held = os.open(ground.folder.root, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(held, fcntl.LOCK_EX)
    using.start()
    while using.is_alive() and not somebody_waits(ground.folder.root):
        pass
    write_private_file(tokens.pending, DoorToken("ab" * 32, today()).spelt())
    os.close(held)
    using.join()
    assert used == [False]
    assert read_in_force(tokens).hashed == sha256(ground.first.encode()).hexdigest()
    assert tokens.pending.exists()


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


@pytest.mark.parametrize("name", ["door-token.sha256", "door-token-next.sha256"])
def test_a_damaged_token_is_mended_by_what_the_sentence_says(ground: Ground, name: str) -> None:
    """No backup would: a restored host has a void one."""
    (ground.folder.root / name).write_bytes(b"damaged")
    (ground.folder.root / name).chmod(0o600)
    assert "is damaged. Pair the desk anew: candour-drop pairing --at-once." in ground.check()
    # Under the name of a file that is there, which may be that of a good token: it says that, and not the same again.
    there = ground.folder.root.parent / "pairing.json"
    words, before = ["pairing", "--data", str(ground.folder.root), "--pairing", str(there)], there.read_bytes()
    done = CliRunner().invoke(main, [*words, "--at-once"])
    assert (done.exit_code, "exists already" in done.stderr, "is damaged" in done.stderr) == (1, True, False), (
        done.output
    )
    assert there.read_bytes() == before
    if name == "door-token.sha256":
        assert "pairing --at-once" in CliRunner().invoke(main, words).stderr
    assert ground.knock(ground.pair("1.json", "--at-once")) == 200


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


def test_a_new_token_that_comes_while_a_lapsed_one_is_looked_at_stays(ground: Ground) -> None:
    """The door notes of the lapsed one that its key is gone; meanwhile somebody made another."""
    tokens = ground.folder.tokens
    lapsed, new = DoorToken("ab" * 32, in_days(-90), lets_in="A" * 52), DoorToken("cd" * 32, today())
    keep_pending(tokens, lapsed)
    forget_let_in(tokens, lapsed)
    assert read_new(tokens) == DoorToken("ab" * 32, in_days(-90))
    keep_pending(tokens, new)
    forget_let_in(tokens, lapsed)
    assert read_new(tokens) == new


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
