"""The courier's way to the source host: what waits in the outbox is delivered, the files of a reply before it.

- The files of a reply go before it, each once; a reply whose files cannot be brought waits, and with it what was
  written later to the same source. Nobody else's answers wait for it.
- A delivery leaves the outbox when the source host has said what became of it: cut short anywhere, it goes once more,
  and is applied once (store.drop.deliveries).
"""

from collections.abc import Sequence
from http import HTTPStatus

from journalist_interface import courier_rules as rules
from journalist_interface.courier_errors import DoorDistrusted, DoorRefused, DoorTooOld, FileLost, NoRoomForFiles
from journalist_interface.courier_file_rules import ForFile, read_announced, read_kept, write_announcement
from journalist_interface.courier_report import Report, Watcher
from journalist_interface.door_client import DoorClient
from serving.language import gettext as _
from store.blobs import BlobFolder, measure, open_unseen
from store.database import Database
from store.desk.outbox import Kind, OutboxDelivery, mark_done, waiting_deliveries
from store.desk.outgoing import finish_outgoing
from store.drafts import Blob
from store.errors import Missing

# What concerns the files of one reply: that waits.
_OF_ONE_REPLY = (DoorDistrusted, DoorRefused, DoorTooOld, NoRoomForFiles, FileLost)


class Delivering:
    """Of one run, over one road; what it did goes into the run's report."""

    def __init__(
        self, database: Database, outgoing: BlobFolder, door: DoorClient, watcher: Watcher, report: Report
    ) -> None:
        """`outgoing` is where the files of replies lie."""
        self._database = database
        self._outgoing = outgoing
        self._door = door
        self._watcher = watcher
        self._report = report

    def deliver(self) -> None:
        """Deliver all that can be; what could not stands in the report's problems. Raises CourierError."""
        held_up: set[str] = set()
        while True:
            with self._database.reading() as connection:
                waiting = waiting_deliveries(connection, rules.MOST_DELIVERIES, held_up)
            if not waiting:
                return
            batch = self._bring_files(waiting, held_up)
            if batch:
                self._deliver_batch(batch, held_up)

    def _deliver_batch(self, batch: Sequence[OutboxDelivery], held_up: set[str]) -> None:
        answer = self._hand_over(batch)
        arrived = rules.read_delivered(answer, batch)
        with self._database.writing() as connection:
            for delivery, has_arrived in zip(batch, arrived, strict=True):
                if has_arrived is None:
                    held_up.add(delivery.address)
                    self._report.problems.append(_("The files of a reply went missing on the way. It waits here."))
                else:
                    mark_done(connection, delivery, arrived=has_arrived)
        finish_outgoing(self._database, self._outgoing)
        self._report.delivered += arrived.count(True)
        self._report.undeliverable += arrived.count(False)

    def _bring_files(self, waiting: Sequence[OutboxDelivery], held_up: set[str]) -> list[OutboxDelivery]:
        """Bring the files of replies; return what can be delivered now. Whose files cannot be brought is held up."""
        batch = []
        for delivery in waiting:
            if delivery.files and delivery.address not in held_up:
                try:
                    self._bring_files_of(delivery)
                except _OF_ONE_REPLY as refused:
                    held_up.add(delivery.address)
                    self._report.problems.append(str(refused))
            if delivery.address not in held_up or delivery.kind is Kind.WITHDRAW:
                batch.append(delivery)
        return batch

    def _bring_files_of(self, delivery: OutboxDelivery) -> None:
        answers = read_announced(self._door.announce_files(write_announcement(delivery)), delivery)
        for file, step in zip(delivery.files, answers, strict=True):
            if step is ForFile.BRING:
                self._bring(file)

    def _bring(self, file: Blob) -> None:
        try:
            path = self._outgoing.path(file.id)
            # Before a byte leaves: the door would refuse it after all of them.
            if measure(path) != file:
                raise FileLost
            with open_unseen(path) as source:
                answer = self._door.bring_file(file.id, file.size, source, lambda came: self._sent(came, file))
        except (Missing, FileNotFoundError) as reason:
            raise FileLost from reason
        read_kept(answer, file.id)

    def _sent(self, left: int, file: Blob) -> None:
        self._watcher.bytes_came(left, file.size)

    def _hand_over(self, batch: Sequence[OutboxDelivery]) -> bytes:
        try:
            return self._door.deliver(rules.write_deliveries(batch))
        except DoorRefused as refused:
            older = rules.for_an_older_door(batch)
            # It refuses a document whole, so nothing of it was applied. Whatever else it may dislike, it will again.
            if refused.status != HTTPStatus.BAD_REQUEST or older == tuple(batch):
                raise
            return self._door.deliver(rules.write_deliveries(older))
