"""``hengsuan connector``: publish datasets, sign the offered licences, deal shares for allowed jobs."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from marketplace.signing.eip712 import GrantLicence
from scheduler.agents.agreement_commands import (
    AGREEMENT_COMMANDS,
    PROVIDER_COMMANDS,
    add_agreement_commands,
    run_agreement_command,
)
from scheduler.agents.agreements import Negotiation
from scheduler.agents.commandline import add_common_options, guarded, stop_on_signals
from scheduler.agents.configuration import configuration_path, load_configuration
from scheduler.agents.connector.config import ConnectorConfig, OfferSection
from scheduler.agents.connector.datasets import DatasetStore
from scheduler.agents.connector.deal import ConnectorTasks
from scheduler.agents.connector.licensing import Licensing
from scheduler.agents.errors import AgentError, ConfigurationError
from scheduler.agents.housekeeping import Housekeeper
from scheduler.agents.leases import LeaseLoop
from scheduler.agents.logs import configure_logs, logger
from scheduler.agents.messages import Speech, language_of
from scheduler.agents.operations.commands import OPERATIONS, add_operations, run_operation
from scheduler.agents.session import Session, open_session
from scheduler.agents.state import StateDirectory

__all__ = ["main"]

OFFERS_EVERY_SECONDS = 5.0
SHORT_WAIT_SECONDS = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done or stopped as asked, 1 failed, 2 configuration, data or state unusable."""
    parser = argparse.ArgumentParser(prog="hengsuan connector", description=__doc__)
    add_common_options(parser)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="publish, license and deal until told to stop (default)")
    revoke = commands.add_parser("revoke", help="revoke a licence, here at once and on the chain")
    revoke.add_argument("licence_id")
    statement = commands.add_parser("statement", help="download the signed statement of every use")
    statement.add_argument("file", type=Path)
    add_agreement_commands(commands, is_provider=True)
    add_operations(commands)
    options = parser.parse_args(arguments)
    say = Speech(language_of(options.lang))

    def body() -> int:
        config = load_configuration(ConnectorConfig, configuration_path("connector", options.config))
        configure_logs(config.name, level=config.log_level)
        if options.command in OPERATIONS:
            return run_operation("connector", config, options, say)
        if options.command == "revoke":
            session = _session(config)
            Licensing(session, now=time.time).revoke(options.licence_id)
            return 0
        if options.command == "statement":
            found = _session(config).client.usage_statement()
            options.file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
            print(say("statement_kept", uses=len(found["statement"]["uses"]), path=options.file))
            return 0
        if options.command in AGREEMENT_COMMANDS | PROVIDER_COMMANDS:
            return _negotiate(config, options, say)
        with StateDirectory(config.resolve(config.state_directory)).locked():
            return _Connector(config, say).serve()

    return guarded(say, body)


def _negotiate(config: ConnectorConfig, options: argparse.Namespace, say: Speech) -> int:
    """A suspension holds here before the market hears of it; it is lifted here after the market did."""
    session = _session(config)
    licensing = Licensing(session, now=time.time)
    datasets = DatasetStore(session, config, now=time.time)

    def keep(grant: GrantLicence, terms: dict[str, Any]) -> None:
        licensing.keep(grant, terms, datasets.record(grant.dataset_id))

    negotiation = Negotiation(session, now=time.time, keep=keep)
    licence_id = None
    if options.command in ("suspend", "resume"):
        licence_id = negotiation.read(options.agreement_id)["licence_id"]
    if options.command == "suspend" and licence_id is not None:
        licensing.suspend(licence_id, is_suspended=True)
    run_agreement_command(options, negotiation, say)
    if options.command == "resume" and licence_id is not None:
        licensing.suspend(licence_id, is_suspended=False)
    return 0


def _session(config: ConnectorConfig) -> Session:
    return open_session("connector", config, allow_development_setup=config.allow_development_setup)


class _Connector:
    def __init__(self, config: ConnectorConfig, say: Speech) -> None:
        self.config = config
        self.say = say
        self.session = _session(config)
        self.datasets = DatasetStore(self.session, config, now=time.time)
        self.licensing = Licensing(self.session, now=time.time)
        self.published: dict[str, dict[str, Any]] = {}
        self.open_offers: list[OfferSection] = list(config.offers)
        self.next_offers_at = 0.0

    def serve(self) -> int:
        session, say = self.session, self.say
        print(
            say(
                "party",
                name=self.config.name,
                party_id=session.enrolment.party_id,
                address=session.keys.address,
            )
        )
        self._publish()
        tasks = ConnectorTasks(session, self.datasets, self.licensing, now=time.time)
        housekeeper = Housekeeper(session, "deals", tasks.forget)
        loop = LeaseLoop(
            client=session.client,
            handlers={
                "deal": tasks.deal,
                "blame_deal": tasks.blame_deal,
                "blame_open": tasks.blame_open,
            },
            heartbeat_seconds=session.enrolment.heartbeat_seconds,
            wait_seconds=session.enrolment.lease_wait_seconds,
            drain_seconds=self.config.drain_seconds,
        )

        def on_idle() -> None:
            self._offer()
            housekeeper()
            # While a consumer is awaited, polls are short, so that its licence is not.
            waits = session.enrolment.lease_wait_seconds
            loop.wait_seconds = min(SHORT_WAIT_SECONDS, waits) if self.open_offers else waits

        loop.on_idle = on_idle
        stop_on_signals(loop)
        print(say("connector_online"), flush=True)
        loop.run()
        session.close()
        return 0

    def _publish(self) -> None:
        for section in self.config.datasets:
            record = self.datasets.publish(section)
            self.published[section.name] = record
            columns = len(record["commitments"]) - 1
            print(
                self.say(
                    "dataset_published",
                    name=section.name,
                    rows=record["rows"],
                    columns=columns,
                    dataset_id=record["dataset_id"],
                ),
                flush=True,
            )
        for offer in self.config.offers:
            if offer.dataset not in self.published:
                raise ConfigurationError(
                    "offer_invalid",
                    f"Offer {offer.name!r} is on the dataset {offer.dataset!r}, which is not configured.",
                    "Correct its dataset.",
                )

    def _offer(self) -> None:
        """Sign the offers whose consumer is enrolled by now; the others are tried again later."""
        if not self.open_offers or time.monotonic() < self.next_offers_at:
            return
        self.next_offers_at = time.monotonic() + OFFERS_EVERY_SECONDS
        for offer in list(self.open_offers):
            try:
                record = self.licensing.offer(offer, self.published[offer.dataset])
            except ConfigurationError:
                raise
            except AgentError as error:
                logger().warning("offer_postponed", offer=offer.name, code=error.code, detail=error.detail)
                continue
            if record is not None:
                self.open_offers.remove(offer)
                consumer = record["grant"]["consumer"]
                text = self.say(
                    "licence_signed", licence_id=record["licence_id"], name=offer.dataset, consumer=consumer
                )
                print(text, flush=True)
