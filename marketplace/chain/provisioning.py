"""Brings what the catalogue offers to the chain."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from marketplace.catalogue.models import Program, Setup
from marketplace.chain.deploy import Deployer
from marketplace.chain.deployment import Deployment
from marketplace.chain.errors import DevelopmentSetupRefused
from marketplace.chain.reader import ChainReader
from marketplace.chain.registrations import program_register, setup_register
from marketplace.chain.rpc import chain_failures_typed

__all__ = ["setups_and_programs_register"]


def setups_and_programs_register(*, deployer: Deployer, deployment: Deployment) -> Iterator[str]:
    """Register every setup and program of the catalogue that the chain lacks; yield a line for each.

    Raises `DevelopmentSetupRefused` in production for a setup whose secrets one party knew.
    """
    reader = ChainReader(deployer.web3, deployment.addresses)
    with chain_failures_typed():
        for setup in Setup.objects.all():
            if setup.is_development and settings.IS_PRODUCTION:
                raise DevelopmentSetupRefused(f"setup {setup.setup_id} is a development setup")
            if setup_register(
                deployer=deployer,
                reader=reader,
                deployment=deployment,
                setup_id=setup.setup_id,
                key=setup.verifying_key,
            ):
                yield f"setup {setup.setup_id} registered"
        for program in Program.objects.all():
            if program_register(
                deployer=deployer,
                reader=reader,
                deployment=deployment,
                program_id=program.program_id,
                document=program.document,
            ):
                yield f"program {program.program_id} registered"
