"""The source host is made, gets its addresses, and its pairing file goes back. Killed at any moment: made once.

Rules:
- What a killed attempt left is taken away only if this sitting began with an empty folder, and the pepper, written
  last, is missing.
- The pairing file that counts is the one on the stick. Writing it again ends the one before: people are asked first.
- No backup is written before the desk has answered: one that is sealed for a stranger never comes onto a stick.
"""

from functools import partial

from ceremony.asking import LEAVE, ask_groups, ask_word, say, show
from ceremony.errors import CeremonyRefused, ClosedForNow
from ceremony.finishing import keep_signer
from ceremony.plugged_in import ask_for_stick, say_take_out
from ceremony.stick import COURIER_KEY, PAIRING, Way, backups_on, check_writable, erase_files, write_parcel
from ceremony.words import AGAIN, ANSWER_GROUPS, CHECK, DROP_BACKUPS, HERE, PAIRED, PAIRING_GROUPS
from onion.client_key import authorised, read_public
from serving.language import gettext as _
from source_interface.backup import back_up
from source_interface.drop_folder import clear_half_made, make_drop, refuse_if_there
from source_interface.sitting.arriving import compared_intake_key, keep_recovery_key, on_disk
from source_interface.sitting.host import COURIER_NAME, DropHost
from source_interface.tor_plan import SITE, Rotation, pair_anew, set_up_onions
from store.backup.record import recorded

_MAKING, _MADE_HERE, _SENT = "making", "made-here", "pairing-sent"
_YES, _NO = _("yes"), _("no")
_PAIRING = "pairing-to-carry.json"


def make(host: DropHost) -> None:
    """Make the source host. Raises what `make_drop` raises."""
    if host.sitting.facts.get(_MAKING):
        clear_half_made(host.root)
        _erase_pairing(host)
    else:
        refuse_if_there(host.root)
        host.sitting.note(**{_MAKING: "1"})
    with compared_intake_key(host) as key:
        make_drop(host.root, key, host.root / _PAIRING)
    settle(host)
    say(_("The source host is made. It can read nothing of what it will keep."))


def settle(host: DropHost) -> None:
    """Take away the pairing file of before there were addresses: another is written when all is there."""
    _erase_pairing(host)
    if host.sitting.facts.get(_MAKING):
        host.sitting.note(**{_MAKING: "", _MADE_HERE: "1"})


def make_onions(host: DropHost) -> None:
    """Make both addresses, and let the desk in at the door."""
    with on_disk(host, COURIER_KEY) as key:
        addresses = set_up_onions(host.root, key, None)
    say(_("The address of the site, for sources (it will stand on your posters):"))
    show(SITE, addresses[SITE])


def hand_back(host: DropHost) -> None:
    """Write the pairing file onto the stick, and wait for the desk's answer to it. Raises ClosedForNow."""
    facts = host.sitting.facts
    keep_recovery_key(host)
    if facts.get(_SENT):
        say(_("The stick was written before. If the desk has said that it is paired, all is well."))
        _show_groups(facts[_SENT])
    elif facts.get(_MADE_HERE) or not _is_paired_by_hand():
        host.sitting.note(**{_MADE_HERE: "1"})
        _write(host)
    while (typed := ask_word(_QUESTION, PAIRED, AGAIN, LEAVE)) != PAIRED or not _is_answered(host):
        if typed == LEAVE:
            raise ClosedForNow
        if typed == AGAIN:
            _write(host)


_QUESTION = _(
    "Carry the stick to the desk, and read the groups above aloud when they call for them. When they say that the desk "
    "is paired, type “paired”. If the stick must be written anew, put it in again and type “again”: what was on it "
    "opens nothing then. To close this until later, type “leave”."
)


def pair_again_if_asked(host: DropHost) -> None:
    """Where a check had found something: offer to write the pairing file anew. Raises what `hand_back` does."""
    question = _(
        "The check had left something. Type “check” to have it looked at again. If the desk is not paired, put the "
        "stick in and type “again”: a new pairing file is written, and one made before opens nothing then."
    )
    if ask_word(question, CHECK, AGAIN) == AGAIN:
        host.sitting.note(**{_SENT: "", _MADE_HERE: "1"})
        hand_back(host)


def first_backup(host: DropHost) -> None:
    """Have the stick back, write the first backup, and have its signature on paper. Raises CeremonyRefused."""
    ask_word(
        _(
            "The stick comes back once more, when the desk has written its own backup. Put it in, see that it is found "
            "where it was, and type “here”."
        ),
        HERE,
    )
    ask_for_stick(host.stick, host.root)
    host.brought()  # another stick is refused: a backup belongs to those who know what it is
    keep_recovery_key(host)
    with recorded(host.root):
        written, keys = back_up(host.root, backups_on(host.stick))
    keep_signer(written.path, DROP_BACKUPS, keys.signer.spoken)
    say_take_out(host.stick)


def _is_answered(host: DropHost) -> bool:
    say(
        _(
            "The desk shows its answer: six groups over the keys that the desk has. Somebody there reads them aloud. "
            "Here three of them are typed, and compared with the keys that this host has."
        )
    )
    try:
        ask_groups(
            ANSWER_GROUPS,
            host.answer(),
            _(
                "That is not the answer of a desk with which this host is paired: nothing is sealed for it yet. If the "
                "desk has not paired, go on there. If it has, type “again” here. If it does not fit a second time, one "
                "of the hosts has a key that is not the other's: begin both anew, with a stick that nobody else held."
            ),
        )
    except CeremonyRefused as reason:
        say(str(reason))
        return False
    say(_("This is the answer of your own desk: both hosts have the same keys."))
    return True


def _write(host: DropHost) -> None:
    # All that may fail comes before what was sent is ended.
    if authorised(read_public(host.brought()[COURIER_KEY].decode("ascii", "replace"))) != host.door_line():
        raise CeremonyRefused(
            _(
                "The door lets in another key than the one on this stick, so somebody else than your desk may find it. "
                "Nothing was changed. Take the stick of today; if it is that one, take the other key out "
                "(candour-drop onion revoke {name}), and run the same line again."
            ).format(name=COURIER_NAME)
        )
    check_writable(host.stick)
    path = host.root / _PAIRING
    _erase_pairing(host)
    # First this: groups of a file that opens nothing are never shown as good.
    host.sitting.note(**{_SENT: ""})
    try:
        pair_anew(host.root, path, Rotation(at_once=True))
        content = path.read_bytes()
        write_parcel(host.stick, Way.BACK, host.sitting.number, {PAIRING: content})
    except CeremonyRefused as reason:
        raise CeremonyRefused(_unwritten()) from reason
    finally:
        _erase_pairing(host)
    groups = host.agreement().groups(content)
    host.sitting.note(**{_SENT: groups})
    say(_("The stick now holds the pairing file, which opens the door. Do not lay it aside: straight to the desk."))
    say_take_out(host.stick)
    _show_groups(groups)


def _unwritten() -> str:
    return _(
        "The stick could not be written to its end. What was on it before opens nothing any more, and what is on it "
        "now is not whole. Nothing else is lost: put in a stick that the desk wrote, and run the same line again."
    )


_show_groups = partial(show, PAIRING_GROUPS)


def _is_paired_by_hand() -> bool:
    sentence = _(
        "This source host was made by hand before. Has the desk been paired with it already? Type “yes” and its "
        "pairing stays, or “no” and a new pairing file is written: one made before then opens nothing."
    )
    return ask_word(sentence, _YES, _NO) == _YES


def _erase_pairing(host: DropHost) -> None:
    erase_files([path for path in (host.root / _PAIRING,) if path.exists()])
