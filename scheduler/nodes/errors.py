"""Errors of nodes."""

from __future__ import annotations

from http import HTTPStatus

from marketplace.rest.errors import DomainError

__all__ = ["CapabilitiesInvalid", "NodeExists", "NodeUnknown", "RegistrationInvalid"]


class RegistrationInvalid(DomainError):
    code = "node_registration_invalid"
    title = "The node's registration is not acceptable"
    remedy = "Let the operator's Ethereum key sign RegisterNode again, for the NodeRegistry of GET /chain."


class CapabilitiesInvalid(DomainError):
    code = "node_capabilities_invalid"
    title = "The node's capabilities are malformed"


class NodeExists(DomainError):
    code = "node_exists"
    status = HTTPStatus.CONFLICT
    title = "This node is registered by another party"
    remedy = "Change the salt and sign again."


class NodeUnknown(DomainError):
    code = "node_unknown"
    status = HTTPStatus.NOT_FOUND
    title = "There is no such node for you"
    remedy = "Check the id; a node's availability is set by its own party."
