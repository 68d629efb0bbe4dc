"""Rights of use: signed terms, and the append-only ledger of granted, reserved and consumed quantity.

`domain` imports no Django: admission, explanation and the connector evaluate the same clauses.
"""
