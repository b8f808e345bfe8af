"""An application of ours on a loopback port, for tests with a real browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from journalist_interface.desk_app import create_desk
from serving.server import CLOSE


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: whoever looks on wants to see what went wrong."""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application on a free loopback port; give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def served_desk(folder: Path) -> Iterator[str]:
    """Serve the desk of a folder in the same way; give its address. It is closed at the end, as by its own server."""
    app = create_desk(folder)
    with served(app) as address:
        yield address
    app.extensions[CLOSE]()
