// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IColumnLayout} from "../src/interfaces/IColumnLayout.sol";
import {
    BatchItem,
    Claim,
    IGroth16Verifier,
    PublicProof,
    Verified
} from "../src/interfaces/IGroth16Verifier.sol";
import {IMarket} from "../src/interfaces/IMarket.sol";
import {G1, IPointErrors} from "../src/interfaces/Points.sol";
import {BN254} from "../src/libraries/BN254.sol";
import {BatchWorld} from "./support/BatchWorld.sol";
import {Vm} from "./support/Vm.sol";

contract MarketBatchTest is BatchWorld {
    function setUp() public {
        deployWorld();
        furnishWorld();
    }

    function test_SettlesSealedAndPublicTogether() public {
        string[] memory names = allNames();
        bytes32[] memory ids = openAll(names);
        vm.recordLogs();
        market.settleBatch(ids, itemsOf(names));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 settled;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IMarket.JobSettled.selector) continue;
            assertEq(logs[i].topics[1], ids[settled], "job");
            (,, bytes32 proofHash,) = abi.decode(logs[i].data, (uint256, bytes32, bytes32, IMarket.Payment[]));
            assertEq(proofHash, keccak256(jobBlob(names[settled], ".proof")), "proof hash");
            ++settled;
        }
        assertEq(settled, names.length, "all");
        assertEq(market.totalEscrow(), 0, "escrow");
    }

    function test_VerifiesAsAlone() public view {
        string[] memory names = allNames();
        (Claim[] memory claims, BatchItem[] memory items) = (claimsOf(names), itemsOf(names));
        Verified[] memory verified = verifier.verifyBatch(claims, items);
        for (uint256 i = 0; i < names.length; ++i) {
            (uint256 job, bytes32 columnsHash, bytes32 resultHash) = alone(names[i]);
            assertEq(verified[i].job, job, "job");
            assertEq(verified[i].columnsHash, columnsHash, "columns");
            assertEq(verified[i].resultHash, resultHash, "result");
            assertEq(verified[i].proofHash, keccak256(jobBlob(names[i], ".proof")), "proof");
        }
    }

    function test_ClaimIsTheJobs() public {
        openJob("sealed_4");
        bytes32 found = keccak256(abi.encode(market.claimOf(jobId("sealed_4"))));
        assertEq(found, keccak256(abi.encode(claim("sealed_4"))), "claim");
    }

    function test_RejectsNothing() public {
        vm.expectRevert(IMarket.BatchIsEmpty.selector);
        market.settleBatch(new bytes32[](0), new BatchItem[](0));
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.BatchLengthMismatch.selector, 0, 0));
        verifier.verifyBatch(new Claim[](0), new BatchItem[](0));
    }

    function test_RejectsOtherLengths() public {
        string[] memory names = two();
        vm.expectRevert(abi.encodeWithSelector(IMarket.BatchLengthMismatch.selector, 1, 2));
        market.settleBatch(new bytes32[](1), itemsOf(names));
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.BatchLengthMismatch.selector, 1, 2));
        verifier.verifyBatch(new Claim[](1), itemsOf(names));
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.BatchLengthMismatch.selector, 1, 2));
        verifier.verifyEach(new Claim[](1), itemsOf(names));
    }

    function test_RejectsJobThatIsNotOpen() public {
        string[] memory names = two();
        openJob(names[0]);
        bytes32[] memory ids = idsOf(names);
        vm.expectRevert(abi.encodeWithSelector(IMarket.JobNotOpen.selector, ids[1], IMarket.JobState.NONE));
        market.settleBatch(ids, itemsOf(names));
    }

    function test_RejectsAfterADeadline() public {
        string[] memory names = two();
        bytes32[] memory ids = openAll(names);
        vm.warp(order(names[0]).deadline + 1);
        vm.expectPartialRevert(IMarket.JobDeadlinePassed.selector);
        market.settleBatch(ids, itemsOf(names));
    }

    function test_RejectsAJobTwice() public {
        string[] memory names = two();
        openJob(names[0]);
        names[1] = names[0];
        bytes32[] memory ids = idsOf(names);
        vm.expectRevert(abi.encodeWithSelector(IMarket.JobNotOpen.selector, ids[0], IMarket.JobState.SETTLED));
        market.settleBatch(ids, itemsOf(names));
        assertTrue(market.job(ids[0]).state == IMarket.JobState.OPEN, "nothing is settled");
    }

    function test_RejectsOtherVisibility() public {
        string[] memory names = two();
        bytes32[] memory ids = openAll(names);
        BatchItem[] memory items = itemsOf(names);
        items[0].outputs = items[1].outputs;
        vm.expectRevert(abi.encodeWithSelector(IMarket.VisibilityMismatch.selector, ids[0], 1));
        market.settleBatch(ids, items);
        items = itemsOf(names);
        items[1].outputs = new uint256[](0);
        vm.expectRevert(abi.encodeWithSelector(IMarket.VisibilityMismatch.selector, ids[1], 0));
        market.settleBatch(ids, items);
    }

    function test_RejectsAnotherKey() public {
        string[] memory names = two();
        openJob(names[0]);
        IMarket.Order memory placed = order(names[1]);
        IColumnLayout.Layout memory other;
        other.verifier = address(0xBEEF);
        other.leftCount = other.rightCount = 1;
        other.degree = 2;
        bytes memory call = abi.encodeCall(IColumnLayout.layOut, (placed.programId, placed.inputs));
        vm.mockCall(firstCreatedBy(address(market)), call, abi.encode(other));
        openJob(names[1]);
        bytes32[] memory ids = idsOf(names);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarket.VerifierMismatch.selector, ids[1], address(verifier), address(0xBEEF)
            )
        );
        market.settleBatch(ids, itemsOf(names));
    }

    function test_RejectsTrueProofOverOtherColumns() public {
        string[] memory names = two();
        bytes32[] memory ids = openAll(names);
        BatchItem[] memory items = itemsOf(names);
        items[0].columns = abi.decode(jobBlob(names[0], ".foreignColumns"), (G1[]));
        items[0].proof = sealedOf(jobBlob(names[0], ".foreignProof"));
        items[0].combined = combinedOf(jobBlob(names[0], ".foreignCombination"));
        vm.expectPartialRevert(IMarket.ColumnsMismatch.selector);
        market.settleBatch(ids, items);
    }

    function test_TellsWhichProofIsFalse() public {
        string[] memory names = allNames();
        bytes32[] memory ids = openAll(names);
        BatchItem[] memory items = itemsOf(names);
        items[1].proof.c = items[0].proof.c;
        vm.expectRevert(IGroth16Verifier.ProofInvalid.selector);
        market.settleBatch(ids, items);
        assertTrue(market.job(ids[0]).state == IMarket.JobState.OPEN, "nothing is settled");
        Claim[] memory claims = new Claim[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            claims[i] = market.claimOf(ids[i]);
        }
        bool[] memory isProven = verifier.verifyEach(claims, items);
        for (uint256 i = 0; i < ids.length; ++i) {
            assertTrue(isProven[i] == (i != 1), names[i]);
        }
    }

    function test_RejectsPublicItemWithBinding() public {
        string[] memory names = two();
        BatchItem[] memory items = itemsOf(names);
        items[1].proof.pi = items[0].proof.pi;
        vm.expectRevert(IGroth16Verifier.PublicProofHasBinding.selector);
        verifier.verifyBatch(claimsOf(names), items);
    }

    function test_RejectsOtherOutputCount() public {
        string[] memory names = two();
        BatchItem[] memory items = itemsOf(names);
        items[1].outputs = new uint256[](3);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.OutputCountMismatch.selector, 16, 3));
        verifier.verifyBatch(claimsOf(names), items);
    }

    function test_RejectsWrongCombination() public {
        string[] memory names = two();
        BatchItem[] memory items = itemsOf(names);
        items[1].combined.left = items[0].combined.left;
        vm.expectRevert(IGroth16Verifier.CombinationInvalid.selector);
        verifier.verifyBatch(claimsOf(names), items);
    }

    function test_RejectsEachFieldOfAnother() public {
        string[] memory names = allNames();
        Claim[] memory claims = claimsOf(names);
        for (uint256 field = 0; field < 8; ++field) {
            BatchItem[] memory items = itemsOf(names);
            if (field == 0) items[0].proof.a = items[1].proof.a;
            else if (field == 1) items[0].proof.b = items[1].proof.b;
            else if (field == 2) items[0].proof.c = items[1].proof.c;
            else if (field == 3) items[0].proof.y = items[1].proof.y;
            else if (field == 4) items[0].proof.p = items[1].proof.p;
            else if (field == 5) items[0].proof.pi = items[1].proof.pi;
            else if (field == 6) items[3].outputs[0] += 1;
            else items[3].proof.c = items[2].proof.c;
            // A changed output changes the challenge, and with it the combination.
            if (field == 6) {
                items[3].combined = verifier.combination(claims[3], items[3].columns, hashOf(items[3]));
            }
            vm.expectRevert(IGroth16Verifier.ProofInvalid.selector);
            verifier.verifyBatch(claims, items);
        }
    }

    function test_CombinesNoColumnOffTheCurve() public {
        G1[] memory list = columns("sealed_4");
        list[1].x += 1;
        vm.expectRevert(abi.encodeWithSelector(IPointErrors.PrecompileFailed.selector, address(7)));
        verifier.combination(claim("sealed_4"), list, bytes32(uint256(1)));
    }

    /// @dev C₁ + D and C₂ − D: unweighted, the two errors would cancel in Σ C.
    function test_RejectsErrorsThatCancel() public {
        string[] memory names = allNames();
        BatchItem[] memory items = itemsOf(names);
        G1 memory d = items[2].proof.c;
        items[0].proof.c = sum(items[0].proof.c, d);
        items[1].proof.c = sum(items[1].proof.c, G1(d.x, BN254.negate(d.y)));
        vm.expectRevert(IGroth16Verifier.ProofInvalid.selector);
        verifier.verifyBatch(claimsOf(names), items);
    }

    function alone(string memory name) private view returns (uint256, bytes32, bytes32) {
        if (isSealed(name)) {
            return verifier.verifySealed(claim(name), columns(name), sealedProof(name), combination(name));
        }
        PublicProof memory proof = publicProof(name);
        return verifier.verifyPublic(claim(name), columns(name), outputs(name), proof, combination(name));
    }

    function hashOf(BatchItem memory item) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint256(0), item.outputs));
    }

    function firstCreatedBy(address creator) private pure returns (address) {
        bytes32 hash = keccak256(abi.encodePacked(bytes2(0xd694), creator, bytes1(0x01)));
        return address(uint160(uint256(hash)));
    }
}
