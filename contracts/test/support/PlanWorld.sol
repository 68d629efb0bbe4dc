// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDatasetRegistry} from "../../src/interfaces/IDatasetRegistry.sol";
import {ILicenceLedger} from "../../src/interfaces/ILicenceLedger.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {DataRows, IPlanVerifier} from "../../src/interfaces/IPlanVerifier.sol";
import {G1} from "../../src/interfaces/Points.sol";
import {World} from "./World.sol";

/// @dev The world with programs that have a plan, selections of the consumer, and datasets in chunks
/// (tests/contracts/make_plan_vectors.py).
abstract contract PlanWorld is World {
    string internal plans;

    function furnishPlans() internal {
        plans = vm.readFile("test/vectors/plans.json");
        bytes32 setupId = verifier.setupId();
        verifier_().registerRows(setupId, dataRows());
        registerPlan(setupId, ".programs.lookup");
        registerPlan(setupId, ".programs.totals");
        string[4] memory names = ["short", "selection", "long", "long_selection"];
        for (uint256 i = 0; i < names.length; ++i) {
            string memory path = string.concat(".datasets.", names[i]);
            datasets.register(
                abi.decode(
                    vm.parseJsonBytes(plans, string.concat(path, ".request")),
                    (IDatasetRegistry.RegisterDataset)
                ),
                vm.parseJsonBytes(plans, string.concat(path, ".signature")),
                abi.decode(vm.parseJsonBytes(plans, string.concat(path, ".commitments")), (G1[])),
                abi.decode(vm.parseJsonBytes(plans, string.concat(path, ".knowledge")), (G1[]))
            );
            path = string.concat(".licences.", names[i]);
            licences.grant(
                abi.decode(
                    vm.parseJsonBytes(plans, string.concat(path, ".request")), (ILicenceLedger.GrantLicence)
                ),
                vm.parseJsonBytes(plans, string.concat(path, ".signature"))
            );
        }
    }

    function registerPlan(bytes32 setupId, string memory path) internal {
        vm.prank(DEPLOYER);
        programs.registerPlan(
            vm.parseJsonBytes32(plans, string.concat(path, ".id")),
            setupId,
            uint16(vm.parseJsonUint(plans, string.concat(path, ".columns"))),
            uint16(vm.parseJsonUint(plans, string.concat(path, ".outputs"))),
            uint8(vm.parseJsonUint(plans, string.concat(path, ".degree"))),
            vm.parseJsonBytes32(plans, string.concat(path, ".planHash"))
        );
    }

    function verifier_() internal view returns (IPlanVerifier) {
        return programs.planVerifier();
    }

    function dataRows() internal view returns (DataRows memory) {
        return abi.decode(vm.parseJsonBytes(vm.readFile("test/vectors/plans.json"), ".rows"), (DataRows));
    }

    function openPlan(string memory name) internal returns (bytes32) {
        return openPlan(name, 3);
    }

    /// @dev Opened once: a job that is open already is only named.
    function openPlan(string memory name, uint256 seated) internal returns (bytes32 jobId) {
        jobId = planWord(name, ".id");
        if (market.job(jobId).state != IMarket.JobState.NONE) return jobId;
        IMarket.Order memory order = planOrder(name);
        bytes memory signature = planBlob(name, ".signature");
        vm.prank(RELAYER);
        market.open(order, signature, seats(seated));
    }

    function planOrder(string memory name) internal view returns (IMarket.Order memory) {
        return abi.decode(planBlob(name, ".order"), (IMarket.Order));
    }

    function planProof(string memory name) internal view returns (bytes memory) {
        return planBlob(name, ".proof");
    }

    function planBlob(string memory name, string memory path) internal view returns (bytes memory) {
        return vm.parseJsonBytes(vm.readFile(string.concat("test/vectors/plans/", name, ".json")), path);
    }

    function planWord(string memory name, string memory path) internal view returns (bytes32) {
        return vm.parseJsonBytes32(vm.readFile(string.concat("test/vectors/plans/", name, ".json")), path);
    }
}
