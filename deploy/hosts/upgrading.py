"""`deploy/upgrade`: from one version to the next, and back by itself if the next one is not well.

Rules:
- Whatever takes long, or can be refused, comes while the old version works and nothing has been changed.
- From the note on (deploy.hosts.upgrade_state) every failure, and every power cut, ends at the old version: program,
  root's files and data byte for byte. Until the new version was looked at and found well nobody can reach it: Tor, the
  courier and the desk's port are started last. So going back loses nothing: nothing can have come.
- Once it was found well there is no going back by itself: from that moment letters come in.
- A desk that is shut out meanwhile stays shut out, and a host that is silenced stays silent, also where going back
  puts the data back (deploy.hosts.revoked_meanwhile, deploy.hosts.silenced_meanwhile).
- Each act says in a sentence what it does before it does it.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from deploy.hosts import data_copy, program, upgrade_state
from deploy.hosts.as_owner import as_owner
from deploy.hosts.host import Host, InstallError
from deploy.hosts.leftovers import leftovers
from deploy.hosts.plans import around
from deploy.hosts.revoked_meanwhile import forget_shutting_out, shut_out_again
from deploy.hosts.silenced_meanwhile import silence_again
from deploy.hosts.steps import install
from deploy.hosts.units import DATA
from deploy.hosts.upgrade_acts import (
    Act,
    Choices,
    acts_before,
    acts_inside,
    erase_copy,
    file_steps,
    note_now,
    open_again,
    put_days_back,
    put_file_back,
    refusals,
    silent,
    stop,
)
from deploy.hosts.upgrade_state import Note

Say = Callable[[str], None]


class OpenedWithFaults(InstallError):
    """The new version works and is open; some steps around it failed, which the message names."""


def upgrade(host: Host, say: Say, choices: Choices) -> None:
    """Bring the installed host to the program in `host.source`. Raises InstallError; then the old version works."""
    say = _whoever_hears(say)
    _do(say, acts_before(host, choices))
    forget_shutting_out(host)
    erase_copy(host)  # of an upgrade whose note is gone: to go back to that one would be a loss
    note = note_now(host, choices)
    say("From here on the services are stopped. If anything fails, or the power, the old version comes back by itself.")
    with _signals(signal.SIG_IGN):
        try:
            with _signals(_interrupt):
                upgrade_state.begin(host, note)
                _do(say, acts_inside(host, choices))
            note = upgrade_state.call_good(host, note)
        # Whatever it is: the services are stopped.
        except BaseException as reason:
            say(f"Not done: {str(reason) or type(reason).__name__}.")
            _undo(host, note, say)
            raise InstallError(
                "The upgrade failed, and was undone: the version from before works again, with all that it kept. "
                "Nothing is lost, for nobody could reach the new version. What failed stands above."
            ) from reason
        _finish(host, note, say)


def _finish(host: Host, note: Note, say: Say) -> None:
    try:
        finish(host, note, say)
    except OpenedWithFaults:
        raise
    except Exception as reason:
        raise InstallError(
            f"The new version was found well, and yet not everything was opened: {reason}. Nothing is lost. Run this "
            "again: it brings it to its end."
        ) from reason


def _undo(host: Host, note: Note, say: Say) -> None:
    try:
        with _signals(signal.SIG_IGN):
            go_back(host, note, say)
    except Exception as reason:
        raise InstallError(
            f"The upgrade failed, and undoing it did not come to its end: {reason}. Nothing was erased, and nobody is "
            "let in meanwhile. Mend this, and run it again: it goes on undoing."
        ) from reason


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt("it was interrupted")


def _whoever_hears(say: Say) -> Say:
    """Return `say` for where nobody may be listening any more: a closed terminal must not end what is going on."""

    def said(line: str) -> None:
        with suppress(OSError):
            say(line)

    return said


@contextmanager
def _signals(handler: Callable[[int, object], None] | signal.Handlers) -> Iterator[None]:
    """Have a closed terminal, or somebody's impatience, undo the upgrade too, and not leave it lying."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    before = [signal.signal(number, handler) for number in numbers]
    try:
        yield
    finally:
        for number, old in zip(numbers, before, strict=True):
            signal.signal(number, old)


def foresee(host: Host, say: Say, choices: Choices) -> None:
    """Say what `upgrade` would do, and look already whether it would be refused. Raises InstallError."""
    for sentence, _act in (*acts_before(host, choices), *acts_inside(host, choices)):
        say(f"Would be done: {sentence}")
    for refuse in refusals(host, choices):
        refuse()


def put_right(host: Host, say: Say) -> Note | None:
    """Undo an upgrade that was cut short, or bring it to its end; return its note, None if there was none."""
    say = _whoever_hears(say)
    note = upgrade_state.read_note(host)
    if note is None:
        upgrade_state.sweep(host)
    else:
        with _signals(signal.SIG_IGN):
            if note.good:
                say("An upgrade was cut short after the new version was found well. It is brought to its end.")
                finish(host, note, say)
            else:
                say("An upgrade was cut short. It is undone.")
                go_back(host, note, say)
    return note


def go_back(host: Host, note: Note, say: Say) -> None:
    """Have everything be as it was when the note was written. Can be begun again wherever it was cut short."""
    say("Going back: the services, the data, the program, and the machine's files, as they were.")
    stop(host)
    # Before the data: what cannot wait may be typed now, and the new version would bring it up to date once more.
    program.swap_back(host)
    data = host.path(DATA)
    if data.is_dir() and as_owner(data, partial(data_copy.is_kept, data)):
        as_owner(data, partial(data_copy.put_back, data))
    silence_again(host)
    erase_copy(host)
    put_days_back(host, note)
    for path, kept in note.files.items():
        put_file_back(host, path, kept)
    for step in file_steps(host):
        if step.after and step.path in note.files:
            host.try_run(*step.after)
    shut_out_again(host)
    upgrade_state.end(host, note.plan)
    open_again(host, note)


def finish(host: Host, note: Note, say: Say) -> None:
    """After the new version was found well: erase the copy, and let people in. Can be begun again.

    Raises OpenedWithFaults if something around the services failed: that is no reason to keep everybody out.
    """
    say("Well. The copy of the data is overwritten, and the services are opened to the world.")
    stop(host)
    erase_copy(host)
    program.settle(host)
    shut_out_again(host)
    failed = []
    steps = around(host.plan)
    for step in (*steps, leftovers(steps)):
        try:
            install(host, [step], silent, dry=False)
        except (InstallError, OSError) as reason:
            failed.append(f"- {step.title}: {reason}")
    upgrade_state.end(host, note.plan)
    open_again(host, note)
    if failed:
        raise OpenedWithFaults(
            f"The new version works, and everybody is let in. Around it this failed:\n{chr(10).join(failed)}\n"
            f"Nothing is lost. Mend it, and run deploy/install {host.plan} from this folder, which does what is left."
        )


def _do(say: Say, acts: list[Act]) -> None:
    for sentence, act in acts:
        say(f"- {sentence}")
        act()
