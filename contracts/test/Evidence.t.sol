// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../src/interfaces/IBonds.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {IGroth16Verifier, SealedProof} from "../src/interfaces/IGroth16Verifier.sol";
import {IMarket} from "../src/interfaces/IMarket.sol";
import {INodeRegistry} from "../src/interfaces/INodeRegistry.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {G1, IPointErrors} from "../src/interfaces/Points.sol";
import {EvidenceWorld} from "./support/EvidenceWorld.sol";

contract EvidenceTest is EvidenceWorld {
    function setUp() public {
        deployEvidenceWorld();
    }

    function test_AnHonestNodeIsSafe(uint256 gasLimit) public {
        gasLimit = bound(gasLimit, 300_000, 5_000_000);
        (IEvidence.OwnStatement memory statement, bytes memory signature) = signed(honest());
        try evidence.accuse{gas: gasLimit}(
            statement, seating, vm.addr(signerKey), signature, columns("sealed_4"), slopes(), honest()
        ) {
            revert("slashed");
        } catch {}
        assertEq(nodes.stakeOf(accused).bonded, STAKE, "nothing is slashed");
    }

    function test_RejectsATrueStatement() public {
        (IEvidence.OwnStatement memory statement,) = signed(honest());
        bytes32 digest = evidence.hashOwnStatement(statement);
        vm.expectRevert(abi.encodeWithSelector(IEvidence.StatementHolds.selector, digest));
        accuse(honest());
    }

    function test_ShareCommitmentsAreThoseOfPython() public view {
        G1[] memory expected = abi.decode(vm.parseJsonBytes(vector, ".shareCommitments"), (G1[]));
        G1[] memory found = evidence.shareCommitments(columns("sealed_4"), slopes(), 2);
        assertEq(keccak256(abi.encode(found)), keccak256(abi.encode(expected)), "F(k)");
    }

    function test_ConvictsForEachFalseField() public {
        for (uint256 field = 0; field < 13; ++field) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(OUTSIDER);
            accuse(falseIn(field));
            IBonds.Stake memory stake = nodes.stakeOf(accused);
            assertEq(uint256(stake.bonded) + stake.unbonding, 0, "all is taken");
            assertTrue(evidence.isConvicted(accused, job), "convicted");
            vm.revertToState(snapshot);
        }
    }

    function test_SharesTheStake(uint64 extra) public {
        stakeNode(accused, uint256(extra) + 1);
        uint256 held = STAKE + uint256(extra) + 1;
        accuse(falseIn(0));
        uint256 half = held / 2;
        uint256 price = market.job(job).price;
        uint256 losses = price + 1_000_001 + 2_000_003 + 2 * uint256(NODE_FEE);
        assertEq(nodes.awardOf(consumer), half * price / losses, "consumer");
        assertEq(nodes.awardOf(providerA), half * 1_000_001 / losses, "provider A");
        assertEq(nodes.awardOf(providerB), half * 2_000_003 / losses, "provider B");
        uint256 perNode = half * NODE_FEE / losses;
        assertEq(nodes.awardOf(operator(0)), perNode, "first node");
        assertEq(nodes.awardOf(operator(1)), 0, "the convicted one");
        assertEq(nodes.awardOf(operator(2)), perNode, "third node");
        uint256 given =
            nodes.awardOf(consumer) + nodes.awardOf(providerA) + nodes.awardOf(providerB) + 2 * perNode;
        assertTrue(given <= half, "at most half, so convicting one's own node never pays");
        assertEq(nodes.awardOf(TREASURY), held - given, "treasury");
        assertEq(token.balanceOf(address(nodes)), nodes.totalStake() + held, "tokens");
        vm.prank(TREASURY);
        nodes.claimAward();
        vm.prank(consumer);
        nodes.claimAward();
    }

    function test_TakesUnbondingStakeToo() public {
        vm.prank(operator(1));
        nodes.unbond(INodeRegistry.Unbond(accused, uint128(STAKE), 1, block.timestamp), "");
        accuse(falseIn(0));
        assertEq(nodes.stakeOf(accused).unbonding, 0, "taken");
    }

    function test_ASettledJobHarmsOnlyNodesThatAreNotPaid() public {
        bytes32[] memory others = new bytes32[](3);
        (others[0], others[1], others[2]) = (nodeIds[0], nodeIds[3], nodeIds[4]);
        vm.prank(RELAYER);
        market.reseat(job, others);
        settleJob("sealed_4");
        accuse(falseIn(0));
        assertEq(nodes.awardOf(operator(2)), STAKE / 2, "worked for nothing");
        assertEq(nodes.awardOf(operator(0)), 0, "is paid");
        assertEq(nodes.awardOf(consumer), 0, "has its result");
    }

    function test_NobodyIsHarmedIfAllArePaid() public {
        settleJob("sealed_4");
        accuse(falseIn(0));
        assertEq(nodes.awardOf(TREASURY), STAKE, "all to the treasury");
    }

    function test_AFormerKeyAnswersForItsJobs() public {
        vm.warp(block.timestamp + 1);
        rotateKey();
        accuse(falseIn(0));
        assertEq(nodes.stakeOf(accused).bonded, 0, "taken");
    }

    function test_RejectsAKeyThatWasFormerBefore() public {
        rotateKey();
        vm.warp(block.timestamp + 1);
        openJob("sealed_4_again");
        (IEvidence.OwnStatement memory statement,) = signed(falseIn(0));
        job = statement.jobId = jobId("sealed_4_again");
        bytes memory signature = signatureBy(signerKey, evidence.hashOwnStatement(statement));
        vm.expectRevert(
            abi.encodeWithSelector(IEvidence.SignerNotOfNode.selector, accused, vm.addr(signerKey))
        );
        submit(statement, signature, falseIn(0));
    }

    function test_RejectsAnotherSeating() public {
        seating.seats[0].fee += 1;
        vm.expectRevert(abi.encodeWithSelector(IEvidence.SeatingUnknown.selector, job));
        accuse(falseIn(0));
    }

    function test_RejectsAnotherSeat() public {
        (IEvidence.OwnStatement memory statement, bytes memory signature) = signed(falseIn(0));
        statement.seat = 0;
        vm.expectRevert(abi.encodeWithSelector(IEvidence.SeatUnknown.selector, 0, 3));
        submit(statement, signature, falseIn(0));
        statement.seat = 4;
        vm.expectRevert(abi.encodeWithSelector(IEvidence.SeatUnknown.selector, 4, 3));
        submit(statement, signature, falseIn(0));
        statement.seat = 3;
        vm.expectRevert(
            abi.encodeWithSelector(IEvidence.SignerNotOfNode.selector, nodeIds[2], vm.addr(signerKey))
        );
        submit(statement, signature, falseIn(0));
    }

    function test_RejectsWhatIsNotSigned() public {
        (IEvidence.OwnStatement memory statement, bytes memory signature) = signed(falseIn(0));
        statement.attempt = 9;
        vm.expectPartialRevert(ISignedActions.SignatureInvalid.selector);
        submit(statement, signature, falseIn(0));
        (statement, signature) = signed(honest());
        vm.expectPartialRevert(IEvidence.ProofNotSigned.selector);
        submit(statement, signature, falseIn(0));
        G1[] memory list = columns("sealed_4");
        G1[] memory other = slopes();
        (other[0], other[1]) = (other[1], other[0]);
        vm.expectPartialRevert(IEvidence.SlopesNotSigned.selector);
        evidence.accuse(statement, seating, vm.addr(signerKey), signature, list, other, honest());
        (list[1], list[2]) = (list[2], list[1]);
        vm.expectPartialRevert(IEvidence.ColumnsNotOfJob.selector);
        evidence.accuse(statement, seating, vm.addr(signerKey), signature, list, slopes(), honest());
    }

    function test_RejectsSlopesThatAreNone() public {
        G1[] memory list = columns("sealed_4");
        vm.expectRevert(abi.encodeWithSelector(IEvidence.SlopeCountMismatch.selector, 3, 1));
        evidence.shareCommitments(list, new G1[](1), 2);
        G1[] memory off = slopes();
        off[1] = G1(1, 1);
        vm.expectRevert(abi.encodeWithSelector(IPointErrors.PointNotOnCurve.selector, 1, 1));
        evidence.shareCommitments(list, off, 2);
    }

    function test_RejectsTooLittleGas() public {
        (IEvidence.OwnStatement memory statement, bytes memory signature) = signed(falseIn(0));
        G1[] memory list = columns("sealed_4");
        G1[] memory own = slopes();
        SealedProof memory proof = falseIn(0);
        vm.expectPartialRevert(IEvidence.GasTooLow.selector);
        evidence.accuse{gas: 900_000}(statement, seating, vm.addr(signerKey), signature, list, own, proof);
    }

    function test_RejectsAnUnclearRefusal() public {
        vm.mockCallRevert(
            address(verifier),
            abi.encodePacked(IGroth16Verifier.verifySealed.selector),
            abi.encodeWithSelector(IGroth16Verifier.CombinationInvalid.selector)
        );
        vm.expectPartialRevert(IEvidence.RefusalUnclear.selector);
        accuse(falseIn(0));
    }

    function test_ConvictsOnce() public {
        accuse(falseIn(0));
        vm.expectRevert(abi.encodeWithSelector(IEvidence.NodeIsConvicted.selector, accused, job));
        accuse(falseIn(1));
    }

    function test_RejectsWithoutStake() public {
        IBonds.Award[] memory awards = new IBonds.Award[](1);
        awards[0] = IBonds.Award(consumer, uint128(STAKE));
        vm.prank(DEPLOYER);
        nodes.slash(accused, 0, 0, awards);
        vm.expectRevert(abi.encodeWithSelector(IEvidence.NothingAtStake.selector, accused));
        accuse(falseIn(0));
    }

    function accuse(SealedProof memory proof) private {
        (IEvidence.OwnStatement memory statement, bytes memory signature) = signed(proof);
        submit(statement, signature, proof);
    }

    /// @dev A call of its own kind, so that expectRevert and prank meet `accuse` and nothing before it.
    function submit(IEvidence.OwnStatement memory statement, bytes memory signature, SealedProof memory proof)
        private
    {
        evidence.accuse(
            statement, seating, vm.addr(signerKey), signature, columns("sealed_4"), slopes(), proof
        );
    }

    function signed(SealedProof memory proof)
        private
        view
        returns (IEvidence.OwnStatement memory statement, bytes memory signature)
    {
        statement = IEvidence.OwnStatement(
            job, 1, 2, keccak256(abi.encode(slopes())), keccak256(abi.encode(proof))
        );
        signature = signatureBy(signerKey, digestOf(statement));
    }

    /// @dev As Evidence.hashOwnStatement.
    function digestOf(IEvidence.OwnStatement memory statement) private view returns (bytes32) {
        bytes32 typehash = keccak256(
            "OwnStatement(bytes32 jobId,uint32 attempt,uint32 seat,bytes32 slopesHash,bytes32 proofHash)"
        );
        return typedDigest(address(evidence), keccak256(abi.encode(typehash, statement)));
    }

    function honest() private view returns (SealedProof memory) {
        return abi.decode(vm.parseJsonBytes(vector, ".proof"), (SealedProof));
    }

    function falseIn(uint256 field) private view returns (SealedProof memory proof) {
        proof = honest();
        SealedProof memory other = sealedProof("sealed_4");
        if (field == 0) proof.a = other.a;
        if (field == 1) proof.b = other.b;
        if (field == 2) proof.c = other.c;
        if (field == 3) proof.resultCommitment = other.resultCommitment;
        if (field == 4) proof.y = other.y;
        if (field == 5) proof.p = other.p;
        if (field == 6) proof.pi = other.pi;
        if (field == 7) proof.c = G1(0, 0);
        if (field == 8) proof.c = G1(1, 1);
        if (field == 9) proof.b.x1 += 1;
        if (field == 11) proof.b.x0 = type(uint256).max;
        if (field == 12) proof.b.y1 = type(uint256).max;
        if (field == 10) proof.c.x = type(uint256).max;
    }

    function rotateKey() private {
        INodeRegistry.Node memory before = nodes.node(accused);
        vm.prank(before.operator);
        nodes.updateNode(
            INodeRegistry.UpdateNode(
                accused, address(0xABCD), before.sealingKey, NODE_FEE, true, 1, block.timestamp
            ),
            ""
        );
        assertEq(nodes.signerUntil(accused, before.signer), block.timestamp, "former key");
    }
}
