"""The administrator's commands on an installed host."""

from deploy.hosts.units import DATA, PROGRAMS, USER


def wrapper(name: str) -> str:
    """Return a shell script that runs a command as Candour's user, wherever root calls it from.

    It stands in the data folder then: what is handed over (a key, a pairing file) is read and written there, so that
    nobody has to open a folder of theirs to Candour's user.
    """
    return f"""#!/bin/sh
# Written by Candour's installer; it writes this file anew. See {PROGRAMS}/{name} --help.
set -eu
[ "$(id -u)" -eq 0 ] || exec sudo "$0" "$@"
cd {DATA}
umask 077
exec runuser -u {USER} -- {PROGRAMS}/{name} "$@"
"""
