"""
What other threads have for the desk: a queue, and a wake-up byte beside it.

Each writing thread has its own inproc PUSH, because a ZeroMQ socket belongs to one thread. A byte is sent only when none is on
its way. The desk clears the flag before it drains, so whatever was put before the flag was read is either seen by this drain or
brings its own byte.
"""

import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

import zmq

ItemT = TypeVar("ItemT")


class Inbox(Generic[ItemT]):
    """Many writers, one reader."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
        self._context = context
        self._address = f"inproc://inbox-{id(self)}"
        self._queue: SimpleQueue[ItemT] = SimpleQueue()
        self._signalled = False
        self._reader = 0
        self._closed = False
        self._local = threading.local()
        self._writers: list[zmq.Socket[bytes]] = []
        self._writers_lock = threading.Lock()  # taken for a wake-up, which is rare, and once by the desk: at its end
        self.socket = context.socket(zmq.PULL)
        self.socket.set(zmq.LINGER, 0)
        self.socket.bind(self._address)

    def belongs_to_this_thread(self) -> None:
        """Say that the calling thread reads; what it puts itself needs no wake-up."""
        self._reader = threading.get_ident()

    def put(self, item: ItemT) -> None:
        """Add an item, from any thread."""
        self._queue.put(item)
        if not self._signalled and threading.get_ident() != self._reader:
            self._signalled = True
            self._wake()

    def take(self) -> ItemT | None:
        """Return the next item, or None when there is none."""
        try:
            return self._queue.get_nowait()
        except Empty:
            return None

    def clear_signal(self) -> None:
        """Read the wake-up bytes; to be called before the queue is drained."""
        while True:
            try:
                self.socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                break
        self._signalled = False

    def close(self) -> None:
        """Close all sockets; what is put from here on is kept and read by nobody."""
        with self._writers_lock:
            self._closed = True
            for writer in self._writers:
                writer.close(linger=0)
            self._writers.clear()
        self.socket.close(linger=0)

    def _wake(self) -> None:
        with self._writers_lock:  # a socket must not be closed by the reader while it sends
            if self._closed:
                return
            writer = getattr(self._local, "socket", None) or self._connect()
            with suppress(zmq.Again):  # full of bytes is as good as one
                writer.send(b"", zmq.NOBLOCK)

    def _connect(self) -> "zmq.Socket[bytes]":
        writer = self._context.socket(zmq.PUSH)
        self._writers.append(writer)
        writer.set(zmq.LINGER, 0)
        writer.connect(self._address)
        self._local.socket = writer
        return writer
