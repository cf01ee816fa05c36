"""An HTTP server on loopback that takes what is posted to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Answer = tuple[int, bytes]


@contextmanager
def receiving(take: Callable[[bytes], Answer], kind: str = "text/plain") -> Iterator[int]:
    """Its port.

    Args:
        take: Called with each body; returns the status and the body of the answer.
        kind: The answers' content type.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, answer = take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
