"""The proof system: Groth16 over committed columns, proven by one party or share-wise by nodes.

No Django inside; ``python -m proofs`` is its command line, ``proofs/README.md`` its map.
"""
