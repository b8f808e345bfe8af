"""The kernel's settings, one by one, and what each keeps out. Documented in the kernel's admin-guide/sysctl."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from posture.line import Look, Verdict, fault, right
from posture.machine import Machine
from serving.language import gettext as _


@dataclass(frozen=True)
class Setting:
    """One setting: the values that are as strict as the installer's or stricter, the installer's first."""

    name: str
    good: tuple[str, ...]
    why: str


_COREFUL = _("A core is a program's whole memory, codenames and plain text in it, written to the disk.")
_CURIOUS = _("A program that was turned must not find out where the kernel lies in memory.")
_SURFACE = _("It is a way into the kernel that nothing on this host needs.")
_LINKS = _("In a folder that everybody may write to, one program can lead another to a file that is not meant.")
_LED = _("Whoever stands in the same network could lead this host's packets past where they should go.")
_CARD = _("An address that holds the number of the network card is known again in every network, after years.")
_TELLS = _("The host would answer strangers who ask whether it is there, or how long it has been up.")

SETTINGS = (
    Setting("kernel.yama.ptrace_scope", ("2", "3"), _("A program could read another's memory, keys in it.")),
    Setting("fs.suid_dumpable", ("0",), _COREFUL),
    Setting("kernel.kptr_restrict", ("2",), _CURIOUS),
    Setting("kernel.dmesg_restrict", ("1",), _CURIOUS),
    Setting("kernel.randomize_va_space", ("2",), _("A program whose memory lies where one expects is easier to turn.")),
    Setting("kernel.unprivileged_bpf_disabled", ("1", "2"), _SURFACE),
    Setting("net.core.bpf_jit_harden", ("2",), _SURFACE),
    Setting("kernel.kexec_load_disabled", ("1",), _("Another kernel could be started in place of this one.")),
    Setting("kernel.sysrq", ("0",), _("A hand at the keyboard could have memory written out, without any password.")),
    Setting("kernel.perf_event_paranoid", ("3", "4"), _SURFACE),
    Setting("vm.unprivileged_userfaultfd", ("0",), _SURFACE),
    Setting("dev.tty.ldisc_autoload", ("0",), _SURFACE),
    Setting("fs.protected_fifos", ("2",), _LINKS),
    Setting("fs.protected_regular", ("2",), _LINKS),
    Setting("fs.protected_hardlinks", ("1",), _LINKS),
    Setting("fs.protected_symlinks", ("1",), _LINKS),
    Setting("vm.swappiness", ("0",), _("Memory goes to the disk where that could be put off.")),
    Setting("net.ipv4.tcp_timestamps", ("0",), _TELLS),
    Setting("net.ipv4.icmp_echo_ignore_all", ("1",), _TELLS),
    Setting("net.ipv4.tcp_syncookies", ("1", "2"), _("A flood of half connections would fill the table of all.")),
    Setting("net.ipv4.conf.all.accept_redirects", ("0",), _LED),
    Setting("net.ipv4.conf.default.accept_redirects", ("0",), _LED),
    Setting("net.ipv4.conf.all.send_redirects", ("0",), _LED),
    Setting("net.ipv4.conf.all.rp_filter", ("1", "2"), _LED),
    Setting("net.ipv6.conf.all.accept_redirects", ("0",), _LED),
    Setting("net.ipv6.conf.default.accept_redirects", ("0",), _LED),
    Setting("net.ipv6.conf.all.addr_gen_mode", ("3", "1", "2"), _CARD),
    Setting("net.ipv6.conf.default.addr_gen_mode", ("3", "1", "2"), _CARD),
    Setting("net.ipv6.conf.all.use_tempaddr", ("2",), _CARD),
    Setting("net.ipv6.conf.default.use_tempaddr", ("2",), _CARD),
    Setting("net.ipv4.ip_forward", ("0",), _("The host would pass other machines' packets on.")),
    Setting("net.ipv6.conf.all.forwarding", ("0",), _("The host would pass other machines' packets on.")),
)


def kernel_looks() -> Iterator[Look]:
    """Yield a look for each setting."""
    how = _("Run deploy/install again, or sysctl --system; if it comes back, another file in /etc/sysctl.d says so.")
    for setting in SETTINGS:
        yield Look(f"sysctl.{setting.name}", _("Kernel"), setting.why, how, _asking(setting))


def judge_setting(setting: Setting, value: str) -> Verdict:
    """Judge the text of a file below /proc/sys."""
    found = value.strip()
    if found in setting.good:
        return right(_("{name} is {value}.").format(name=setting.name, value=found))
    return fault(
        _("{name} is {value}, and should be {wanted}.").format(name=setting.name, value=found, wanted=setting.good[0])
    )


def _asking(setting: Setting) -> Callable[[Machine], Verdict]:
    path = "/proc/sys/" + setting.name.replace(".", "/")
    return lambda machine: judge_setting(setting, machine.read(path))
