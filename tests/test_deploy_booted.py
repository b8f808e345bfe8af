"""Both hosts on Debians that are booted, 12 and 13, with every unit in force: the whole road through Tor, and back
again after a disaster.

One after the other, with what the one before left. Of the long form alone; needs root, debootstrap, systemd-container.
The kernel is this machine's: AppArmor and its settings are not in force here, and the network is a private one of Tor.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.hosts.units import BACKUPS, DATA, UNITS
from posture.walls import PROPERTIES, judge_sandbox
from tests.booted import RELEASES, Booted, copy_debian, erase_debian, make_debian
from tests.booted_hosts import Hosts, Reviewer, booted_hosts, install_both
from tests.onion.network import Network, running_network
from tests.onion.running_tor import RunningTor
from tests.shown_unit import shown

pytestmark = pytest.mark.long
PLANS = ("drop", "desk")
# What the kernel of another machine decides, and what is of this test: no mail, no updates, one network for both hosts.
NOT_THE_HOSTS = re.compile(
    r"sysctl\..*|system\.(cores|apparmor|clock|old-journal)|disk\..*|updates\..*|network\.(loopback|tcp|udp)"
    r"|service\.\w+\.fence|service\.tor\.additions|service\.clock\.last"
)


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """A private Tor network for both releases."""
    with running_network() as running:
        yield running


@pytest.fixture(scope="module")
def client(network: Network) -> RunningTor:
    """A source's Tor."""
    return network.client("source")


@pytest.fixture(scope="module", params=RELEASES)
def roots(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """A fresh Debian for each host, with Candour installed."""
    folder = tmp_path_factory.mktemp(request.param)
    made = {plan: folder / f"{request.param}-{plan}" for plan in PLANS}
    try:
        make_debian(request.param, made["drop"])
        copy_debian(made["drop"], made["desk"])
        install_both(made)
        yield made
    finally:
        for root in made.values():
            erase_debian(root)


def test_each_unit_stands_as_the_installer_wrote_it(network: Network, roots: dict[str, Path]) -> None:
    """By what that systemd says of it; a second run, on the machine that runs, finds the firewall on and all done.

    A drop-in that loosens is found; and the tests' own idea of `systemctl show` is right.
    """
    with booted_hosts(network, roots) as hosts:
        for plan in PLANS:
            machine = hosts.machine(plan)
            assert "Nothing was changed." in machine.installer("install", plan)
            assert machine.run("systemctl", "is-active", "nftables", "candour-backup.timer").split() == ["active"] * 2
            groups = machine.run("systemd-analyze", "syscall-filter")
            for unit in UNITS[plan]:
                state = machine.show(f"{unit.name}.service", *PROPERTIES)
                assert judge_sandbox(unit.name, state, lambda: groups).grade == "right", unit.name  # noqa: B023
                # What systemd itself adds or leaves out, where nothing was written.
                expected = {name: value for name, value in shown(unit.text()).items() if name in PROPERTIES}
                del expected["SystemCallFilter"]
                assert {name: sorted(state.get(name, "").split()) for name in expected} == {
                    name: sorted(value.split()) for name, value in expected.items()
                }
        added = hosts.drop.path("/etc/systemd/system/candour-site.service.d/mine.conf")
        added.parent.mkdir()
        added.write_text("[Service]\nSystemCallFilter=ptrace\n")
        hosts.drop.run("systemctl", "daemon-reload")
        found = hosts.machine_faults("drop")
        assert "not in force: SystemCallFilter (ptrace)." in found["service.site.sandbox"]
        assert "mine.conf" in found["service.site.additions"]
        shutil.rmtree(added.parent)
        with another_hour(hosts.drop, "candour-backup.timer"), another_hour(hosts.drop, "candour-clock.timer"):
            found = hosts.machine_faults("drop")
        assert "service.backup.timer" not in found
        assert "comes no more after a start" in found["service.clock.timer"]


def test_the_whole_road_and_back_after_a_disaster(
    network: Network, roots: dict[str, Path], client: RunningTor, tmp_path: Path
) -> None:
    """A report, its reply; the backups of the night; both hosts destroyed and installed anew; the source comes back."""
    with booted_hosts(network, roots) as hosts:
        hosts.set_up()
        start_both(hosts, client)
        # One sign-in for both: a code is taken once.
        with hosts.reviewer() as amina:
            codename, case = walk(hosts, client, amina)
            for plan in PLANS:
                hosts.wait_until_well(plan)
                found = hosts.machine_faults(plan)
                assert {name: said for name, said in found.items() if not NOT_THE_HOSTS.fullmatch(name)} == {}
            groups = back_up(hosts, tmp_path, amina)
        made, site = hosts.made, hosts.site
        for plan in PLANS:
            hosts.machine(plan).installer("uninstall", plan, "--destroy-data")
            assert not hosts.machine(plan).path(DATA).exists()
    install_both(roots)
    with booted_hosts(network, roots) as hosts:
        hosts.made, hosts.site = made, site
        restore(hosts, tmp_path, groups)
        start_both(hosts, client)
        source = hosts.source(client, "back again")
        assert source.come_back(codename).status in (200, 303)
        assert "canary-answer" in source.get("/inbox").text
        source.close()
        with hosts.reviewer() as amina:
            assert "canary-booted" in amina.get(case)
        for plan in PLANS:
            hosts.wait_until_well(plan)
        # Stopped by hand it stays so, whatever page of a browser is open.
        hosts.desk.run("systemctl", "stop", "candour-desk")
        assert hosts.desk.show("candour-desk.socket", "ActiveState")["ActiveState"] == "inactive"


@contextmanager
def another_hour(machine: Booted, timer: str) -> Iterator[None]:
    """Have it changed as the guide to backups says: of the clock's timer, that takes its other times away."""
    added = machine.path(f"/etc/systemd/system/{timer}.d/override.conf")
    added.parent.mkdir()
    added.write_text("[Timer]\nOnCalendar=\nOnCalendar=03:00\n")
    take_up(machine, timer)
    yield
    shutil.rmtree(added.parent)
    take_up(machine, timer)


def take_up(machine: Booted, timer: str) -> None:
    """Have systemd read what its files say now."""
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", timer)


def start_both(hosts: Hosts, client: RunningTor) -> None:
    """Have all services run, and sources get through."""
    for plan in PLANS:
        hosts.start(plan)
    hosts.wait_for_the_site(client)


def walk(hosts: Hosts, client: RunningTor, amina: Reviewer) -> tuple[str, str]:
    """Report, collect, open, answer, read; return the codename, and the address of the case."""
    source = hosts.source(client, "writing")
    codename = source.take_codename()
    assert source.report("canary-booted", codename=codename).status in (200, 303)
    source.close()
    amina.collect()
    case = amina.open_the_only_letter()
    assert "canary-booted" in amina.get(case)
    amina.send(case, f"{case}/reply", text="canary-answer")
    amina.collect()
    source = hosts.source(client, "reading")
    assert source.come_back(codename).status in (200, 303)
    assert "canary-answer" in source.get("/inbox").text
    source.close()
    return codename, case


def back_up(hosts: Hosts, kept: Path, amina: Reviewer) -> dict[str, str]:
    """First without a disk; then as the guide says, and as the night does; return the groups that are on paper."""
    assert hosts.desk.ask("systemctl", "start", "candour-backup").returncode != 0
    assert f"No disk is mounted at {BACKUPS}." in hosts.desk.journal("candour-backup")
    assert "failed; there is none" in hosts.kept("desk")
    assert not list(hosts.desk.path(BACKUPS).iterdir())
    assert "The last backup of this host" in amina.get("/post")
    for plan in PLANS:
        hosts.give_disk(plan, kept)
    hosts.command("desk", "recovery-key", "--out", "recovery-key.pub")
    hosts.carry("desk", "drop", "recovery-key.pub", "carried.pub")
    said = {
        "drop": hosts.command("drop", "backup", "--out", BACKUPS, "--mounted", "--recovery-key", "carried.pub"),
        "desk": hosts.command("desk", "backup", "--out", BACKUPS, "--mounted"),
    }
    for plan in PLANS:
        for made in hosts.machine(plan).path(BACKUPS).glob("*.backup"):
            made.unlink()
        hosts.machine(plan).run("systemctl", "start", "candour-backup")
        [made] = hosts.machine(plan).path(BACKUPS).glob("*.backup")
        shutil.copy(made, kept)
        assert "The newest backup of this host is of" in hosts.kept(plan)
    return {plan: re.findall(r"Signed with the key ([0-9A-F ]{29})", text)[0] for plan, text in said.items()}


def restore(hosts: Hosts, kept: Path, groups: dict[str, str]) -> None:
    """The desk first; it gives the code for the other one."""
    shares = "".join(f"{share}\n" for share in hosts.made["recovery_shares"][:2])
    for plan in PLANS:
        hosts.give_disk(plan, kept)
    (of_drop,), (of_desk,) = (sorted(path.name for path in kept.glob(f"candour-{plan}-*")) for plan in PLANS)
    words = ("--backup", f"{BACKUPS}/{of_desk}", "--signed-by", groups["desk"])
    assert "FAULT" not in hosts.command("desk", "restore", *words, typed=shares)
    words = ("--backup", f"{BACKUPS}/{of_drop}", "--signed-by", groups["drop"])
    said = hosts.command("desk", "backup-code", *words, typed=shares)
    [code] = re.findall(r"^(?:[0-9A-Z]{4}-){13}[0-9A-Z]{4}$", said, re.MULTILINE)
    said = hosts.command("drop", "restore", *words, typed=f"{code}\n")
    assert "FAULT" not in said
    assert f"The site for sources, as before: {hosts.site}" in said
    # A restored source host lets no desk in before that.
    hosts.pair_anew()
