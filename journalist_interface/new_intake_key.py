"""Making a new intake key, and erasing the one before when nothing waits for it any more. No terminal.

Rules:
- Nothing is kept that was not tried: what is sealed to either key opens with the new passphrase, and the statement is
  one that the source host would take.
- The officers who hold the key hold the new one, in the same way, whole or in halves; so does the recovery key. What
  they held before opens nothing here any more.
- One transaction: passphrase, fingerprint, statement, record. What a crash leaves is finished by whoever comes next.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from journalist_interface.desk_folder import Desk
from journalist_interface.errors import CustodyRefused
from journalist_interface.intake_custody import leave_no_trace, seal_anew
from journalist_interface.intake_homes import NEXT, PUBLIC, erase_home, finish_exchange, mark_whole
from journalist_interface.key_names import exchanges_recorded
from journalist_interface.officers_asked import ProvedOfficers
from keys.errors import OpenPGPFailed, SealBroken, SuccessionRefused
from keys.intake_exchange import copy_home, erase_secrets, exchange_key
from keys.intake_secret import agent_running, new_passphrase, open_bytes, stop_agent
from keys.intake_succession import Statement, check_statement
from keys.openpgp import seal_bytes
from keys.recusals import open_as_officer, seal_for_officers
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.courier_state import Doing, read_courier
from store.desk.profiles import exchange_recusals, list_profiles
from store.desk.settings import Setting, change_setting, read_setting
from store.desk.successions import Kept, add_succession, list_successions, note_put_away, read_drop_key
from store.desk.waiting_post import count_waiting

_PROBE = b"what is sealed to this key opens"
_LATE_SECONDS = 48 * 60 * 60  # a form that was begun under the old key is sent or forgotten long before


@dataclass(frozen=True)
class FormerKey:
    """What is to be said of intake keys before the present one that are still here.

    `waits_for` is empty when they can be erased, else a sentence.
    """

    fingerprints: tuple[str, ...]
    waits_for: str


def today() -> str:
    """Return the day in UTC, YYYY-MM-DD."""
    return datetime.now(UTC).date().isoformat()


def exchange_intake_key(desk: Desk, officers: ProvedOfficers) -> Kept:
    """Make a new intake key; return what is kept of it. For whoever has desk and key alone (only_desk, intake_homes).

    Raises OpenPGPFailed, CustodyRefused, SignInRefused or NoRoom: then the old key holds, and nothing was changed.
    """
    following, after = desk.paths.folder / NEXT, new_passphrase()
    erase_home(following)
    with desk.database.reading() as connection:
        number = len(list_successions(connection)) + 1
        old = read_setting(connection, Setting.INTAKE_FINGERPRINT).decode("ascii")
    try:
        copy_home(desk.paths.gnupg, following)
        passphrases = (officers.passphrase, after)
        statement = exchange_key(following, old, passphrases, number, today())
        _try(desk, statement, after)
        said = statement.succession
        kept = Kept(number, said.day, said.old, said.new, statement.to_bytes().decode("utf-8"))
        mark_whole(following, said.new, statement.new_key)
        with exchanges_recorded(desk, officers.names[0]), desk.database.writing() as connection:
            officers.spend(connection)
            _hold(connection, officers.names, after, kept)
    finally:
        # Whatever happened, and wherever: what the database says now is what holds.
        with desk.database.reading() as connection:
            holds = read_setting(connection, Setting.INTAKE_FINGERPRINT).decode("ascii")
        for home in (desk.paths.gnupg, following):
            stop_agent(home)
        finish_exchange(desk.paths.folder, holds)
    leave_no_trace(desk)
    return kept


def former_keys(connection: Connection) -> FormerKey:
    """Return which former keys are here, and what they wait for. Nobody can tell from outside whose a letter is."""
    kept = [each for each in list_successions(connection) if not each.put_away]
    fingerprints = tuple(each.old for each in kept)
    if not kept:
        return FormerKey((), "")
    drop, courier = read_drop_key(connection), read_courier(connection)
    if drop is None or drop.fingerprint != kept[-1].new:
        return FormerKey(fingerprints, _("The source host has not told yet that it seals to the new key."))
    if courier.doing is not Doing.DONE or (courier.finished_at or 0) < drop.since + _LATE_SECONDS:
        return FormerKey(
            fingerprints,
            _("The courier has to go once more, two days after the source host took the new key."),
        )
    if waiting := count_waiting(connection):
        return FormerKey(fingerprints, _("Letters wait in the post: {n}. Open them first.").format(n=waiting))
    return FormerKey(fingerprints, "")


def put_away(desk: Desk, officers: ProvedOfficers) -> tuple[str, ...]:
    """Erase the former intake keys; return their fingerprints. For whoever has desk and key alone.

    Raises CustodyRefused while something waits for them, SignInRefused, OpenPGPFailed.
    """
    with desk.database.writing() as connection:
        former = former_keys(connection)
        if not former.fingerprints:
            raise CustodyRefused(_("There is no former intake key here. Nothing was changed."))
        if former.waits_for:
            raise CustodyRefused(_("{why} Nothing was erased.").format(why=former.waits_for))
        officers.spend(connection)
        _seal_recusals_anew(connection, desk, officers.passphrase)
        note_put_away(connection, today())
        for name in officers.names:
            record_act(connection, name, Act.INTAKE_KEY, note=f"put away: {', '.join(former.fingerprints)}")
    erase_put_away(desk)
    leave_no_trace(desk)
    return former.fingerprints


def erase_put_away(desk: Desk) -> None:
    """Erase from the home what the database says is put away: also what a crash left there. Raises OpenPGPFailed."""
    with desk.database.reading() as connection:
        gone = [each.old for each in list_successions(connection) if each.put_away]
    erase_secrets(desk.paths.gnupg, gone)


def _hold(connection: Connection, names: tuple[str, ...], passphrase: str, kept: Kept) -> None:
    seal_anew(connection, names[0], passphrase)
    change_setting(connection, Setting.INTAKE_FINGERPRINT, kept.new.encode("ascii"))
    add_succession(connection, kept)
    for name in names:
        record_act(connection, name, Act.INTAKE_KEY, note=f"{kept.number}: {kept.old} -> {kept.new}")


def _try(desk: Desk, statement: Statement, passphrase: str) -> None:
    following = desk.paths.folder / NEXT
    old_key = (desk.paths.folder / PUBLIC).read_bytes()
    try:
        check_statement(statement, old_key, statement.succession.number - 1)
    except SuccessionRefused as refused:
        raise CustodyRefused(_("{why} No new key was made.").format(why=refused.reason)) from refused
    with agent_running(following):
        for key in (statement.old_key, statement.new_key):
            if _sealed_and_opened(following, key, passphrase) != _PROBE:
                raise OpenPGPFailed("what was sealed to try the keys does not open")


def _sealed_and_opened(home: Path, key: str, passphrase: str) -> bytes:
    public = home / "tried.asc"
    public.write_text(key, "ascii")
    with os.fdopen(os.memfd_create("probe"), "r+b") as sealed:
        seal_bytes(public, _PROBE, sealed.fileno())
        public.unlink()
        sealed.seek(0)
        return open_bytes(home, passphrase, sealed, len(_PROBE))


def _seal_recusals_anew(connection: Connection, desk: Desk, passphrase: str) -> None:
    """Seal to the present key what reviewers asked not to be given, which may be sealed to one before."""
    with agent_running(desk.paths.gnupg):
        for name, row in list_profiles(connection).items():
            try:
                lines = open_as_officer(desk.paths.gnupg, passphrase, name, row.sealed_recusals)
            except (OpenPGPFailed, SealBroken):
                continue  # it was altered, and the desk says so wherever it is asked for
            exchange_recusals(connection, name, seal_for_officers(desk.paths.intake_key, name, lines))
