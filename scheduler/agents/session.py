"""A party's session with the market: keys, enrolment, pinned contracts, signed client.

``open_session`` waits for a market that is not up yet, enrols with the one-time token on first use, and
remembers the party id. Enrolling again with the same token and keys after a lost answer gives the same
party.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from marketplace.chain.reader import ChainReader
from scheduler.agents.chain import Deployment, pin_deployment
from scheduler.agents.client import MarketClient
from scheduler.agents.configuration import PartyConfig
from scheduler.agents.decoding import decode
from scheduler.agents.errors import ConfigurationError, Conflict
from scheduler.agents.keys import PartyKeys, load_or_create_keys
from scheduler.agents.logs import logger
from scheduler.agents.operations.rotation import finish_rotation
from scheduler.agents.requests import request_signer, until_available
from scheduler.agents.setups import ProvingKeys
from scheduler.agents.state import StateDirectory
from scheduler.agents.transport import Transport
from scheduler.agents.wire import Enrolment

__all__ = ["Session", "hand_in", "open_session", "request_signer", "until_available"]


@dataclass
class Session:
    """Everything that a party needs to act."""

    config: PartyConfig
    state: StateDirectory
    keys: PartyKeys
    client: MarketClient
    enrolment: Enrolment
    deployment: Deployment
    proving_keys: ProvingKeys
    _reader: ChainReader | None = None

    def reader(self) -> ChainReader:
        """The chain by this party's own RPC URL; connected on first use."""
        if self._reader is None:
            self._reader = self.deployment.reader(self.config.chain.rpc_url)
        return self._reader

    def close(self) -> None:
        """Close the connections."""
        self.client.transport.close()


def open_session(kind: str, config: PartyConfig, *, allow_development_setup: bool = True) -> Session:
    """Keys, enrolment and contracts of this party; waits for the market. Raises ConfigurationError,
    Problem.
    """
    state = StateDirectory(config.resolve(config.state_directory))
    keys = load_or_create_keys(state)
    transport = Transport(config.market.url)
    client = MarketClient(transport)
    try:
        enrolment = _enrolment(kind, config, state, keys, client)
        keys = finish_rotation(state, client, enrolment.party_id) or keys
        transport.signer = request_signer(keys.signing, enrolment.party_id)
        deployment = pin_deployment(state, config.chain, lambda: until_available(client.chain))
    except BaseException:
        transport.close()
        raise
    return Session(
        config=config,
        state=state,
        keys=keys,
        client=client,
        enrolment=enrolment,
        deployment=deployment,
        proving_keys=ProvingKeys(client, state, allow_development=allow_development_setup),
    )


def _enrolment(
    kind: str, config: PartyConfig, state: StateDirectory, keys: PartyKeys, client: MarketClient
) -> Enrolment:
    stored = state.read_json("enrolment.json")
    if stored is None:
        body = {"token": _token(config), "kind": kind, "name": config.name, **keys.public()}
        body["eth_signature"] = keys.enrolment_signature()
        client.transport.signer = request_signer(keys.signing, keys.signing_key)
        enrolment = until_available(lambda: client.enrol(body))
        stored = state.create_json_once("enrolment.json", asdict(enrolment))
        logger().info("party_enrolled", party_id=enrolment.party_id, eth_address=keys.address)
    return decode(Enrolment, stored, where="enrolment.json")


def _token(config: PartyConfig) -> str:
    path = config.resolve(config.market.enrolment_file)
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise ConfigurationError(
            "enrolment_token_missing",
            f"This party is not enrolled yet and there is no token in {path}.",
            "Ask the market's operator for a one-time token and put it there.",
        ) from None


def hand_in(call: Callable[[], object], *, known_as: str) -> None:
    """Bring a signed message to the market; that it is there already (``known_as``) is as good."""
    try:
        until_available(call)
    except Conflict as error:
        if error.code != known_as:
            raise
        logger().info("known_already", code=error.code)
