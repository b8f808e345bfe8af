"""Pages of related cases: what is pressed where, what each reader finds there, and what comes back when refused."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.casework.linking import LinkForm, confirm, link, merge
from keys.reply import reply_address
from store.blobs import new_blob_id
from store.desk.outbox import Kind, waiting_deliveries
from store.desk.roles import Role
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source
from tests.desk_routes import form_to


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben and cora are reviewers."""
    with new_office(tmp_path / "desk", dict.fromkeys(("ben", "cora"), (Role.REVIEWER,))) as made:
        yield made


class Two:
    """Two cases: one that amina and ben can read, one that amina, ben and cora can; merged as one source's."""

    def __init__(self, office: Office) -> None:
        self.keys = [source(), source()]
        self.first = office.open(letter(office, self.keys[0], message="Words of one."), cleared=("amina", "ben"))
        second = letter(office, self.keys[1], message="Words of two.")
        self.second = office.open(second, cleared=("amina", "ben", "cora"))
        self._office = office

    def merged(self, kind: str) -> "Two":
        """Make one case of them."""
        amina = self._office.signed_in()
        link(self._office.desk, amina, self.first, LinkForm(self.second, kind, ""))
        merge(self._office.desk, amina, self.first, self.second)
        return self


@pytest.fixture
def two(office: Office) -> Two:
    """Two cases."""
    return Two(office)


def replies_to(office: Office, key: bytes) -> int:
    """How many replies wait for a source."""
    with office.desk.database.reading() as connection:
        waiting = waiting_deliveries(connection, 1000)
    return sum(each.kind is Kind.REPLY and each.address == reply_address(key) for each in waiting)


def test_a_case_is_found_linked_made_one_and_parted(app: Flask, office: Office, two: Two) -> None:
    """By what stands on the pages; who can read one end only finds the page as it was."""
    ben, cora = Person(app, office, "ben"), Person(app, office, "cora")
    ben.get(f"/case/{two.second}")
    before = cora.get(f"/case/{two.second}")
    page = ben.get(f"/case/{two.first}/link")
    assert f'value="{two.second}"' in page
    status, _to, page = ben.post(f"/case/{two.first}/link", step="find", query=two.second[:4])
    assert status == 200
    form = form_to(page, f"/case/{two.first}/link").data(
        other=two.second, kind="same-person", reason="The same car.", step="link"
    )
    assert ben.post(f"/case/{two.first}/link", **form)[:2] == (303, f"/case/{two.first}#related")
    page = ben.get(f"/case/{two.first}")
    assert "The same car." in page
    assert two.second in page
    assert ben.press(page, "Make one case of them")[0] == 303
    page = ben.get(f"/case/{two.first}")
    assert page.index("Words of one.") < page.index("Words of two.")
    answer = ben.client.get(f"/case/{two.second}")
    assert (answer.status_code, answer.location) == (303, f"/case/{two.first}")
    assert ben.get("/").count('<th scope="row">') == 1
    plain = [
        re.sub(r'value="[0-9a-f]{32}"|<time>[^<]*</time>', "", each)
        for each in (before, cora.get(f"/case/{two.second}"))
    ]
    assert plain[0] == plain[1]
    [part] = re.findall(r">(Separate [^<]* again)<", page)
    assert ben.press(page, part)[0] == 303
    assert "Words of two." not in ben.get(f"/case/{two.first}")
    assert ben.press(ben.get(f"/case/{two.first}"), "Take the link away")[0] == 303
    assert ben.get("/").count('<th scope="row">') == 2


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"other": "", "kind": "other"}, "Choose the other case."),
        ({"other": "SECOND", "kind": ""}, "Choose why the two belong together."),
        ({"other": "SECOND", "kind": "claimed"}, "Choose why the two belong together."),
    ],
)
def test_what_is_missing_is_said_and_the_words_stay(
    app: Flask, office: Office, two: Two, fields: dict[str, str], sentence: str
) -> None:
    """The choice, too."""
    told = {name: value.replace("SECOND", two.second) for name, value in fields.items()}
    ben = Person(app, office, "ben")
    status, _to, page = ben.post(f"/case/{two.first}/link", step="link", reason="The same car.", **told)
    assert status == 422
    assert sentence in page
    assert "The same car.</textarea>" in page
    assert (f'value="{two.second}" checked' in page) == bool(told["other"])


def test_a_reply_from_the_page_of_a_merged_case_goes_to_whom_it_says(app: Flask, office: Office, two: Two) -> None:
    """Of one source, the newest codename stands there; of two, nobody does, and a reply without a choice is refused."""
    two.merged("same-source")
    ben = Person(app, office, "ben")
    form = form_to(ben.get(f"/case/{two.first}"), f"/case/{two.first}/reply").data(text="Thank you.")
    assert form["part"] == [two.second]
    before = [replies_to(office, key) for key in two.keys]
    for _click in range(2):
        assert ben.post(f"/case/{two.first}/reply", **form)[0] == 303
    assert [replies_to(office, key) for key in two.keys] == [before[0], before[1] + 1]
    link(office.desk, office.signed_in(), two.first, LinkForm(office.open(letter(office, source())), "same-matter", ""))
    amina = Person(app, office, "amina")
    third = re.findall(r'name="other" value="([^"]*)"', amina.get(f"/case/{two.first}"))
    merge(office.desk, office.signed_in(), two.first, third[-1])
    form = form_to(amina.get(f"/case/{two.first}"), f"/case/{two.first}/reply").data(text="Who are you?")
    assert form.get("part", [""]) == [""]
    status, _to, page = amina.post(f"/case/{two.first}/reply", **form)
    assert status == 422
    assert "Choose whom to answer" in page
    assert "Who are you?</textarea>" in page
    assert amina.post(f"/case/{two.first}/reply", **{**form, "part": two.first})[0] == 303
    assert replies_to(office, two.keys[0]) == before[0] + 1
    status, _to, page = amina.post(f"/case/{two.first}/reply", **{**form, "part": "0000-0000"})
    assert status == 422


def test_what_came_into_another_part_while_one_wrote_is_shown_first(app: Flask, office: Office, two: Two) -> None:
    """And sent with the second press."""
    two.merged("same-source")
    ben = Person(app, office, "ben")
    form = form_to(ben.get(f"/case/{two.first}"), f"/case/{two.first}/reply").data(text="Thank you.")
    office.open(letter(office, two.keys[0], message="He has moved out."))
    status, _to, page = ben.post(f"/case/{two.first}/reply", **form)
    assert status == 409
    assert "A new letter came while you wrote." in page
    again = form_to(page, f"/case/{two.first}/reply").data()
    assert again["text"] == ["Thank you."]
    assert ben.post(f"/case/{two.first}/reply", **again)[0] == 303


def test_a_letter_that_says_so_asks_to_be_looked_at(app: Flask, office: Office) -> None:
    """Closing is refused until it is confirmed, and the reason comes back."""
    old_key, new_key = source(), source()
    old = office.open(letter(office, old_key))
    new = office.open(letter(office, new_key, joins=reply_address(old_key)))
    amina = Person(app, office, "amina")
    page = amina.get(f"/case/{old}")
    assert "The source says that they wrote before, under another codename." in page
    assert "Nobody has confirmed it" in page
    form = form_to(page, f"/case/{old}/status").data(status="closed", reason="Nothing more.", outcome="misuse")
    status, _to, refused = amina.post(f"/case/{old}/status", **form)
    assert status == 422
    assert "Nothing more.</textarea>" in refused
    assert amina.press(page, "It is the same source")[0] == 303
    assert amina.post(f"/case/{old}/status", **form)[0] == 303
    confirm(office.desk, office.signed_in(), old, new)
    assert 'class="status closed"' in amina.get(f"/case/{old}")


def test_letters_are_split_off_by_the_page(app: Flask, office: Office, two: Two) -> None:
    """All readers are ticked at first; the page says that the letters stay; pressed twice, it is one case."""
    ben = Person(app, office, "ben")
    page = ben.get(f"/case/{two.first}/split")
    assert "They stay in this case too." in page
    form = form_to(page, f"/case/{two.first}/split").data()
    assert form["reader"] == ["amina", "ben"]
    status, _to, refused = ben.post(f"/case/{two.first}/split", **{**form, "reason": "Another man."})
    assert status == 422
    assert "Choose at least one letter" in refused
    assert "Another man.</textarea>" in refused
    chosen = {**form, "letter": re.findall(r'name="letter" value="([^"]*)"', page), "reader": "ben"}
    first = ben.post(f"/case/{two.first}/split", **chosen)
    assert first[0] == 303
    assert ben.post(f"/case/{two.first}/split", **{**chosen, "form_id": new_blob_id()})[1] == first[1]
    page = ben.get(first[1])
    assert "Words of one." in page
    assert "The source is not shown this status" in page
    assert Person(app, office, "amina").client.get(first[1]).status_code == 404


def test_colleagues_are_let_in_and_kept_out_of_all_of_it(app: Flask, office: Office, two: Two) -> None:
    """The page says who reads only a part."""
    two.merged("same-matter")
    ben, cora = Person(app, office, "ben"), Person(app, office, "cora")
    assert "cora cannot read " in ben.get(f"/case/{two.first}")
    letting = form_to(ben.get(f"/case/{two.first}"), f"/case/{two.first}/clear").data(who="cora", reason="She knows.")
    assert ben.post(f"/case/{two.first}/clear", **letting)[0] == 303
    assert "cora cannot read " not in ben.get(f"/case/{two.first}")
    assert "Words of one." in cora.get(f"/case/{two.first}")
    assert ben.post(f"/case/{two.first}/withdraw", who="cora", reason="A friend of his.")[0] == 303
    assert cora.client.get(f"/case/{two.second}").status_code == 404
