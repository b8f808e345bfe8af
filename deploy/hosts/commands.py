"""The administrator's commands on an installed host."""

from deploy.hosts.units import DATA, PROGRAMS, UPGRADE_NOTE, USER


def wrapper(name: str) -> str:
    """Return a shell script that runs a command as Candour's user, wherever root calls it from.

    Not while an upgrade is going on: what it wrote then could be taken back, and it could bring the data up to date.
    It stands in the data folder then: what is handed over (a key, a pairing file) is read and written there, so that
    nobody has to open a folder of theirs to Candour's user.
    """
    return f"""#!/bin/sh
# Written by Candour's installer; it writes this file anew. See {PROGRAMS}/{name} --help.
set -eu
[ "$(id -u)" -eq 0 ] || exec sudo "$0" "$@"
if [ -e {UPGRADE_NOTE} ]; then
    echo "Candour: an upgrade is going on here, or was cut short. Nothing was done." >&2
    echo "Wait for its end. If nobody is at it, run deploy/upgrade again: it is put right first." >&2
    exit 1
fi
cd {DATA}
umask 077
exec runuser -u {USER} -- {PROGRAMS}/{name} "$@"
"""
