"""Making a desk: its keys, and its first people (`candour-desk init`).

The shares of the recovery key are handed out before anything is made: a desk whose recovery key nobody holds never is.
The settings are written last, in one transaction with the accounts: a desk that was not made to its end says so.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from journalist_interface.accounts import NewAccount, added_note, make_account
from journalist_interface.desk_folder import MIGRATIONS, DeskPaths, open_blob_folder, opened_desk
from journalist_interface.errors import SetUpRefused
from journalist_interface.handing_out import HandOut, worthless_if_this_fails
from journalist_interface.intake_custody import seal_for_recovery
from journalist_interface.key_names import name_key
from journalist_interface.recovery_cards import NewShares
from journalist_interface.recovery_codes import RecoveryCodes, draw_codes
from journalist_interface.trail_key import TrailName, draw_trail_name, keep_trail_name
from keys.intake_secret import agent_running, export_public, make_intake_key, new_passphrase, stop_agent
from serving.language import gettext as _
from store.database import open_database
from store.desk.audit import Act, record_act
from store.desk.cases import RECOVERY_HOLDER
from store.desk.reviewers import add_reviewer
from store.desk.roles import Role
from store.desk.settings import Setting, put_setting
from store.folder import make_private_folder, write_private_file

OFFICER = frozenset({Role.INTAKE_OFFICER, Role.REVIEWER})


@dataclass(frozen=True)
class Beginner:
    """Somebody to begin with: user name, password, and what they may do; the first of them is the intake officer."""

    username: str
    password: str = field(repr=False)
    roles: frozenset[Role] = OFFICER


@dataclass(frozen=True)
class Enrolment:
    """What one of the first people must take down now."""

    account: NewAccount = field(repr=False)
    codes: RecoveryCodes = field(repr=False)


@dataclass(frozen=True)
class NewDesk:
    """What `init` made: its people, the first intake officer first; where the keys are; whose the audit trail is."""

    people: tuple[Enrolment, ...] = field(repr=False)
    paths: DeskPaths
    fingerprint: str
    trail: TrailName


def _leave_for_later(_people: Sequence[Enrolment]) -> None:
    """Show nobody what they must take down: whoever called does so when the desk is made."""


def set_up_desk(
    folder: Path,
    beginners: Sequence[Beginner],
    new: NewShares,
    hand_out: HandOut,
    enrol: Callable[[Sequence[Enrolment]], None] = _leave_for_later,
) -> NewDesk:
    """Make a desk in `folder`, whose recovery key's new shares are given to `hand_out`. The first is its officer.

    `enrol` may show people what they must take down before anything is made. Raises SetUpRefused if a desk is there or
    an account will not do, what `enrol` and `hand_out` raise, and OpenPGPFailed.
    """
    passphrase = new_passphrase()
    people = tuple(_enrol(each, passphrase) for each in beginners)
    if len({each.username for each in beginners}) < len(beginners):
        raise SetUpRefused(_("Two people have the same user name. Nothing was made. Give each their own."))
    refuse_if_there(folder)
    enrol(people)
    hand_out(new)
    with worthless_if_this_fails():
        # Once more: handing out takes as long as people take. From here on what is in the folder is ours.
        refuse_if_there(folder)
        with _taken_away_if_this_fails(folder):
            paths = DeskPaths(make_private_folder(folder))
            fingerprint = _make_keys(paths, passphrase)
            settings = {
                Setting.RECOVERY_PUBLIC_KEY: new.public,
                Setting.INTAKE_FINGERPRINT: fingerprint.encode("ascii"),
                Setting.INTAKE_FOR_RECOVERY: seal_for_recovery(new.public, passphrase),
            }
            trail = _keep(paths, people, settings)
    return NewDesk(people, paths, fingerprint, trail)


def refuse_if_there(folder: Path) -> None:
    """Raise SetUpRefused if there is a desk, or a part of one."""
    if DeskPaths(folder).database.exists() or DeskPaths(folder).gnupg.exists():
        raise SetUpRefused(
            _("There is a desk in {path} already. Nothing was changed. Choose another folder.").format(path=folder)
        )


def is_complete(folder: Path) -> bool:
    """Tell whether there is a desk that was made to its end."""
    if not DeskPaths(folder).database.is_file():
        return False
    try:
        with opened_desk(folder):
            return True
    except SetUpRefused:
        return False


def clear_half_made(folder: Path) -> None:
    """Take away what a killed `set_up_desk` left in `folder`. Raises SetUpRefused if there is a desk.

    Only for who knows that there was nothing before it began: a key without a database may be all that is left of a
    desk, and then is worth everything.
    """
    if is_complete(folder):
        refuse_if_there(folder)
    _erase(DeskPaths(folder))


def _erase(paths: DeskPaths) -> None:
    if paths.gnupg.is_dir():
        stop_agent(paths.gnupg)
    for name in ("desk.sqlite", "desk.sqlite-wal", "desk.sqlite-shm", "intake-key.asc", paths.signing_key.name):
        (paths.folder / name).unlink(missing_ok=True)
    for each in (paths.post, paths.vault, paths.gnupg):
        shutil.rmtree(each, ignore_errors=True)


@contextmanager
def _taken_away_if_this_fails(folder: Path) -> Iterator[None]:
    """Leave nothing in the way of the same line typed again. Raises SetUpRefused for what the disk refuses."""
    paths = DeskPaths(folder)
    # Sealed letters without a desk are not of ours: what is left of one is never taken away.
    is_ours = not paths.post.exists() and not paths.vault.exists()
    try:
        yield
    except BaseException as reason:
        with suppress(OSError):
            if is_ours:
                # Whatever there is: the shares that open it are called worthless at this moment.
                _erase(paths)
        if not isinstance(reason, OSError | SQLAlchemyError):
            raise
        # Of a database's error not its text, which spells out the values of its query.
        why = os.strerror(reason.errno or 0) if isinstance(reason, OSError) else _("its database cannot be written")
        raise SetUpRefused(
            _("The desk cannot be made in {path}: {why}. Make room, or choose another folder.").format(
                path=folder, why=why
            )
        ) from reason


def _enrol(beginner: Beginner, passphrase: str) -> Enrolment:
    account = make_account(beginner.username, beginner.password, beginner.roles, passphrase)
    return Enrolment(account, draw_codes(account.secret.seed, beginner.username))


def _make_keys(paths: DeskPaths, passphrase: str) -> str:
    with agent_running(paths.gnupg):
        fingerprint = make_intake_key(paths.gnupg, passphrase)
        write_private_file(paths.intake_key, export_public(paths.gnupg, fingerprint).encode("ascii"))
    return fingerprint


def _keep(paths: DeskPaths, people: tuple[Enrolment, ...], settings: Mapping[Setting, bytes]) -> TrailName:
    name = draw_trail_name(paths)
    open_blob_folder(paths.post)
    open_blob_folder(paths.vault)
    database = open_database(paths.database, MIGRATIONS)
    officer = people[0].account.reviewer.username
    with database.writing() as connection:
        for each in people:
            add_reviewer(connection, each.account.reviewer)
            each.codes.keep(connection)
        for setting, value in settings.items():
            put_setting(connection, setting, value)
        keep_trail_name(connection, officer, name)  # the first record
        for each in people[1:]:
            record_act(connection, officer, Act.REVIEWER_ADDED, note=added_note(each.account.reviewer))
        for each in people:
            name_key(connection, officer, each.account.reviewer.username, each.account.reviewer.public_key)
        name_key(connection, officer, RECOVERY_HOLDER, settings[Setting.RECOVERY_PUBLIC_KEY])
    database.close()
    return name
