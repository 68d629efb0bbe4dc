"""Public pages: what is offered, what happens, what can be checked. They show metadata only."""
