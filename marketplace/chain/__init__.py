"""The market's way to the chain: outbox, indexer, contract clients.

`artefacts`, `errors`, `reader` and `rpc` import no Django, so that agents and `hengsuan verify` may use them.
"""
