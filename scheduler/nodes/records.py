"""What a node's outcomes say of it: counts for people, a probability of failure for the matcher."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from scheduler.matching import OutcomeKind, Past, failure_ppm, score_permille
from scheduler.nodes.models import Conviction, NodeOutcome

__all__ = ["NodeRecord", "node_records"]


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """Counts over all time; ``failure_ppm`` with old outcomes fading (scheduler/matching/reliability.py)."""

    finished: int
    late: int
    failed: int
    faulted: int
    slashed: int
    failure_ppm: int

    @property
    def score_permille(self) -> int:
        return score_permille(self.failure_ppm)


def node_records(*, node_ids: Collection[str]) -> dict[str, NodeRecord]:
    """Records by node id, in two queries; a node without outcomes has the prior's."""
    past: defaultdict[str, list[Past]] = defaultdict(list)
    today = timezone.now().date()
    outcomes = (
        NodeOutcome.objects.filter(node_id__in=node_ids)
        .order_by()
        .values_list("node_id", "kind", TruncDate("at"))
        .annotate(count=Count("id"))
    )
    for node_id, kind, day, count in outcomes:
        past[node_id].append(_past(OutcomeKind(kind), today, day, count))
    convictions = (
        Conviction.objects.filter(accused__in=node_ids)
        .order_by()
        .values_list("accused", TruncDate("recorded_at"))
        .annotate(count=Count("id"))
    )
    for node_id, day, count in convictions:
        past[node_id].append(_past(OutcomeKind.SLASHED, today, day, count))
    return {node_id: _record(past[node_id]) for node_id in node_ids}


def _past(kind: OutcomeKind, today: date, day: date, count: int) -> Past:
    return Past(kind, max((today - day).days, 0), count)


def _record(past: list[Past]) -> NodeRecord:
    counts = {kind.value: sum(item.count for item in past if item.kind is kind) for kind in OutcomeKind}
    return NodeRecord(**counts, failure_ppm=failure_ppm(past))
