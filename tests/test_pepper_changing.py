"""The commands that change a pepper: refused, told, finished, backed up; and what is left to a thief."""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.source_client import SentFile, SourceClient
from keys.codename import Codename
from keys.reply import reply_address
from keys.statuses import Status
from source_interface.commands import main
from source_interface.drop_folder import AlreadyServed, DropFolder, only_hand_on_pepper
from source_interface.pepper_changing import about, is_long
from source_interface.peppers import Peppers, read_peppers
from source_interface.returning import NotFound
from store.destroying import doomed
from store.drop.deliveries import Outcome, StatusDelivery, apply_delivery
from tests.changing_host import Host, made_in_between, pepper
from tests.conftest import IntakeSecret
from tests.copied_hosts import but_sockets_and_locks
from tests.drop_contents import rows
from tests.kept_backup import back_up_drop, restore_drop
from tests.source_ground import today
from tests.source_site import CANDOUR_DROP, running_site
from tests.two_peppers import (
    bytes_of_database,
    come_back,
    finished,
    gives_away,
    rotated,
    started_again,
)

OLD = bytes(range(32))


def check_said(folder: DropFolder) -> list[dict[str, str]]:
    """What `candour-drop check` says of the pepper."""
    done = CliRunner().invoke(main, ["check", "--json", "--data", str(folder.root)])
    return [line for line in json.loads(done.stdout)["findings"] if line["id"] == "pepper"]


@pytest.fixture(scope="module")
def made_host(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Host:
    """A host in the middle of it, made once."""
    return made_in_between(tmp_path_factory.mktemp("peppers"), intake_secret)


@pytest.fixture
def host(made_host: Host, tmp_path: Path) -> Host:
    """A copy of it for one test."""
    return made_host.copied_to(tmp_path / "copied")


# Who stole what, and by which values a right guess at the codename of whom is then seen to be right. What was copied
# while it was in force cannot be called back; a source of before stays known to the charity by the key of before.
ALL = {"the lookup id", "the address", "the reply key"}
THEFTS: dict[str, tuple[str, str, str, set[str]]] = {
    "old disk, old pepper: one who came back": ("old", "old", "returned", ALL),
    "old disk, old pepper: one who did not": ("old", "old", "left", ALL),
    "old disk, old pepper: one who wrote since": ("old", "old", "since", set()),
    "old disk, new pepper: one who came back": ("old", "new", "returned", set()),
    "new disk, old pepper: one who came back": ("new", "old", "returned", {"the address", "the reply key"}),
    "new disk, old pepper: one who did not": ("new", "old", "left", ALL),
    "new disk, old pepper: one who wrote since": ("new", "old", "since", set()),
    "new disk, new pepper: one who came back": ("new", "new", "returned", {"the lookup id"}),
    "new disk, new pepper: one who did not": ("new", "new", "left", set()),
    "new disk, new pepper: one who wrote since": ("new", "new", "since", ALL),
    "after the end, old pepper: one who came back": ("end", "old", "returned", {"the address", "the reply key"}),
    "after the end, old pepper: one who did not": ("end", "old", "left", set()),
    "after the end, old pepper: one who wrote since": ("end", "old", "since", set()),
}  # fmt: skip


@pytest.fixture(scope="module")
def end_disk(made_host: Host, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The database after the older pepper is over."""
    root = tmp_path_factory.mktemp("ended") / "drop"
    shutil.copytree(made_host.folder.root, root, ignore=but_sockets_and_locks)
    finished(DropFolder(root))
    return bytes_of_database(root)


@pytest.mark.parametrize("theft", THEFTS)
def test_what_a_thief_can_try_guesses_on(made_host: Host, end_disk: bytes, theft: str) -> None:
    """Each theft gives exactly this, no less (the table would be too kind) and no more."""
    disk, which, who, wanted = THEFTS[theft]
    stolen = {"old": made_host.old_disk, "new": made_host.new_disk, "end": end_disk}[disk]
    older = made_host.peppers.older
    assert older is not None
    found = gives_away(stolen, getattr(made_host, who), older if which == "old" else made_host.peppers.newest)
    assert {value for value, is_there in found.items() if is_there} == wanted


def test_a_row_does_not_tell_for_whom_something_was_carried_over(host: Host) -> None:
    """After the end all rows say one number, and hold as many bytes that look random."""
    finished(host.folder)
    ends = [row[-2:] for row in rows(host.folder, "sources")]
    assert [number for number, _sealed in ends] == [1, 1]
    assert len({len(sealed) for _number, sealed in ends if isinstance(sealed, bytes)}) == 1
    assert all(isinstance(sealed, bytes) for _number, sealed in ends)


def test_rotating_by_the_command_locks_nobody_out(drop_folder: DropFolder) -> None:
    """A real site before and after: an old codename, a new one, a wrong one; and a report begun before it."""
    with running_site(drop_folder.root) as url:
        source = SourceClient(url)
        codename = source.take_codename()
        shown = dict(source.cookies)
        assert source.report("before", codename=codename).status in (200, 303)
        half_way = SourceClient(url)
        words = half_way.take_codename()
        begun = half_way.fill_in("begun before, sent after", codename=words)
        cookies = dict(half_way.cookies)
        refused = pepper(drop_folder, "rotate")
        assert refused.exit_code == 1
        assert "serves" in refused.output
        source.close()
        half_way.close()
    done = pepper(drop_folder, "rotate")
    assert done.exit_code == 0, done.output
    assert "every codename works as before" in done.output
    with running_site(drop_folder.root) as url:
        # In a window in which these words were shown, and which has not heard that they were used.
        other_window = SourceClient(url)
        other_window.cookies = shown
        assert other_window.report("one more, under the same words", codename=codename).status in (200, 303)
        other_window.close()
        assert len(rows(drop_folder, "sources")) == 1
        source = SourceClient(url)
        assert source.come_back(codename).status == 200
        assert source.come_back(Codename.draw().reveal()).status == 404
        half_way = SourceClient(url)
        half_way.cookies = cookies
        assert half_way.post_multipart("/report", begun, [SentFile.of("a.txt", b"a")]).status in (200, 303)
        later = SourceClient(url)
        assert later.come_back(words).status == 200
        for client in (source, half_way, later):
            client.close()
    assert {row[-2] for row in rows(drop_folder, "sources")} == {1}


def test_the_end_is_told_asked_for_and_whole(host: Host, intake_secret: IntakeSecret) -> None:
    """How many, in words; "no" changes nothing; after "yes" the others go on, and what waited waits for the charity."""
    before = host.folder.pepper.read_bytes()
    with started_again(host.folder, intake_secret) as ground:
        waiting = ground.letters()
    refused = pepper(host.folder, "finish", typed="n\n")
    assert refused.exit_code == 1
    assert "have not come back: fewer than 10" in refused.output
    assert "There are two peppers as before" in refused.output
    assert host.folder.pepper.read_bytes() == before
    done = pepper(host.folder, "finish", typed="y\n")
    assert done.exit_code == 0, done.output
    assert "The older pepper is destroyed" in done.output
    peppers = read_peppers(host.folder.pepper)
    assert (peppers.newest, peppers.older) == (host.peppers.newest, None)
    with started_again(host.folder, intake_secret) as ground:
        assert sorted(letter.message for letter in ground.letters()) == sorted(letter.message for letter in waiting)
        keys = come_back(ground, host.returned)
        assert ground.inbox(keys).replies[0].paragraphs == ("for the one who comes",)
        come_back(ground, host.since)
        with pytest.raises(NotFound):
            come_back(ground, host.left)
        assert len(ground.rows("replies")) == 1
        assert ground.rows("notices") == [] or "deleted" not in {row[2] for row in ground.rows("notices")}
        lost = [letter for letter in ground.letters() if letter.message == "nobody has collected this"]
        assert lost[0].reply_key is not None
        told = StatusDelivery("d1" * 16, reply_address(lost[0].reply_key), today(), Status.BEING_READ)
        assert apply_delivery(ground.host.drop.database, told, today()) is Outcome.UNKNOWN_SOURCE
        ground.collect()
    again = pepper(host.folder, "finish")
    assert (again.exit_code, "There is one pepper." in again.output) == (0, True)


def test_a_second_rotation_waits_for_the_end_of_the_first(host: Host) -> None:
    """Refused with a sentence, and nothing is changed; after the end it works."""
    before = host.folder.pepper.read_bytes()
    refused = pepper(host.folder, "rotate")
    assert refused.exit_code == 1
    assert "pepper finish" in refused.output
    assert host.folder.pepper.read_bytes() == before
    finished(host.folder)
    assert pepper(host.folder, "rotate").exit_code == 0
    assert read_peppers(host.folder.pepper).number == 2
    assert read_peppers(host.folder.pepper).older == host.peppers.newest


def test_no_number_is_told_exactly() -> None:
    """Whoever asks before and after a visit learns nothing, but at ten, twenty, fifty and so on."""
    said = [about(count) for count in range(200)]
    assert (said[0], said[1], said[9], said[10], said[149]) == (
        "nobody", "fewer than 10", "fewer than 10", "10 or more", "100 or more",
    )  # fmt: skip
    assert len(set(said)) == 6


def test_showing_says_months_and_no_pepper(host: Host) -> None:
    """Not how many are left: that would be a count of visits, for whoever asks every day."""
    said = pepper(host.folder, "show").output
    assert "two peppers" in said
    assert datetime.now(UTC).strftime("%Y-%m") in said
    assert not any(character.isdigit() for character in said.replace(host.peppers.since, ""))
    finished(host.folder)
    assert "There is one pepper. It came in" in pepper(host.folder, "show").output


def test_check_says_that_there_are_two_and_warns_after_half_a_year(host: Host) -> None:
    """Since which month; right at first, a warning later, a fault where something of a pepper was left behind."""
    assert [line["grade"] for line in check_said(host.folder)] == ["right", "right"]
    assert host.peppers.since in check_said(host.folder)[1]["sentence"]
    old = Peppers(host.peppers.newest, 1, "2026-01", host.peppers.older)
    host.folder.pepper.write_bytes(old.to_file())
    assert [line["grade"] for line in check_said(host.folder)] == ["right", "warning"]
    doomed(host.folder.pepper).write_bytes(OLD)
    assert check_said(host.folder)[-1]["grade"] == "fault"
    assert [is_long(old, month) for month in ("2026-06", "2026-07", "2027-01")] == [False, True, True]
    assert not is_long(Peppers(OLD), "2030-01")


def test_a_backup_in_the_middle_brings_both_back(host: Host, tmp_path: Path, intake_secret: IntakeSecret) -> None:
    """Restored, everybody comes back: who was carried over, who was not yet, and who wrote since."""
    kept = back_up_drop(host.folder.root, tmp_path)
    restore_drop(kept.path, tmp_path / "restored")
    restored = DropFolder(tmp_path / "restored")
    assert read_peppers(restored.pepper) == host.peppers
    with started_again(restored, intake_secret) as ground:
        for codename in (host.returned, host.left, host.since):
            come_back(ground, codename)


def test_a_backup_from_before_brings_the_older_pepper_back_and_says_so(
    drop_folder: DropFolder, tmp_path: Path, intake_secret: IntakeSecret
) -> None:
    """Restored by the command: sources of then come back, and the pepper is to be rotated again if it was known."""
    with started_again(drop_folder, intake_secret) as ground:
        codename, _keys = ground.source()
    kept = back_up_drop(drop_folder.root, tmp_path)
    rotated(drop_folder)
    new = tmp_path / "new"
    words = ["restore", "--data", str(new), "--backup", str(kept.path), "--signed-by", kept.signed_by]
    done = subprocess.run(
        [CANDOUR_DROP, *words], input=f"{kept.code}\n", capture_output=True, text=True, check=False, timeout=60
    )
    assert "That one is in force again: candour-drop pepper rotate" in done.stdout
    with started_again(DropFolder(new), intake_secret) as ground:
        come_back(ground, codename)


def test_no_backup_is_made_of_a_pepper_that_changes(host: Host, tmp_path: Path) -> None:
    """Nor is a pepper changed under a backup: database and pepper would not belong together."""
    with only_hand_on_pepper(host.folder.root):
        with pytest.raises(AlreadyServed, match="backup"):
            back_up_drop(host.folder.root, tmp_path)
        refused = pepper(host.folder, "finish", "--yes")
        assert refused.exit_code == 1
        assert "Wait until that is done" in refused.output
