// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {DatasetRegistry} from "../src/DatasetRegistry.sol";
import {Evidence} from "../src/Evidence.sol";
import {LicenceLedger} from "../src/LicenceLedger.sol";
import {Market} from "../src/Market.sol";
import {MarketAccess} from "../src/MarketAccess.sol";
import {NodeRegistry} from "../src/NodeRegistry.sol";
import {ProgramRegistry} from "../src/ProgramRegistry.sol";
import {Roles} from "../src/Roles.sol";
import {SettlementToken} from "../src/SettlementToken.sol";
import {Vm} from "../test/support/Vm.sol";

/// @notice Deploys a market: forge script script/Deploy.s.sol --rpc-url … --broadcast (see README.md).
/// Whoever broadcasts is the admin until ADMIN is given; then it hands over and keeps nothing.
contract Deploy {
    // forge looks for this flag.
    // forge-lint: disable-next-line(mixed-case-variable)
    bool public IS_SCRIPT = true;

    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint64 private constant ADMIN_ROLE = 0;

    struct Deployment {
        address token;
        MarketAccess access;
        ProgramRegistry programs;
        DatasetRegistry datasets;
        LicenceLedger licences;
        NodeRegistry nodes;
        Market market;
        Evidence evidence;
    }

    function run() external returns (Deployment memory made) {
        vm.startBroadcast();
        made = _deploy(msg.sender);
        _assignRoles(made, msg.sender);
        vm.stopBroadcast();
    }

    function _deploy(address deployer) private returns (Deployment memory made) {
        made.token = vm.envOr("TOKEN", address(0));
        if (made.token == address(0)) made.token = address(new SettlementToken(deployer));
        made.access = new MarketAccess(deployer);
        made.programs = new ProgramRegistry(address(made.access));
        made.datasets = new DatasetRegistry(made.programs);
        made.licences = new LicenceLedger(address(made.access), made.datasets);
        made.nodes = new NodeRegistry(
            address(made.access),
            IERC20(made.token),
            vm.envOr("UNBONDING_SECONDS", uint256(14 days)),
            vm.envOr("MINIMUM_STAKE", uint256(0))
        );
        made.market = new Market(
            address(made.access),
            IERC20(made.token),
            made.programs,
            made.datasets,
            made.licences,
            made.nodes,
            vm.envOr("TREASURY", deployer),
            vm.envOr("FEE_BPS", uint256(200))
        );
        made.evidence = new Evidence(made.market, made.nodes);
    }

    function _assignRoles(Deployment memory made, address deployer) private {
        MarketAccess access = made.access;
        access.wire(
            address(made.programs),
            address(made.licences),
            address(made.nodes),
            address(made.market),
            address(made.evidence)
        );
        access.grantRole(Roles.OPERATOR, vm.envOr("OPERATOR", deployer), 0);
        access.grantRole(Roles.REGISTRAR, vm.envOr("REGISTRAR", deployer), 0);
        access.grantRole(Roles.GUARDIAN, vm.envOr("GUARDIAN", deployer), 0);
        address admin = vm.envOr("ADMIN", deployer);
        if (admin == deployer) return;
        access.grantRole(ADMIN_ROLE, admin, uint32(vm.envOr("ADMIN_DELAY_SECONDS", uint256(2 days))));
        access.renounceRole(ADMIN_ROLE, deployer);
    }
}
