"""Does whoever should hold the intake key's passphrase hold it, and nobody else? And does the source host seal to it?

For `candour-desk check`; what the source host seals to is told on the page of the post, too.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection

from journalist_interface.desk_folder import Desk
from journalist_interface.new_intake_key import former_keys
from keys.errors import KeysError
from keys.intake_key import first_moment, last_moment, spoken
from keys.intake_shares import OFFICERS_NEEDED
from keys.intake_trial import secrets_of
from serving.language import gettext as _
from store.desk import intake
from store.desk.cases import RECOVERY_HOLDER
from store.desk.key_names import since_named
from store.desk.reviewers import list_reviewers
from store.desk.roles import Role
from store.desk.settings import Setting, read_setting
from store.desk.successions import list_successions, read_drop_key
from store.expiry import judge_age, judge_expiry, judge_recovery_age
from store.findings import Finding


def check_holders(connection: Connection) -> Iterator[Finding]:
    """Yield what is wrong with who holds it, and who waits for it."""
    two = intake.must_be_two(connection)
    holders, waiting = intake.key_holders(connection), intake.waiting_officers(connection)
    for reviewer in list_reviewers(connection):
        share = intake.find_share(connection, reviewer.username)
        whole = reviewer.sealed_passphrase is not None
        if (share is not None or whole) and Role.INTAKE_OFFICER not in reviewer.roles:
            said = _("The roles of {name} do not fit what they can open: somebody changed the database by hand.")
            yield Finding(said.format(name=reviewer.username), sound=False)
        elif whole and two:
            said = _("Two officers are needed for the intake key, and {name} holds the whole of it all the same.")
            yield Finding(said.format(name=reviewer.username), sound=False)
    for name in waiting:
        said = _("{name} is an intake officer and waits for the key. Was {name} meant to be one? If so, hand it over.")
        yield Finding(said.format(name=name), sound=True, warns=True)
    if len(holders) < (OFFICERS_NEEDED if two else 1):
        said = _("Nobody can unlock the intake key: too few officers hold it. docs/guide-recovery.md says what to do.")
        yield Finding(said, sound=False)
    if intake.find_recovery_copy(connection) is None:
        said = _("The recovery key does not open the post yet. It will, once an officer has unlocked the intake key.")
        yield Finding(said, sound=True, warns=True)


def check_successions(connection: Connection, desk: Desk) -> Iterator[Finding]:
    """Yield what is to be said of keys before this one, of the source host's, and of the recovery key's age."""
    drop = read_drop_key(connection)
    if drop is not None:
        wrong = drop_key_warning(connection)
        foreign = wrong is not None and not is_former(connection, drop.fingerprint)
        said = wrong or _("The source host seals to the intake key of this desk.")
        yield Finding(said, sound=not foreign, warns=wrong is not None)
    former = former_keys(connection)
    if former.fingerprints and former.waits_for:
        said = _("A former intake key is kept here, for letters that may still come. {why}")
        yield Finding(said.format(why=former.waits_for), sound=True)
    elif former.fingerprints:
        said = _("Nothing waits for the former intake key any more: candour-desk intake-key put-away erases it.")
        yield Finding(said, sound=True, warns=True)
    gone = {each.old for each in list_successions(connection) if each.put_away}
    # Asked only where there may be one: gpg starts an agent to list secret keys, and it would outlive the check.
    if gone and gone & {each.fingerprint for each in secrets_of(desk.paths.gnupg)}:
        said = _("An intake key that was put away is still here: run candour-desk intake-key put-away once more.")
        yield Finding(said, sound=False)
    named = since_named(connection, RECOVERY_HOLDER)
    if named is not None:
        yield judge_recovery_age(named, time.time())


def drop_key_warning(connection: Connection) -> str | None:
    """Return a sentence if the source host says that it seals to another key than this desk's, else None."""
    drop = read_drop_key(connection)
    current = read_setting(connection, Setting.INTAKE_FINGERPRINT).decode("ascii")
    if drop is None or drop.fingerprint == current:
        return None
    if is_former(connection, drop.fingerprint):
        return _(
            "The source host still seals to the intake key before this one. Nothing is lost: such letters can be read. "
            "Carry the statement there: candour-drop intake-key replace (docs/guide-intake-key.md)."
        )
    return _(
        "Sources seal to {print}, which is no key of this desk: what they send now cannot be read here, and "
        "somebody else may be reading it. Call the administrator now, do not write. Have the source host stopped, and "
        "compare fingerprints (docs/guide-intake-key.md)."
    ).format(print=spoken(drop.fingerprint))


def is_former(connection: Connection, fingerprint: str) -> bool:
    """Tell whether this was an intake key of this desk, and can still be read with."""
    return any(each.old == fingerprint and not each.put_away for each in list_successions(connection))


def key_warnings(connection: Connection, public: Path, now: int) -> list[str]:
    """Return what officers are told on the page of the post: nothing while all is well. `public`: the key's file."""
    found = [said for said in (drop_key_warning(connection),) if said]
    with suppress(KeysError):
        for each in (judge_expiry(last_moment(public), now), judge_age(first_moment(public), now)):
            if each.warns:
                found.append(_("{said} Make a new one: docs/guide-intake-key.md.").format(said=each.sentence))
    former = former_keys(connection)
    if former.fingerprints and not former.waits_for:
        found.append(
            _(
                "Nothing waits for the former intake key any more. An administrator can put it away: "
                "docs/guide-intake-key.md."
            )
        )
    return found
