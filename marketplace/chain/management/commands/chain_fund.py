"""`manage.py chain_fund ADDRESS …`: settlement tokens out of nothing, on a development chain only."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from eth_utils.address import is_address, to_checksum_address

from marketplace.chain.conf import (
    DEVELOPMENT_CHAIN_IDS,
    artefacts_directory,
    chain_web3,
    deployment_current,
    outbox_policy,
    sender_lock,
    signer_account,
)
from marketplace.chain.deploy import Deployer
from marketplace.chain.errors import ChainError
from marketplace.chain.reader import ChainReader

__all__ = ["Command"]

TOKEN = 10**18


class Command(BaseCommand):
    help = "Mint settlement tokens to addresses until each has the amount. Refused on a real chain."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("addresses", nargs="+", metavar="ADDRESS")
        parser.add_argument("--tokens", type=int, default=10_000, help="whole tokens that each shall have")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.CHAIN_ID not in DEVELOPMENT_CHAIN_IDS:
            raise CommandError(f"chain {settings.CHAIN_ID} is not a development chain; nothing was minted")
        for address in options["addresses"]:
            if not is_address(address):
                raise CommandError(f"{address!r} is not an address; nothing was minted")
        try:
            with sender_lock():
                self._fund(options["addresses"], options["tokens"] * TOKEN)
        except ChainError as error:
            raise CommandError(f"{error.code}: {error}. {error.remedy}") from error

    def _fund(self, addresses: list[str], amount: int) -> None:
        deployment = deployment_current()
        reader = ChainReader(chain_web3(), deployment.addresses)
        deployer = Deployer(
            web3=reader.web3,
            signer=signer_account(),
            artefacts=artefacts_directory(),
            record_path=Path(settings.CHAIN_DEPLOYMENT_FILE),
            highest_fee_wei=outbox_policy().highest_fee_wei,
        )
        for address in map(to_checksum_address, addresses):
            missing = amount - reader.token_balance(address)
            if missing > 0:
                deployer.send(deployment, "SettlementToken", "mint", address, missing)
            self.stdout.write(f"{address} has {amount // TOKEN} tokens or more")
