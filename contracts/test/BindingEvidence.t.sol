// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {G1} from "../src/interfaces/Points.sol";
import {EvidenceWorld} from "./support/EvidenceWorld.sol";

contract BindingEvidenceTest is EvidenceWorld {
    function setUp() public {
        deployEvidenceWorld();
    }

    function test_AnHonestNodeIsSafe(uint256 gasLimit) public {
        gasLimit = bound(gasLimit, 100_000, 3_000_000);
        (IEvidence.ResultBinding memory binding, bytes memory signature) = signed(honest());
        try evidence.accuseBinding{gas: gasLimit}(binding, seating, vm.addr(signerKey), signature, honest()) {
            revert("slashed");
        } catch {}
        assertEq(nodes.stakeOf(accused).bonded, STAKE, "nothing is slashed");
    }

    function test_RejectsATrueBinding() public {
        (IEvidence.ResultBinding memory binding,) = signed(honest());
        bytes32 digest = evidence.hashResultBinding(binding);
        vm.expectRevert(abi.encodeWithSelector(IEvidence.StatementHolds.selector, digest));
        accuse(honest());
    }

    /// @dev A program of one output has π = 0: M(X) − M(z) is 0.
    function test_AcceptsAnOpeningAtInfinity() public {
        IEvidence.BoundPoints memory points = honest();
        // M constant: Y is F_M, λ is 1, and P is the node's own.
        (IEvidence.ResultBinding memory binding,) = signed(points);
        points.resultCommitment = points.y;
        points.pi = G1(0, 0);
        binding.weight = 1;
        binding.pointsHash = keccak256(abi.encode(points));
        bytes32 digest = evidence.hashResultBinding(binding);
        bytes memory signature = signatureBy(signerKey, digest);
        vm.expectRevert(abi.encodeWithSelector(IEvidence.StatementHolds.selector, digest));
        evidence.accuseBinding(binding, seating, vm.addr(signerKey), signature, points);
    }

    function test_ConvictsForEachFalsePoint() public {
        for (uint256 field = 0; field < 9; ++field) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(OUTSIDER);
            accuse(falseIn(field));
            assertEq(nodes.stakeOf(accused).bonded, 0, "all is taken");
            assertTrue(evidence.isConvicted(accused, job), "convicted");
            vm.revertToState(snapshot);
        }
    }

    function test_ConvictsForAnotherWeightOrChallenge() public {
        IEvidence.BoundPoints memory points = honest();
        (IEvidence.ResultBinding memory binding,) = signed(points);
        binding.weight = addmod(
            binding.weight, 1, 21888242871839275222246405745257275088548364400416034343698204186575808495617
        );
        uint256 snapshot = vm.snapshotState();
        bytes memory signature = signatureBy(signerKey, evidence.hashResultBinding(binding));
        evidence.accuseBinding(binding, seating, vm.addr(signerKey), signature, points);
        assertEq(nodes.stakeOf(accused).bonded, 0, "weight");
        vm.revertToState(snapshot);
        (binding,) = signed(points);
        binding.challenge += 1;
        signature = signatureBy(signerKey, evidence.hashResultBinding(binding));
        evidence.accuseBinding(binding, seating, vm.addr(signerKey), signature, points);
        assertEq(nodes.stakeOf(accused).bonded, 0, "challenge");
    }

    function test_RejectsWhatIsNotSigned() public {
        (IEvidence.ResultBinding memory binding, bytes memory signature) = signed(honest());
        IEvidence.BoundPoints memory points = falseIn(0);
        vm.expectPartialRevert(IEvidence.PointsNotSigned.selector);
        evidence.accuseBinding(binding, seating, vm.addr(signerKey), signature, points);
        binding.attempt = 9;
        vm.expectPartialRevert(ISignedActions.SignatureInvalid.selector);
        evidence.accuseBinding(binding, seating, vm.addr(signerKey), signature, points);
        binding.seat = 3;
        vm.expectRevert(
            abi.encodeWithSelector(IEvidence.SignerNotOfNode.selector, nodeIds[2], vm.addr(signerKey))
        );
        evidence.accuseBinding(binding, seating, vm.addr(signerKey), signature, points);
    }

    function test_ConvictsOnceForAllKindsOfEvidence() public {
        accuse(falseIn(1));
        vm.expectRevert(abi.encodeWithSelector(IEvidence.NodeIsConvicted.selector, accused, job));
        accuse(falseIn(2));
    }

    function accuse(IEvidence.BoundPoints memory points) private {
        (IEvidence.ResultBinding memory binding, bytes memory signature) = signed(points);
        evidence.accuseBinding(binding, seating, vm.addr(signerKey), signature, points);
    }

    function signed(IEvidence.BoundPoints memory points)
        private
        view
        returns (IEvidence.ResultBinding memory binding, bytes memory signature)
    {
        binding = IEvidence.ResultBinding(
            job,
            1,
            2,
            vm.parseJsonUint(vector, ".weight"),
            vm.parseJsonUint(vector, ".challenge"),
            keccak256(abi.encode(points))
        );
        bytes32 typehash = keccak256(
            "ResultBinding(bytes32 jobId,uint32 attempt,uint32 seat,uint256 weight,uint256 challenge,bytes32 pointsHash)"
        );
        signature =
            signatureBy(signerKey, typedDigest(address(evidence), keccak256(abi.encode(typehash, binding))));
    }

    function honest() private view returns (IEvidence.BoundPoints memory) {
        return abi.decode(vm.parseJsonBytes(vector, ".boundPoints"), (IEvidence.BoundPoints));
    }

    function falseIn(uint256 field) private view returns (IEvidence.BoundPoints memory points) {
        points = honest();
        G1 memory other = sealedProof("sealed_4").c;
        if (field == 0) points.resultCommitment = other;
        if (field == 1) points.y = other;
        if (field == 2) points.p = other;
        if (field == 3) points.pi = other;
        if (field == 4) points.resultCommitment = G1(0, 0);
        if (field == 5) points.y = G1(1, 1);
        if (field == 6) points.p.x = type(uint256).max;
        if (field == 7) points.pi.y = type(uint256).max;
        if (field == 8) points.pi = G1(0, 0);
    }
}
