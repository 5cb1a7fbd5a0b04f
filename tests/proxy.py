"""A socket in front of a database server that can swallow the answer to the next COMMIT."""

import select
import socket
import threading
from contextlib import suppress
from pathlib import Path

COMMIT = b"\x03COMMIT"
LONGEST_ANSWER = 10


class Proxy:
    """Passes bytes between clients and the server's socket, one thread a connection."""

    def __init__(self, place: Path, server: Path) -> None:
        self.place = place
        self.server = server
        self.swallow = False
        """Let the next COMMIT be done, and cut the client off instead of answering."""
        self.swallowed = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(place))
        self._listener.listen()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                thread = threading.Thread(target=self._pass, args=(client,))
                self._threads.append(thread)
                thread.start()

    def _pass(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.socket(socket.AF_UNIX) as server:
            server.connect(str(self.server))
            while True:
                ready, _, _ = select.select([client, server], [], [])
                for source, target in ((client, server), (server, client)):
                    if source in ready and not self._forward(
                        source, target, from_client=source is client
                    ):
                        return

    def _forward(self, source: socket.socket, target: socket.socket, *, from_client: bool) -> bool:
        chunk = source.recv(65536)
        target.sendall(chunk)
        if from_client and self.swallow and COMMIT in chunk:
            self.swallow = False
            target.settimeout(LONGEST_ANSWER)
            self.swallowed += bool(target.recv(65536))  # done, and nobody will hear of it
            return False
        return bool(chunk)
