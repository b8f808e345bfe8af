"""The judges by themselves: what they are shown stands in tables, and what they must say of it."""

import base64
import hashlib
import os
import subprocess
from datetime import date
from pathlib import Path
from pwd import getpwnam

import pytest

from deploy.hosts import hardening
from posture.debian import SUPPORTED, judge_kernel, judge_release, judge_waiting
from posture.disks import mounted_at
from posture.firewall import judge_rules, read_rules
from posture.installed import judge_packages, judge_versions, read_lock, read_record
from posture.keeping import judge_cores, judge_journal
from posture.kernel import SETTINGS
from posture.line import Grade
from posture.listening import EXPECTED, judge_loopback, judge_tcp, judge_udp, read_listeners
from posture.machine import Machine, Unseen, run_program
from posture.people import judge_logins, judge_root
from tests.printed_by_debian import HEAD, NFT

CHECKOUT = Path(__file__).resolve().parent.parent
NAMES = {0: "root", 101: "debian-tor", 999: "candour"}
SAME_RULES = {
    # As Debian 12's nft prints it where there is no /etc/protocols: seen on a Debian of debootstrap.
    "protocols by number": NFT.replace("l4proto tcp", "l4proto 6"),
    "users by name": NFT.replace("skuid 999", 'skuid "candour"'),
    "a set in another order": NFT.replace(
        "{ nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert }",
        "{ nd-neighbor-advert, nd-router-solicit, nd-neighbor-solicit }",
    ),
    "its priority as a number": NFT.replace("priority filter;", "priority 0;"),
    "a rule that counts, elsewhere": NFT.replace("l4proto tcp accept", "l4proto tcp counter packets 7 bytes 99 accept"),
    "with comments": NFT.replace("\tchain passing", "\t# across\n\tchain passing"),
}
OTHER_RULES = {
    "nothing": "",
    "a rule more": NFT.replace('oif "lo" accept', 'oif "lo" accept\n\t\taccept'),
    "a rule less": NFT.replace('\t\toif "lo" accept\n', ""),
    "two rules the other way round": NFT.replace(
        '\t\tiif "lo" accept\n\t\tct state established,related accept\n',
        '\t\tct state established,related accept\n\t\tiif "lo" accept\n',
    ),
    "another user": NFT.replace("skuid 999", "skuid 1000"),
    "another protocol by number": NFT.replace("meta skuid 999 meta l4proto tcp", "meta skuid 999 meta l4proto 17"),
    "a protocol that only begins alike": NFT.replace("l4proto tcp", "l4proto 60"),
    "UDP too": NFT.replace("meta skuid 999 meta l4proto tcp", "meta skuid 999"),
    "a set with one more": NFT.replace("nd-router-advert,", "nd-router-advert, nd-redirect,"),
    "an open policy": NFT.replace("policy drop", "policy accept", 1),
    "a chain more": NFT.replace("\tchain passing", "\tchain more {\n\t}\n\tchain passing"),
    "a table more": NFT + "table ip nat {\n\tchain out {\n\t}\n}\n",
}
ADDRESSES = {
    "loopback": ("0100007F:235A 00000000:0000 0A", "127.0.0.1:9050", True),
    "loopback, another one": ("0200007F:235A 00000000:0000 0A", "127.0.0.2:9050", True),
    "every address": ("00000000:0016 00000000:0000 0A", "0.0.0.0:22", False),
    "one address": ("0A00A8C0:0050 00000000:0000 0A", "192.168.0.10:80", False),
    "loopback of IPv6": ("00000000000000000000000001000000:235A 0:0 0A", "[::1]:9050", True),
    "every address of IPv6": ("00000000000000000000000000000000:0050 0:0 0A", "[::]:80", False),
    "loopback of IPv4, spelt as IPv6": ("0000000000000000FFFF00000100007F:235A 0:0 0A", "127.0.0.1:9050", True),
    "an address of IPv6": ("B80D0120000000000000000001000000:0050 0:0 0A", "[2001:db8::1]:80", False),
}
LOCK = 'flask==3.1.2 \\\n    --hash=sha256:0\nArgon2_cffi==25.1.0 \\\nzipp==3.0 ; python_version < "3.9" \\\n'
INSTALLED = {
    "as pinned": ({"flask": "3.1.2", "argon2-cffi": "25.1.0"}, Grade.RIGHT),
    "with what only some machines need": ({"flask": "3.1.2", "argon2-cffi": "25.1.0", "zipp": "3.0"}, Grade.RIGHT),
    "older": ({"flask": "3.1.1", "argon2-cffi": "25.1.0"}, Grade.FAULT),
    "one missing": ({"flask": "3.1.2"}, Grade.FAULT),
    "a stranger": ({"flask": "3.1.2", "argon2-cffi": "25.1.0", "spy": "1"}, Grade.FAULT),
}
DAYS = {
    "supported": ("13", date(2026, 12, 1), Grade.RIGHT),
    "on its last day": ("13", SUPPORTED["13"].full, Grade.RIGHT),
    "long-term support": ("12", date(2026, 12, 1), Grade.WARNING),
    "no support": ("12", date(2028, 7, 1), Grade.FAULT),
    "one nobody knows": ("11", date(2026, 12, 1), Grade.WARNING),
}
KERNELS = {
    "the only one": (["6.1.0-40-amd64"], Grade.RIGHT),
    "the newest by number, not by letter": (["6.1.0-9-amd64", "6.1.0-40-amd64"], Grade.RIGHT),
    "a newer one is there": (["6.1.0-40-amd64", "6.1.0-100-amd64"], Grade.WARNING),
}
CORES = {
    "nowhere": ("|/bin/false\n", "", Grade.RIGHT),
    "collected and dropped": ("|/usr/lib/systemd/systemd-coredump %P", "Storage=none\n", Grade.RIGHT),
    "collected and kept": ("|/usr/lib/systemd/systemd-coredump %P", "#Storage=none\nStorage=external\n", Grade.FAULT),
    "beside the program": ("core\n", "", Grade.FAULT),
}
JOURNALS = {
    "by default": ("[Journal]\n#Storage=volatile\n", Grade.FAULT),
    "in memory": ("[Journal]\nStorage=volatile\n", Grade.RIGHT),
    "nowhere": ("Storage=none\n", Grade.RIGHT),
    "the last word is another": ("Storage=volatile\n# other.conf\nStorage=persistent\n", Grade.FAULT),
}
MOUNTS = (
    "/dev/vda1 / ext4 rw 0 0\n/dev/mapper/keep /var/lib/candour ext4 rw 0 0\n/dev/vdb /var/lib/cand ext4 rw 0 0\n"
    "/dev/old /mnt/a\\040b ext4 rw 0 0\n/dev/new /mnt/a\\040b xfs rw 0 0\n"
)
PLACES = {
    "a folder below": ("/var/lib/candour/blobs", "/dev/mapper/keep"),
    "itself": ("/var/lib/candour", "/dev/mapper/keep"),
    "beside it": ("/var/lib/candours", "/dev/vda1"),
    "anywhere": ("/srv", "/dev/vda1"),
    "a name with a space, twice mounted": ("/mnt/a b/c", "/dev/new"),
}


def written() -> dict[str, list[str]]:
    """The rules as the installer writes them."""
    return read_rules(hardening.firewall(), NAMES)


@pytest.mark.parametrize("how", SAME_RULES)
def test_the_firewall_is_compared_by_meaning(how: str) -> None:
    """As nft prints it, and as people write it."""
    text = hardening.firewall()
    if how.startswith("a rule that counts"):
        text = text.replace("l4proto tcp accept", "l4proto tcp counter packets 0 bytes 0 accept")
    assert judge_rules(read_rules(SAME_RULES[how], NAMES), read_rules(text, NAMES)).grade is Grade.RIGHT


@pytest.mark.parametrize("how", OTHER_RULES)
def test_another_firewall_is_another(how: str) -> None:
    """Each rule, its place, its policy, and whatever somebody else put beside it."""
    assert judge_rules(read_rules(OTHER_RULES[how], NAMES), written()).grade is Grade.FAULT


def test_nft_prints_what_the_installer_writes_in_words_that_are_taken_for_the_same(tmp_path: Path) -> None:
    """The real nft, in a network of its own: what it loaded it prints, and that is judged to be what was written."""
    # Users that this machine has, under the names that an installed one would have for their numbers.
    text = hardening.firewall().replace('"candour"', '"games"').replace('"debian-tor"', '"daemon"')
    (tmp_path / "rules").write_text(text)
    command = ["unshare", "--map-root-user", "--net", "sh", "-c", 'nft -f "$0" && nft list ruleset', "rules"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    users = {0: "root", getpwnam("games").pw_uid: "candour", getpwnam("daemon").pw_uid: "debian-tor"}
    assert judge_rules(read_rules(shown, users), written()).grade is Grade.RIGHT


@pytest.mark.parametrize("where", ADDRESSES)
def test_an_address_is_read_as_the_kernel_spells_it(where: str) -> None:
    """And only loopback is not the network."""
    row, spelt, inside = ADDRESSES[where]
    found = read_listeners(f"{HEAD}   0: {row} 0:0 0:0 0 0 0 1 1\n", "0A")
    assert [str(each) for each in found] == [spelt]
    assert (judge_tcp(found).grade is Grade.RIGHT) == inside


def test_only_what_asks_for_an_address_may_take_datagrams() -> None:
    """Port 68, and port 546 for IPv6; an ordinary connection does not listen."""
    asking = read_listeners(f"{HEAD} 0: 00000000:0044 00000000:0000 07\n 1: 00000000:0222 00000000:0000 07\n", "07")
    naming = read_listeners(f"{HEAD} 0: 00000000:0035 00000000:0000 07\n", "07")
    assert judge_udp(asking).grade is Grade.RIGHT
    assert judge_udp(naming).grade is Grade.FAULT
    assert read_listeners(f"{HEAD} 0: 0100007F:A000 0100007F:235A 01\n", "0A") == []


def test_the_desks_page_is_expected_at_the_desk_alone() -> None:
    """Port 8081 on loopback."""
    page = read_listeners(f"{HEAD} 0: 0100007F:1F91 00000000:0000 0A\n", "0A")
    assert judge_loopback(page, EXPECTED["desk"]).grade is Grade.RIGHT
    assert judge_loopback(page, EXPECTED["drop"]).grade is Grade.WARNING


@pytest.mark.parametrize("case", INSTALLED)
def test_the_versions_are_the_pinned_ones(case: str) -> None:
    """However a name is spelt."""
    installed, grade = INSTALLED[case]
    assert judge_versions(installed, read_lock(LOCK)).grade is grade


def test_a_list_of_files_is_read_as_pip_writes_it() -> None:
    """Commas in names, hashes without their padding, files that have none."""
    digest = hashlib.sha256(b"a").digest()
    spelt = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    found = read_record(f'"a,b.py",sha256={spelt},1\na.pyc,,\n../../../bin/x,sha256={spelt},1\n')
    assert [(each.path, each.digest) for each in found] == [("a,b.py", digest), ("../../../bin/x", digest)]
    assert judge_packages(found, lambda _path: digest).grade is Grade.RIGHT
    assert judge_packages(found, lambda path: digest if path == "a,b.py" else b"").grade is Grade.FAULT
    assert judge_packages([], lambda _path: digest).grade is Grade.FAULT


def test_the_packages_of_this_very_environment_are_as_they_came_and_as_pinned() -> None:
    """The real lists, and the real lock."""
    lock = read_lock((CHECKOUT / "requirements" / "test.lock").read_text("utf-8"))
    folder = next((CHECKOUT / ".venv" / "lib").glob("python3*/site-packages"))
    infos = list(folder.glob("*.dist-info"))
    files = [each for info in infos for each in read_record((info / "RECORD").read_text("utf-8"))]
    found = judge_packages(files, lambda path: Machine().digest(f"{folder}/{path}"))
    assert found.grade is Grade.RIGHT, found.sentence
    assert len(files) > 1000
    pairs = [info.stem.rsplit("-", 1) for info in infos]
    installed = {name.lower().replace("_", "-").replace(".", "-"): version for name, version in pairs}
    for name in ("pip", "setuptools", "wheel", "candour"):
        installed.pop(name, None)
    assert judge_versions(installed, {name: (lock[name][0], True) for name in installed}).grade is Grade.RIGHT


@pytest.mark.parametrize("case", DAYS)
def test_a_release_is_judged_by_the_day(case: str) -> None:
    """Debian's own dates."""
    version, today, grade = DAYS[case]
    assert judge_release(f'ID=debian\nVERSION_ID="{version}"\n', today).grade is grade


@pytest.mark.parametrize("case", KERNELS)
def test_the_newest_kernel_runs(case: str) -> None:
    """By its numbers."""
    boot, grade = KERNELS[case]
    assert judge_kernel("6.1.0-40-amd64\n", [f"vmlinuz-{name}" for name in boot]).grade is grade


def test_without_a_kernel_in_boot_nobody_can_tell() -> None:
    """A machine in a machine has none."""
    with pytest.raises(Unseen):
        judge_kernel("6.1.0", ["grub"])


def test_updates_for_security_are_told_apart() -> None:
    """As apt-get prints them."""
    said = judge_waiting(
        "Inst zip [3.0-13] (3.0-13+deb12u1 Debian-Security:12/oldstable-security [amd64])\n"
        "Inst tzdata [1] (2 Debian:12.15/oldstable [all])\nConf zip (3.0-13+deb12u1)\n"
    )
    assert (said.grade, said.sentence) == (Grade.WARNING, "Updates wait: 2, of them for security: 1.")


@pytest.mark.parametrize("case", CORES)
def test_where_a_core_goes(case: str) -> None:
    """To nobody, or to a collector that keeps none."""
    pattern, config, grade = CORES[case]
    assert judge_cores(pattern, lambda: config).grade is grade


@pytest.mark.parametrize("case", JOURNALS)
def test_where_the_journal_goes(case: str) -> None:
    """The last word counts, and what is commented out is none."""
    config, grade = JOURNALS[case]
    assert judge_journal(config).grade is grade


@pytest.mark.parametrize("case", PLACES)
def test_what_is_mounted_where(case: str) -> None:
    """The nearest mount point above, and of two at one place the later."""
    path, device = PLACES[case]
    assert mounted_at(MOUNTS, path)[0] == device


def test_who_is_root_and_who_logs_in_is_read_from_passwd() -> None:
    """00 is 0; no shell named means /bin/sh."""
    rows = [line.split(":") for line in ("root:x:0:0::/:/bin/sh", "x:x:00:0::/:/bin/false", "y:x:5:5::/:", "broken")]
    assert judge_root(rows).sentence == "The number 0 belongs to root, x."
    assert judge_logins(rows).sentence == "With a login shell: root, y."


def test_every_setting_of_the_installers_is_looked_at() -> None:
    """With the installer's value as the first that is good; the pattern of cores is judged with its collector."""
    lines = [line for line in hardening.SYSCTL.splitlines() if "=" in line and not line.startswith("#")]
    set_ = dict(line.split(" = ") for line in lines)
    assert set_.pop("kernel.core_pattern") == "|/bin/false"
    looked_at = {setting.name: setting.good[0] for setting in SETTINGS}
    assert {name: value for name, value in set_.items() if looked_at.get(name) != value} == {}


def test_a_pipe_is_not_opened_and_a_program_that_fails_says_nothing(tmp_path: Path) -> None:
    """To open a pipe is to wait for whoever writes to it."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unseen):
        Machine(tmp_path).read("/pipe")
    for command in (["false"], ["/no/such/program"]):
        with pytest.raises(Unseen):
            run_program(command)
    assert run_program(["echo", "well"]) == "well\n"


def test_a_setting_of_this_machines_kernel_can_be_read() -> None:
    """The kernel refuses to be asked for too much of it at once."""
    assert Machine().read("/proc/sys/kernel/osrelease").strip() == os.uname().release
