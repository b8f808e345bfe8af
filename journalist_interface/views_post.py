"""Page of the post: the courier, the intake key, the queue, and opening it."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.clock import now
from journalist_interface.errors import CannotOpen, ChoiceMissing, IntakeLocked, NotAnOfficer, NotCleared
from journalist_interface.gate import needs, signed_in, works
from journalist_interface.opening import open_parcel
from journalist_interface.post_queue import look_at_post, note_problem, record_refusal
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.cases import find_case
from store.desk.courier_state import ask_for_collection, read_courier
from store.desk.parcels import clear_problem, read_parcel
from store.desk.roles import Role, having
from store.errors import Missing, NoRoom

pages = Blueprint("post", __name__, url_prefix="/post")


@pages.get("")
@needs(Role.INTAKE_OFFICER)
def show() -> str:
    """Show the post."""
    return _page()


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
    """Unlock the intake key for a while."""
    try:
        works().lock.unlock(works().desk, signed_in())
    except NotAnOfficer as reason:
        return _page(reason.sentence), 403
    return redirect(url_for("post.show"), 303)


@pages.post("/lock")
@needs(Role.INTAKE_OFFICER)
def lock() -> ResponseReturnValue:
    """Lock the intake key now."""
    works().lock.lock(works().desk, signed_in())
    return redirect(url_for("post.show"), 303)


@pages.post("/open")
@needs(Role.INTAKE_OFFICER)
def open_post() -> ResponseReturnValue:
    """Open one letter (`submission`), or `all`."""
    with works().desk.database.reading() as connection:
        known = set(having(connection, Role.REVIEWER))
    cleared = sorted(known.intersection(request.form.getlist("cleared")))
    try:
        if "all" in request.form:
            works().rounds.start(signed_in(), cleared)
            return redirect(url_for("post.show"), 303)
        return _open_one(request.form.get("submission", ""), cleared)
    except (CannotOpen, ChoiceMissing, NotCleared) as reason:
        return _page(reason.sentence, cleared), 422
    except IntakeLocked as reason:
        return _page(reason.sentence, cleared), 409
    except NoRoom:
        return _page(_no_room()), 507


@pages.post("/retry")
@needs(Role.INTAKE_OFFICER)
def retry() -> ResponseReturnValue:
    """Put a letter that could not be opened back into the queue, where its notes and the choice of readers are seen."""
    with works().desk.database.writing() as connection:
        clear_problem(connection, request.form.get("submission", ""))
        record_act(connection, signed_in().username, Act.RETRY)
    return redirect(url_for("post.show"), 303)


def _open_one(submission: str, cleared: list[str]) -> ResponseReturnValue:
    desk = works().desk
    passphrase = works().lock.passphrase(signed_in())
    try:
        reference = open_parcel(desk, signed_in(), passphrase, submission, cleared)
    except CannotOpen as reason:
        with desk.database.reading() as connection:
            parcel = read_parcel(connection, submission)
        note_problem(desk, signed_in(), parcel, reason)
        raise
    except NotCleared:
        record_refusal(desk, signed_in(), submission)
        raise
    try:
        with desk.database.reading() as connection:
            find_case(connection, signed_in().username, reference)
    except Missing:
        # The officer cleared colleagues only.
        return redirect(url_for("post.show"), 303)
    return redirect(url_for("case.show", reference=reference), 303)


def _no_room() -> str:
    return _("The disk is full. Nothing was opened and nothing is lost. Make room, then try again.")


def _page(sentence: str = "", cleared: list[str] | None = None) -> str:
    held = works()
    queue = look_at_post(held.desk, held.lock, signed_in())
    with held.desk.database.reading() as connection:
        courier = read_courier(connection)
        reviewers = list(having(connection, Role.REVIEWER))
    at = now()
    progress = held.rounds.progress(signed_in().username)
    under_way = courier.is_running(at) or (courier.wanted and courier.is_alive(at))
    return render_template(
        "post.html",
        sentence=sentence or ("" if queue.has_room else _no_room()),
        queue=queue,
        courier=courier,
        collecting=under_way,
        warning=courier.warning(at),
        room_warning=courier.source_room.warning(),
        locks_at=held.lock.locks_at(signed_in()),
        progress=progress,
        reviewers=reviewers,
        cleared=reviewers if cleared is None else cleared,
        refresh=under_way or (bool(queue.unread) and queue.has_room) or (progress is not None and progress.running),
    )
