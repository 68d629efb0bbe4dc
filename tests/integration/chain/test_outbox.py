"""The outbox: what is asked for happens once, whatever breaks in between."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone
from eth_account.signers.local import LocalAccount
from web3 import Web3

from marketplace.chain.deployment import Deployment
from marketplace.chain.errors import ArgumentsInvalid, DedupeKeyReused
from marketplace.chain.models import ChainTransaction, SignedTransaction
from marketplace.chain.outbox import Outbox
from marketplace.chain.reader import ChainReader
from marketplace.chain.services import transaction_enqueue
from marketplace.platform.chain import DEVELOPMENT_CHAIN_ID

pytestmark = pytest.mark.django_db(transaction=True)

State = ChainTransaction.State
Enqueue = Callable[..., ChainTransaction]
MakeOutbox = Callable[..., Outbox]
ZERO_ADDRESS = "0x" + "00" * 20
NOWHERE = "http://127.0.0.1:9"


def test_a_wish_is_sent_mined_and_final(
    make_outbox: MakeOutbox, enqueue_mint: Enqueue, reader: ChainReader, stranger: LocalAccount
) -> None:
    wish = enqueue_mint(amount=5)
    make_outbox().run()
    wish.refresh_from_db()
    assert wish.state == State.FINAL
    assert wish.gas_used is not None
    assert reader.token_balance(stranger.address) == 5


def test_it_is_final_only_under_enough_blocks(
    make_outbox: MakeOutbox, enqueue_mint: Enqueue, anvil: Callable[..., Any]
) -> None:
    wish = enqueue_mint()
    outbox = make_outbox(finality_depth=2)
    outbox.run()
    wish.refresh_from_db()
    assert wish.state == State.MINED
    anvil("anvil_mine", 2)
    outbox.run()
    wish.refresh_from_db()
    assert wish.state == State.FINAL


def test_the_same_key_asks_once(
    make_outbox: MakeOutbox, enqueue_mint: Enqueue, reader: ChainReader, stranger: LocalAccount
) -> None:
    assert enqueue_mint("k") == enqueue_mint("k")
    make_outbox().run()
    enqueue_mint("k")
    make_outbox().run()
    assert reader.token_balance(stranger.address) == 5


def test_a_key_used_for_something_else_is_refused(enqueue_mint: Enqueue, stranger: LocalAccount) -> None:
    enqueue_mint("k")
    with pytest.raises(DedupeKeyReused):
        transaction_enqueue(
            kind="burn",
            dedupe_key="k",
            contract="SettlementToken",
            function="transfer",
            arguments=[stranger.address, 1],
        )


def test_arguments_that_do_not_fit_are_refused_at_once(broker_url: str) -> None:
    with pytest.raises(ArgumentsInvalid):
        transaction_enqueue(
            kind="mint", dedupe_key="k", contract="SettlementToken", function="mint", arguments=["0x12", -1]
        )
    assert not ChainTransaction.objects.exists()


def test_wishes_are_sent_in_the_order_of_asking(make_outbox: MakeOutbox, enqueue_mint: Enqueue) -> None:
    wishes = [enqueue_mint(f"mint {number}") for number in range(5)]
    make_outbox().run()
    nonces = list(ChainTransaction.objects.order_by("sequence").values_list("nonce", flat=True))
    assert nonces == list(range(nonces[0], nonces[0] + len(wishes)))


def test_killed_between_signing_and_sending_the_same_bytes_are_sent_later(
    make_outbox: MakeOutbox, enqueue_mint: Enqueue, reader: ChainReader, stranger: LocalAccount, deployed: Any
) -> None:
    wish = enqueue_mint(amount=5)
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED_SENDER],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "marketplace.config.settings",
            "DATABASE_URL": _test_database_url(),
            "CHAIN_DEPLOYMENT_FILE": str(deployed),
        },
        check=False,
        capture_output=True,
        text=True,
    )
    assert process.returncode == -9, process.stderr
    wish.refresh_from_db()
    assert wish.state == State.QUEUED
    signed = SignedTransaction.objects.get(transaction=wish)
    make_outbox().run()
    wish.refresh_from_db()
    assert (wish.state, wish.tx_hash) == (State.FINAL, signed.tx_hash)
    assert wish.signed_forms.count() == 1
    assert reader.token_balance(stranger.address) == 5


def test_killed_after_sending_nothing_is_sent_twice(
    make_outbox: MakeOutbox, enqueue_mint: Enqueue, reader: ChainReader, stranger: LocalAccount, web3: Web3
) -> None:
    wish = enqueue_mint(amount=5)

    def send_and_die(raw: bytes) -> None:
        web3.eth.send_raw_transaction(raw)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_outbox(broadcast=send_and_die).run()
    make_outbox().run()
    wish.refresh_from_db()
    assert wish.state == State.FINAL
    assert reader.token_balance(stranger.address) == 5


def test_without_a_chain_it_waits_and_nothing_is_lost(
    make_outbox: MakeOutbox, enqueue_mint: Enqueue, deployment: Deployment
) -> None:
    wishes = [enqueue_mint("a"), enqueue_mint("b")]
    now = timezone.now()
    away = make_outbox(reader=ChainReader(NOWHERE, deployment.addresses), clock=lambda: now)
    assert away.run().waiting_for_chain
    first, second = (ChainTransaction.objects.get(pk=wish.pk) for wish in wishes)
    assert first.next_attempt_at == second.next_attempt_at > now
    assert "does not answer" in first.last_problem
    assert not away.run().sent
    back = make_outbox(clock=lambda: now + timedelta(seconds=2))
    assert back.run().sent == 2


def test_it_waits_longer_each_time_the_chain_stays_away(
    make_outbox: MakeOutbox, enqueue_mint: Enqueue, deployment: Deployment
) -> None:
    wish = enqueue_mint()
    now = [timezone.now()]
    away = make_outbox(reader=ChainReader(NOWHERE, deployment.addresses), clock=lambda: now[0])
    pauses = []
    for _ in range(8):
        away.run()
        wish.refresh_from_db()
        pauses.append((wish.next_attempt_at - now[0]).total_seconds())
        now[0] = wish.next_attempt_at
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_refusal_carries_the_contracts_own_error_and_uses_no_nonce(
    make_outbox: MakeOutbox, enqueue_mint: Enqueue, web3: Web3, signer: LocalAccount
) -> None:
    before = web3.eth.get_transaction_count(signer.address)
    wish = enqueue_mint(to=ZERO_ADDRESS)
    after = enqueue_mint("next")
    make_outbox().run()
    wish.refresh_from_db()
    after.refresh_from_db()
    assert (wish.state, wish.error_code) == (State.REVERTED, "chain_erc20_invalid_receiver")
    assert wish.error_arguments == {"receiver": ZERO_ADDRESS}
    assert wish.nonce is None
    assert after.nonce == before


def test_a_refusal_is_not_believed_while_something_is_in_flight(
    make_outbox: MakeOutbox, enqueue_mint: Enqueue, manual_mining: Callable[[], None]
) -> None:
    first = enqueue_mint("first")
    outbox = make_outbox()
    outbox.run()
    refused = enqueue_mint("refused", to=ZERO_ADDRESS)
    outbox.run()
    refused.refresh_from_db()
    assert refused.state == State.QUEUED
    manual_mining()
    make_outbox(clock=lambda: timezone.now() + timedelta(seconds=5)).run()
    first.refresh_from_db()
    refused.refresh_from_db()
    assert (first.state, refused.state) == (State.FINAL, State.REVERTED)


def test_a_transaction_that_fails_in_its_block_is_explained(
    make_outbox: MakeOutbox,
    enqueue_mint: Enqueue,
    manual_mining: Callable[[], None],
    anvil: Callable[..., Any],
    deployment: Deployment,
    stranger: LocalAccount,
) -> None:
    wish = enqueue_mint()
    outbox = make_outbox()
    outbox.run()
    _take_token_ownership_away(anvil, deployment)
    manual_mining()
    outbox.run()
    wish.refresh_from_db()
    assert (wish.state, wish.error_name) == (State.REVERTED, "OwnableUnauthorizedAccount")
    assert wish.block_number is not None


def test_a_stuck_transaction_pays_more_until_it_is_mined(
    make_outbox: MakeOutbox, enqueue_mint: Enqueue, manual_mining: Callable[[], None], reader: ChainReader
) -> None:
    wish = enqueue_mint(amount=5)
    make_outbox().run()
    make_outbox(policy={"reprice_after_seconds": 0}).run()
    first, *_, last = wish.signed_forms.order_by("id")
    assert first.nonce == last.nonce
    assert last.max_fee_wei > first.max_fee_wei
    assert last.priority_fee_wei > first.priority_fee_wei
    manual_mining()
    make_outbox().run()
    wish.refresh_from_db()
    mined = {form.tx_hash for form in wish.signed_forms.all()}
    assert wish.state == State.FINAL
    assert wish.tx_hash in mined - {first.tx_hash}


def test_it_does_not_pay_above_the_limit(
    make_outbox: MakeOutbox, enqueue_mint: Enqueue, manual_mining: Callable[[], None]
) -> None:
    wish = enqueue_mint()
    make_outbox().run()
    limit = int(wish.signed_forms.get().max_fee_wei)
    make_outbox(policy={"reprice_after_seconds": 0, "highest_fee_wei": limit}).run()
    assert wish.signed_forms.count() == 1


def test_a_dropped_transaction_is_sent_again_as_it_was(
    make_outbox: MakeOutbox,
    enqueue_mint: Enqueue,
    manual_mining: Callable[[], None],
    anvil: Callable[..., Any],
) -> None:
    wish = enqueue_mint()
    make_outbox().run()
    wish.refresh_from_db()
    anvil("anvil_dropTransaction", wish.tx_hash)
    make_outbox().run()
    manual_mining()
    make_outbox().run()
    wish.refresh_from_db()
    assert wish.state == State.FINAL
    assert wish.signed_forms.count() == 1


def test_a_block_that_is_no_more_sends_it_back_and_the_same_bytes_again(
    make_outbox: MakeOutbox,
    enqueue_mint: Enqueue,
    anvil: Callable[..., Any],
    reader: ChainReader,
    stranger: LocalAccount,
) -> None:
    snapshot = anvil("evm_snapshot")
    wish = enqueue_mint(amount=5)
    outbox = make_outbox(finality_depth=3)
    outbox.run()
    wish.refresh_from_db()
    tx_hash, lost_block = wish.tx_hash, wish.block_hash
    anvil("evm_revert", snapshot)
    anvil("anvil_mine", 1, 7)  # another block takes the place
    assert reader.token_balance(stranger.address) == 0
    outbox.run()
    outbox.run()
    wish.refresh_from_db()
    assert (wish.state, wish.tx_hash) == (State.MINED, tx_hash)
    assert wish.block_hash != lost_block
    assert reader.token_balance(stranger.address) == 5


def test_a_nonce_taken_by_a_stranger_with_our_key_is_given_up_and_another_taken(
    make_outbox: MakeOutbox,
    enqueue_mint: Enqueue,
    manual_mining: Callable[[], None],
    anvil: Callable[..., Any],
    web3: Web3,
    signer: LocalAccount,
    stranger: LocalAccount,
    reader: ChainReader,
) -> None:
    wish = enqueue_mint(amount=5)
    make_outbox().run()
    wish.refresh_from_db()
    taken = wish.nonce
    anvil("anvil_dropTransaction", wish.tx_hash)
    _send_elsewhere(web3, signer, stranger, nonce=taken)
    manual_mining()
    manual_mining()
    make_outbox().run()
    make_outbox().run()
    manual_mining()
    make_outbox().run()
    wish.refresh_from_db()
    assert (wish.state, wish.nonce) == (State.FINAL, (taken or 0) + 1)
    assert reader.token_balance(stranger.address) == 5


def test_two_senders_at_once_send_each_wish_once(
    make_outbox: MakeOutbox, enqueue_mint: Enqueue, reader: ChainReader, stranger: LocalAccount
) -> None:
    for number in range(10):
        enqueue_mint(f"mint {number}", amount=1)
    failures: list[BaseException] = []

    def send() -> None:
        try:
            make_outbox().run()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    make_outbox().run()
    assert failures == []
    assert reader.token_balance(stranger.address) == 10
    assert set(ChainTransaction.objects.values_list("state", flat=True)) == {State.FINAL}
    assert SignedTransaction.objects.count() == 10


def test_an_account_without_gas_money_waits_and_says_so(
    make_outbox: MakeOutbox, enqueue_mint: Enqueue, anvil: Callable[..., Any], signer: LocalAccount
) -> None:
    wish = enqueue_mint()
    anvil("anvil_setBalance", signer.address, "0x1")
    outbox = make_outbox()
    outbox.run()
    wish.refresh_from_db()
    assert wish.state == State.QUEUED
    assert "funds" in wish.last_problem.lower()
    anvil("anvil_setBalance", signer.address, hex(10**20))
    make_outbox(clock=lambda: timezone.now() + timedelta(minutes=2)).run()
    wish.refresh_from_db()
    assert wish.state == State.FINAL


def test_the_tasks_do_it_all_by_the_settings(
    deployment: Deployment, enqueue_mint: Enqueue, settings: LazySettings
) -> None:
    from marketplace.chain.tasks import index, send

    wish = enqueue_mint()
    send()
    index()
    wish.refresh_from_db()
    assert wish.state == State.MINED


def test_before_a_deployment_the_tasks_rest(settings: LazySettings, tmp_path: Any) -> None:
    from marketplace.chain.tasks import index, send

    settings.CHAIN_DEPLOYMENT_FILE = tmp_path / "none.json"
    send()
    index()


KILLED_SENDER = f"""
import os, signal
import django
django.setup()
from marketplace.chain.conf import OutboxPolicy, chain_reader, signer_account
from marketplace.chain.outbox import Outbox
Outbox(
    reader=chain_reader(), signer=signer_account(), chain_id={DEVELOPMENT_CHAIN_ID},
    policy=OutboxPolicy(finality_depth=0), broadcast=lambda raw: os.kill(os.getpid(), signal.SIGKILL),
).run()
"""


def _test_database_url() -> str:
    values = connection.settings_dict
    place = f"{values['HOST']}:{values['PORT']}"
    return f"postgres://{values['USER']}:{values['PASSWORD']}@{place}/{values['NAME']}"


def _take_token_ownership_away(anvil: Callable[..., Any], deployment: Deployment) -> None:
    """Between simulation and block, the token gets another owner: its slot is found by its value."""
    token, owner = deployment.addresses["SettlementToken"], deployment.deployer[2:].lower()
    for slot in range(16):
        if anvil("eth_getStorageAt", token, hex(slot), "latest").endswith(owner):
            anvil("anvil_setStorageAt", token, hex(slot), "0x" + "00" * 31 + "01")
            return
    raise AssertionError("the owner was not found in the token's storage")


def _send_elsewhere(web3: Web3, signer: LocalAccount, to: LocalAccount, *, nonce: int | None) -> None:
    signed = signer.sign_transaction(
        {
            "type": 2,
            "chainId": DEVELOPMENT_CHAIN_ID,
            "nonce": nonce or 0,
            "to": to.address,
            "value": 1,
            "gas": 21000,
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 10**9,
        }
    )
    web3.eth.send_raw_transaction(signed.raw_transaction)
