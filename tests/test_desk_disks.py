"""Cards go to another disk than the desk's: another partition of the same one, or a volume on it, is not another."""

from pathlib import Path

import pytest

from journalist_interface import disks, recovery_cards
from journalist_interface.disks import disks_of, source_of, whole_disks
from journalist_interface.errors import SharesRefused
from journalist_interface.handing_out import chosen_hand_out
from journalist_interface.recovery_cards import NewShares, Scheme

MOUNTS = r"""
21 1 0:26 /root / rw,relatime shared:1 - btrfs /dev/mapper/root rw,subvol=/root
22 21 0:26 /home /home rw,relatime shared:2 - btrfs /dev/mapper/root rw,subvol=/home
23 21 259:1 / /boot rw,relatime - ext4 /dev/nvme0n1p1 rw
24 21 8:1 / /media/A\040STICK rw,nosuid shared:9 - vfat /dev/sda1 rw
25 21 0:30 / /run/memory rw - tmpfs tmpfs rw
26 22 8:17 / /home rw - ext4 /dev/sdb1 rw
""".strip()


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """Block devices as the kernel shows them: one disk with an encrypted volume, and two others."""
    shown = tmp_path / "class"
    shown.mkdir()
    for disk, partitions in {"nvme0n1": ("nvme0n1p1", "nvme0n1p2"), "sda": ("sda1",), "sdb": ("sdb1",)}.items():
        for partition in partitions:
            (tmp_path / "devices" / disk / partition).mkdir(parents=True)
            (tmp_path / "devices" / disk / partition / "partition").write_text("1\n")
            (shown / partition).symlink_to(tmp_path / "devices" / disk / partition)
        (shown / disk).symlink_to(tmp_path / "devices" / disk)
    (tmp_path / "devices" / "dm-0" / "slaves").mkdir(parents=True)
    (tmp_path / "devices" / "dm-0" / "slaves" / "nvme0n1p2").symlink_to(shown / "nvme0n1p2")
    (shown / "dm-0").symlink_to(tmp_path / "devices" / "dm-0")
    return shown


def test_what_lies_beneath_a_volume_is_told(devices: Path) -> None:
    """A partition, an encrypted volume on another one of the same disk, and the disk itself are one."""
    for name in ("nvme0n1", "nvme0n1p1", "dm-0"):
        assert whole_disks(name, devices) == {"nvme0n1"}, name
    assert whole_disks("sda1", devices) == {"sda"}
    assert whole_disks("nowhere", devices) == frozenset()


def test_where_a_path_lies_is_told() -> None:
    """By the longest mount; the last one, of two in one place; and a name with a space is read."""
    places = {
        "/srv/desk": "/dev/mapper/root",
        "/boot/x": "/dev/nvme0n1p1",
        "/bootleg": "/dev/mapper/root",
        "/media/A STICK/cards": "/dev/sda1",
        "/run/memory": "tmpfs",
        "/home/amina": "/dev/sdb1",
    }
    assert {path: source_of(Path(path), MOUNTS) for path in places} == places


@pytest.mark.parametrize(("kind", "said"), [("tmpfs", True), ("ramfs", True), ("vfat", False)])
def test_cards_in_memory_are_said_to_vanish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str, said: bool
) -> None:
    """They are written: printing them from there is better than from a stick. But not left there."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 0 0:26 / / rw - {kind} none rw\n")
    monkeypatch.setattr(disks, "_MOUNTS", mounts)
    cards = tmp_path / "cards"
    cards.mkdir()
    hand_out = chosen_hand_out(cards, beside=None)
    hand_out(NewShares.draw(Scheme(needed=2, shares=3)))
    assert len(list(cards.iterdir())) == 3
    assert ("gone when it is turned off" in capsys.readouterr().err) == said


@pytest.mark.parametrize("same", [True, False], ids=["the same disk", "a stick"])
def test_another_partition_of_the_desks_disk_takes_no_cards(
    tmp_path: Path, devices: Path, monkeypatch: pytest.MonkeyPatch, same: bool
) -> None:
    """Where device numbers differ and the disk does not. /dev/shm stands for the partition."""
    mounts = tmp_path / "mountinfo"
    other = "/dev/nvme0n1p1" if same else "/dev/sda1"
    mounts.write_text(f"1 0 0:26 / / rw - ext4 /dev/nvme0n1p2 rw\n2 1 0:9 / /dev/shm rw - vfat {other} rw\n")
    monkeypatch.setattr(disks, "_MOUNTS", mounts)
    monkeypatch.setattr(disks, "_BLOCK_DEVICES", devices)
    assert disks_of(tmp_path) == {"nvme0n1"}
    if same:
        with pytest.raises(SharesRefused, match="disk of the desk itself"):
            recovery_cards.check_card_folder(Path("/dev/shm"), beside=tmp_path)
    else:
        recovery_cards.check_card_folder(Path("/dev/shm"), beside=tmp_path)
