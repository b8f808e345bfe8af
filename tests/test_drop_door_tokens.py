"""The door's token changed without a gap: the one before holds until the new one is used, through the door itself."""

import fcntl
import json
import os
import threading
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

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
from tests.paired_door import Ground, in_days
from tests.source_ground import today


@pytest.fixture
def ground(drop_folder: DropFolder, tmp_path: Path) -> Ground:
    """A source host just made."""
    return Ground(drop_folder, str(json.loads((tmp_path / "pairing.json").read_text())["token"]))


def somebody_waits(folder: Path) -> bool:
    """Tell whether somebody waits for the lock of a folder (proc_locks(5))."""
    number = f":{folder.stat().st_ino} "
    return any("->" in line and number in line for line in Path("/proc/locks").read_text().splitlines())


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
