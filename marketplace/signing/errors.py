"""Errors of signed messages and documents. Their text says what is wrong with which field."""

__all__ = ["MalformedDocument", "MalformedMessage", "MalformedSignature", "SigningError"]


class SigningError(Exception):
    """Base of all errors of this package."""


class MalformedDocument(SigningError):
    """A JSON document has no canonical form (a float, a number or key of the wrong type)."""


class MalformedMessage(SigningError):
    """A field of an EIP-712 message is missing, unknown or out of its type's range."""


class MalformedSignature(SigningError):
    """A signature is not 65 bytes of r, s, v in canonical (low-s) form, or recovers to no key."""
