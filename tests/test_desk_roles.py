"""Roles: every route, every method, every role; what an account without the role finds is nothing at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.gate import keep_gate
from store.desk.roles import Role
from tests.desk_office import Office, new_office
from tests.role_ground import Ground, contents, new_ground
from tests.role_matrix import MATRIX, WITHOUT_A_SESSION


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with amina, who has both roles, and one account for each role alone."""
    with new_office(tmp_path / "desk", {role.value: (role,) for role in Role}) as made:
        yield made


def test_the_matrix_is_total(app: Flask) -> None:
    """No route without a decision, and no decision without a route."""
    routes = {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    routes = {(method, address) for method, address in routes if method not in ("HEAD", "OPTIONS")}
    assert routes == MATRIX.keys() | WITHOUT_A_SESSION


@pytest.fixture(scope="module")
def shared_ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One for all who only look, and for all who may not: each of those sees to it that nothing on it has changed."""
    with new_ground(tmp_path_factory.mktemp("roles") / "desk") as made:
        yield made


def may(method: str) -> list[tuple[str, Role]]:
    """Every route with this method, with each role that it is for."""
    return [(rule, role) for (how, rule), roles in MATRIX.items() if how == method for role in sorted(roles)]


@pytest.mark.parametrize(("rule", "role"), may("GET"))
def test_with_the_role_the_page_is_there(shared_ground: Ground, role: Role, rule: str) -> None:
    """Whatever is on it."""
    taken_on_its_merits(shared_ground, role, "GET", rule)


@pytest.mark.parametrize(("rule", "role"), may("POST"))
def test_with_the_role_a_form_is_taken_on_its_merits(tmp_path: Path, role: Role, rule: str) -> None:
    """Whatever it lacks, it is no fault."""
    with new_ground(tmp_path / "desk") as ground:
        taken_on_its_merits(ground, role, "POST", rule)


def taken_on_its_merits(ground: Ground, role: Role, method: str, rule: str) -> None:
    """Assert that a request is neither refused for whom it comes from nor a fault."""
    answer = ground.ask(role, method, rule)
    assert answer.status_code not in (403, 500)
    assert answer.text != ground.never_was(role)


@pytest.mark.parametrize(
    ("method", "rule", "role"), [(*route, role) for route in MATRIX for role in Role if role not in MATRIX[route]]
)
def test_without_the_role_the_page_is_not_there(shared_ground: Ground, role: Role, method: str, rule: str) -> None:
    """And nothing has happened."""
    never_was = shared_ground.never_was(role)
    before = contents(shared_ground.office)
    answer = shared_ground.ask(role, method, rule)
    assert (answer.status_code, answer.text) == (404, never_was)
    assert contents(shared_ground.office) == before


def test_a_view_that_nobody_decided_on_stops_the_desk(app: Flask) -> None:
    """Deny by default, and so early that it cannot be forgotten."""
    app.view_functions["forgotten"] = lambda: "here"
    with pytest.raises(TypeError, match="nobody has decided"):
        keep_gate(app)
