"""An environment that works is not given up for one that could not be made: real venv, and pip without a registry."""

import os
import subprocess
from pathlib import Path

import pytest

from deploy.hosts.host import Host
from deploy.hosts.plans import plan_of
from deploy.hosts.program import build_beside
from tests.cut_host import make

CHECKOUT = Path(__file__).resolve().parent.parent
_NOWHERE = "http://127.0.0.1:1/simple"
_LOCK = "click==8.5.1 --hash=sha256:" + "0" * 64 + "\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with an environment of another Python, which works."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/run.lock").write_text(_LOCK)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / ".venv/bin/python").chmod(0o755)
    (tmp_path / ".venv/stamp-home").write_text("cpython-27 /usr")
    return tmp_path


def set_up(checkout: Path, *, before: str = "") -> "subprocess.CompletedProcess[str]":
    """Call it without a registry."""
    script = f"set -euo pipefail; CHECKOUT={checkout}; . {CHECKOUT}/deploy/setup.sh; {before} set_up run"
    environment = {**os.environ, "PIP_INDEX_URL": _NOWHERE, "PIP_RETRIES": "0"}
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, env=environment)


def test_without_a_registry_the_old_environment_stays(checkout: Path) -> None:
    """And what pip said is where the sentence says."""
    old = (checkout / ".venv/bin/python").read_text()
    done = set_up(checkout)
    assert done.returncode == 1, done.stderr
    assert (checkout / ".venv/bin/python").read_text() == old
    assert not (checkout / ".venv.before").exists()
    details = done.stderr.split("Details: ")[1].strip()
    assert Path(details).is_file()


def test_one_that_was_cut_short_is_put_back_first(checkout: Path) -> None:
    """The power went between: the next call begins with what worked."""
    (checkout / ".venv").rename(checkout / ".venv.before")
    (checkout / ".venv").mkdir()
    # Nothing is missing and all is stamped: so nothing is made.
    done = set_up(checkout, before="stamped() { return 0; }; find_missing_packages() { MISSING=(); };")
    assert done.returncode == 0, done.stderr
    assert (checkout / ".venv/stamp-home").read_text() == "cpython-27 /usr"
    assert not (checkout / ".venv.before").exists()


@pytest.mark.parametrize("behind", [True, False], ids=["behind the firewall", "before there is one"])
def test_pip_goes_through_tor_where_nothing_else_may_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, behind: bool
) -> None:
    """Root has no network behind our firewall."""
    monkeypatch.delenv("http_proxy", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    host = _Noting(tmp_path, CHECKOUT, "drop", owner=os.geteuid())
    host.write("/usr/bin/torsocks", "#!/bin/sh\n", 0o755)
    if behind:
        host.write("/etc/nftables.conf", "# Written by Candour's installer\n", 0o644)
    [step] = [step for step in plan_of(host) if step.title == "Python packages"]
    step.do(host)
    assert [line.split()[0] for line in host.read("/asked").splitlines()] == ["torsocks" if behind else "bash"]


def test_pip_goes_through_tor_for_a_new_version_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages that are there are copied; yet after Debian's next release another Python makes the environment anew."""
    for name in ("http_proxy", "https_proxy", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    made = make(tmp_path / "root", "new")
    host = _Noting(made.root, made.source, "drop", owner=os.geteuid())
    host.write("/usr/bin/torsocks", "#!/bin/sh\n", 0o755)
    host.write("/etc/nftables.conf", "# Written by Candour's installer\n", 0o644)
    host.path("/opt/candour/.venv").mkdir()
    build_beside(host)
    asked = host.read("/asked").splitlines()
    assert any(line.startswith("cp -a") for line in asked)
    assert [line for line in asked if "set_up run" in line and " torsocks bash " not in line] == []


class _Noting(Host):
    @property
    def is_running(self) -> bool:
        return True

    def _there(self, command: object) -> list[str]:
        return ["sh", "-c", 'echo "$@" | head -1 >>"$0"', str(self.path("/asked")), *command]  # type: ignore[misc]
