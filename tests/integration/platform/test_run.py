"""What `make run` refuses before it believes anybody."""

import socket

import pytest

from marketplace.platform.errors import PlatformError
from marketplace.platform.ports import LOOPBACK
from marketplace.platform.run import refuse_taken


def test_a_port_taken_while_the_market_was_prepared_is_refused_and_not_taken_for_the_market() -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PlatformError, match=f"port {port} was taken"):
            refuse_taken(port)
    refuse_taken(port)
