"""What parties sign and how it is checked: EIP-712 messages and canonical documents. No Django here.

The market's apps, the agents and the chain room all build and check the same bytes with this package.
"""
