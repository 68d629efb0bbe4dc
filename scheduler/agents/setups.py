"""Proving keys: fetched from the market once, checked against the setup id, kept on disk.

The setup id is the hash of the verifying key, so a market cannot pass another one off. The long lists of
points are checked by their SHA-256 from the header and for lying on the curve when they are loaded; a
wrong point in them can only make proofs fail, never make a false one pass or show a share.
"""

from __future__ import annotations

from pathlib import Path

from proofs import formats
from proofs import setup as proof_setup
from proofs.backend import get_backend
from proofs.errors import ProofSystemError
from proofs.keys import ProvingKey
from scheduler.agents.client import MarketClient
from scheduler.agents.errors import ConfigurationError
from scheduler.agents.logs import logger
from scheduler.agents.state import StateDirectory

__all__ = ["ProvingKeys"]


class ProvingKeys:
    """Loads each setup at most once per process."""

    def __init__(
        self, client: MarketClient, state: StateDirectory, *, allow_development: bool = True
    ) -> None:
        self._client = client
        self._directory = state.path("setups")
        self._allow_development = allow_development
        self._loaded: dict[str, ProvingKey] = {}

    def get(self, setup_id: str) -> ProvingKey:
        """The proving key of a setup. Raises ConfigurationError if it is not what its id says."""
        if setup_id not in self._loaded:
            self._loaded[setup_id] = self._load(setup_id)
        return self._loaded[setup_id]

    def _load(self, setup_id: str) -> ProvingKey:
        directory = self._directory / setup_id
        trusted = (directory / "checked").exists()
        if not trusted:
            self._fetch(setup_id, directory)
        try:
            key = proof_setup.load(directory, get_backend(), trusted=trusted)
        except ProofSystemError as error:
            raise ConfigurationError(
                "setup_invalid",
                f"The key files of setup {setup_id} are wrong: {error}",
                "Delete them and retry.",
            ) from None
        if formats.to_hex(key.setup_id) != setup_id:
            raise ConfigurationError(
                "setup_mismatch",
                f"The key files are of setup {formats.to_hex(key.setup_id)}, not {setup_id}.",
                "The market serves wrong files; do not use them.",
            )
        if key.is_development and not self._allow_development:
            raise ConfigurationError(
                "setup_is_development",
                "This setup was made by one party, who could forge proofs under it.",
                "Use a setup from a ceremony, or set allow_development_setup for trials.",
            )
        (directory / "checked").touch()
        logger().info("setup_loaded", setup_id=setup_id, capacity=key.n, backend=key.backend.name)
        return key

    def _fetch(self, setup_id: str, directory: Path) -> None:
        description = self._client.setup(setup_id)
        for entry in description.files:
            if Path(entry.name).name != entry.name:
                raise ConfigurationError(
                    "setup_invalid", f"{entry.name!r} is no file name.", "Ask the market."
                )
            self._client.setup_file(setup_id, entry, directory / entry.name)
