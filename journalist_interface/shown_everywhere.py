"""What every page of the desk may show or ask: who is signed in, what waits for them, and what their forms carry."""

from dataclasses import dataclass

from flask import g
from markupsafe import Markup

from journalist_interface import csrf, single_forms
from journalist_interface.access_keys import access_key
from journalist_interface.case_consents import count_waiting_in_cases
from journalist_interface.further_letters import Stranded, read_stranded
from journalist_interface.gate import works
from journalist_interface.given_back import WRITER
from journalist_interface.people import shows_people
from journalist_interface.sessions import SignedIn
from journalist_interface.takeout.consenting import count_waiting
from journalist_interface.views_hosts import count_not_well
from store.blobs import new_blob_id


def shown_everywhere() -> dict[str, object]:
    """Return what every template may use. Nothing is read or counted until a page asks for it."""
    shown = _ShownTo(g.get("signed_in"))
    return {
        "signed_in": shown.signed_in,
        "token": shown.token,
        "is_": shown.is_,
        "access_key": access_key,
        "people_are_shown": shown.people_are_shown,
        "consents": shown.consents,
        "hosts": shown.hosts,
        "stranded": shown.stranded,
    }


@dataclass(frozen=True)
class _ShownTo:
    """What a page shows to whoever is signed in; None: to nobody, at sign-in or behind a link."""

    signed_in: SignedIn | None

    def token(self, *, single: bool = True) -> Markup:
        """The hidden fields that every form of somebody signed in carries; `single`: what it asks for is done once."""
        if self.signed_in is None:
            return Markup("")
        hidden = {csrf.FIELD: csrf.form_token(self.signed_in.token), WRITER: self.signed_in.username}
        if single:
            hidden[single_forms.FIELD] = new_blob_id()
        field = Markup('<input type="hidden" name="{}" value="{}">')
        return Markup("").join(field.format(*each) for each in hidden.items())

    def is_(self, role: str) -> bool:
        """Whether whoever is signed in has a role."""
        return self.signed_in is not None and role in self.signed_in.roles

    def people_are_shown(self) -> bool:
        """Whether the navigation leads this person to the people of the desk."""
        return self.signed_in is not None and shows_people(works().desk, self.signed_in)

    def consents(self) -> int | None:
        """How many requests wait for whoever is signed in; None if that is nothing of theirs."""
        if self.signed_in is None:
            return None
        waiting = count_waiting(works().desk, self.signed_in)
        in_cases = count_waiting_in_cases(works().desk, self.signed_in)
        return (in_cases or None) if waiting is None else waiting + in_cases

    def hosts(self) -> int | None:
        """How many things of the hosts are not well; None if that is nothing for whoever is signed in."""
        return count_not_well(works().desk, self.signed_in)

    def stranded(self) -> Stranded | None:
        """What waits and nobody at work can read, if whoever is signed in must know."""
        return read_stranded(works().desk, self.signed_in) if self.signed_in else None
