"""The administrator's commands on an installed host."""

from deploy.hosts.program import BEFORE
from deploy.hosts.units import DATA, PROGRAMS, UPGRADE_NOTE, USER

# What cannot wait, and is minded by an upgrade: the first words of commands.
_URGENT = {"candour-drop": ("silence", "revoke-desk"), "candour-desk": ()}
_MODULE = {"candour-drop": "source_interface", "candour-desk": "journalist_interface"}


def wrapper(name: str) -> str:
    """Return a shell script that runs a command as Candour's user, wherever root calls it from.

    Not while an upgrade is going on: what it wrote then could be taken back, and it could bring the data up to date.
    Two commands cannot wait, and an upgrade does them again where it takes something back. For a moment the program is
    not at its place then. Its environment cannot be moved, so the one of before is called by its Python.

    It stands in the data folder then: what is handed over (a key, a pairing file) is read and written there, so that
    nobody has to open a folder of theirs to Candour's user.
    """
    urgent = _URGENT[name]
    let_through = f"{' | '.join(urgent)}) ;;\n    " if urgent else ""
    works = f"What cannot wait works all the same: {', '.join(f'{name} {word}' for word in urgent)}." if urgent else ""
    call = f'import sys; sys.argv[0] = "{name}"; from {_MODULE[name]}.starting import main; main()'
    return f"""#!/bin/sh
# Written by Candour's installer; it writes this file anew. See {PROGRAMS}/{name} --help.
set -eu
[ "$(id -u)" -eq 0 ] || exec sudo "$0" "$@"
if [ -e {UPGRADE_NOTE} ]; then
    case "${{1-}}" in
    {let_through}*)
        echo "Candour: an upgrade is going on here, or was cut short. Nothing was done." >&2
        echo "Wait for its end. If nobody is at it, run deploy/upgrade again: it is put right first. {works}" >&2
        exit 1
        ;;
    esac
fi
cd {DATA}
umask 077
if [ ! -x {PROGRAMS}/{name} ] && [ -x {BEFORE}/.venv/bin/python ]; then
    exec runuser -u {USER} -- env PYTHONPATH={BEFORE} {BEFORE}/.venv/bin/python -P -c '{call}' "$@"
fi
exec runuser -u {USER} -- {PROGRAMS}/{name} "$@"
"""
