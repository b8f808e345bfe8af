"""A rich desk for tests of walls: a case that somebody was kept out of, one of theirs, a letter; each word a canary."""

import secrets
from dataclasses import dataclass, field, replace

from journalist_interface.case_access import open_case
from journalist_interface.casework.drafts import Draft, keep_draft
from journalist_interface.casework.looking import look_at
from journalist_interface.walls import clear, withdraw
from journalist_interface.writing import write_note, write_reply, write_status
from keys.case_key import CaseKey
from keys.hpke import SecretKey
from keys.letter import Answer, Letter
from store.blobs import new_blob_id
from store.desk.cases import find_case, put_card
from store.desk.items import attachments_of, list_items
from store.desk.roles import Role
from store.desk.templates import Writing
from tests.desk_office import Office, write_letter

# Who is not cleared for the walled case, and what each of them is.
OUTSIDERS = {
    "bartek": (Role.REVIEWER,),  # was cleared for it, and kept its key
    "olga": (Role.INTAKE_OFFICER,),
    "adam": (Role.ADMINISTRATOR,),
    "aud": (Role.AUDITOR,),
    "sue": (Role.SUPERVISOR,),
}


@dataclass
class Words:
    """The words of one case, each of which stands nowhere else."""

    of: str
    files: dict[str, bytes] = field(default_factory=dict)
    name: str = ""

    def __getitem__(self, what: str) -> str:
        return f"{self.of}-{what}-zq7x".replace(" ", "-")

    def all(self) -> list[str]:
        """Every canary."""
        kinds = ("message", "answer", "must", "further", "note", "reply", "question", "closing", "friend", "cleared")
        drafts = [self["draft"], self["draft question"]]
        return [self[kind] for kind in kinds] + drafts + [self.name, self["file name"], self["content"]]

    def letter(self, source: SecretKey) -> Letter:
        """The first letter of the case."""
        answers = (Answer("q-danger", "no"), Answer("q-who", self["answer"]))  # in danger it would not be closed
        return write_letter(
            source.public, self["message"] * 9, answers=answers, must_not_reach=self["must"], topics=("hate",)
        )


@dataclass
class World:
    """The desk, its cases, and what was kept of them by whom."""

    office: Office
    walled: Words
    own: Words
    post: Words
    reference: str
    own_reference: str
    kept: dict[str, tuple[CaseKey, ...]]
    attachments: tuple[str, ...]
    items: tuple[str, ...]


def pending(world: World) -> list[str]:
    """The canaries of the letter that nobody has opened."""
    return [world.post["message"], world.post["must"]]


def make_case(office: Office, words: Words, source: SecretKey, cleared: tuple[str, ...]) -> str:
    """Open a letter with files and write everything that can be written; the first of `cleared` does it."""
    words.files = {f"{words['file name']}.pdf": words["content"].encode() * 5_000, "b.pdf": words["content"].encode()}
    reference = office.open(office.deliver(words.letter(source), words.files), cleared=cleared)
    who = office.signed_in(cleared[0])
    _rename(office, words, reference, cleared[0])
    write_note(office.desk, who, reference, new_blob_id(), words["note"])
    # All canaries of a case have a word in common: its writer looked at that first.
    draft = Draft(words["reply"], (words["question"],))
    warned = look_at(office.desk, who, reference, Writing.REPLY, draft).warned
    write_reply(office.desk, who, reference, new_blob_id(), draft.text, list(draft.questions), untrusted_warned=warned)
    closing = Draft(words["closing"], status="closed")
    warned = look_at(office.desk, who, reference, Writing.STATUS, closing).warned
    more = {"untrusted_outcome": "misuse", "untrusted_warned": warned}
    write_status(office.desk, who, reference, new_blob_id(), "closed", closing.text, **more)
    for name in cleared:
        kept = Draft(words["draft"], (words["draft question"],))
        keep_draft(office.desk, office.signed_in(name), reference, Writing.REPLY, kept, "")
    return reference


def _rename(office: Office, words: Words, reference: str, reader: str) -> None:
    """Give the case a two-word name that stands nowhere else."""
    words.name = f"{words.of} Zqotter"
    with office.desk.database.writing() as connection:
        case = open_case(connection, office.signed_in(reader), reference)
        put_card(connection, case.row.id, replace(case.card, name=words.name).seal(case.key, case.row.id))


def make_world(office: Office) -> World:
    """A case that bartek was kept out of; one that is his own; and a letter that nobody has opened."""
    for name, roles in OUTSIDERS.items():
        office.add(name, *roles)
    office.add("cora", Role.REVIEWER)
    walled, own, post = Words("walled"), Words("own"), Words("post")
    source = SecretKey(secrets.token_bytes(96))
    reference = make_case(office, walled, source, ("amina", "bartek"))
    with office.desk.database.reading() as connection:
        old_key = open_case(connection, office.signed_in("bartek"), reference).key
    clear(office.desk, office.signed_in(), reference, "cora", walled["cleared"])
    withdraw(office.desk, office.signed_in(), reference, "bartek", walled["friend"])
    further = write_letter(source.public, walled["further"])
    office.open(office.deliver(further, {"c.pdf": walled["content"].encode()}))
    own_reference = make_case(office, own, SecretKey(secrets.token_bytes(96)), ("bartek", "amina"))
    office.deliver(write_letter(source.public, post["message"], must_not_reach=post["must"]))
    with office.desk.database.reading() as connection:
        row = find_case(connection, "amina", reference)
        attachments = tuple(attachments_of(connection, row.id))
        items = tuple(item.id for item in list_items(connection, row.id))
    return World(office, walled, own, post, reference, own_reference, {"bartek": (old_key,)}, attachments, items)
