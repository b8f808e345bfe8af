"""The keys of directory authorities, made with Tor's own programs."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.onion.torrc_lines import Authority, dir_port

_IDENTITY = re.compile(r"^fingerprint ([0-9A-F]{40})$", re.MULTILINE)


def make_authorities(folder: Path, names: Sequence[str]) -> list[Authority]:
    """Make keys for each of `names` below `folder`, at the same time: each takes seconds of one processor."""
    making = []
    for number, name in enumerate(names):
        keys = folder / name / "keys"
        keys.mkdir(parents=True, mode=0o700)
        (folder / name).chmod(0o700)
        making.append(_start_gencert(keys, number))
    for process in making:
        _said, why = process.communicate(b"no secret\n")
        assert process.returncode == 0, why.decode("utf-8", "replace")
    return [_authority(folder / name, name, number) for number, name in enumerate(names)]


def _start_gencert(keys: Path, number: int) -> "subprocess.Popen[bytes]":
    names = {"-i": "authority_identity_key", "-s": "authority_signing_key", "-c": "authority_certificate"}
    command = ["tor-gencert", "--create-identity-key", "--passphrase-fd", "0", "-m", "12"]
    for option, name in names.items():
        command += [option, str(keys / name)]
    return subprocess.Popen(
        [*command, "-a", f"127.0.0.1:{dir_port(number)}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _authority(folder: Path, name: str, number: int) -> Authority:
    identity = _IDENTITY.search((folder / "keys" / "authority_certificate").read_text("ascii"))
    assert identity is not None
    nothing = str(folder / "no-torrc")
    # A made-up authority keeps it from knowing the real ones; it asks nobody anything here.
    command = ["tor", "--quiet", "--list-fingerprint", "--ignore-missing-torrc", "-f", nothing]
    command += ["--defaults-torrc", nothing, "--orport", "1", "--dirserver", f"x 127.0.0.1:1 {'f' * 40}"]
    command += ["--datadirectory", str(folder), "--nickname", name]
    listed = subprocess.run(command, check=True, capture_output=True, text=True)
    fingerprint = listed.stdout.strip().splitlines()[-1].split(None, 1)[1].replace(" ", "")
    return Authority(name, number, identity[1], fingerprint)
