"""Which rows belong to which deployment.

An id is an EIP-712 digest over chain and contract, so a dataset, licence, node or job exists for one contract
only. Once other contracts are deployed, rows of the former ones are kept and no longer offered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import models

from marketplace.chain.conf import deployment_current
from marketplace.chain.errors import ChainError
from marketplace.signing.eip712 import Eip712Domain, TypedMessage
from marketplace.signing.errors import SigningError

if TYPE_CHECKING:
    TextField = models.CharField[str, str]
else:
    TextField = models.CharField

__all__ = ["BoundContractField", "bound_to", "rows_bind"]


def bound_to(contract: str) -> str:
    """`chain id:address` of a contract of the current deployment; empty before there is one."""
    try:
        deployment = deployment_current()
    except ChainError:
        return ""
    return f"{deployment.chain_id}:{deployment.addresses[contract]}"


class BoundContractField(TextField):
    """The contract that a row belongs to: that of the deployment under which it was created."""

    def __init__(self, contract: str = "", **kwargs: Any) -> None:
        self.contract = contract
        kwargs |= {"max_length": 64, "blank": True, "editable": False, "db_index": True}
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for given in ("max_length", "blank", "editable", "db_index"):
            del kwargs[given]
        return name, path, args, {**kwargs, "contract": self.contract}

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if add and not getattr(model_instance, self.attname):
            setattr(model_instance, self.attname, bound_to(self.contract))
        return getattr(model_instance, self.attname)


def rows_bind(
    model: type[models.Model],
    struct: type[TypedMessage],
    document_of: Callable[[Any], dict[str, Any]],
    field: str = "chain_contract",
) -> None:
    """For migrations: bind rows that are older than the field, where their id is this deployment's digest."""
    bound = bound_to(struct.CONTRACT)
    if not bound:
        return
    chain_id, address = bound.split(":")
    domain = Eip712Domain(int(chain_id), address)
    for row in model._default_manager.filter(**{field: ""}):
        try:
            is_ours = struct.from_json(document_of(row)).digest(domain) == row.pk
        except SigningError:
            continue
        if is_ours:
            model._default_manager.filter(pk=row.pk).update(**{field: bound})
