// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Groth16Verifier} from "../src/Groth16Verifier.sol";
import {
    Claim,
    Combination,
    IGroth16Verifier,
    PublicProof,
    SealedProof,
    VerifyingKey
} from "../src/interfaces/IGroth16Verifier.sol";
import {G1, IPointErrors} from "../src/interfaces/Points.sol";
import {BN254, Sum} from "../src/libraries/BN254.sol";
import {World} from "./support/World.sol";

contract Groth16VerifierTest is World {
    using BN254 for Sum;

    string[10] private jobs = [
        "sealed_2",
        "sealed_4",
        "sealed_8",
        "sealed_16",
        "public_2",
        "public_4",
        "public_8",
        "public_16",
        "public_one_output",
        "sealed_block"
    ];

    function setUp() public {
        deployWorld();
        registerPrograms();
    }

    function test_KeepsKeyAndSetupId() public view {
        VerifyingKey memory key = verifyingKey();
        assertEq(keccak256(abi.encode(verifier.verifyingKey())), keccak256(abi.encode(key)), "key");
        assertEq(verifier.setupId(), vm.parseJsonBytes32(vectors, ".setupId"), "setup id as Python's");
        assertEq(verifier.capacity(), key.capacity, "capacity");
    }

    function test_RejectsCapacity(uint64 capacity) public {
        VerifyingKey memory key = verifyingKey();
        key.capacity = capacity;
        if (capacity >= 8 && capacity <= 1 << 28 && capacity & (capacity - 1) == 0) {
            new Groth16Verifier(key);
        } else {
            vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.CapacityInvalid.selector, capacity));
            new Groth16Verifier(key);
        }
    }

    function test_RejectsKeyPointOffTheCurve() public {
        VerifyingKey memory key = verifyingKey();
        key.eta.y ^= 1;
        vm.expectRevert(abi.encodeWithSelector(IPointErrors.PointNotOnCurve.selector, key.eta.x, key.eta.y));
        new Groth16Verifier(key);
    }

    function test_RejectsKeyCoordinateAboveModulus() public {
        VerifyingKey memory key = verifyingKey();
        key.tau2.y0 += BN254.P;
        vm.expectRevert(abi.encodeWithSelector(IPointErrors.CoordinateNotCanonical.selector, key.tau2.y0));
        new Groth16Verifier(key);
    }

    function test_RejectsKeyPointOffTheTwist() public {
        VerifyingKey memory key = verifyingKey();
        key.tau2.y0 ^= 1;
        vm.expectRevert(abi.encodeWithSelector(IPointErrors.PrecompileFailed.selector, address(8)));
        new Groth16Verifier(key);
    }

    function test_RejectsGammaEqualsDelta() public {
        VerifyingKey memory key = verifyingKey();
        key.delta2 = BN254.generator2();
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.KeyPointRepeated.selector, 0, 3));
        new Groth16Verifier(key);
    }

    function test_VerifiesEveryShape() public view {
        for (uint256 i = 0; i < jobs.length; ++i) {
            (uint256 job, bytes32 columnsHash, bytes32 resultHash) = verify(jobs[i], combination(jobs[i]));
            string memory json = jobJson(jobs[i]);
            assertEq(bytes32(job), vm.parseJsonBytes32(json, ".jobElement"), "job");
            assertEq(columnsHash, vm.parseJsonBytes32(json, ".columnsHash"), "columns");
            assertEq(resultHash, vm.parseJsonBytes32(json, ".resultHash"), "result");
            Combination memory computed = verifier.combination(claim(jobs[i]), columns(jobs[i]), resultHash);
            assertEq(
                keccak256(abi.encode(computed)), keccak256(abi.encode(combination(jobs[i]))), "combination"
            );
        }
    }

    /// @dev Both wrong, by amounts that cancel for σ = 1: a weaker check than the random one would pass.
    function test_RejectsCombinationsThatCancel() public {
        Combination memory wrong = combination("sealed_4");
        (wrong.left.x, wrong.left.y) = plus(wrong.left, 1, 2);
        (wrong.right.x, wrong.right.y) = plus(wrong.right, 1, BN254.P - 2);
        vm.expectRevert(IGroth16Verifier.CombinationInvalid.selector);
        verifier.verifySealed(claim("sealed_4"), columns("sealed_4"), sealedProof("sealed_4"), wrong);
    }

    function test_RejectsCombinationOfOneOutput() public {
        Combination memory wrong = combination("public_one_output");
        wrong.right = wrong.left;
        vm.expectRevert(IGroth16Verifier.CombinationInvalid.selector);
        verify("public_one_output", wrong);
    }

    function test_RejectsSidesThatDoNotFit(uint256 leftCount, uint256 rightCount) public {
        leftCount = bound(leftCount, 0, 6);
        rightCount = bound(rightCount, 0, 6);
        vm.assume(leftCount == 0 || leftCount > 4 || rightCount == 0 || rightCount > 4);
        Claim memory changed = claim("sealed_4");
        (changed.leftCount, changed.rightCount) = (leftCount, rightCount);
        vm.expectRevert(
            abi.encodeWithSelector(IGroth16Verifier.ColumnListInvalid.selector, 4, leftCount, rightCount)
        );
        verifier.verifySealed(changed, columns("sealed_4"), sealedProof("sealed_4"), combination("sealed_4"));
    }

    function test_RejectsOtherSides() public {
        Claim memory changed = claim("sealed_4");
        changed.leftCount = 3;
        Combination memory combined = verifier.combination(
            changed, columns("sealed_4"), vm.parseJsonBytes32(jobJson("sealed_4"), ".resultHash")
        );
        vm.expectRevert(IGroth16Verifier.ProofInvalid.selector);
        verifier.verifySealed(changed, columns("sealed_4"), sealedProof("sealed_4"), combined);
    }

    /// @dev Any word of proof and combination; what is not caught by a check of its own fails the equation.
    function test_RejectsAnyChangedWord(uint256 word, uint256 change) public view {
        bytes memory encoded = abi.encode(sealedProof("sealed_4"), combination("sealed_4"));
        word = bound(word, 0, encoded.length / 32 - 1);
        vm.assume(change != 0);
        assembly ("memory-safe") {
            let place := add(add(encoded, 0x20), mul(word, 0x20))
            mstore(place, xor(mload(place), change))
        }
        (SealedProof memory proof, Combination memory combined) =
            abi.decode(encoded, (SealedProof, Combination));
        (bool isDone,) = address(verifier)
            .staticcall(
                abi.encodeCall(
                    verifier.verifySealed, (claim("sealed_4"), columns("sealed_4"), proof, combined)
                )
            );
        assertTrue(!isDone, "a changed proof is refused");
    }

    /// @dev Well-formed points, so that only the equation can catch it.
    function test_RejectsAnyShiftedPoint(uint256 which, uint256 scalar) public {
        uint256[6] memory words = [uint256(0), 6, 8, 10, 12, 14];
        uint256 word = words[bound(which, 0, 5)];
        scalar = bound(scalar, 1, BN254.R - 1);
        bytes memory encoded = abi.encode(sealedProof("sealed_4"));
        G1 memory point;
        assembly ("memory-safe") {
            let place := add(add(encoded, 0x20), mul(word, 0x20))
            mstore(point, mload(place))
            mstore(add(point, 0x20), mload(add(place, 0x20)))
        }
        Sum sum = BN254.sumFrom(point.x, point.y);
        sum.addProduct(1, 2, scalar);
        (uint256 x, uint256 y) = sum.read();
        vm.assume(x | y != 0);
        assembly ("memory-safe") {
            let place := add(add(encoded, 0x20), mul(word, 0x20))
            mstore(place, x)
            mstore(add(place, 0x20), y)
        }
        SealedProof memory proof = abi.decode(encoded, (SealedProof));
        bytes32 resultHash = keccak256(abi.encode(uint256(1), proof.resultCommitment));
        Combination memory combined = verifier.combination(claim("sealed_4"), columns("sealed_4"), resultHash);
        vm.expectRevert(IGroth16Verifier.ProofInvalid.selector);
        verifier.verifySealed(claim("sealed_4"), columns("sealed_4"), proof, combined);
    }

    function test_RejectsAnyChangedOutput(uint256 index, uint256 value) public {
        uint256[] memory changed = outputs("public_4");
        index = bound(index, 0, changed.length - 1);
        value = bound(value, 0, BN254.R - 1);
        vm.assume(value != changed[index]);
        changed[index] = value;
        Combination memory combined = verifier.combination(
            claim("public_4"), columns("public_4"), keccak256(abi.encodePacked(uint256(0), changed))
        );
        vm.expectRevert(IGroth16Verifier.ProofInvalid.selector);
        verifier.verifyPublic(
            claim("public_4"), columns("public_4"), changed, publicProof("public_4"), combined
        );
    }

    function test_RejectsOutputsOfAnotherCount() public {
        uint256[] memory fewer = new uint256[](15);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.OutputCountMismatch.selector, 16, 15));
        verifier.verifyPublic(
            claim("public_4"), columns("public_4"), fewer, publicProof("public_4"), combination("public_4")
        );
    }

    function test_KnowledgeOfEmptyOrUnequalListsIsFalse() public view {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        assertTrue(!verifier.verifyKnowledge(new G1[](0), new G1[](0)), "empty");
        assertTrue(!verifier.verifyKnowledge(commitments, new G1[](1)), "unequal");
        assertTrue(verifier.verifyKnowledge(commitments, knowledge), "valid");
    }

    function test_KnowledgeOfAnotherColumnIsFalse(uint256 a, uint256 b) public view {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        a = bound(a, 0, knowledge.length - 1);
        b = bound(b, 0, knowledge.length - 1);
        vm.assume(a != b);
        (knowledge[a], knowledge[b]) = (knowledge[b], knowledge[a]);
        assertTrue(!verifier.verifyKnowledge(commitments, knowledge), "swapped");
    }

    function test_KnowledgeErrorsDoNotCancel() public view {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        (knowledge[0].x, knowledge[0].y) = plus(knowledge[0], 1, 2);
        (knowledge[1].x, knowledge[1].y) = plus(knowledge[1], 1, BN254.P - 2);
        assertTrue(!verifier.verifyKnowledge(commitments, knowledge), "opposite errors");
    }

    function test_KnowledgeOfMalformedPointReverts() public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        commitments[1] = G1(0, 0);
        vm.expectRevert(IPointErrors.PointAtInfinity.selector);
        verifier.verifyKnowledge(commitments, knowledge);
    }

    function verify(string memory name, Combination memory combined)
        private
        view
        returns (uint256, bytes32, bytes32)
    {
        if (isSealed(name)) {
            return verifier.verifySealed(claim(name), columns(name), sealedProof(name), combined);
        }
        return verifier.verifyPublic(claim(name), columns(name), outputs(name), publicProof(name), combined);
    }

    function committed() private view returns (G1[] memory commitments, G1[] memory knowledge) {
        commitments = abi.decode(blob(".datasets.A", ".commitments"), (G1[]));
        knowledge = abi.decode(blob(".datasets.A", ".knowledge"), (G1[]));
    }

    function plus(G1 memory point, uint256 x, uint256 y) private view returns (uint256, uint256) {
        Sum sum = BN254.sumFrom(point.x, point.y);
        sum.add(x, y);
        return sum.read();
    }
}
