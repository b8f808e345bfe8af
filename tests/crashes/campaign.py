"""One round of the campaign: a deed, a death in the middle of it, a restart, the deed again, and the judge."""

import signal
import threading
import time
from contextlib import suppress

from tests.crashes import scenes_desk, scenes_hosts, scenes_source
from tests.crashes.fault_points import POINTS
from tests.crashes.judge import judge, settle
from tests.crashes.people import Cut
from tests.crashes.rows import Point, Scene
from tests.crashes.scenes import Deed
from tests.crashes.steps import gate_name
from tests.crashes.world import World

DEEDS: dict[Scene, type[Deed]] = {
    deed.scene: deed
    for deed in (
        scenes_source.Report,
        scenes_source.Mistake,
        scenes_source.Mended,
        scenes_source.Message,
        scenes_source.Return,
        scenes_source.Stop,
        scenes_source.Delete,
        scenes_source.Withdraw,
        scenes_source.WithdrawAll,
        scenes_source.Leave,
        scenes_source.SiteStart,
        scenes_source.SiteSettles,
        scenes_hosts.Collection,
        scenes_hosts.DoorStart,
        scenes_hosts.Delivery,
        scenes_hosts.Courier,
        scenes_hosts.DeliveredDeleted,
        scenes_desk.Open,
        scenes_desk.OpenFurther,
        scenes_desk.Reply,
        scenes_desk.Close,
        scenes_desk.Read,
        scenes_desk.DeskStart,
        scenes_desk.DeskSettles,
    )
}


def live_through(world: World, scene: Scene) -> list[Point]:
    """Do a deed during which nobody dies; return the points of the scene that were not passed meanwhile."""
    deed = _begin(world, scene)
    victim = world.mortals[deed.victim]
    victim.forget_passed()
    begun = time.monotonic()
    deed.act()
    world.durations[scene] = time.monotonic() - begun
    points = [point for point in POINTS if point.row.scene is scene]
    never = [point for point in points if not victim.has_passed(gate_name(point.row.step, point.when), point.row.nth)]
    _end(world, deed)
    return never


def die_at(world: World, point: Point) -> None:
    """Do a deed while its victim dies at a point; then everything must be as if it had not died."""
    deed = _begin(world, point.row.scene)
    victim = world.mortals[deed.victim]
    victim.arm(point.row.step, point.when, point.row.nth)
    with suppress(Cut):
        deed.act()
    assert victim.disarm(), f"never reached: {point}"
    if victim.alive is not None:
        assert victim.bury() == -signal.SIGKILL
    _end(world, deed)


def how_long(world: World, scene: Scene) -> float:
    """Return how many seconds a deed takes when nobody dies. It is done once for that."""
    if scene not in world.durations:
        live_through(world, scene)
    return world.durations[scene]


def die_after(world: World, scene: Scene, seconds: float) -> bool:
    """Do a deed while its victim is killed so many seconds later, wherever it is; tell whether it still lived."""
    deed = _begin(world, scene)
    victim = world.mortals[deed.victim]
    over = threading.Event()
    killed: list[int] = []

    def strike() -> None:
        over.wait(seconds)
        # In some scenes it is the deed that starts the victim.
        while (alive := victim.alive) is None and not over.wait(0.001):
            pass
        if alive is not None:
            alive.kill()
            killed.append(alive.pid)

    killer = threading.Thread(target=strike)
    killer.start()
    with suppress(Cut):
        deed.act()
    if deed.ends_by_itself:
        # Anything else is killed sooner or later, perhaps when the answer was there already.
        over.set()
    killer.join()
    if victim.alive is not None:
        victim.bury()
    _end(world, deed)
    return bool(killed)


def _begin(world: World, scene: Scene) -> Deed:
    # Until the judge has spoken: what a failure leaves is no ground for another round.
    world.spoiled = True
    deed = DEEDS[scene](world)
    deed.prepare()
    return deed


def _end(world: World, deed: Deed) -> None:
    """Start the victim again if it is gone, do the deed again, let everything settle, and judge."""
    if world.mortals[deed.victim].alive is None:
        world.restart(deed.victim)
    deed.again()
    settle(world)
    judge(world)
    world.spoiled = False
