"""`manage.py deploy_contracts`: contracts, roles, setups, programs; repeated, it changes nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from marketplace.chain.conf import artefacts_directory, chain_web3, outbox_policy, sender_lock, signer_account
from marketplace.chain.deploy import Deployer, DeploymentChoices
from marketplace.chain.errors import ChainError
from marketplace.chain.provisioning import setups_and_programs_register

__all__ = ["Command"]


class Command(BaseCommand):
    help = "Deploy the contracts, or recognise the deployment that is there; register setups and programs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--token", help="address of an ERC-20 to settle in; default: deploy SettlementToken"
        )
        parser.add_argument("--treasury", help="address that receives the market's fee; default: the signer")
        parser.add_argument("--fee-bps", type=int, default=DeploymentChoices().fee_bps)
        parser.add_argument("--minimum-stake", type=int, default=0, help="of a node, in the smallest unit")

    def handle(self, *args: Any, **options: Any) -> None:
        choices = DeploymentChoices(
            token=options["token"],
            treasury=options["treasury"],
            fee_bps=options["fee_bps"],
            minimum_stake=options["minimum_stake"],
        )
        try:
            with sender_lock():
                self._deploy(choices)
        except ChainError as error:
            raise CommandError(f"{error.code}: {error}. {error.remedy}") from error

    def _deploy(self, choices: DeploymentChoices) -> None:
        web3 = chain_web3()
        deployer = Deployer(
            web3=web3,
            signer=signer_account(),
            artefacts=artefacts_directory(),
            record_path=Path(settings.CHAIN_DEPLOYMENT_FILE),
            highest_fee_wei=outbox_policy().highest_fee_wei,
            report=self.stdout.write,
        )
        if int(web3.eth.chain_id) != settings.CHAIN_ID:
            raise CommandError(
                f"ETH_RPC_URL leads to chain {web3.eth.chain_id}, CHAIN_ID is {settings.CHAIN_ID}"
            )
        deployment = deployer.deploy(choices)
        for line in setups_and_programs_register(deployer=deployer, deployment=deployment):
            self.stdout.write(line)
        self.stdout.write(f"Market at {deployment.addresses['Market']} on chain {deployment.chain_id}")
