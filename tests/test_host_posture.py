"""What the host would keep of memory: judged from the texts of /proc, and said by both `check` commands."""

import subprocess
import sys
from pathlib import Path

import pytest

from source_interface.drop_folder import DropFolder
from store.host_posture import judge_cores, judge_locking, judge_swap, look_at_host

HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
SWAPS = {
    "none": ("", True),
    "a partition": ("/dev/sda2 partition 8388604 0 -2\n", False),
    "a file": ("/swapfile file 8388604 1024 -2\n", False),
    "compressed memory": ("/dev/zram0 partition 8388604 0 100\n", True),
    "compressed memory that spills to a disk": ("/dev/zram1 partition 8388604 0 100\n", False),
    "an encrypted device": ("/dev/dm-1 partition 8388604 0 -2\n", True),
    "a mapped device in clear": ("/dev/dm-2 partition 8388604 0 -2\n", False),
    "a file that is named like one": ("/dev/zram0/../swap file 8388604 0 -2\n", False),
    "an encrypted one and a file": ("/dev/dm-1 partition 1 0 -2\n/swapfile file 1 0 -3\n", False),
}
KINDS = {"/dev/zram0": "none", "/dev/zram1": "/dev/sda3", "/dev/dm-1": "CRYPT-PLAIN-swap", "/dev/dm-2": "LVM-abc"}


@pytest.mark.parametrize("swap", SWAPS)
def test_swap_in_clear_is_warned_of(swap: str) -> None:
    """With what to do about it, and never as a fault of what is kept."""
    text, is_well = SWAPS[swap]
    found = judge_swap(HEAD + text, lambda path: KINDS.get(path, ""))
    assert found.sound
    assert found.warns != is_well
    assert ("swapoff" in found.sentence) != is_well


def test_a_collector_of_cores_is_warned_of() -> None:
    """It is named."""
    found = judge_cores("|/usr/lib/systemd/systemd-coredump %P %u\n")
    assert found.warns
    assert "/usr/lib/systemd/systemd-coredump" in found.sentence
    for harmless in ("core\n", "|/bin/false\n", "/dev/null\n", ""):
        assert not judge_cores(harmless).warns, harmless


def test_memory_that_cannot_be_locked_is_warned_of() -> None:
    """With what to set."""
    assert "LimitMEMLOCK" in judge_locking(may_lock=False).sentence
    assert judge_locking(may_lock=False).warns
    assert not judge_locking(may_lock=True).warns


def test_this_host_can_be_looked_at() -> None:
    """Three lines, whatever it is."""
    assert len(list(look_at_host(may_lock=True))) == 3


def test_check_says_how_the_host_stands(drop_folder: DropFolder) -> None:
    """`candour-drop check` prints it, and exits with 0 whatever it is: nothing of what is kept is at fault."""
    command = [str(Path(sys.executable).parent / "candour-drop"), "check", "--data", str(drop_folder.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for said in ("swapped out in clear", "memory of processes that crash", "Memory can"):
        assert said in done.stdout, said
