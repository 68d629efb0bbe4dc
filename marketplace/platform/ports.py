"""Free ports on the loopback interface, remembered by name so that addresses stay the same between runs."""

import json
import os
import secrets
import socket
from pathlib import Path

__all__ = ["LOOPBACK", "PortBook", "accepts_connections"]

LOOPBACK = "127.0.0.1"
# Below the ports that systems give to outgoing connections, so that a remembered port stays free.
SERVER_PORTS = range(20_000, 32_000)


def accepts_connections(port: int, timeout_seconds: float = 0.5) -> bool:
    """Tell whether something listens on the loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout_seconds):
            return True
    except OSError:
        return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


class PortBook:
    """The ports of one installation, kept in a JSON file: `{"postgres": 40321, ...}`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def remembered(self, name: str) -> int | None:
        """Return the port that `name` had last time, free or not."""
        return self._read().get(name)

    def free_port(self, name: str, *, preferred: int | None = None) -> int:
        """Return a free port for `name`: the remembered one, else the preferred one, else any."""
        book = self._read()
        taken = {port for other, port in book.items() if other != name}
        for candidate in (book.get(name), preferred):
            if candidate is not None and candidate not in taken and _is_free(candidate):
                return self._remember(book, name, candidate)
        while True:
            candidate = secrets.choice(SERVER_PORTS)
            if candidate not in taken and _is_free(candidate):
                return self._remember(book, name, candidate)

    def _read(self) -> dict[str, int]:
        try:
            book = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return {str(name): int(port) for name, port in book.items()} if isinstance(book, dict) else {}

    def _remember(self, book: dict[str, int], name: str, port: int) -> int:
        if book.get(name) != port:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._path.with_suffix(f".{os.getpid()}.tmp")
            draft.write_text(json.dumps({**book, name: port}, indent=2, sort_keys=True) + "\n")
            draft.replace(self._path)
        return port
