"""How fast a host is backed up and restored: `python -m bench.backup [--megabytes 500]`.

A source host with so many MB of sealed files is backed up (written, synced, read back) and restored. Then the same goes
through `tar | gpg --symmetric`, which reads nothing back. Peak: how far Python's memory went above where it was, as the
kernel remembers it. Nothing is asserted.
"""

import argparse
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.drop_site import make_folder
from bench.taking_out import MB, peak
from keys.backup_head import HostKind
from keys.recovery_key import RecoverySecret
from source_interface.backup import CONTENTS, back_up, look_at_restored, take_recovery_key
from store.backup.own_keys import spell_recovery_key
from store.backup.reading import opened_backup, restore_backup

_FILE_MEGABYTES = 50


def measured(what: str, megabytes: int, work: Callable[[], object]) -> None:
    """Do it and print a line."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew (proc(5))
    before, begun = peak(), time.perf_counter()
    work()
    seconds = time.perf_counter() - begun
    print(f"{what:20} {seconds:7.2f} s {megabytes / seconds:7,.0f} MB/s {(peak() - before) / MB:8,.1f} MB", flush=True)


def through_gpg(root: Path, out: Path) -> None:
    """What the guide had before."""
    home = out.parent / "gnupg-of-tar"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--passphrase", "x", "--pinentry-mode", "loopback", "--symmetric"]
    with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as tar:
        subprocess.run(
            [*gpg, "--no-symkey-cache", "--cipher-algo", "AES256", "-o", str(out)],
            stdin=tar.stdout,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True, capture_output=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each way once."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--megabytes", type=int, default=500)
    megabytes: int = parser.parse_args(arguments).megabytes
    os.umask(0o077)
    recovery = RecoverySecret.draw().key()
    with tempfile.TemporaryDirectory() as held:
        scratch = Path(held)
        folder = make_folder(scratch)
        for _file in range(max(1, megabytes // _FILE_MEGABYTES)):
            path = folder.blobs / "sealed" / secrets.token_hex(16)
            path.write_bytes(secrets.token_bytes(min(megabytes, _FILE_MEGABYTES) * MB))
        key = scratch / "recovery.pub"
        key.write_text(spell_recovery_key(recovery.public))
        take_recovery_key(folder.root, key)
        stick = scratch / "stick"
        stick.mkdir()
        print("                        time      speed       peak")
        measured("backup", megabytes, lambda: back_up(folder.root, stick))

        def bring_back() -> None:
            [backup] = stick.iterdir()
            with opened_backup(backup, HostKind.DROP) as (head, content):
                restore_backup(head, content, head.open_key(recovery), CONTENTS, scratch / "new", look_at_restored)

        measured("restore", megabytes, bring_back)
        measured("tar | gpg", megabytes, lambda: through_gpg(folder.root, scratch / "host.tar.gpg"))


if __name__ == "__main__":
    main()
