"""What a consumer reads off a proven Gram matrix. PROTOCOL, *From inner products to programs*.

Nothing here touches data: every function takes ``Moments``, the exact inner products of the job's
columns, so that whatever it returns follows from the proven result alone. Floats appear only after the
exact, centred sums.
"""
