"""A file longer than any message can be, and uploads on one circuit that are held in their middle."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bench.source_client import Answered, SentFile
from tests.gated_upload import Gate
from tests.tor_site import TorSite

PATIENCE_SECONDS = 120
CONTENT = random.Random(4).randbytes(600_000)  # a long form: more than a message can ever be
FIRST = 300_000  # bytes: so that the file has begun


def file_of(content: bytes = CONTENT) -> list[SentFile]:
    """A file to send."""
    return [SentFile.of("a.bin", content)]


class HeldUpload(threading.Thread):
    """A report with a file, in the middle of which the browser stops until it is let go on."""

    def __init__(self, site: TorSite, circuit: int) -> None:
        super().__init__(daemon=True)
        self._site = site
        self._circuit = circuit
        self.gate = Gate()
        self.answer: Answered | None = None

    def run(self) -> None:
        """Send it."""
        with self._site.on(self._circuit) as source:
            files = [self.gate.file("held.bin", CONTENT[:FIRST], CONTENT[FIRST:])]
            self.answer = source.report("held", codename=None, files=files)

    def finish(self) -> Answered:
        """Let it go on, and return its answer."""
        self.gate.open()
        self.join(PATIENCE_SECONDS)
        assert self.answer is not None
        return self.answer


@contextmanager
def held_uploads(site: TorSite, circuit: int, count: int) -> Iterator[list[HeldUpload]]:
    """So many uploads on one circuit, each in its middle; all are let go on at the end."""
    uploads = [HeldUpload(site, circuit) for _upload in range(count)]
    for upload in uploads:
        upload.start()
    try:
        for upload in uploads:
            upload.gate.wait()
        yield uploads
    finally:
        for upload in uploads:
            upload.gate.open()
        for upload in uploads:
            upload.join(PATIENCE_SECONDS)
