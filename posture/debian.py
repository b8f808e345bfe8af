"""Debian itself: is it supported, does it mend itself, and does it run what it has mended?"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from posture.line import Look, Verdict, fault, right, warning
from posture.machine import Machine, Unseen
from serving.language import gettext as _

STAMP = "/var/lib/apt/periodic/unattended-upgrades-stamp"
REBOOT = "/run/reboot-required"
_LISTS = "/var/lib/apt/lists"
_DAY = 24 * 60 * 60  # seconds
_MOST_DAYS = 3  # since the last round: it goes every night
_WAITING = re.compile(r"^Inst (\S+) .*?\(([^)]*)\)", re.MULTILINE)
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Support:
    """How long a release gets security updates: of Debian's own, then of its LTS team for most packages."""

    full: date
    long: date


# distro-info-data, debian.csv: eol, eol-lts.
SUPPORTED = {
    "12": Support(date(2026, 7, 11), date(2028, 6, 30)),
    "13": Support(date(2028, 8, 9), date(2030, 6, 30)),
}


def debian_looks() -> Iterator[Look]:
    """Yield what is looked at, in its order."""
    group = _("Updates")
    hole = _("A hole that Debian has closed is known to everybody, and stays open here.")
    nightly = _("Run deploy/install again; systemctl enable --now apt-daily.timer apt-daily-upgrade.timer")
    yield Look(
        "updates.release", group, hole, _("Move to the next release of Debian: back up first, then by its own guide."),
        lambda machine: judge_release(machine.read("/etc/os-release"), _today(machine)),
    )  # fmt: skip
    yield Look(
        "updates.automatic", group, _("Nobody thinks of it every night."), nightly,
        lambda machine: judge_automatic(machine.run("apt-config", "dump")),
    )  # fmt: skip
    yield Look(
        "updates.last", group, hole, nightly, lambda machine: judge_last(machine.days_since(STAMP))
    )  # fmt: skip
    yield Look(
        "updates.heard", group, _("A round that reached nobody looks like a round that found nothing."),
        _("apt-get update, and read what it says; systemctl status tor@default"),
        lambda machine: judge_heard(_of_security(machine), machine.now()),
    )  # fmt: skip
    yield Look(
        "updates.waiting", group, hole, _("unattended-upgrade, or apt-get upgrade, and read what it says."),
        lambda machine: judge_waiting(machine.run("apt-get", "-s", "upgrade")),
    )  # fmt: skip
    yield Look(
        "updates.through-tor", group, _("Who watches the line must see Tor, and Debian's servers not which host asks."),
        _("Run deploy/install again: it writes /etc/apt/apt.conf.d/91-candour-tor."),
        lambda machine: judge_road(machine.run("apt-config", "dump")),
    )  # fmt: skip
    yield from _in_memory(group)


def _in_memory(group: str) -> Iterator[Look]:
    """Yield what is looked at of what runs, and not of what lies on the disk."""
    yield Look(
        "updates.restart", group, _("What was mended on the disk still runs as it was in memory."),
        _("systemctl reboot, when nobody is at work."),
        lambda machine: judge_restart(asked=machine.exists(REBOOT)),
    )  # fmt: skip
    yield Look(
        "updates.kernel", group, _("A hole in the kernel goes through every other wall."),
        _("systemctl reboot, when nobody is at work."),
        lambda machine: judge_kernel(machine.read("/proc/sys/kernel/osrelease"), machine.names("/boot")),
    )  # fmt: skip


def judge_release(os_release: str, today: date) -> Verdict:
    """Judge the release by /etc/os-release (os-release(5))."""
    pairs = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    name, version = pairs.get("ID", "").strip('"'), pairs.get("VERSION_ID", "").strip('"')
    support = SUPPORTED.get(version) if name == "debian" else None
    if support is None:
        return warning(_("This is not Debian 12 or 13, which Candour is made for."))
    if today <= support.full:
        return right(_("Debian {version} is supported until {day}.").format(version=version, day=support.full))
    if today <= support.long:
        said = _("Debian {version} has only its long-term support, until {day}.")
        return warning(said.format(version=version, day=support.long))
    return fault(_("Debian {version} gets no updates since {day}.").format(version=version, day=support.long))


def judge_automatic(dump: str) -> Verdict:
    """Judge what `apt-config dump` says of the nightly round."""
    both = ("APT::Periodic::Update-Package-Lists", "APT::Periodic::Unattended-Upgrade")
    if all(_value(dump, name) not in ("", "0") for name in both):
        return right(_("Updates are installed by themselves."))
    return fault(_("Updates are not installed by themselves."))


def judge_last(days: int) -> Verdict:
    """Judge how many days ago the last round of updates was."""
    said = _("The last round of updates was {days} days ago.").format(days=days)
    return right(said) if days <= _MOST_DAYS else warning(said)


def judge_heard(lists: Iterable[str], now: float) -> Verdict:
    """Judge how old the newest word of Debian's security team is (InRelease: Date, Valid-Until; apt-secure(8))."""
    words = [found for text in lists if (found := _dates(text))]
    if not words:
        return fault(_("Nothing was ever heard of Debian's security updates."))
    heard, until = max(words)
    day = datetime.fromtimestamp(heard, UTC).date()
    if now > until:
        return fault(_("Nothing was heard of Debian's security updates since {day}.").format(day=day))
    if now - heard > _MOST_DAYS * _DAY:
        return warning(_("The newest word of Debian's security updates is of {day}.").format(day=day))
    return right(_("Debian's security updates were heard of on {day}.").format(day=day))


def judge_waiting(simulated: str) -> Verdict:
    """Judge what `apt-get -s upgrade` would install; it knows what the last round fetched."""
    found = _WAITING.findall(simulated)
    if not found:
        return right(_("No updates wait."))
    pressing = sum("security" in origin.lower() for _name, origin in found)
    said = _("Updates wait: {count}, of them for security: {pressing}.")
    return warning(said.format(count=len(found), pressing=pressing))


def judge_road(dump: str) -> Verdict:
    """Judge whether apt goes through Tor: its proxies in `apt-config dump`."""
    proxies = [_value(dump, f"Acquire::{kind}::Proxy") for kind in ("http", "https")]
    if all(proxy.startswith("socks5h://") and "@127.0.0.1:" in proxy for proxy in proxies):
        return right(_("Updates are fetched through Tor."))
    return fault(_("Updates are not fetched through Tor."))


def judge_restart(*, asked: bool) -> Verdict:
    """Judge whether Debian asks for a restart."""
    return warning(_("Debian asks for a restart.")) if asked else right(_("Debian asks for no restart."))


def judge_kernel(running: str, boot: Iterable[str]) -> Verdict:
    """Judge whether the newest kernel in /boot is the one that runs. Raises Unseen where there is none."""
    kernels = [name.removeprefix("vmlinuz-") for name in boot if name.startswith("vmlinuz-")]
    if not kernels:
        raise Unseen(_("No kernel lies in /boot."))
    newest, now = max(kernels, key=_in_order), running.strip()
    if newest == now:
        return right(_("The newest kernel runs ({version}).").format(version=now))
    return warning(_("The kernel {now} runs; {newest} is installed.").format(now=now, newest=newest))


def _in_order(version: str) -> list[int]:
    return [int(number) for number in _NUMBER.findall(version)]


def _value(dump: str, name: str) -> str:
    """Return the last value of an option in `apt-config dump`: NAME "VALUE"; as apt itself takes it."""
    lines = [line for line in dump.splitlines() if line.lower().startswith(f"{name.lower()} ")]
    return lines[-1].split(" ", 1)[1].strip('"; ') if lines else ""


def _dates(in_release: str) -> tuple[float, float] | None:
    """Return when an InRelease was made and until when it holds, in seconds since 1970; None if it does not say."""
    fields = dict(line.split(": ", 1) for line in in_release.splitlines() if ": " in line)
    try:
        made, until = (parsedate_to_datetime(fields[name]).timestamp() for name in ("Date", "Valid-Until"))
    except (KeyError, ValueError):
        return None
    return made, until


def _of_security(machine: Machine) -> list[str]:
    names = [name for name in machine.names(_LISTS) if name.endswith("-security_InRelease")]
    return [machine.read(f"{_LISTS}/{name}") for name in names]


def _today(machine: Machine) -> date:
    return datetime.fromtimestamp(machine.now(), UTC).date()
