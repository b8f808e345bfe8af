"""What erases the Debians of the long tests: in them lies this machine's /dev while they are worked on."""

import os
import subprocess
import sys
from pathlib import Path

from tests.booted import erase_debian

# In a mount name space of its own, so that nothing of this machine is ever mounted where something is erased.
_TRY = """
import subprocess, sys
from pathlib import Path
from tests.booted import erase_debian
root = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(root / "dev")], check=True)
(root / "dev" / "null").write_text("a device of the machine's")
try:
    erase_debian(root)
except AssertionError:
    print("refused")
print((root / "dev" / "null").exists(), (root / "etc").exists())
subprocess.run(["umount", str(root / "dev")], check=True)
erase_debian(root)
print(root.exists())
"""


def test_a_debian_in_which_something_is_mounted_is_not_erased(tmp_path: Path) -> None:
    """An unmounting that failed, a test that was interrupted: neither the mount nor anything beside it goes."""
    root = tmp_path / "root"
    for name in ("dev", "etc"):
        (root / name).mkdir(parents=True)
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    done = subprocess.run(
        [*alone, sys.executable, "-c", _TRY, str(root)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parent.parent,
    )
    assert (done.stdout.split("\n"), done.stderr) == (["refused", "True True", "False", ""], "")


def test_a_folder_whose_name_only_begins_alike_is_another(tmp_path: Path) -> None:
    """And one that is not there is no error."""
    (tmp_path / "root").mkdir()
    (tmp_path / "root2").mkdir()
    erase_debian(tmp_path / "root")
    erase_debian(tmp_path / "root")
    assert [path.name for path in tmp_path.iterdir()] == ["root2"]
