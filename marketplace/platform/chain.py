"""The development chain: anvil on a loopback port, with its state on disk.

Blocks are made on demand, one per transaction. The accounts are anvil's well-known development accounts,
so nothing here may hold value on a real chain.
"""

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account as EthereumAccount
from eth_account.signers.local import LocalAccount

from marketplace.platform.errors import ServiceUnavailable
from marketplace.platform.paths import Installation, write_private
from marketplace.platform.ports import LOOPBACK, PortBook
from marketplace.platform.supervisor import Program, Supervisor

__all__ = ["DEVELOPMENT_CHAIN_ID", "DevelopmentChain", "development_account"]

DEVELOPMENT_CHAIN_ID = 31337
DEVELOPMENT_MNEMONIC = "test test test test test test test test test test test junk"
PREFERRED_PORT = 8545
STATE_INTERVAL_SECONDS = 1


def development_account(index: int) -> LocalAccount:
    """Return the development account of an index; the first is the market's relayer and deployer."""
    EthereumAccount.enable_unaudited_hdwallet_features()
    account: LocalAccount = EthereumAccount.from_mnemonic(
        DEVELOPMENT_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}"
    )
    return account


class DevelopmentChain:
    """One chain with its state in one directory."""

    def __init__(self, directory: Path, ports: PortBook, *, allowed_origin: str | None = None) -> None:
        self._directory = directory
        self._state = directory / "state.json"
        self._previous_state = directory / "state.previous.json"
        self._genesis = directory / "genesis"
        self._ports = ports
        self._allowed_origin = allowed_origin
        self._port = ports.remembered("chain") or ports.free_port("chain", preferred=PREFERRED_PORT)

    @property
    def url(self) -> str:
        """The ETH_RPC_URL."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def signer_key_file(self) -> Path:
        """The CHAIN_SIGNER_KEY_FILE: the key of the market's relayer as 0x and 64 hexadecimal digits."""
        path = self._directory / "signer.key"
        if not path.exists():
            write_private(path, "0x" + bytes(development_account(0).key).hex() + "\n")
        return path

    def is_ready(self) -> bool:
        """Tell whether a chain with the development chain id answers."""
        return self._call("eth_chainId", []) == hex(DEVELOPMENT_CHAIN_ID)

    def start(self, supervisor: Supervisor) -> None:
        """Start anvil unless this very chain (its genesis says so) runs already."""
        if self._genesis.exists() and self._genesis_hash() == self._genesis.read_text():
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        self._keep_a_whole_state()
        self._port = self._ports.free_port("chain", preferred=PREFERRED_PORT)
        supervisor.start(self._program())
        write_private(self._genesis, self._genesis_hash() or "")

    def _program(self) -> Program:
        options = {
            "--host": LOOPBACK,
            "--port": str(self._port),
            "--chain-id": str(DEVELOPMENT_CHAIN_ID),
            "--mnemonic": DEVELOPMENT_MNEMONIC,
            "--state": str(self._state),
            "--state-interval": str(STATE_INTERVAL_SECONDS),
            **({"--allow-origin": self._allowed_origin} if self._allowed_origin else {}),
        }
        return Program(
            name="chain",
            command=[_anvil(), *(word for option in options.items() for word in option)],
            is_ready=self.is_ready,
            directory=self._directory,
        )

    def _keep_a_whole_state(self) -> None:
        """Copy a good state; put the copy back if anvil was killed while it wrote the state."""
        if not self._state.exists():
            return
        try:
            json.loads(self._state.read_bytes())
        except ValueError:
            self._state.unlink()
            if self._previous_state.exists():
                shutil.copyfile(self._previous_state, self._state)
        else:
            draft = self._previous_state.with_suffix(".tmp")
            shutil.copyfile(self._state, draft)
            draft.replace(self._previous_state)

    def _genesis_hash(self) -> str | None:
        block = self._call("eth_getBlockByNumber", ["0x0", False])
        return str(block["hash"]) if isinstance(block, dict) else None

    def _call(self, method: str, parameters: list[Any]) -> object:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        with contextlib.suppress(httpx.HTTPError, ValueError, AttributeError):
            answer: object = httpx.post(self.url, json=body, timeout=2, trust_env=False).json().get("result")
            return answer
        return None


def _anvil() -> str:
    packaged = Installation.here().root / "node_modules" / ".bin" / "anvil"
    program = str(packaged) if packaged.exists() else shutil.which("anvil")
    if program is None:
        raise ServiceUnavailable(
            "anvil is missing: its npm package covers Linux on x86-64; elsewhere install Foundry, "
            "or set ETH_RPC_URL, CHAIN_ID and CHAIN_SIGNER_KEY_FILE to use another chain"
        )
    return program
