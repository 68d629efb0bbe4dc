"""Registering a node: the operator signs once, the message is kept, and handing it in again changes
nothing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from typing import Any

from marketplace.signing.eip712 import RegisterNode
from proofs.backend import get_backend
from scheduler.agents.keys import load_account
from scheduler.agents.logs import logger
from scheduler.agents.node.config import NodeConfig
from scheduler.agents.session import Session, hand_in, until_available

__all__ = ["register_node"]

VALID_SECONDS = 7 * 24 * 3600


def register_node(session: Session, config: NodeConfig, *, now: Callable[[], float]) -> str:
    """Register (once) and return the node id."""
    name = f"registration-{session.deployment.digest}.json"
    stored = session.state.read_json(name)
    if stored is None or _is_stale(stored, now()):
        stored = _signed(session, config, now())
        session.state.write_json(name, stored)
    node_id = str(stored["node_id"])
    if not stored.get("is_accepted"):
        body = {
            "registration": stored["registration"],
            "signature": stored["signature"],
            "capabilities": _capabilities(session, config),
        }
        hand_in(lambda: session.client.register_node(body, idempotency_key=node_id), known_as="node_exists")
        session.state.write_json(name, stored | {"is_accepted": True})
        logger().info("node_registered", node_id=node_id, operator=stored["registration"]["operator"])
    return node_id


def _is_stale(stored: dict[str, Any], now: float) -> bool:
    """Signed, never accepted, and too old for the chain by now."""
    return not stored.get("is_accepted") and int(stored["registration"]["deadline"]) < now


def _signed(session: Session, config: NodeConfig, now: float) -> dict[str, Any]:
    operator = load_account(config.resolve(config.node.operator_key_file), create=True)
    message = RegisterNode(
        operator=operator.address,
        signer=session.keys.address,
        sealing_key=session.keys.sealing_key,
        tier=config.node.tier_number,
        region=config.node.region_word,
        fee_per_job=config.node.fee_per_job,
        salt=secrets.randbits(256),
        deadline=int(now) + VALID_SECONDS,
    )
    domain = session.deployment.domain(message.CONTRACT)
    return {
        "node_id": message.digest(domain),
        "registration": message.to_json(),
        "signature": message.sign(domain, operator.key),
    }


def _capabilities(session: Session, config: NodeConfig) -> dict[str, Any]:
    capacities = config.node.capacities or tuple(
        sorted({setup.capacity for setup in until_available(session.client.setups)})
    )
    return {
        "capacities": list(capacities),
        "backend": get_backend().name,
        "cores": config.node.cores or os.cpu_count() or 1,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    }
