"""A webhook of our own: takes what is posted to it, or refuses it as long as it is told to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Webhook:
    def __init__(self, port: int) -> None:
        self.url = f"json://token:geheim@127.0.0.1:{port}/hook"
        self.taken: list[dict[str, str]] = []
        self.refused = 0
        self.refuses = False

    def take(self, told: dict[str, str]) -> int:
        if self.refuses:
            self.refused += 1
            return 500
        self.taken.append(told)
        return 200


@contextmanager
def webhook() -> Iterator[Webhook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(hook.take(json.loads(body)))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook = Webhook(server.server_port)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield hook
        server.shutdown()
        thread.join()
