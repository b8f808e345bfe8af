"""What the site does by itself twice a minute: one step that cannot be done takes no other with it."""

import os

from source_interface.drop_folder import DropFolder
from tests.observed_site import eventually, observed_site


def test_a_step_that_fails_does_not_keep_the_others_from_being_done(drop_folder: DropFolder) -> None:
    """Held files cannot be looked through, for their folder is gone: times are flattened all the same."""
    with observed_site(drop_folder.root):
        (drop_folder.blobs / "held").rename(drop_folder.blobs / "out of reach")
        os.utime(drop_folder.intake_key)
        eventually(lambda: drop_folder.intake_key.stat().st_mtime, 0)
