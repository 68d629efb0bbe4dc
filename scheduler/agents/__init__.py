"""What runs at the parties: node, connector, consumer, and the verifier of receipts.

They speak the market's REST API (docs/api.md), read the chain themselves, and import no Django.
"""
