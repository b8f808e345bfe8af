"""The source host and the reviewer host are killed at every durable step, and at any moment: no promise is broken.

A source who read "we have it" has one letter at the desk, whole, byte for byte. Who read nothing sends again, and has
one letter too. Nothing that nobody names is left on a disk. The long form kills at every point of the table.
"""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.source_client import SourceClient
from tests.crashes.campaign import die_after, die_at, how_long
from tests.crashes.conftest import SEED
from tests.crashes.judge import DAY_SECONDS, judge, settle
from tests.crashes.mortal import in_time
from tests.crashes.rows import HOLD, Point, Scene
from tests.crashes.scenes import MIDDLE, SMALL, die_there
from tests.crashes.world import Victim, World
from tests.source_site import running_site


def test_a_kill_at_a_named_step_loses_nothing_and_doubles_nothing(
    world: World, point: Point, survived_at_step: Callable[[], None]
) -> None:
    """The process and all its children die there, start again, and what was promised is kept."""
    die_at(world, point)
    survived_at_step()


def test_a_kill_at_a_random_moment_loses_nothing_and_doubles_nothing(
    world: World, round_number: int, survived_at_random: Callable[[], None]
) -> None:
    """The same, wherever the process happens to be. It may be over by then; then the kill is not counted."""
    chance = random.Random(f"{SEED} {round_number}")
    scene = chance.choice(list(Scene))
    seconds = chance.uniform(0, how_long(world, scene))
    try:
        was_killed = die_after(world, scene, seconds)
    except BaseException as reason:
        reason.add_note(f"CANDOUR_SEED={SEED}, round {round_number}: killed after {seconds:.4f} s of: {scene}")
        raise
    if was_killed:
        survived_at_random()


def test_files_held_for_a_form_that_never_came_are_erased_after_two_days(world: World) -> None:
    """A start cannot tell them from those that somebody will claim with a ticket; the housekeeper knows their day."""
    world.spoiled = True
    source = world.new_source(one_way=True)
    form = source.fill_in_report(world.new_words("Nobody sent this again."), world.new_files(MIDDLE, SMALL))
    die_there(world.site, HOLD, lambda: source.send(form))
    left = list((world.drop.folder.blobs / "held").iterdir())
    assert left
    for path in left:
        days_ago = path.stat().st_mtime - 2 * DAY_SECONDS
        os.utime(path, (days_ago, days_ago))
    world.restart(Victim.SITE)
    assert in_time(lambda: not any(path.exists() for path in left))
    settle(world)
    judge(world)
    world.spoiled = False


def test_the_installed_commands_go_on_with_what_the_campaign_has_left(world: World) -> None:
    """Nothing about the folders depends on how these tests start processes."""
    world.site.end()
    with running_site(world.drop.folder.root) as url:
        client = SourceClient(url)
        assert client.get("/").status == 200
        client.close()
    world.restart(Victim.SITE)
    commands = Path(sys.executable).parent
    for command, folder in (("candour-drop", world.drop.folder.root), ("candour-desk", world.office.folder)):
        subprocess.run([commands / command, "check", "--data", folder], check=True, capture_output=True)
