"""What the site does by itself twice a minute: one step that cannot be done takes no other with it."""

import os
import sqlite3
import time

from source_interface.drop_folder import DropFolder
from tests.observed_site import eventually, observed_site


def test_a_step_that_fails_does_not_keep_the_others_from_being_done(drop_folder: DropFolder) -> None:
    """Sessions cannot be swept, for their table is gone: a file that was held for days is erased all the same."""
    with observed_site(drop_folder.root):
        connection = sqlite3.connect(drop_folder.database)
        connection.execute("ALTER TABLE sessions RENAME TO out_of_reach")
        connection.close()
        held = drop_folder.blobs / "held" / ("ab" * 16)
        held.write_bytes(b"sealed")
        days_ago = time.time() - 3 * 86_400
        os.utime(held, (days_ago, days_ago))
        eventually(held.exists, False)
