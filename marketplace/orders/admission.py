"""Admission: an order against every clause of every licence that it uses. Reads only.

The pipeline admits or refuses with `job_refusals`; `POST /orders/explain` answers with the same evaluation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from marketplace.accounts.models import Party
from marketplace.catalogue.models import Column, Dataset, DatasetState
from marketplace.catalogue.models import Program as ProgramRow
from marketplace.licences.clauses import evaluate
from marketplace.licences.domain import LicenceStanding, OrderFacts, Refusal
from marketplace.licences.models import Licence
from marketplace.licences.selectors import licence_standing, licence_terms, licences_listed, quantities_of
from marketplace.licences.terms import Placement
from marketplace.orders.domain import (
    DatasetFacts,
    OrderDetails,
    ProgramDoesNotFit,
    highest_grade,
    order_facts,
    structural_refusals,
)
from marketplace.orders.errors import LicenceUnknown, ProgramUnknown
from marketplace.orders.models import Job
from marketplace.orders.selectors import licence_uses
from marketplace.signing.eip712 import Order
from proofs import formats

__all__ = ["Assessment", "allowed_placement", "job_refusals", "order_assess", "order_licences"]


@dataclass(frozen=True, slots=True)
class Assessment:
    """Every reason against an order, and what it would use. `price` is that of the licences alone."""

    refusals: tuple[Refusal, ...]
    price: int
    cells: int
    outputs: int

    @property
    def is_admissible(self) -> bool:
        return not self.refusals


def order_assess(*, order: Order, details: OrderDetails, licences: Sequence[Licence]) -> Assessment:
    """Evaluate an order now. `licences` are those of its inputs, in order. Raises ProgramUnknown."""
    program = ProgramRow.objects.filter(program_id=order.program_id).first()
    if program is None:
        raise ProgramUnknown(f"there is no program {order.program_id}")
    datasets = [_dataset_facts(licence.dataset) for licence in licences]
    price = sum(licence.price_per_run for licence in licences)
    refusals = structural_refusals(
        order=order, program_setup_id=program.setup_id, datasets=datasets, price=price
    )
    try:
        facts = order_facts(
            order=order,
            details=details,
            program=formats.program_from(program.document),
            datasets=datasets,
            at=int(timezone.now().timestamp()),
        )
    except ProgramDoesNotFit as error:
        misfit = Refusal(
            order.inputs[0].licence_id, "program", None, str(error), "Choose columns that fit the program."
        )
        return Assessment((*refusals, misfit), price, cells=0, outputs=0)
    refusals += _licence_refusals(facts, licences)
    cells = sum(item.rows * (item.columns.bit_count() - 1) for item in facts.inputs)
    return Assessment(tuple(refusals), price, cells, facts.outputs)


def job_refusals(*, job: Job) -> tuple[Refusal, ...]:
    """Every clause that refuses this job now; empty: it may be admitted."""
    licences = [item.licence for item in job.inputs.select_related("licence__dataset__owner")]
    order, details = Order.from_json(job.order), OrderDetails.from_document(job.details)
    return order_assess(order=order, details=details, licences=licences).refusals


def allowed_placement(*, job: Job) -> Placement:
    """Which nodes this job may have: what the consumer wishes and every licence allows for its data."""
    details = OrderDetails.from_document(job.details)
    allowed = Placement(tiers=details.tiers, regions=details.regions)
    for item in job.inputs.select_related("licence__dataset"):
        grade = _grade(item.licence.dataset, int(item.columns))
        allowed = allowed & licence_terms(licence=item.licence).terms.placement_for(grade)
    return allowed


def order_licences(*, consumer: Party, order: Order) -> list[Licence]:
    """Licences of the inputs, in order. Raises LicenceUnknown for one that the consumer does not hold."""
    wanted = [item.licence_id for item in order.inputs]
    held = {
        licence.licence_id: licence
        for licence in licences_listed()
        .filter(licence_id__in=wanted, holder=consumer.eth_address)
        .select_related("dataset__owner")
    }
    for licence_id in wanted:
        if licence_id not in held:
            raise LicenceUnknown(f"you hold no licence {licence_id}", licence_id=licence_id)
    return [held[licence_id] for licence_id in wanted]


def _licence_refusals(facts: OrderFacts, licences: Sequence[Licence]) -> list[Refusal]:
    licence_ids = [licence.licence_id for licence in licences]
    quantities = quantities_of(licence_ids=licence_ids)
    uses = licence_uses(licence_ids=licence_ids)
    found: list[Refusal] = []
    for licence in licences:
        standing: LicenceStanding = licence_standing(
            licence=licence, quantities=quantities[licence.licence_id], uses=uses[licence.licence_id]
        )
        found += evaluate(licence_terms(licence=licence), facts, standing=standing)
    return found


def _grade(dataset: Dataset, bitmap: int) -> int:
    """The highest grade among the dataset and the chosen columns."""
    return highest_grade(dataset.grade, dataset.schema["columns"], bitmap)


def _dataset_facts(dataset: Dataset) -> DatasetFacts:
    ones = Column.objects.get(dataset=dataset, index=0)
    return DatasetFacts(
        dataset_id=dataset.dataset_id,
        owner=dataset.owner.eth_address,
        setup_id=dataset.setup_id,
        rows=dataset.rows,
        ones_commitment=ones.commitment,
        is_registered=dataset.state == DatasetState.REGISTERED,
        grade=dataset.grade,
        columns=tuple(dataset.schema["columns"]),
    )
