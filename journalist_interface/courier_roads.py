"""Several roads to one door at once: each with a connection, a deadline and, through Tor, circuits of its own.

What goes wrong on one is that one's affair as long as it can be taken up again (DoorClient.fetch_blob). When it
cannot, or when somebody stops the courier, the others are cut: nobody waits for the network.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread

from journalist_interface.door_client import DoorClient

Work = Callable[[DoorClient], None]
MOST_ROADS = 4


class Roads:
    """Up to `most` roads, the first of which is the caller's. The others are opened when they are first needed."""

    def __init__(self, first: DoorClient, most: int = MOST_ROADS) -> None:
        self._roads = [first]
        self._most = most

    @property
    def first(self) -> DoorClient:
        """The road on which everything goes that goes alone."""
        return self._roads[0]

    def all(self) -> list[DoorClient]:
        """Return every road there may be."""
        while len(self._roads) < self._most:
            self._roads.append(self.first.another())
        return self._roads

    def close(self) -> None:
        """Close the roads that were opened here; the first is its owner's."""
        for road in self._roads[1:]:
            road.close()
        del self._roads[1:]

    def share(self, works: Sequence[Work]) -> None:
        """Do all of these, several at a time, and return when all are done.

        The first error of any ends the others and is raised here.
        """
        if len(works) < 2 or self._most < 2:
            for work in works:
                work(self.first)
            return
        roads = self.all()[: len(works)]
        shared = _Shared(works, roads)
        threads = [Thread(target=shared.work_on, args=(road,), name="courier-road") for road in roads]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except BaseException:
            # A signal: whoever sent it must not wait for a network.
            shared.give_up()
            raise
        finally:
            for thread in threads:
                with suppress(RuntimeError):  # the signal came before it was started
                    thread.join()
            for road in roads:
                road.mend()
        if shared.error is not None:
            raise shared.error


class _Shared:
    """Works that wait for a road. `error` is the first that went wrong."""

    def __init__(self, works: Sequence[Work], roads: Sequence[DoorClient]) -> None:
        self._waiting = deque(works)
        self._roads = roads
        self.error: BaseException | None = None

    def work_on(self, road: DoorClient) -> None:
        """Do one after the other on this road."""
        while True:
            try:
                work = self._waiting.popleft()
            except IndexError:
                return
            try:
                work(road)
            except BaseException as error:  # raised again where the works were shared out
                # What those that are cut say of it comes later, and is not the reason.
                self.error = self.error or error
                self.give_up()
                return

    def give_up(self) -> None:
        """Begin nothing more, and cut what goes on."""
        self._waiting.clear()
        for road in self._roads:
            road.cut()
