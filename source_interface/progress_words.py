"""How far an upload is, in plain words. Pure: what the registry knows in, sentences out."""

from dataclasses import dataclass, field

from serving.language import gettext as _
from serving.language import ngettext
from serving.plain_sizes import size_text
from source_interface.uploads import Shown, Stage, Trouble

_WATCHING_SECONDS = 5  # over Tor a page takes a second or two; more often would slow the upload itself
_MINUTE = 60
_HOUR = 60 * _MINUTE


@dataclass(frozen=True)
class SaidProgress:
    """What the frame says. `refresh` is in seconds, 0 for never; `percent` is None where there is no bar."""

    title: str
    sentences: tuple[str, ...]
    refresh: int = _WATCHING_SECONDS
    percent: int | None = None
    files: tuple[str, ...] = field(default=(), repr=False)
    can_go_on: bool = False
    is_bad: bool = False


def say_progress(shown: Shown) -> SaidProgress:
    """Return how far an upload is in words that a source reads."""
    if shown.trouble is not Trouble.NONE and shown.stage in (Stage.ARRIVING, Stage.CLOSING):
        return _say_trouble(shown)
    match shown.stage:
        case Stage.WAITING:
            return SaidProgress(
                _("Not sending yet"), (_("Once you press “Send everything”, this box shows how far it is."),)
            )
        case Stage.ARRIVING:
            return _say_arriving(shown)
        case Stage.CLOSING:
            return SaidProgress(
                _("Everything has arrived"), (_("We are locking it away. Please wait a moment."),), percent=100
            )
        case Stage.DONE:
            return SaidProgress(
                _("Done. We have everything, locked."),
                (
                    _("You need not press anything more here."),
                    _("If you do not see our answer below, it is safe all the same. You can leave now."),
                ),
                refresh=0,
                percent=100,
            )
        case Stage.RETURNED:
            return SaidProgress(
                _("Not sent yet"),
                (
                    _("Something must be put right first."),
                    _("Look at the box under “3.” below, and press the button in it."),
                ),
                refresh=0,
                is_bad=True,
            )
        case Stage.BROKEN:
            return _say_broken(shown)


def _say_arriving(shown: Shown) -> SaidProgress:
    percent = shown.received * 100 // shown.total if shown.total else 0
    come = _("{received} of {total} have arrived.").format(
        received=size_text(shown.received), total=size_text(shown.total)
    )
    return SaidProgress(
        _("Sending: {percent} %").format(percent=percent),
        (come, _say_left(shown.seconds_left), _("Keep this window open.")),
        percent=percent,
        files=shown.files,
    )


def _say_left(seconds: int | None) -> str:
    if seconds is None:
        return _("We cannot say yet how long it will take.")
    if seconds < _MINUTE:
        return _("Less than a minute is left.")
    if seconds < 2 * _HOUR:
        minutes = round(seconds / _MINUTE)
        return ngettext("About {n} minute is left.", "About {n} minutes are left.", minutes).format(n=minutes)
    return _("About {n} hours are left.").format(n=round(seconds / _HOUR))


def _say_trouble(shown: Shown) -> SaidProgress:
    if shown.trouble is Trouble.TOO_LARGE:
        too_large = (
            _("Together that is {total}, more than we can take at once.").format(total=size_text(shown.total)),
            _("Press the stop button of your browser (✕), choose fewer files, and press “Send everything” again."),
        )
        return SaidProgress(_("Your files are too large together"), too_large, is_bad=True)
    of_circuit = shown.trouble is Trouble.CIRCUIT
    busy = (
        _("Your browser is sending us several large forms already, so we cannot take this one just now.")
        if of_circuit
        else _("So many files are being sent to us that we cannot take yours just now."),
        _("What you wrote is not lost. Your files must be sent again later."),
        _(
            "Press the stop button of your browser (✕), or just wait. Then wait some minutes more and press “Send "
            "everything” again."
        ),
    )
    title = _("Too many at once") if of_circuit else _("Very busy just now")
    return SaidProgress(title, busy, is_bad=True)


def _say_broken(shown: Shown) -> SaidProgress:
    title = _("The connection broke. It has not been sent yet.")
    if not shown.can_go_on:
        sentences = (
            _("Nothing had arrived yet that we could keep. Your words are still in this page."),
            _("Look whether your files are still chosen, and press “Send everything” again."),
        )
        return SaidProgress(title, sentences, is_bad=True)
    kept = (
        ngettext(
            "We have kept your words and {n} file. You need not send them again.",
            "We have kept your words and {n} files. You need not send them again.",
            len(shown.files),
        ).format(n=len(shown.files))
        if shown.files
        else _("We have kept your words. No file had arrived whole; please send your files again.")
    )
    said = [kept, _("If your browser shows an error below, press nothing in it.")]
    if not shown.files:
        said.append(_("If one very big file breaks again and again: send your words first, and the file another day."))
    return SaidProgress(title, tuple(said), files=shown.files, can_go_on=True, is_bad=True)
