"""What each event of the chain means for the market.

Every handler may run again for the same event: after a crash, after a reorganisation (the event comes back
in another block), and when the projections are rebuilt. So each looks at what stands in the database and
does only what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from marketplace.chain.handlers import datasets, jobs, licences, nodes, programs
from marketplace.chain.models import ChainEvent
from scheduler.nodes.models import Collateral, Movement

__all__ = ["HANDLERS", "event_handle"]

STAKE, BOND = Collateral.STAKE, Collateral.BOND
DEPOSITED, RELEASED, WITHDRAWN = Movement.DEPOSITED, Movement.RELEASED, Movement.WITHDRAWN

HANDLERS: Mapping[tuple[str, str], Callable[[ChainEvent], None]] = {
    ("ProgramRegistry", "ProgramRegistered"): programs.program_registered,
    ("DatasetRegistry", "DatasetRegistered"): datasets.dataset_registered,
    ("LicenceLedger", "LicenceGranted"): licences.licence_granted,
    ("LicenceLedger", "LicenceRevoked"): licences.licence_revoked,
    ("LicenceLedger", "QuantityReserved"): licences.quantity_reserved,
    ("LicenceLedger", "QuantityConsumed"): licences.quantity_consumed,
    ("LicenceLedger", "QuantityReleased"): licences.quantity_released,
    ("LicenceLedger", "RevocationEpochStarted"): licences.revocation_epoch_started,
    ("LicenceLedger", "LicenceTransferred"): licences.licence_transferred,
    ("LicenceLedger", "LicenceToppedUp"): licences.licence_topped_up,
    ("NodeRegistry", "NodeRegistered"): nodes.node_registered,
    ("NodeRegistry", "NodeUpdated"): nodes.node_updated,
    ("NodeRegistry", "StakeDeposited"): nodes.collateral_moved(STAKE, DEPOSITED),
    ("NodeRegistry", "StakeUnbonded"): nodes.collateral_moved(STAKE, RELEASED),
    ("NodeRegistry", "StakeWithdrawn"): nodes.collateral_moved(STAKE, WITHDRAWN),
    ("NodeRegistry", "NodeSlashed"): nodes.collateral_taken(STAKE),
    ("NodeRegistry", "BondDeposited"): nodes.collateral_moved(BOND, DEPOSITED),
    ("NodeRegistry", "BondReleased"): nodes.collateral_moved(BOND, RELEASED),
    ("NodeRegistry", "BondWithdrawn"): nodes.collateral_moved(BOND, WITHDRAWN),
    ("NodeRegistry", "BondTaken"): nodes.collateral_taken(BOND),
    ("Evidence", "NodeConvicted"): nodes.node_convicted,
    ("Evidence", "DealerConvicted"): nodes.dealer_convicted,
    ("Evidence", "BondForfeited"): nodes.bond_forfeited,
    ("Market", "JobOpened"): jobs.job_opened,
    ("Market", "JobDealing"): jobs.job_dealing,
    ("Market", "JobReseated"): jobs.job_reseated,
    ("Market", "JobSettled"): jobs.job_settled,
    ("Market", "JobCancelled"): jobs.job_cancelled,
    ("Market", "JobFailed"): jobs.job_failed,
    ("Market", "JobExpired"): jobs.job_expired,
}


def event_handle(event: ChainEvent) -> None:
    """Apply one event; those without a handler are kept for the audit trail and change nothing."""
    handler = HANDLERS.get((event.contract, event.name))
    if handler is not None:
        handler(event)
