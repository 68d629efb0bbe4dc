"""Jobs: signed orders, the one table of their transitions, their events and receipts."""
