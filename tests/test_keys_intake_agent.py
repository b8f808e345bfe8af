"""The agent that an intake key is made with: one that knows the passphrase until the key is signed."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from keys.intake_secret import make_intake_key, new_passphrase, stop_agent

# Of an agent that runs already. How often it stretches a passphrase stands in each file that it writes.
BEFORE = "s2k-count 1048576\ndefault-cache-ttl 0\nmax-cache-ttl 0\n"
# The salt before it is printed in hexadecimal, or as text, if it happens to look like some.
STRETCHED = re.compile(rb"s2k3-ocb-aes \(\(sha1\s.{8,60}?\s\"(\d+)\"\)", re.DOTALL)


@pytest.fixture
def home() -> Iterator[Path]:
    """A GnuPG home in which an agent runs."""
    folder = Path(mkdtemp(prefix="candour-agent-"))
    (folder / "gpg-agent.conf").write_text(BEFORE, "ascii")
    subprocess.run(["gpg-connect-agent", "--homedir", str(folder), "/bye"], check=True, capture_output=True, timeout=60)
    yield folder
    stop_agent(folder)
    shutil.rmtree(folder)


def test_a_key_is_made_with_an_agent_of_its_own(home: Path) -> None:
    """One of before forgets at once, by its own settings: on a slow machine the key could not be signed any more."""
    make_intake_key(home, new_passphrase())
    files = [path.read_bytes() for path in (home / "private-keys-v1.d").glob("*.key")]
    assert [STRETCHED.findall(held) for held in files] == [[b"65536"], [b"65536"]]
