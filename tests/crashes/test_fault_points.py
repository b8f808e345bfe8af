"""The table of fault points is true: each names a step of the product, and each is passed when nobody dies."""

import pytest

from tests.crashes.campaign import DEEDS, live_through
from tests.crashes.fault_points import ROWS
from tests.crashes.gates import build
from tests.crashes.rows import Scene
from tests.crashes.steps import Call
from tests.crashes.world import World


@pytest.mark.parametrize("scene", Scene, ids=str)
def test_every_point_of_a_scene_is_passed_when_nobody_dies(world: World, scene: Scene) -> None:
    """A point that is never reached proves nothing."""
    assert [str(point) for point in live_through(world, scene)] == []


def test_every_scene_is_played() -> None:
    """No scene of the table is without a deed."""
    assert DEEDS.keys() == {row.scene for row in ROWS} == set(Scene)


@pytest.mark.parametrize("where", ["store.blobs:Draft.renamed", "store.blobs:Renamed.seal_finished", "store.gone:f"])
def test_a_step_that_was_renamed_in_the_product_is_an_error(where: str) -> None:
    """A table that has fallen behind the product does not pass for one that was tested."""
    with pytest.raises((KeyError, AttributeError, ModuleNotFoundError)):
        build([Call(where)])
