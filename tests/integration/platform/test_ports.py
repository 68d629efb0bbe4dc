"""The book of ports."""

import json
import socket
from pathlib import Path

from marketplace.platform.ports import LOOPBACK, PortBook, accepts_connections


def test_a_name_keeps_its_port(tmp_path: Path) -> None:
    port = PortBook(tmp_path / "ports.json").free_port("web")
    assert PortBook(tmp_path / "ports.json").free_port("web") == port
    assert json.loads((tmp_path / "ports.json").read_text()) == {"web": port}


def test_a_port_that_is_taken_meanwhile_is_replaced(tmp_path: Path) -> None:
    book = PortBook(tmp_path / "ports.json")
    port = book.free_port("web")
    with socket.socket() as other:
        other.bind((LOOPBACK, port))
        other.listen()
        assert accepts_connections(port)
        assert book.free_port("web") != port
    assert not accepts_connections(port)


def test_two_names_never_share_a_port(tmp_path: Path) -> None:
    book = PortBook(tmp_path / "ports.json")
    first = book.free_port("web", preferred=20_001)
    assert book.free_port("api", preferred=first) != first


def test_a_damaged_book_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text('{"web": ')
    assert PortBook(tmp_path / "ports.json").free_port("web") > 0
