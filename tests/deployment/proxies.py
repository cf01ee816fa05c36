"""The proxies of docs/triggering.md, run as the page shows them, and what is behind them."""

import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from getpass import getuser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from dev.database.postgres import free_port
from dev.state import PROJECT
from tests.integration.certificates import Authority

PAGE = PROJECT / "docs" / "triggering.md"
HOST, UPSTREAM = "sync.example.com", "127.0.0.1:8080"
PATIENCE_S = 60.0
# Around the page's block: as Debian's nginx.conf, in a folder of its own.
_NGINX = """
daemon off;
user {user};
pid {home}/pid;
error_log {home}/error.log;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    {block}
}}
"""


def nginx() -> str | None:
    """Where nginx is; Debian keeps it out of the PATH of ordinary accounts."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def caddy() -> str | None:
    """Where Caddy is."""
    return shutil.which("caddy")


@dataclass(slots=True)
class Upstream:
    """Stands for the API server: answers everything, and remembers what reached it."""

    address: str
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def upstream() -> Iterator[Upstream]:
    """An upstream on loopback."""

    class Remembering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.requests.append((self.command, self.path, headers))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Remembering)
    made = Upstream(f"127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def block(language: str) -> str:
    """The page's configuration."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found, language
    return found[1]


def nginx_command(home: Path, port: int, behind: Upstream, pem: Path) -> list[str]:
    """The page's block with a certificate, a port and an upstream of the test's."""
    text = block("nginx").replace("listen 443", f"listen 127.0.0.1:{port}")
    text = re.sub(rf"/etc/ssl/{re.escape(HOST)}\.(pem|key)", str(pem), text)
    text = text.replace(HOST, "localhost").replace(UPSTREAM, behind.address)
    config = home / "nginx.conf"
    config.write_text(_NGINX.format(home=home, user=getuser(), block=text))
    return [str(nginx()), "-c", str(config), "-e", str(home / "error.log"), "-p", str(home)]


def caddy_command(home: Path, port: int, behind: Upstream, pem: Path) -> list[str]:
    """As `nginx_command`."""
    site = f"{HOST} {{\n"
    assert site in block("caddyfile")
    text = block("caddyfile").replace(site, f"localhost:{port} {{\n    tls {pem} {pem}\n")
    text = text.replace(UPSTREAM, behind.address)
    config = home / "Caddyfile"
    config.write_text("{\n    admin off\n    auto_https disable_redirects\n}\n" + text)
    return [str(caddy()), "run", "--config", str(config), "--adapter", "caddyfile"]


Command = Callable[[Path, int, Upstream, Path], list[str]]


@contextmanager
def proxied(command: Command, home: Path, behind: Upstream) -> Iterator[httpx.Client]:
    """A client of a proxy that runs for the time of the block."""
    authority, port = Authority(home), free_port()
    argv = command(home, port, behind, authority.issue("localhost"))
    with (home / "output").open("w") as output:
        environment = {"HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
        process = subprocess.Popen(argv, env=environment, stdout=output, stderr=output)
        try:
            _wait_for(port, process, home)
            trusted = ssl.create_default_context(cafile=str(authority.ca_file))
            url = f"https://localhost:{port}"
            with httpx.Client(base_url=url, verify=trusted, timeout=PATIENCE_S) as client:
                yield client
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], home: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the proxy does not answer: {(home / 'output').read_text()}")
