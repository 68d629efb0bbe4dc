"""The outbox and the indexer of this installation, from the settings."""

from __future__ import annotations

from django.conf import settings

from marketplace.chain.conf import chain_reader, deployment_current, outbox_policy, signer_account
from marketplace.chain.handlers import event_handle
from marketplace.chain.handlers.orphans import events_orphaned
from marketplace.chain.indexer import Indexer
from marketplace.chain.outbox import Outbox

__all__ = ["indexer_current", "outbox_current"]


def outbox_current() -> Outbox:
    """The sender with the relayer's key; raises `DeploymentMissing` before the first deployment."""
    return Outbox(
        reader=chain_reader(), signer=signer_account(), chain_id=settings.CHAIN_ID, policy=outbox_policy()
    )


def indexer_current() -> Indexer:
    """The index of the current deployment; raises `DeploymentMissing` before the first one."""
    return Indexer(
        reader=chain_reader(),
        deployment=deployment_current(),
        handle=event_handle,
        on_orphaned=events_orphaned,
        confirmations=settings.CHAIN_CONFIRMATIONS,
    )
