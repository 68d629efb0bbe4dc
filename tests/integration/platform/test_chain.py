"""The development chain keeps blocks, receipts and balances, whatever happens to its process."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from marketplace.platform.chain import STATE_INTERVAL_SECONDS, DevelopmentChain, development_account
from marketplace.platform.ports import PortBook
from marketplace.platform.supervisor import Supervisor


@pytest.fixture
def chain(tmp_path: Path, ports: PortBook) -> DevelopmentChain:
    return DevelopmentChain(tmp_path / "chain", ports)


def call(chain: DevelopmentChain, method: str, *parameters: Any) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    return httpx.post(chain.url, json=body, trust_env=False).json()["result"]


def emit_event(chain: DevelopmentChain) -> str:
    """Send a transaction whose constructor emits an empty event, and return its hash."""
    sender = development_account(0).address
    # PUSH1 0 PUSH1 0 LOG0 STOP
    return str(call(chain, "eth_sendTransaction", {"from": sender, "data": "0x60006000a000"}))


def whole_chain(chain: DevelopmentChain, transaction: str) -> list[Any]:
    return [
        call(chain, "eth_getTransactionReceipt", transaction),
        call(chain, "eth_getTransactionByHash", transaction),
        call(chain, "eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"}),
        call(chain, "eth_getBlockByNumber", "latest", False),
        call(chain, "eth_getBlockByNumber", "0x0", False),
        call(chain, "eth_getTransactionCount", development_account(0).address, "latest"),
    ]


def test_the_chain_is_the_same_after_a_stop(chain: DevelopmentChain, supervisor: Supervisor) -> None:
    chain.start(supervisor)
    before = whole_chain(chain, emit_event(chain))
    supervisor.stop("chain")
    assert not chain.is_ready()
    chain.start(supervisor)
    assert whole_chain(chain, before[0]["transactionHash"]) == before


def test_the_chain_is_the_same_after_a_kill(chain: DevelopmentChain, supervisor: Supervisor) -> None:
    chain.start(supervisor)
    before = whole_chain(chain, emit_event(chain))
    time.sleep(2 * STATE_INTERVAL_SECONDS + 0.5)
    supervisor.kill("chain")
    chain.start(supervisor)
    assert whole_chain(chain, before[0]["transactionHash"]) == before


def test_a_half_written_state_gives_way_to_the_last_whole_one(
    chain: DevelopmentChain, supervisor: Supervisor, tmp_path: Path
) -> None:
    chain.start(supervisor)
    before = whole_chain(chain, emit_event(chain))
    supervisor.stop("chain")
    chain.start(supervisor)
    supervisor.kill("chain")
    (tmp_path / "chain" / "state.json").write_text('{"block":{"num')
    chain.start(supervisor)
    assert whole_chain(chain, before[0]["transactionHash"]) == before


def test_a_second_start_uses_the_chain_that_runs(
    chain: DevelopmentChain, supervisor: Supervisor, tmp_path: Path
) -> None:
    chain.start(supervisor)
    with Supervisor(tmp_path / "log-of-the-second") as second:
        chain.start(second)
        assert second.process_ids() == {}
    assert chain.is_ready()


def test_the_signer_is_the_first_development_account(chain: DevelopmentChain) -> None:
    assert chain.signer_key_file.read_text().strip() == "0x" + bytes(development_account(0).key).hex()
    assert development_account(0).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def test_another_website_may_not_call_the_chain(
    tmp_path: Path, ports: PortBook, supervisor: Supervisor
) -> None:
    chain = DevelopmentChain(tmp_path / "chain", ports, allowed_origin="http://127.0.0.1:8000")
    chain.start(supervisor)
    answers = [
        httpx.options(
            chain.url,
            headers={"Origin": origin, "Access-Control-Request-Method": "POST"},
            trust_env=False,
        ).headers.get("access-control-allow-origin")
        for origin in ("http://127.0.0.1:8000", "https://elsewhere.example")
    ]
    assert answers[0] == "http://127.0.0.1:8000"
    assert answers[1] != "https://elsewhere.example"
    assert answers[1] != "*"
