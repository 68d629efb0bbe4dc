"""EIP-712 messages of docs/protocol.md: one frozen dataclass per struct.

domain = Eip712Domain(chain_id=31337, verifying_contract=addresses["Market"])
job_id = order.digest(domain)
order.recover(domain, signature) == order.consumer
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from marketplace.signing.typed_message import (
    DOMAIN_NAME,
    DOMAIN_VERSION,
    SECP256K1_ORDER,
    Eip712Domain,
    TypedMessage,
    bits_of,
    check_signature_form,
    solidity,
)

__all__ = [
    "DOMAIN_NAME",
    "DOMAIN_VERSION",
    "SECP256K1_ORDER",
    "STRUCTS",
    "AllowTransfer",
    "CancelOrder",
    "Contribution",
    "Deal",
    "DealtShares",
    "Eip712Domain",
    "GrantLicence",
    "Input",
    "Order",
    "OwnStatement",
    "RegisterDataset",
    "RegisterNode",
    "ReleaseBond",
    "ResultBinding",
    "RevokeInEpoch",
    "RevokeLicence",
    "TopUpLicence",
    "TransferLicence",
    "TypedMessage",
    "Unbond",
    "UpdateNode",
    "Withdraw",
    "bits_of",
    "check_signature_form",
]


@dataclass(frozen=True, slots=True)
class RegisterDataset(TypedMessage):
    CONTRACT: ClassVar[str] = "DatasetRegistry"

    owner: str = solidity("address")
    setup_id: str = solidity("bytes32")
    rows: int = solidity("uint64")
    grade: int = solidity("uint8")
    schema_hash: str = solidity("bytes32")
    columns_hash: str = solidity("bytes32")
    salt: int = solidity("uint256")
    deadline: int = solidity("uint256")


@dataclass(frozen=True, slots=True)
class GrantLicence(TypedMessage):
    CONTRACT: ClassVar[str] = "LicenceLedger"

    provider: str = solidity("address")
    consumer: str = solidity("address")
    dataset_id: str = solidity("bytes32")
    terms_hash: str = solidity("bytes32")
    program_ids: tuple[str, ...] = solidity("bytes32[]")
    columns: int = solidity("uint256")
    runs: int = solidity("uint64")
    cells: int = solidity("uint128")
    outputs: int = solidity("uint64")
    not_before: int = solidity("uint64")
    not_after: int = solidity("uint64")
    price_per_run: int = solidity("uint128")
    salt: int = solidity("uint256")
    deadline: int = solidity("uint256")


@dataclass(frozen=True, slots=True)
class RevokeLicence(TypedMessage):
    CONTRACT: ClassVar[str] = "LicenceLedger"

    licence_id: str = solidity("bytes32")
    deadline: int = solidity("uint256")


@dataclass(frozen=True, slots=True)
class RevokeInEpoch(TypedMessage):
    """A revocation with its effect on open jobs: 0 they finish, 1 anyone aborts them.

    `epoch` is the last one plus 1.
    """

    CONTRACT: ClassVar[str] = "LicenceLedger"

    licence_id: str = solidity("bytes32")
    epoch: int = solidity("uint32")
    effect: int = solidity("uint8")
    deadline: int = solidity("uint256")


@dataclass(frozen=True, slots=True)
class AllowTransfer(TypedMessage):
    """The provider lets the licence be handed on to `to`, or to anybody if it is the zero address."""

    CONTRACT: ClassVar[str] = "LicenceLedger"

    licence_id: str = solidity("bytes32")
    to: str = solidity("address")
    deadline: int = solidity("uint256")


@dataclass(frozen=True, slots=True)
class TransferLicence(TypedMessage):
    """The licence's consumer hands it on."""

    CONTRACT: ClassVar[str] = "LicenceLedger"

    licence_id: str = solidity("bytes32")
    to: str = solidity("address")
    salt: int = solidity("uint256")
    deadline: int = solidity("uint256")


@dataclass(frozen=True, slots=True)
class TopUpLicence(TypedMessage):
    """The provider adds to what it granted."""

    CONTRACT: ClassVar[str] = "LicenceLedger"

    licence_id: str = solidity("bytes32")
    runs: int = solidity("uint64")
    cells: int = solidity("uint128")
    outputs: int = solidity("uint64")
    salt: int = solidity("uint256")
    deadline: int = solidity("uint256")


@dataclass(frozen=True, slots=True)
class RegisterNode(TypedMessage):
    CONTRACT: ClassVar[str] = "NodeRegistry"

    operator: str = solidity("address")
    signer: str = solidity("address")
    sealing_key: str = solidity("bytes32")
    tier: int = solidity("uint8")
    region: str = solidity("bytes32")
    fee_per_job: int = solidity("uint128")
    salt: int = solidity("uint256")
    deadline: int = solidity("uint256")


@dataclass(frozen=True, slots=True)
class UpdateNode(TypedMessage):
    """New keys, fee or activity of a node, by its operator. `version` is the last one plus 1."""

    CONTRACT: ClassVar[str] = "NodeRegistry"

    node_id: str = solidity("bytes32")
    signer: str = solidity("address")
    sealing_key: str = solidity("bytes32")
    fee_per_job: int = solidity("uint128")
    is_active: bool = solidity("bool")
    version: int = solidity("uint32")
    deadline: int = solidity("uint256")


@dataclass(frozen=True, slots=True)
class Unbond(TypedMessage):
    """The operator begins to take stake out."""

    CONTRACT: ClassVar[str] = "NodeRegistry"

    node_id: str = solidity("bytes32")
    amount: int = solidity("uint128")
    salt: int = solidity("uint256")
    deadline: int = solidity("uint256")


@dataclass(frozen=True, slots=True)
class ReleaseBond(TypedMessage):
    """An operator or a provider begins to take its bond out."""

    CONTRACT: ClassVar[str] = "NodeRegistry"

    account: str = solidity("address")
    amount: int = solidity("uint128")
    salt: int = solidity("uint256")
    deadline: int = solidity("uint256")


@dataclass(frozen=True, slots=True)
class Input(TypedMessage):
    """One dataset of an order: a licence and the bitmap of the columns wanted (bit 0 is ``ones``)."""

    CONTRACT: ClassVar[str] = "Market"

    licence_id: str = solidity("bytes32")
    columns: int = solidity("uint256")


@dataclass(frozen=True, slots=True)
class Order(TypedMessage):
    CONTRACT: ClassVar[str] = "Market"

    consumer: str = solidity("address")
    program_id: str = solidity("bytes32")
    inputs: tuple[Input, ...] = solidity("Input[]")
    visibility: int = solidity("uint8")
    recipient_key: str = solidity("bytes32")
    details_hash: str = solidity("bytes32")
    max_price: int = solidity("uint128")
    deadline: int = solidity("uint64")
    salt: int = solidity("uint256")

    @classmethod
    def _nested(cls) -> dict[str, type[TypedMessage]]:
        return {"Input": Input}


@dataclass(frozen=True, slots=True)
class CancelOrder(TypedMessage):
    CONTRACT: ClassVar[str] = "Market"

    job_id: str = solidity("bytes32")


@dataclass(frozen=True, slots=True)
class Withdraw(TypedMessage):
    """Credit leaves the market, for an account that has no gas."""

    CONTRACT: ClassVar[str] = "Market"

    account: str = solidity("address")
    to: str = solidity("address")
    amount: int = solidity("uint256")
    salt: int = solidity("uint256")
    deadline: int = solidity("uint256")


@dataclass(frozen=True, slots=True)
class Deal(TypedMessage):
    """A dealer's sealed package for one seat: evidence of who sent what."""

    CONTRACT: ClassVar[str] = "Market"

    job_id: str = solidity("bytes32")
    attempt: int = solidity("uint32")
    seat: int = solidity("uint32")
    content_hash: str = solidity("bytes32")


@dataclass(frozen=True, slots=True)
class Contribution(TypedMessage):
    """A node's answer of one round: evidence of who answered what."""

    CONTRACT: ClassVar[str] = "Market"

    job_id: str = solidity("bytes32")
    attempt: int = solidity("uint32")
    round: int = solidity("uint8")
    seat: int = solidity("uint32")
    content_hash: str = solidity("bytes32")


@dataclass(frozen=True, slots=True)
class OwnStatement(TypedMessage):
    """A node's proof of its own share statement, with the slopes it is about: what the chain convicts by."""

    CONTRACT: ClassVar[str] = "Evidence"

    job_id: str = solidity("bytes32")
    attempt: int = solidity("uint32")
    seat: int = solidity("uint32")
    slopes_hash: str = solidity("bytes32")
    proof_hash: str = solidity("bytes32")


@dataclass(frozen=True, slots=True)
class ResultBinding(TypedMessage):
    """A node's word that its Y, P, pi of round 2 belong to its own F_M(k), at this weight and challenge."""

    CONTRACT: ClassVar[str] = "Evidence"

    job_id: str = solidity("bytes32")
    attempt: int = solidity("uint32")
    seat: int = solidity("uint32")
    weight: int = solidity("uint256")
    challenge: int = solidity("uint256")
    points_hash: str = solidity("bytes32")


@dataclass(frozen=True, slots=True)
class DealtShares(TypedMessage):
    """A dealer's word what commits to the slopes of its columns and to the shares it sent to one seat."""

    CONTRACT: ClassVar[str] = "Evidence"

    job_id: str = solidity("bytes32")
    attempt: int = solidity("uint32")
    seat: int = solidity("uint32")
    slopes_hash: str = solidity("bytes32")
    shares_hash: str = solidity("bytes32")


STRUCTS: tuple[type[TypedMessage], ...] = (
    RegisterDataset,
    GrantLicence,
    RevokeLicence,
    RevokeInEpoch,
    AllowTransfer,
    TransferLicence,
    TopUpLicence,
    RegisterNode,
    UpdateNode,
    Unbond,
    ReleaseBond,
    Order,
    CancelOrder,
    Withdraw,
    Deal,
    Contribution,
    OwnStatement,
    ResultBinding,
    DealtShares,
)
