"""Page of the post: the courier, the intake key, the queue, and opening it."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.check_intake import key_warnings
from journalist_interface.clock import now
from journalist_interface.errors import CannotOpen, CustodyRefused, IntakeLocked, NotAnOfficer
from journalist_interface.figures.publishing import publish_figures
from journalist_interface.gate import needs, signed_in, works
from journalist_interface.intake_custody import hand_over, need_two
from journalist_interface.intake_panel import look_at_key
from journalist_interface.post_list import PostChoice, list_post
from journalist_interface.post_queue import look_at_post, needs_a_person
from journalist_interface.tor_warnings import tor_warnings
from journalist_interface.views_clearance import open_one
from keys.letter import TOPICS
from serving.language import gettext as _
from store.backup.record import backup_warning, today
from store.desk.audit import Act, record_act
from store.desk.courier_state import ask_for_collection, read_courier
from store.desk.parcels import clear_problem
from store.desk.roles import Role
from store.errors import NoRoom

pages = Blueprint("post", __name__, url_prefix="/post")


@pages.get("")
@needs(Role.INTAKE_OFFICER)
def show() -> str:
    """Show the post; `?opened=` says what became of a letter that was opened."""
    publish_figures(works().desk, works().lock, signed_in())
    return _page(opened=request.args.get("opened", ""))


@pages.post("/collect")
@needs(Role.INTAKE_OFFICER)
def collect() -> ResponseReturnValue:
    """Wish that the courier go now."""
    with works().desk.database.writing() as connection:
        ask_for_collection(connection)
        record_act(connection, signed_in().username, Act.COLLECT)
    return redirect(url_for("post.show"), 303)


@pages.post("/unlock")
@needs(Role.INTAKE_OFFICER)
def unlock() -> ResponseReturnValue:
    """Unlock the intake key for a while, or offer half of it, or add half to what the officer `with` offers."""
    try:
        works().lock.unlock(works().desk, signed_in(), request.form.get("with", ""))
    except NotAnOfficer as reason:
        return _page(reason.sentence), 403
    except CustodyRefused as reason:
        return _page(reason.sentence), 409
    return redirect(url_for("post.show"), 303)


@pages.post("/lock")
@needs(Role.INTAKE_OFFICER)
def lock() -> ResponseReturnValue:
    """Lock the intake key now."""
    works().lock.lock(works().desk, signed_in())
    return redirect(url_for("post.show"), 303)


@pages.post("/take-back")
@needs(Role.INTAKE_OFFICER)
def take_back() -> ResponseReturnValue:
    """End one's own offer."""
    works().lock.take_back(works().desk, signed_in())
    return redirect(url_for("post.show"), 303)


@pages.post("/hand-over")
@needs(Role.INTAKE_OFFICER)
def hand_key_over() -> ResponseReturnValue:
    """Give the intake key to the officer `name`, whose key has the `fingerprint` that was compared."""
    held, typed = works(), request.form
    try:
        with held.lock.shares_made_anew():
            passphrase = held.lock.passphrase(signed_in())
            hand_over(held.desk, signed_in(), passphrase, typed.get("name", ""), typed.get("fingerprint", ""))
    except (CustodyRefused, IntakeLocked) as reason:
        return _page(reason.sentence), 409
    return redirect(url_for("post.show", _anchor="key"), 303)


@pages.post("/officers")
@needs(Role.INTAKE_OFFICER)
def choose_officers() -> ResponseReturnValue:
    """Have two officers be needed to unlock the intake key (`needed` is 2); or offer half of it, or agree with the
    officer `with`, so that one is enough."""
    held = works()
    try:
        if request.form.get("needed") == "2":
            with held.lock.shares_made_anew():
                need_two(held.desk, signed_in(), held.lock.passphrase(signed_in()))
                held.lock.lock_everybody()
        else:
            held.lock.let_one_be_enough(held.desk, signed_in(), request.form.get("with", ""))
    except (CustodyRefused, IntakeLocked, NotAnOfficer) as reason:
        return _page(reason.sentence), 409
    return redirect(url_for("post.show", _anchor="key"), 303)


@pages.post("/open")
@needs(Role.INTAKE_OFFICER)
def open_post() -> ResponseReturnValue:
    """Open one letter (`submission`) to those `cleared`, or `all` that need no person."""
    try:
        if "all" not in request.form:
            return open_one()
        works().rounds.start(signed_in())
    except CannotOpen as reason:
        return _page(reason.sentence), 422
    except IntakeLocked as reason:
        return _page(reason.sentence), 409
    except NoRoom:
        return _page(_no_room()), 507
    return redirect(url_for("post.show"), 303)


@pages.post("/retry")
@needs(Role.INTAKE_OFFICER)
def retry() -> ResponseReturnValue:
    """Put a letter that could not be opened back into the queue, where its notes and the choice of readers are seen."""
    with works().desk.database.writing() as connection:
        submission = request.form.get("submission", "")
        clear_problem(connection, submission)
        record_act(connection, signed_in().username, Act.RETRY, note=submission)
    return redirect(url_for("post.show"), 303)


def _no_room() -> str:
    return _("The disk is full. Nothing was opened and nothing is lost. Make room, then try again.")


def _opened(how: str) -> str:
    if how == "now":
        return _("The letter is open. Those you cleared find it among their cases.")
    if how == "before":
        return _("That letter was opened already. Nothing was done twice.")
    return ""


def _page(sentence: str = "", *, opened: str = "") -> str:
    held = works()
    queue = look_at_post(held.desk, held.lock, signed_in())
    page, chosen = request.args.get("page", 1, type=int), PostChoice.read(request.args)
    with held.desk.database.reading() as connection:
        courier = read_courier(connection)
        key_warned = key_warnings(connection, held.desk.paths.intake_key, now())
    at = now()
    progress = held.rounds.progress(signed_in().username)
    under_way = courier.is_running(at) or (courier.wanted and courier.is_alive(at))
    return render_template(
        "post.html",
        sentence=sentence or ("" if queue.has_room else _no_room()),
        queue=queue,
        shown=list_post(queue, chosen, page),
        here_query=chosen.query(page=page),
        topics=sorted(TOPICS),
        courier=courier,
        collecting=under_way,
        warning=courier.warning(at),
        room_warning=courier.source_room.warning(),
        key_warnings=key_warned,
        tor_warnings=tor_warnings(held.desk.paths.folder, courier, at),
        backup_warning=backup_warning(held.desk.paths.folder, today()),
        key=(key := look_at_key(held.desk, held.lock, signed_in())),
        locks_at=key.locks_at,
        progress=progress,
        opened=_opened(opened),
        needs_a_person=needs_a_person,
        refresh=under_way or (bool(queue.unread) and queue.has_room) or (progress is not None and progress.running),
    )
