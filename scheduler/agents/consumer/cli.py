"""``hengsuan consumer``: order jobs and open their results.

serve (default): hands in orders whose answer was lost and opens every settled result, until told to stop.
"""

from __future__ import annotations

import argparse
import json
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from scheduler.agents.agreement_commands import add_agreement_commands, run_agreement_command
from scheduler.agents.agreements import Negotiation
from scheduler.agents.commandline import EXIT_FAILED, add_common_options, guarded
from scheduler.agents.configuration import configuration_path, load_configuration
from scheduler.agents.consumer.config import ConsumerConfig, load_order
from scheduler.agents.consumer.funds import ensure_credit
from scheduler.agents.consumer.opening import open_job
from scheduler.agents.consumer.ordering import build_order, cancel_order, place_order
from scheduler.agents.consumer.report import print_result
from scheduler.agents.consumer.result import result_document
from scheduler.agents.errors import AgentError, ResultError, Unprocessable
from scheduler.agents.keys import load_or_create_keys
from scheduler.agents.logs import configure_logs, logger
from scheduler.agents.messages import Speech, language_of
from scheduler.agents.operations.commands import OPERATIONS, add_operations, run_operation
from scheduler.agents.session import Session, open_session, until_available
from scheduler.agents.state import StateDirectory
from scheduler.agents.transport import Backoff
from scheduler.agents.wire import JobView

__all__ = ["main"]

POLL_SECONDS = 2.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 failed or refused, 2 configuration or state unusable."""
    options = _parser().parse_args(arguments)
    say = Speech(language_of(options.lang))

    def body() -> int:
        config = load_configuration(ConsumerConfig, configuration_path("consumer", options.config))
        configure_logs(config.name, level=config.log_level)
        if options.command == "address":
            state = StateDirectory(config.resolve(config.state_directory))
            print(json.dumps(load_or_create_keys(state).public()))
            return 0
        if options.command in OPERATIONS:
            return run_operation("consumer", config, options, say)
        if options.command in (None, "serve"):
            with StateDirectory(config.resolve(config.state_directory)).locked():
                return _Consumer(config, say).serve()
        consumer = _Consumer(config, say)
        if run_agreement_command(options, Negotiation(consumer.session, now=time.time), say):
            return 0
        command: Callable[[argparse.Namespace], int] = getattr(consumer, options.command)
        return command(options)

    return guarded(say, body)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hengsuan consumer", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_common_options(parser)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="open results as they come (default)")
    commands.add_parser("address", help="print this consumer's public keys; needs no market")
    order = commands.add_parser("order", help="deposit if needed, sign and place an order")
    order.add_argument("file", type=Path)
    order.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="for licences on their way")
    explain = commands.add_parser(
        "explain", help="would it be admitted, and what would it use; places nothing"
    )
    explain.add_argument("file", type=Path)
    status = commands.add_parser("status", help="state and events of a job")
    status.add_argument("job_id")
    status.add_argument("--follow", action="store_true", help="until the job is final")
    opening = commands.add_parser("open", help="open a settled result")
    opening.add_argument("job_id")
    opening.add_argument(
        "--wait", type=float, default=30.0, metavar="SECONDS", help="for a receipt on its way (default: 30)"
    )
    add_agreement_commands(commands, is_provider=False)
    cancel = commands.add_parser("cancel", help="cancel a job before shares are dealt")
    cancel.add_argument("job_id")
    add_operations(commands)
    for command in (order, explain, status, opening):
        command.add_argument("--json", action="store_true", help="print JSON")
    return parser


class _Consumer:
    """One method for each command."""

    def __init__(self, config: ConsumerConfig, say: Speech) -> None:
        self.config = config
        self.say = say
        allowed = config.consumer.allow_development_setup
        self.session: Session = open_session("consumer", config, allow_development_setup=allowed)

    def order(self, options: argparse.Namespace) -> int:
        """Place an order; prints the job id."""
        wanted = load_order(options.file)
        order = build_order(self.session, wanted, wait_seconds=options.wait)
        announce = (lambda *_: None) if options.json else self._announce
        ensure_credit(
            self.session, wanted.max_price, at_least=self.config.consumer.deposit, announce=announce
        )
        job_id = place_order(self.session, order)
        if options.json:
            print(json.dumps({"job_id": job_id}))
        else:
            print(self.say("order_placed", job_id=job_id, max_price=wanted.max_price))
        return 0

    def _announce(self, text_key: str, amount: int) -> None:
        print(self.say(text_key, amount=amount, balance=amount))

    def explain(self, options: argparse.Namespace) -> int:
        """Ask the market to evaluate an order; 1 if it would be refused."""
        order = build_order(self.session, load_order(options.file))
        body = {member: order[member] for member in ("order", "signature", "details")}
        answer = self.session.client.explain_order(body)
        if options.json:
            print(json.dumps(answer, ensure_ascii=False))
        elif answer["is_admissible"]:
            print(self.say("order_admissible", **answer["estimate"]))
        else:
            for refusal in answer["refusals"]:
                print(self.say.refusal(refusal))
        return 0 if answer["is_admissible"] else EXIT_FAILED

    def status(self, options: argparse.Namespace) -> int:
        """Print events and state; with ``--follow`` until the job is final. 1 if it ended unsettled."""
        after = 0
        while True:
            job = until_available(lambda: self.session.client.job(options.job_id))
            for event in self._events(options.job_id, after):
                after = int(event["sequence"])
                self._print_event(event, as_json=options.json)
            if job.is_final or not options.follow:
                break
            time.sleep(POLL_SECONDS / 2)
        self._print_job(job, as_json=options.json)
        return EXIT_FAILED if job.is_final and job.state != "SETTLED" else 0

    def _events(self, job_id: str, after: int) -> list[dict[str, Any]]:
        return until_available(lambda: self.session.client.job_events(job_id, after=after))

    def _print_event(self, event: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            print(json.dumps(event, ensure_ascii=False), flush=True)
        else:
            print(f"{event['at']}  {event['kind']}  → {event['to_state']}", flush=True)

    def _print_job(self, job: JobView, *, as_json: bool) -> None:
        if as_json:
            print(json.dumps({"job_id": job.job_id, "state": job.state, "reason_code": job.reason_code}))
            return
        print(self.say("job_state", job_id=job.job_id, state=job.state))
        if job.reason_code:
            print(self.say("job_reason", code=job.reason_code, detail=job.reason_detail or ""))

    def open(self, options: argparse.Namespace) -> int:
        """Open a settled result, keep it, show it."""
        result, path = self._open_when_settled(options.job_id, wait_seconds=options.wait)
        if options.json:
            print(json.dumps(result, ensure_ascii=False))
        else:
            print_result(result, self.say, Console())
            print(self.say("result_opened", path=path))
        return 0

    def _open_when_settled(self, job_id: str, *, wait_seconds: float) -> tuple[dict[str, Any], Path]:
        """The market writes the receipt, and this party's node sees the block, a moment after the
        settlement.
        """
        gives_up_at = time.monotonic() + wait_seconds
        while True:
            try:
                return self._open(job_id)
            except ResultError as error:
                if error.code != "not_settled" or time.monotonic() >= gives_up_at:
                    raise
            time.sleep(POLL_SECONDS / 2)

    def _open(self, job_id: str) -> tuple[dict[str, Any], Path]:
        name = f"results/{job_id}.json"
        result: dict[str, Any] | None = self.session.state.read_json(name)
        if result is None:
            opened = open_job(self.session, job_id)
            stored = self.session.state.read_json(f"orders/{job_id}.json")
            result = result_document(opened, stored["details"])
            self.session.state.write_json(f"receipts/{job_id}.json", opened.receipt)
            self.session.state.write_json(name, result)
        return result, self.session.state.path(name)

    def cancel(self, options: argparse.Namespace) -> int:
        """Hand in a signed cancellation."""
        cancel_order(self.session, options.job_id)
        print(self.say("job_cancelled", job_id=options.job_id))
        return 0

    # serving -----------------------------------------------------------------------------------
    def serve(self) -> int:
        """Look after all orders of this consumer until SIGTERM or SIGINT."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        enrolment, keys = self.session.enrolment, self.session.keys
        print(self.say("party", name=self.config.name, party_id=enrolment.party_id, address=keys.address))
        print(self.say("consumer_online"), flush=True)
        backoff = Backoff(base_seconds=POLL_SECONDS, cap_seconds=30.0)
        while not stop.is_set():
            try:
                self._look_after_orders()
                backoff.reset()
                stop.wait(POLL_SECONDS)
            except AgentError as error:
                logger().warning("orders_postponed", code=error.code, detail=error.detail)
                stop.wait(POLL_SECONDS + backoff.next_seconds())
        self.session.close()
        return 0

    def _look_after_orders(self) -> None:
        state = self.session.state
        done = {*state.names("results"), *state.names("ended")}
        for name in state.names("orders"):
            if name in done:
                continue
            try:
                self._look_after(state.read_json(f"orders/{name}"))
            except (ResultError, Unprocessable) as error:
                if error.code == "not_settled":  # the party's own view of the chain is a little behind
                    continue
                state.write_json(f"ended/{name}", {"code": error.code, "detail": error.detail})
                logger().error("order_given_up", job_id=name.removesuffix(".json"), code=error.code)

    def _look_after(self, order: dict[str, Any]) -> None:
        if not order["is_accepted"]:
            place_order(self.session, {k: v for k, v in order.items() if k != "is_accepted"})
        job = self.session.client.job(order["job_id"])
        if job.state == "SETTLED":
            _, path = self._open(job.job_id)
            print(self.say("result_opened", path=path), flush=True)
        elif job.is_final:
            ended = {"code": job.reason_code or job.state, "detail": job.reason_detail or ""}
            self.session.state.write_json(f"ended/{job.job_id}.json", ended)
            self._print_job(job, as_json=False)
