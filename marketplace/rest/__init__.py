"""What every app's API stands on: problem documents, signed requests, idempotency, pagination.

`httpsig` imports no Django, so that agents sign with the code that the market checks with.
"""
