"""The firewall: are the rules that are in force the rules that are written, by meaning and not by spelling?

nft(8) prints its rules otherwise than they were written: sets in another order, users as numbers, no comments.
"""

import re
from collections.abc import Iterator, Mapping

from posture.line import Look, Verdict, fault, right
from posture.machine import Machine
from serving.language import gettext as _

WRITTEN = "/etc/nftables.conf"
_HOOKS = ("input", "forward", "output")
_SET = re.compile(r"\{([^{}]*)\}")
_COUNTED = re.compile(r"\bcounter packets \d+ bytes \d+")
_COMMENT = re.compile(r"#.*")
_USER = re.compile(r"\bskuid (\d+)\b")
# nft 1.0 (Debian 12) knows the names from /etc/protocols alone, which the smallest installation does not have.
_PROTOCOL = re.compile(r"\bl4proto (6|17)\b")
_PROTOCOLS = {"6": "tcp", "17": "udp"}

Rules = dict[str, list[str]]


def firewall_looks() -> Iterator[Look]:
    """Yield what is looked at, in its order."""
    group = _("Network")
    why = _("Without the firewall a turned program speaks to the network past Tor, and tells where this host is.")
    how = _("systemctl restart nftables; if it comes back, look for another program that writes rules.")
    yield Look("firewall.in-force", group, why, how, _in_force)
    yield Look(
        "firewall.refuses", group, _("What no rule speaks of must be refused, not let through."), how, _refuses
    )  # fmt: skip
    yield Look(
        "firewall.file", group, _("What is written there is in force after the next start."),
        _("chown root:root /etc/nftables.conf; chmod 0755 /etc/nftables.conf; deploy/install writes it anew."), _file,
    )  # fmt: skip
    yield Look(
        "firewall.starts", group, _("When the machine starts again, it would be open."), _("systemctl enable nftables"),
        lambda machine: judge_starts(machine.run("systemctl", "show", "nftables.service", "--property=UnitFileState")),
    )  # fmt: skip


def read_rules(text: str, users: Mapping[int, str]) -> Rules:
    """Return the rules of each chain, "table inet candour/chain coming", in one spelling; order is kept."""
    rules: Rules = {}
    where: list[str] = []
    for line in text.splitlines():
        rule = _plain(_COMMENT.sub("", line), users)
        if rule == "}":
            del where[-1:]
        elif rule.endswith("{"):
            where.append(rule.removesuffix("{").strip())
            if len(where) > 1:
                rules.setdefault("/".join(where), [])
        elif rule and len(where) > 1:
            rules["/".join(where)].append(rule)
    return rules


def judge_rules(in_force: Rules, written: Rules) -> Verdict:
    """Judge what is in force against what is written; chains that nobody wrote count too."""
    if not any(written.values()):
        return fault(_("No firewall is written in {path}.").format(path=WRITTEN))
    other = sorted(name for name in {*in_force, *written} if in_force.get(name) != written.get(name))
    if not other:
        return right(_("The firewall in force is the one that is written."))
    names = ", ".join(name.rsplit("chain ", 1)[-1] for name in other)
    return fault(_("The firewall in force is not the one that is written: {names}.").format(names=names))


def judge_policies(rules: Rules) -> Verdict:
    """Judge whether something refuses what no rule speaks of, at each of the three hooks."""
    lines = [rule for chain in rules.values() for rule in chain if rule.startswith("type filter hook ")]
    open_ = [hook for hook in _HOOKS if not any(f"hook {hook} " in line and "policy drop" in line for line in lines)]
    if not open_:
        return right(_("The firewall refuses whatever no rule lets through, in, out and across."))
    return fault(_("The firewall lets through what no rule speaks of: {hooks}.").format(hooks=", ".join(open_)))


def judge_file(owner: str, mode: int) -> Verdict:
    """Judge who may write the firewall's file."""
    if owner == "root" and not mode & 0o022:
        return right(_("The firewall's file is root's alone to write."))
    return fault(_("Others than root can write {path}.").format(path=WRITTEN))


def judge_starts(shown: str) -> Verdict:
    """Judge what `systemctl show` says of nftables.service."""
    if "UnitFileState=enabled" in shown.splitlines():
        return right(_("The firewall starts with the machine."))
    return fault(_("The firewall does not start with the machine."))


def _plain(line: str, users: Mapping[int, str]) -> str:
    line = _COUNTED.sub("counter", line.replace('"', " "))
    line = _SET.sub(lambda found: "{ " + ", ".join(sorted(part.strip() for part in found[1].split(","))) + " }", line)
    line = _USER.sub(lambda found: f"skuid {users.get(int(found[1]), found[1])}", line)
    line = _PROTOCOL.sub(lambda found: f"l4proto {_PROTOCOLS[found[1]]}", line)
    # priority filter is 0: nft(8).
    return " ".join(line.replace("priority 0;", "priority filter;").split())


def _in_force(machine: Machine) -> Verdict:
    shown = machine.run("nft", "list", "ruleset")
    written = machine.read(WRITTEN)
    return judge_rules(read_rules(shown, machine.users), read_rules(written, machine.users))


def _refuses(machine: Machine) -> Verdict:
    return judge_policies(read_rules(machine.run("nft", "list", "ruleset"), machine.users))


def _file(machine: Machine) -> Verdict:
    entry = machine.entry(WRITTEN)
    return judge_file(entry.owner, entry.mode)
