"""
One life of the desk: its sockets, its inbox and itself, made together and released together.

A desk that failed is not mended: the next life begins with nothing but what the store remembers.
"""

from collections.abc import Callable
from typing import NamedTuple

import zmq

from dtms.engine.signals.regime import Zone
from dtms.runtime.desk import Desk, Item
from dtms.runtime.door import Door
from dtms.runtime.inbox import Inbox
from dtms.runtime.keys import Keys
from dtms.runtime.log import Log
from dtms.runtime.transport import Router
from dtms.settings import Settings
from dtms.store.journal import Acknowledgement, Journal
from dtms.witness.client import Witness


class World(NamedTuple):
    """What every life is given."""

    settings: Settings
    journal: Journal
    log: Log
    elapsed: Callable[[], int]
    keys: Keys | None
    zone: Zone
    witness: Witness


class Life:
    """Belongs to the desk's thread from ``open`` on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.router = Router(self._context, None if world.keys is None else Door(self._context, world.keys))
        self.inbox: Inbox[Item] = Inbox(self._context)
        self.desk = Desk(
            self.router,
            self.inbox,
            world.journal,
            world.settings,
            log=world.log,
            elapsed=world.elapsed,
            zone=world.zone,
            witness=world.witness,
        )

    def open(self, address: str) -> None:
        """
        Bind, and have the store talk to this desk.

        Raises:
            PortTaken: Somebody else holds the address; the error says who.
            StartError: The address cannot be bound.
        """
        self.router.bind(address)
        self._world.journal.attach(self.inbox.put)

    def poller(self) -> zmq.Poller:
        """Return what waits for all of its sockets."""
        poller = zmq.Poller()
        sockets = () if self.router.door is None else self.router.door.sockets
        for socket in (self.router.socket, self.inbox.socket, *sockets):
            poller.register(socket, zmq.POLLIN)
        return poller

    def left(self) -> list[Item]:
        """Return what was asked of this desk and not looked at; what the store told it concerns nobody else."""
        items: list[Item] = []
        while (item := self.inbox.take()) is not None:
            if not isinstance(item, Acknowledgement):
                items.append(item)
        return items

    def release(self) -> None:
        """Close everything; the address is free from here on."""
        self.router.close()
        self.inbox.close()
        self._context.term()
