"""``hengsuan node``: enrol, register, take work until told to stop."""

from __future__ import annotations

import argparse
import functools
import json
import time
from collections.abc import Sequence
from dataclasses import asdict

from scheduler.agents.commandline import add_common_options, guarded, stop_on_signals
from scheduler.agents.configuration import configuration_path, load_configuration
from scheduler.agents.errors import AgentError
from scheduler.agents.housekeeping import Housekeeper
from scheduler.agents.leases import LeaseLoop
from scheduler.agents.logs import configure_logs, logger
from scheduler.agents.messages import Speech, language_of
from scheduler.agents.node.config import NodeConfig
from scheduler.agents.node.registration import register_node
from scheduler.agents.node.worker import NodeTasks
from scheduler.agents.operations.calibration import calibrate
from scheduler.agents.operations.commands import OPERATIONS, add_operations, run_operation
from scheduler.agents.session import Session, open_session, until_available
from scheduler.agents.state import StateDirectory

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 stopped as asked, 1 failed, 2 configuration or state unusable."""
    parser = argparse.ArgumentParser(prog="hengsuan node", description=__doc__)
    add_common_options(parser)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="enrol, register, take work until told to stop (default)")
    commands.add_parser("enrol", help="redeem the one-time token, register, and stop")
    calibration = commands.add_parser("calibrate", help="measure how fast this machine proves")
    calibration.add_argument("--json", action="store_true", help="print JSON")
    commands.add_parser("drain", help="finish what is leased, take no new work")
    commands.add_parser("resume", help="take work again")
    add_operations(commands)
    options = parser.parse_args(arguments)
    say = Speech(language_of(options.lang))

    def body() -> int:
        config = load_configuration(NodeConfig, configuration_path("node", options.config))
        configure_logs(config.name, level=config.log_level)
        if options.command in OPERATIONS:
            return run_operation("node", config, options, say)
        if options.command == "calibrate":
            return _calibrate(config, options, say)
        if options.command in ("drain", "resume"):
            return _set_availability(config, options.command, say)
        with StateDirectory(config.resolve(config.state_directory)).locked():
            return _enrol(config, say) if options.command == "enrol" else _serve(config, say)

    return guarded(say, body)


def _session(config: NodeConfig) -> Session:
    return open_session("node", config, allow_development_setup=config.node.allow_development_setup)


def _enrol(config: NodeConfig, say: Speech) -> int:
    session = _session(config)
    print(say("party", name=config.name, party_id=session.enrolment.party_id, address=session.keys.address))
    print(register_node(session, config, now=time.time))
    session.close()
    return 0


def _calibrate(config: NodeConfig, options: argparse.Namespace, say: Speech) -> int:
    """Every setup of the configured capacities; kept in ``calibration.json``."""
    session = _session(config)
    setups = until_available(session.client.setups)
    chosen = [one for one in setups if not config.node.capacities or one.capacity in config.node.capacities]
    found = [calibrate(session.proving_keys.get(setup.setup_id)) for setup in chosen]
    session.state.write_json("calibration.json", [asdict(one) for one in found])
    if options.json:
        print(json.dumps([asdict(one) for one in found]))
    else:
        for one in found:
            print(
                say(
                    "calibrated",
                    capacity=one.capacity,
                    round1=one.round1_seconds,
                    round2=one.round2_seconds,
                    cells=one.cells_per_second,
                    backend=one.backend,
                )
            )
    session.close()
    return 0


def _set_availability(config: NodeConfig, command: str, say: Speech) -> int:
    """Beside a running node: what it holds it finishes, and the matcher gives it nothing while DRAINING."""
    session = _session(config)
    node_id = register_node(session, config, now=time.time)
    availability = "DRAINING" if command == "drain" else "ONLINE"
    session.client.set_availability(node_id, availability)
    print(say("availability_set", node_id=node_id, availability=availability))
    session.close()
    return 0


def _serve(config: NodeConfig, say: Speech) -> int:
    session = _session(config)
    print(say("party", name=config.name, party_id=session.enrolment.party_id, address=session.keys.address))
    _warm_up(session, config)
    node_id = register_node(session, config, now=time.time)
    tasks = NodeTasks(session, node_id)
    loop = LeaseLoop(
        client=session.client,
        handlers={"compute": tasks.compute, "prove": tasks.prove, "blame_prove": tasks.blame_prove},
        heartbeat_seconds=session.enrolment.heartbeat_seconds,
        wait_seconds=session.enrolment.lease_wait_seconds,
        drain_seconds=config.node.drain_seconds,
        on_idle=Housekeeper(session, "jobs", lambda job_id: session.state.delete(f"jobs/{job_id}")),
    )
    stop_on_signals(loop)
    until_available(lambda: session.client.set_availability(node_id, "ONLINE"))
    print(say("node_online", node_id=node_id), flush=True)
    loop.run()
    _say_goodbye(session, node_id)
    return 0


def _warm_up(session: Session, config: NodeConfig) -> None:
    """Fetch and load the proving keys before the first job needs them."""
    for setup in until_available(session.client.setups):
        if not config.node.capacities or setup.capacity in config.node.capacities:
            until_available(functools.partial(session.proving_keys.get, setup.setup_id))


def _say_goodbye(session: Session, node_id: str) -> None:
    try:
        session.client.transport.call(
            "POST", f"/nodes/{node_id}/availability", json={"availability": "OFFLINE"}, patience_seconds=2.0
        )
    except AgentError as error:
        logger().info("goodbye_not_delivered", code=error.code)
    session.close()
