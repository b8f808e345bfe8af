"""What each program may touch, for AppArmor: a second fence, which the kernel holds whatever became of the program.

Each profile is named as its unit is (`AppArmorProfile=`): no program is shut in for its path, so an administrator's
own commands are not. Language: apparmor.d(5).
"""

from deploy.hosts.hardening import BESIDE
from deploy.hosts.units import DATA, PROGRAMS, Unit

_HEAD = """# Written by Candour's installer; it writes this file anew.
abi <abi/3.0>,
include <tunables/global>
"""

_ALL = """  include <abstractions/base>

  # Python, Candour itself, and its packages: to read and to run, never to write.
  {programs}/* rix,
  /opt/candour/** r,
  /opt/candour/.venv/lib/**.so{{,.*}} mr,
  /usr/bin/python3* rix,
  /usr/lib/python3*/** r,
  /usr/lib/python3*/lib-dynload/*.so mr,
  /usr/local/lib/python3*/{{,**}} r,
  /usr/share/zoneinfo/** r,
  /etc/{{passwd,group,nsswitch.conf,localtime,timezone,mime.types}} r,
  /etc/ssl/openssl.cnf r,

  # Itself, and what the memory of this machine is.
  owner @{{PROC}}/@{{pid}}/{{status,stat,maps,mounts,mountinfo,limits,cgroup}} r,
  owner @{{PROC}}/@{{pid}}/{{fd,task}}/{{,**}} r,
  @{{PROC}}/{{meminfo,stat,swaps,loadavg}} r,
  @{{PROC}}/sys/kernel/{{core_pattern,random/**}} r,
  @{{PROC}}/sys/vm/overcommit_memory r,
  /sys/devices/system/cpu/** r,
  /sys/fs/cgroup/** r,
  owner /{{tmp,var/tmp,dev/shm}}/** rwk,
  /var/lib/candour-posture/** r,

  signal (send, receive) peer={name},
  unix peer=(label={name}),
  unix (create, bind, listen, accept, connect, getattr, setopt, getopt, shutdown, send, receive),
"""

_GPG = """
  # GnuPG seals and opens; its agent is started by it.
  /usr/bin/{gpg,gpgconf,gpg-agent,gpg-connect-agent} rix,
  /usr/lib/gnupg/** rix,
  /usr/share/gnupg/** r,
  /etc/gnupg/{,**} r,
"""

_DATA_BUT_TOR = f"""
  # All that this host keeps. Of Tor's folder nothing that gives Tor commands, and no key: who can read Tor's cookie can
  # have it call out, past every onion, and tell where this host is.
  {DATA}/ r,
  owner {DATA}/** rwkl,
  deny {DATA}/tor/{{site,door,desk,desk-off,laid-aside}}/**secret_key rwkl,
  deny {DATA}/tor/control.sock rwkl,
"""

_TOR = f"""
  # Tor, with its own folder and the network; of what this host keeps, nothing else.
  /usr/bin/tor rix,
  /usr/bin/setpriv rix,
  /usr/share/tor/** r,
  {BESIDE} r,
  network inet stream,
  network inet6 stream,
  network netlink raw,
  {DATA}/ r,
  owner {DATA}/tor/{{,**}} rwkl,
  owner {DATA}/sockets/ r,
  owner {DATA}/sockets/* rw,
"""

_BACKUP = f"""
  # All that this host keeps, to read. To write: what stands in the data folder itself (the database and its log, the
  # key that signs, when it was done), and the disk for backups.
  {DATA}/ r,
  owner {DATA}/** rk,
  owner {DATA}/* rwkl,
  {{backups}}/ r,
  owner {{backups}}/* rwkl,
"""


def profile(unit: Unit) -> str:
    """Return the profile of a unit."""
    rules = _ALL.format(programs=PROGRAMS, name=unit.name)
    if unit.writes:
        rules += "".join(_BACKUP.format(backups=path) for path in unit.writes) + _hidden(unit)
    else:
        rules += _TOR if unit.network else _GPG + _DATA_BUT_TOR + _hidden(unit)
    return f"{_HEAD}\nprofile {unit.name} flags=(attach_disconnected) {{\n{rules}}}\n"


def _hidden(unit: Unit) -> str:
    """Return the rules for what systemd hides from it too: here also what comes to be there only later."""
    return "".join(f"  deny {DATA}/{name.lstrip('-')}{{,/,/**}} rwkl,\n" for name in unit.hidden)
