"""EIP-712 messages of parties, for the chain and contracts that this market runs on."""

from __future__ import annotations

from marketplace.chain.conf import deployment_current
from marketplace.signing.eip712 import Eip712Domain, TypedMessage

__all__ = ["message_digest", "message_domain", "message_signer"]


def message_domain(kind: type[TypedMessage]) -> Eip712Domain:
    """The domain that messages of this kind are signed for. Raises DeploymentMissing."""
    deployment = deployment_current()
    return Eip712Domain(deployment.chain_id, deployment.addresses[kind.CONTRACT])


def message_digest(message: TypedMessage) -> str:
    """The id of what the message creates."""
    return message.digest(message_domain(type(message)))


def message_signer(message: TypedMessage, signature: str) -> str:
    """The checksummed address that signed. Raises MalformedSignature."""
    return message.recover(message_domain(type(message)), signature)
