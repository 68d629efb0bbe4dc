// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGroth16Verifier, Verified} from "../src/interfaces/IGroth16Verifier.sol";
import {IMarket} from "../src/interfaces/IMarket.sol";
import {DataRows, IPlanVerifier, PlanProof} from "../src/interfaces/IPlanVerifier.sol";
import {IProgramRegistry} from "../src/interfaces/IProgramRegistry.sol";
import {PlanWorld} from "./support/PlanWorld.sol";

/// @dev See PlanVerifier.tree.
contract PlanVerifierTest is PlanWorld {
    function setUp() public {
        deployWorld();
        furnishWorld();
        furnishPlans();
    }

    function test_SettlesEveryPlan() public {
        string[5] memory names =
            ["lookup", "lookup_in_chunks", "totals", "gram_in_chunks", "public_gram_in_chunks"];
        for (uint256 i = 0; i < names.length; ++i) {
            bytes32 jobId = openPlan(names[i]);
            Verified memory found = verifier_().verifyPlan(market, jobId, planProof(names[i]));
            assertEq(found.columnsHash, planWord(names[i], ".columnsHash"), names[i]);
            assertEq(found.resultHash, planWord(names[i], ".resultHash"), names[i]);
            assertEq(found.proofHash, planWord(names[i], ".proofHash"), names[i]);
            market.settlePlan(jobId, planProof(names[i]));
            assertEq(uint256(market.job(jobId).state), uint256(IMarket.JobState.SETTLED), "state");
        }
    }

    function test_SettlesTotalsWithTwoNodes() public {
        bytes32 jobId = openPlan("totals", 2);
        market.settlePlan(jobId, planProof("totals"));
        assertEq(uint256(market.job(jobId).state), uint256(IMarket.JobState.SETTLED), "state");
    }

    function test_RejectsTooFewNodes() public {
        IMarket.Order memory order = planOrder("lookup");
        bytes memory signature = planBlob("lookup", ".signature");
        vm.expectRevert(abi.encodeWithSelector(IMarket.SeatsInvalid.selector, 2, 3, 16));
        vm.prank(RELAYER);
        market.open(order, signature, seats(2));
    }

    function test_RejectsReplay() public {
        bytes32 jobId = openPlan("lookup");
        market.settlePlan(jobId, planProof("lookup"));
        vm.expectRevert(abi.encodeWithSelector(IMarket.JobNotOpen.selector, jobId, IMarket.JobState.SETTLED));
        market.settlePlan(jobId, planProof("lookup"));
    }

    function test_RejectsProofsOfAnotherJob() public {
        rejects("lookup", "of_another_job", IPlanVerifier.ProductsInvalid.selector);
        rejects("totals", "of_another_job", IGroth16Verifier.CombinationInvalid.selector);
        rejects("gram_in_chunks", "of_another_job", IGroth16Verifier.CombinationInvalid.selector);
    }

    function test_RejectsChangedResults() public {
        rejects("lookup", "a_result_changed", IGroth16Verifier.ProofInvalid.selector);
        rejects("totals", "a_result_changed", IGroth16Verifier.ProofInvalid.selector);
        rejects("gram_in_chunks", "a_result_changed", IGroth16Verifier.ProofInvalid.selector);
    }

    function test_RejectsTwoSelectedRows() public {
        rejects("lookup", "two_rows_selected", IGroth16Verifier.ProofInvalid.selector);
    }

    function test_RejectsSelectionThatIsNotBits() public {
        rejects("lookup", "a_selection_that_is_not_bits", IPlanVerifier.ProductsInvalid.selector);
    }

    function test_RejectsProductOfAnotherColumn() public {
        rejects("lookup", "a_product_of_another_column", IPlanVerifier.ProductsInvalid.selector);
    }

    function test_RejectsSwappedColumns() public {
        rejects("lookup", "columns_swapped", IGroth16Verifier.ProofInvalid.selector);
    }

    function test_RejectsRepeatedChunk() public {
        rejects("gram_in_chunks", "a_chunk_repeated", IGroth16Verifier.ProofInvalid.selector);
        rejects("public_gram_in_chunks", "a_chunk_repeated", IGroth16Verifier.ProofInvalid.selector);
        rejects("lookup_in_chunks", "a_chunk_repeated", IGroth16Verifier.ProofInvalid.selector);
    }

    /// @dev Every proof holds, but the market knows the columns of the other chunk.
    function test_RejectsColumnsOfOneChunkTwice() public {
        bytes32 jobId = openPlan("gram_in_chunks");
        bytes memory proof = planBlob("gram_in_chunks", ".rejected.columns_of_a_chunk_twice");
        Verified memory found = verifier_().verifyPlan(market, jobId, proof);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarket.ColumnsMismatch.selector,
                jobId,
                planWord("gram_in_chunks", ".columnsHash"),
                found.columnsHash
            )
        );
        market.settlePlan(jobId, proof);
    }

    function test_RejectsMissingChunk() public {
        bytes32 jobId = openPlan("gram_in_chunks");
        PlanProof memory proof = abi.decode(planProof("gram_in_chunks"), (PlanProof));
        assembly ("memory-safe") {
            // The list of columns, and that of proofs, end after the first chunk.
            let list := mload(add(proof, 0x20))
            let parts := mload(add(proof, 0x80))
            mstore(list, div(mload(list), 2))
            mstore(parts, 1)
        }
        vm.expectRevert(abi.encodeWithSelector(IPlanVerifier.PlanCountMismatch.selector, 2, 3));
        market.settlePlan(jobId, abi.encode(proof));
        proof = abi.decode(planProof("gram_in_chunks"), (PlanProof));
        assembly ("memory-safe") {
            mstore(mload(add(proof, 0x80)), 1)
        }
        vm.expectRevert(abi.encodeWithSelector(IPlanVerifier.PlanCountMismatch.selector, 2, 1));
        market.settlePlan(jobId, abi.encode(proof));
    }

    function test_RejectsAnotherPlan() public {
        bytes32 jobId = openPlan("lookup");
        PlanProof memory proof = abi.decode(planProof("lookup"), (PlanProof));
        proof.plan.rectangles[0].right[0] = 2;
        vm.expectRevert(
            abi.encodeWithSelector(
                IPlanVerifier.PlanMismatch.selector,
                vm.parseJsonBytes32(plans, ".programs.lookup.planHash"),
                keccak256(abi.encode(proof.plan))
            )
        );
        market.settlePlan(jobId, abi.encode(proof));
    }

    function test_RejectsPublicPartOfSealedJob() public {
        bytes32 jobId = openPlan("lookup");
        PlanProof memory proof = abi.decode(planProof("lookup"), (PlanProof));
        proof.parts[1].outputs = new uint256[](3);
        vm.expectRevert(abi.encodeWithSelector(IPlanVerifier.PlanVisibilityMismatch.selector, 1));
        market.settlePlan(jobId, abi.encode(proof));
    }

    function test_RejectsAnotherWayOfSettling() public {
        bytes32 gram = openJob("sealed_4");
        vm.expectRevert();
        market.settlePlan(gram, planProof("lookup"));
        bytes32 lookup = openPlan("lookup");
        vm.expectRevert();
        market.settleSealed(lookup, columns("sealed_4"), sealedProof("sealed_4"), combination("sealed_4"));
    }

    function test_RejectsOrderWithAnotherNumberOfColumns() public {
        IMarket.Order memory order = planOrder("totals");
        order.inputs[0].columns = 3;
        bytes memory signature = signatureBy(CONSUMER_KEY, market.hashOrder(order));
        vm.expectRevert(abi.encodeWithSelector(IMarket.ProgramDoesNotFit.selector, order.programId, 2));
        vm.prank(RELAYER);
        market.open(order, signature, seats(3));
    }

    function test_RejectsDataRowsTwice() public {
        bytes32 setupId = verifier.setupId();
        DataRows memory rows = dataRows();
        IPlanVerifier points = verifier_();
        vm.expectRevert(abi.encodeWithSelector(IPlanVerifier.DataRowsExist.selector, setupId));
        points.registerRows(setupId, rows);
    }

    function test_RejectsDataRowsThatAreNotTheSetups() public {
        deployWorld();
        vm.prank(DEPLOYER);
        (bytes32 setupId,) = programs.registerSetup(verifyingKey(), 0);
        IPlanVerifier points = verifier_();
        vm.expectRevert(abi.encodeWithSelector(IPlanVerifier.DataRowsUnknown.selector, setupId));
        points.dataRows(setupId);
        for (uint256 relation = 0; relation < 4; ++relation) {
            DataRows memory rows = dataRows();
            if (relation == 0) rows.row1 = rows.vanishing1;
            if (relation == 1) rows.vanishing1 = rows.row1;
            if (relation == 2) rows.row2 = rows.vanishing2;
            if (relation == 3) rows.vanishing2 = rows.row2;
            vm.expectRevert(abi.encodeWithSelector(IPlanVerifier.DataRowsInvalid.selector, relation));
            points.registerRows(setupId, rows);
        }
        points.registerRows(setupId, dataRows());
    }

    function test_RejectsPlanWithoutOutputs() public {
        bytes32 setupId = verifier.setupId();
        vm.expectRevert(abi.encodeWithSelector(IProgramRegistry.PlanShapeInvalid.selector, 3, 0));
        vm.prank(DEPLOYER);
        programs.registerPlan(keccak256("plan"), setupId, 3, 0, 2, keccak256("plan hash"));
    }

    function rejects(string memory name, string memory what, bytes4 selector) internal {
        bytes32 jobId = openPlan(name);
        bytes memory proof = planBlob(name, string.concat(".rejected.", what));
        vm.expectRevert(abi.encodeWithSelector(selector));
        market.settlePlan(jobId, proof);
        market.settlePlan(jobId, planProof(name));
    }
}
