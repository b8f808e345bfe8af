"""The installer: it does what is not done yet, says what for, stops at what it cannot do, and can be undone."""

import os
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from deploy.hosts.host import Host, InstallError
from deploy.hosts.machine import errands, hardened
from deploy.hosts.plans import around, plan_of
from deploy.hosts.services import fences, services
from deploy.hosts.steps import Step, file_step, install, uninstall

CHECKOUT = Path(__file__).resolve().parent.parent
PLANS = ("drop", "desk")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A machine that is an empty folder: nothing can be run there, files can be written."""
    return Host(tmp_path, CHECKOUT, "drop", owner=os.geteuid())


def files() -> list[Step]:
    """The steps that write files alone."""
    return [*hardened()[:-1], *errands(), *fences("drop"), *services("drop")[:-1]]


def test_what_is_done_is_found_done(host: Host) -> None:
    """A second run changes nothing, and says so of each step."""
    said: list[str] = []
    assert install(host, files(), said.append, dry=False) > 10
    said.clear()
    assert install(host, files(), said.append, dry=False) == 0
    assert all(line.endswith(": done already.") for line in said)


def test_a_dry_run_changes_nothing_and_says_what_for(host: Host) -> None:
    """Each step in a sentence; the folder is as empty as before."""
    said: list[str] = []
    wanted = install(host, files(), said.append, dry=True)
    assert sum("would be done" in line for line in said) == wanted > 10
    assert list(host.root.iterdir()) == []


def test_what_somebody_changed_is_put_right(host: Host) -> None:
    """The text and the mode."""
    install(host, files(), print, dry=False)
    host.path("/etc/nftables.conf").write_text("flush ruleset\n")
    host.path("/etc/sysctl.d/90-candour.conf").chmod(0o666)
    said: list[str] = []
    assert install(host, files(), said.append, dry=False) == 2
    assert "policy drop" in host.read("/etc/nftables.conf")


def test_it_stops_at_what_it_cannot_do(host: Host) -> None:
    """With a sentence; what comes after is not begun."""

    def fail(_host: Host) -> NoReturn:
        raise InstallError("there is no network")

    after = file_step("After", "Never.", "/after", "")
    with pytest.raises(InstallError, match="there is no network"):
        install(host, [Step("Before", "", lambda _host: False, fail), after], print, dry=False)
    assert not host.path("/after").exists()


def test_what_cannot_be_seen_to_be_done_is_not_called_done(host: Host) -> None:
    """A step that did its work, and left the machine as it was."""
    step = Step("The moon", "", lambda _host: False, lambda _host: None)
    with pytest.raises(InstallError, match="the machine does not show it"):
        install(host, [step], print, dry=False)


def test_a_file_is_never_written_through_a_link(host: Host) -> None:
    """What somebody put in its place is replaced, and what that led to is left alone."""
    host.path("/etc").mkdir()
    host.path("/elsewhere").write_text("mine")
    host.path("/etc/x").symlink_to(host.path("/elsewhere"))
    install(host, [file_step("X", "", "/etc/x", "ours")], print, dry=False)
    assert (host.read("/elsewhere"), host.read("/etc/x")) == ("mine", "ours")


def test_a_firewall_that_is_written_and_off_is_not_called_done(host: Host) -> None:
    """Somebody disabled it: the file alone holds nothing back."""
    *_others, on = hardened()
    install(host, files(), print, dry=False)
    assert not on.is_done(host)
    wanted = host.path("/etc/systemd/system/sysinit.target.wants/nftables.service")
    wanted.parent.mkdir(parents=True)
    wanted.symlink_to("/usr/lib/systemd/system/nftables.service")
    assert on.is_done(host)


def test_swap_in_clear_is_taken_out_and_the_encrypted_stays(host: Host) -> None:
    """Lines of the table of file systems; the others stay word for word."""
    host.path("/etc").mkdir()
    table = ["UUID=1 / ext4 defaults 0 1", "/dev/sda2 none swap sw 0 0", "/dev/mapper/swap none swap sw 0 0"]
    host.path("/etc/fstab").write_text("\n".join(table) + "\n")
    install(host, hardened()[:1], print, dry=False)
    found = host.read("/etc/fstab").splitlines()
    assert found == [table[0], f"# by Candour's installer: {table[1]}", table[2]]


def test_it_is_undone_in_the_opposite_order(host: Host) -> None:
    """All files of ours go; a dry run says so and leaves them."""
    install(host, files(), print, dry=False)
    said: list[str] = []
    uninstall(host, files(), said.append, dry=True)
    assert host.read("/etc/nftables.conf")
    uninstall(host, files(), print, dry=False)
    assert [
        path for path in host.root.rglob("*") if path.is_file() and path.name not in ("fstab", "candour-beside")
    ] == []


@pytest.mark.parametrize("plan", PLANS)
def test_every_step_says_what_it_is_for(plan: str) -> None:
    """In a sentence that ends; no two steps have one title."""
    steps = plan_of(Host(Path("/"), CHECKOUT, plan))
    assert all(step.why.endswith(".") for step in steps)
    assert len({step.title for step in steps}) == len(steps)


@pytest.mark.parametrize("unit", ["tmp.mount", "candour-clock.timer", "candour-posture.timer"])
def test_what_starts_with_the_machine_does_so_on_one_that_does_not_run_yet(unit: str, host: Host) -> None:
    """A Debian in a folder: what takes a file up on a machine that runs was left out, and with it the clock's timer."""
    [step] = [step for step in around("drop") if unit.split(".")[0] in step.title and "starts with" in step.title]
    assert not step.is_done(host)
    wanted = host.path(f"/etc/systemd/system/timers.target.wants/{unit}")
    wanted.parent.mkdir(parents=True)
    wanted.symlink_to(f"../{unit}")
    assert step.is_done(host)


# Which package brings a program that a step runs; what Debian cannot be without has none.
BRINGS = {"systemctl": "", "sh": "", "grep": "", "sysctl": "procps", "nft": "nftables", "apparmor_parser": "apparmor"}


@pytest.mark.parametrize("plan", PLANS)
def test_every_program_that_a_step_runs_is_installed_before(plan: str) -> None:
    """The smallest Debian has no sysctl: the installer stopped there, half-way."""
    packages, *steps = plan_of(Host(Path("/"), CHECKOUT, plan))
    programs = {command[0] for step in steps for command in (step.after, step.shows) if command}
    assert programs == set(BRINGS)
    assert [name for name in BRINGS.values() if f"{name} (" not in packages.why and name] == []


@pytest.mark.parametrize("name", ["install", "uninstall"])
def test_the_commands_need_python_alone(name: str) -> None:
    """Help, and a sentence for whoever is not root."""
    done = subprocess.run([CHECKOUT / "deploy" / name, "--help"], capture_output=True, text=True, check=True)
    assert f"deploy/{name}" in done.stdout
    unknown = subprocess.run([CHECKOUT / "deploy" / name, "both"], capture_output=True, text=True, check=False)
    assert (unknown.returncode, "Traceback" in unknown.stderr) == (2, False)
