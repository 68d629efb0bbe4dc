"""The table of a job's transitions, walked state by state and event by event."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from marketplace.catalogue.models import Program, Setup
from marketplace.orders.errors import AttemptsExhausted, TransitionLost, TransitionNotAllowed
from marketplace.orders.models import MAX_ATTEMPTS, Job, JobEvent, JobState
from marketplace.orders.transitions import (
    EVENT_KINDS,
    TRANSITIONS,
    JobTransition,
    job_event_append,
    job_placed,
    job_transition,
)
from tests.support.cast import Actor

PATH = (
    (JobState.ADMITTED, JobTransition.ADMIT),
    (JobState.MATCHED, JobTransition.MATCH),
    (JobState.OPENED, JobTransition.OPEN),
    (JobState.DEALING, JobTransition.DEAL),
    (JobState.COMPUTING, JobTransition.COMPUTE),
    (JobState.PROVING, JobTransition.PROVE),
    (JobState.VERIFIED, JobTransition.VERIFY),
    (JobState.SETTLED, JobTransition.SETTLE),
)
ENDS = {
    JobState.CANCELLED: JobTransition.CANCEL,
    JobState.FAILED: JobTransition.FAIL,
    JobState.EXPIRED: JobTransition.EXPIRE,
}


@pytest.fixture
def job(consumer: Actor) -> Job:
    """A placed job with no more around it than the tables ask for."""
    setup = Setup.objects.create(
        setup_id=_hex(1), capacity=16, verifying_key={}, is_development=True, directory=""
    )
    program = Program.objects.create(program_id=_hex(2), setup=setup, document={}, title="Joint statistics")
    placed = Job.objects.create(
        job_id=_hex(3),
        consumer=consumer.party,
        program=program,
        order={},
        signature="0x" + "00" * 65,
        details={},
        visibility=1,
        recipient_key=_hex(4),
        max_price=1000,
        deadline=timezone.now() + timedelta(hours=1),
    )
    job_placed(job=placed)
    return placed


def _hex(number: int) -> str:
    return f"0x{number:064x}"


def brought_to(job: Job, state: JobState) -> Job:
    """Lead the job to a state by allowed steps only."""
    if state in ENDS:
        job_transition(job=job, event=ENDS[state], reason_code="test")
        return job
    for reached, event in PATH:
        if job.state == state:
            break
        job_transition(job=job, event=event)
        assert job.state == reached
    assert job.state == state
    return job


@pytest.mark.parametrize("event", list(JobTransition))
@pytest.mark.parametrize("state", list(JobState))
def test_each_event_does_in_each_state_what_the_table_says(
    job: Job, state: JobState, event: JobTransition
) -> None:
    brought_to(job, state)
    before = job.events.count()
    target = TRANSITIONS[event].get(state)
    if target is None:
        with pytest.raises(TransitionNotAllowed):
            job_transition(job=job, event=event, reason_code="test")
        job.refresh_from_db()
        assert (job.state, job.events.count()) == (state, before)
        return
    entry = job_transition(job=job, event=event, reason_code="test")
    job.refresh_from_db()
    assert job.state == target
    assert (entry.sequence, entry.kind) == (before + 1, EVENT_KINDS[event])
    assert (entry.from_state, entry.to_state) == (state, target)


@pytest.mark.parametrize("target", list(JobState))
@pytest.mark.parametrize("state", list(JobState))
def test_the_database_allows_exactly_the_table_s_changes(job: Job, state: JobState, target: JobState) -> None:
    brought_to(job, state)
    allowed = state == target or any(row.get(state) == target for row in TRANSITIONS.values())
    change = Job.objects.filter(job_id=job.job_id)
    if allowed:
        change.update(state=target, reason_code="test")
    else:
        with pytest.raises(IntegrityError, match="does not go from"), transaction.atomic():
            change.update(state=target, reason_code="test")


def test_a_caller_with_an_old_view_of_the_job_loses(job: Job) -> None:
    stale = Job.objects.get(job_id=job.job_id)
    job_transition(job=job, event=JobTransition.ADMIT)
    with pytest.raises(TransitionLost):
        job_transition(job=stale, event=JobTransition.FAIL, reason_code="late")
    assert [entry.kind for entry in job.events.all()] == ["placed", "admitted"]


def test_an_answer_for_an_earlier_attempt_loses(job: Job) -> None:
    brought_to(job, JobState.COMPUTING)
    stale = Job.objects.get(job_id=job.job_id)
    job_transition(job=job, event=JobTransition.RESEAT)
    job_transition(job=job, event=JobTransition.COMPUTE)
    with pytest.raises(TransitionLost):
        job_transition(job=stale, event=JobTransition.PROVE)


def test_reseating_counts_attempts_and_ends_after_three(job: Job) -> None:
    brought_to(job, JobState.DEALING)
    for attempt in range(2, MAX_ATTEMPTS + 1):
        entry = job_transition(job=job, event=JobTransition.RESEAT)
        assert (job.attempt, entry.attempt) == (attempt, attempt)
    with pytest.raises(AttemptsExhausted):
        job_transition(job=job, event=JobTransition.RESEAT)


def test_a_refused_job_names_its_reason(job: Job) -> None:
    refusals = {"refusals": [{"clause": "columns"}]}
    job_transition(job=job, event=JobTransition.REFUSE, reason_detail=refusals)
    job.refresh_from_db()
    assert (job.state, job.reason_code, job.reason_detail) == ("FAILED", "admission_refused", refusals)


def test_events_can_be_neither_changed_nor_removed(job: Job) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        JobEvent.objects.filter(job=job).update(kind="forged")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        JobEvent.objects.filter(job=job).delete()


def test_an_event_without_a_change_keeps_the_state(job: Job) -> None:
    entry = job_event_append(job=job, kind="match_not_found", detail={"candidates": 0})
    assert (entry.sequence, entry.from_state, entry.to_state) == (2, "PLACED", "PLACED")


def test_after_commit_the_pipeline_is_told(job: Job, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        job_transition(job=job, event=JobTransition.ADMIT)
    assert len(callbacks) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_exactly_one_moves_the_job(broker_url: str, job: Job) -> None:
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def race() -> None:
        mine = Job.objects.get(job_id=job.job_id)
        barrier.wait(timeout=30)
        try:
            job_transition(job=mine, event=JobTransition.ADMIT)
            outcomes.append("won")
        except TransitionLost:
            outcomes.append("lost")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["lost"] * 7 + ["won"]
    assert [entry.sequence for entry in job.events.order_by("sequence")] == [1, 2]
    assert connection.is_usable()
