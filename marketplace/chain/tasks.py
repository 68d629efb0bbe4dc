"""Celery tasks of the chain; beat repeats both, so a lost message costs seconds."""

from __future__ import annotations

import structlog
from celery import current_app, shared_task

from marketplace.chain.errors import ChainUnreachable, DeploymentMissing
from marketplace.chain.runtime import indexer_current, outbox_current
from marketplace.chain.services import INDEX_TASK, SEND_TASK

__all__ = ["index", "send"]

logger = structlog.get_logger(__name__)


@shared_task(name=SEND_TASK)
def send() -> None:
    """Send what the outbox holds and follow what was sent."""
    try:
        summary = outbox_current().run()
    except DeploymentMissing as error:
        logger.info("chain_send_has_nowhere_to_send", problem=str(error))
        return
    if summary.mined:
        current_app.send_task(INDEX_TASK)


@shared_task(name=INDEX_TASK)
def index() -> None:
    """Read what happened on the chain and apply it."""
    try:
        indexer_current().run()
    except DeploymentMissing as error:
        logger.info("chain_index_has_nothing_to_read", problem=str(error))
    except ChainUnreachable as error:
        logger.warning("chain_unreachable", problem=str(error))
