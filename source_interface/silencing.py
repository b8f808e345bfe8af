"""Silencing a source host for good: its keys are destroyed; whoever gets it has no address, and no guess to try.

Rules:
- The steps stand in the order of what harms sources most, each is whole by itself, and done again it changes nothing.
- A step that fails keeps no later one from being done. It is told, and the same line tries it again.
- No step needs Tor, the desk, or room on the disk but the first, for which the ballast makes way.
- What is sealed stays: nothing here opens it, and what nobody has collected would be lost with it.
- While an upgrade goes on, or after one that was cut short, a copy of the keys lies here, which going back puts in
  their place: they are destroyed there first, and then here; then both once more, for it may be going back just now.
- Other commands are not waited for. What one of them was changing just then is destroyed by the second time here.
  Going back leaves the mark alone, and silences again what is marked (deploy.hosts.silenced_meanwhile).
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from onion.in_force import Force, wait
from onion.layout import TorFolder
from serving.language import gettext as _
from source_interface.door_tokens import make_void
from source_interface.drop_folder import DropFolder
from source_interface.revoking import Step
from source_interface.silenced import mark_silenced
from store.backup.own_keys import SIGNING_KEY
from store.ballast import Ballast
from store.destroying import destroy
from store.errors import StoreError
from store.upgrade_going_on import COPIES, is_upgraded_now

_LOCK = ".lock"  # of whoever runs Tor (onion.own_files): by it we see that nobody does


def silence(folder: DropFolder) -> Iterator[Step]:
    """Do each step and yield what came of it."""
    yield _step(_("note that this host is silent, so that nothing starts here again"), lambda: _mark(folder))
    seen = is_upgraded_now(folder.root)
    # What has gone from the copy cannot come back from there, into a place where it was destroyed.
    yield from _steps_for_upgrade(folder.root)
    told = set()
    for step in _steps_for(folder):
        told.add(step.sentence)
        yield step
    yield _step(_("end Tor"), lambda: _tor(folder.tor))
    # Once more: an upgrade may have begun meanwhile, and have copied what was not destroyed yet.
    seen |= is_upgraded_now(folder.root)
    yield from _steps_for_upgrade(folder.root)
    # Whoever had begun to change a key (pepper rotate, new-address) may have put it in its place meanwhile, and an
    # upgrade that was going back what it had read in the copy before.
    again = list(_steps_for(folder))
    if seen:
        again.append(_step(_("destroy what Tor kept"), lambda: _kept_by_tor(folder.tor)))
    said = _("Done once more here, in case the upgrade was going back meanwhile.") if seen else ""
    # What failed as it did before was said: twice it would look like more.
    yield from (step for step in _in_one(again, said) if step.sentence and step.sentence not in told)


def _steps_for(folder: DropFolder) -> Iterator[Step]:
    yield _step(_("destroy the keys of the addresses"), lambda: _addresses(folder.tor))
    yield _step(_("destroy the pepper"), lambda: _pepper(folder))
    yield _step(_("make the door's token void"), lambda: _token(folder))
    yield _step(_("destroy the key that signs backups"), lambda: _signing_key(folder))


def _steps_for_upgrade(root: Path) -> Iterator[Step]:
    if not is_upgraded_now(root):
        return
    steps = [step for name in COPIES for step in _steps_for_copy(root / name)]
    yield from _in_one(
        steps, _("An upgrade of this host goes on, or was cut short. In its copy the keys are destroyed.")
    )


def _steps_for_copy(copy: Path) -> Iterator[Step]:
    kept = DropFolder(copy)
    for step in (*_steps_for(kept), _step(_("destroy what Tor kept"), lambda: _kept_by_tor(kept.tor))):
        # Without the folder: it was erased meanwhile, or has the other name, which comes next.
        if not step.done and copy.exists():
            said = _("In the copy that an upgrade made: {sentence}").format(sentence=step.sentence)
            yield Step(done=False, sentence=said)


def _in_one(steps: Iterable[Step], said: str) -> Iterator[Step]:
    """Yield what was not done, or else one sentence for all."""
    failed = [step for step in steps if not step.done]
    yield from failed or [Step(done=True, sentence=said)]


def _mark(folder: DropFolder) -> str:
    try:
        mark_silenced(folder.root)
    except (StoreError, OSError):
        # A full disk: what is kept for erasing makes way. Nobody is asked for the writer's turn: whoever has it (a
        # backup, for half a minute), or a damaged database, must not keep the keys from being destroyed.
        Ballast(folder.ballast).give_way()
        mark_silenced(folder.root)
    return _("This host is marked as silent: nothing starts here again.")


def _addresses(tor: Path) -> str:
    """Destroy the secret keys of the site, the door, and of every address that was laid aside."""
    _destroy_each(tor.rglob("hs_ed25519_secret_key*"))
    return _("The keys of the addresses are destroyed: nobody can put a site of theirs there with this disk.")


def _pepper(folder: DropFolder) -> str:
    _destroy_each((folder.pepper, _going_back(folder.pepper)))
    return _("The pepper is destroyed: no guess at a codename can be tried on what is here, and none opens anything.")


def _token(folder: DropFolder) -> str:
    make_void(folder.tokens)
    return _("The door's token is void: nobody collects, erases or answers with it.")


def _signing_key(folder: DropFolder) -> str:
    key = folder.root / SIGNING_KEY
    _destroy_each((key, _going_back(key)))
    return _("The key that signs backups is destroyed: nobody can make one up that looks like this host's.")


def _tor(tor: Path) -> str:
    """Wait until the Tor that runs has ended, which has the keys in its memory; then destroy what it kept."""
    if tor.is_dir() and wait(TorFolder(tor), lambda: "", Force.NOT_RUNNING) is not Force.NOT_RUNNING:
        raise StillRunning
    _kept_by_tor(tor)
    return _("Tor does not run here, and what it kept is destroyed: this host cannot be reached any more.")


def _kept_by_tor(tor: Path) -> str:
    _destroy_each(path for path in tor.rglob("*") if path.is_file() and path.name != _LOCK)
    return ""


def _going_back(path: Path) -> Path:
    """Return where an upgrade that goes back has a file before it gets its name (deploy.hosts.data_copy)."""
    return path.with_name(f"{path.name}.candour-back")


def _destroy_each(paths: Iterable[Path]) -> None:
    """Destroy what can be destroyed. Raises OSError for the first that cannot."""
    failed: list[OSError] = []
    for path in sorted(paths):
        try:
            destroy(path)
        except OSError as reason:
            failed.append(reason)
    if failed:
        raise failed[0]


class StillRunning(Exception):
    """Tor goes on: the keys are in its memory, and visitors come in."""


def _step(what: str, work: Callable[[], str]) -> Step:
    try:
        return Step(done=True, sentence=work())
    except StillRunning:
        said = _("NOT done: Tor still runs, and visitors come in. Switch the machine off now: hold the power button.")
        return Step(done=False, sentence=said)
    except (StoreError, OSError) as reason:
        why = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason)
        return Step(done=False, sentence=_("NOT done: {what} ({why}).").format(what=what, why=why))
