"""A socket in front of a database server that can swallow the answer to the next COMMIT."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

COMMIT = b"\x03COMMIT"


class Proxy:
    """Passes bytes between clients and the server's socket."""

    def __init__(self, place: Path, server: Path) -> None:
        self.place = place
        self.server = server
        self.swallow = False
        """Let the next COMMIT reach the server, and cut the client off before the answer."""
        self.swallowed = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(place))
        self._listener.listen()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self.server))
                for work in (self._send, self._receive):
                    thread = threading.Thread(target=work, args=(client, server))
                    self._threads.append(thread)
                    thread.start()

    def _send(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError), server:
            while chunk := client.recv(65536):
                if self.swallow and COMMIT in chunk:
                    self.swallow = False
                    self._commit_unseen(client, server, chunk)
                    return
                server.sendall(chunk)
            server.shutdown(socket.SHUT_RDWR)

    def _commit_unseen(self, client: socket.socket, server: socket.socket, chunk: bytes) -> None:
        answered = server.dup()
        client.shutdown(socket.SHUT_RDWR)  # ends _receive's way back, so that the answer is lost
        with answered:
            answered.sendall(chunk)
            answered.settimeout(10)
            with suppress(OSError):
                answered.recv(65536)
        self.swallowed += 1

    def _receive(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError), client:
            while chunk := server.recv(65536):
                client.sendall(chunk)
            client.shutdown(socket.SHUT_RDWR)
