// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../src/interfaces/IBonds.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {G1} from "../src/interfaces/Points.sol";
import {EvidenceWorld} from "./support/EvidenceWorld.sol";

contract DealerEvidenceTest is EvidenceWorld {
    uint256 private constant BOND = 9_001;

    /// @dev Kept, so that no call stands between expectRevert and what it expects.
    uint256 private columnsOfB;

    function setUp() public {
        deployEvidenceWorld();
        columnsOfB = market.job(job).inputs[1].columnCount;
        vm.prank(DEPLOYER);
        token.mint(address(this), BOND);
        token.approve(address(nodes), BOND);
        nodes.depositBond(providerB, BOND);
    }

    function test_RejectsATrueDeal() public {
        (IEvidence.DealtShares memory dealt, bytes memory signature) = signed(slopesOfB(), sharesOfB());
        bytes32 digest = evidence.hashDealtShares(dealt);
        vm.expectRevert(abi.encodeWithSelector(IEvidence.StatementHolds.selector, digest));
        evidence.accuseDealer(
            dealt, seating, providerB, signature, columns("sealed_4"), slopesOfB(), sharesOfB()
        );
    }

    function test_ConvictsForEachFalsePointAndForMissingOnes() public {
        for (uint256 trick = 0; trick < 6; ++trick) {
            uint256 snapshot = vm.snapshotState();
            (G1[] memory slope, G1[] memory share) = falseDeal(trick);
            vm.prank(OUTSIDER);
            accuse(slope, share);
            assertEq(nodes.bondOf(providerB).bonded, 0, "all is taken");
            assertTrue(evidence.isConvicted(bytes32(uint256(uint160(providerB))), job), "convicted");
            vm.revertToState(snapshot);
        }
    }

    function test_SharesTheBondAmongTheHarmed() public {
        vm.prank(providerB);
        nodes.releaseBond(IBonds.ReleaseBond(providerB, 1_000, 1, block.timestamp), "");
        (G1[] memory slope, G1[] memory share) = falseDeal(0);
        accuse(slope, share);
        uint256 half = BOND / 2;
        uint256 price = market.job(job).price;
        uint256 losses = price + 1_000_001 + 3 * uint256(NODE_FEE);
        assertEq(nodes.awardOf(consumer), half * price / losses, "consumer");
        assertEq(nodes.awardOf(providerA), half * 1_000_001 / losses, "the other provider");
        assertEq(nodes.awardOf(providerB), 0, "itself");
        uint256 perNode = half * NODE_FEE / losses;
        uint256 given = nodes.awardOf(consumer) + nodes.awardOf(providerA) + 3 * perNode;
        assertEq(nodes.awardOf(operator(1)), perNode, "a node");
        assertTrue(given <= half, "at most half, so convicting oneself never pays");
        assertEq(nodes.awardOf(TREASURY), BOND - given, "treasury");
    }

    function test_ConvictsADealerWithoutABond() public {
        vm.startPrank(DEPLOYER);
        IBonds.Award[] memory awards = new IBonds.Award[](1);
        awards[0] = IBonds.Award(TREASURY, uint128(BOND));
        nodes.takeBond(providerB, 0, 0, awards);
        vm.stopPrank();
        (G1[] memory slope, G1[] memory share) = falseDeal(0);
        accuse(slope, share);
        assertTrue(evidence.isConvicted(bytes32(uint256(uint160(providerB))), job), "by name");
    }

    function test_ConvictsOnce() public {
        (G1[] memory slope, G1[] memory share) = falseDeal(0);
        accuse(slope, share);
        vm.expectPartialRevert(IEvidence.NodeIsConvicted.selector);
        accuse(slope, share);
    }

    function test_RejectsWhatIsNotSigned() public {
        G1[] memory list = columns("sealed_4");
        (G1[] memory slope, G1[] memory share) = falseDeal(0);
        (IEvidence.DealtShares memory dealt, bytes memory signature) = signed(slopesOfB(), sharesOfB());
        vm.expectPartialRevert(IEvidence.SlopesNotSigned.selector);
        evidence.accuseDealer(dealt, seating, providerB, signature, list, slope, share);
        (slope, share) = falseDeal(1);
        vm.expectPartialRevert(IEvidence.SharesNotSigned.selector);
        evidence.accuseDealer(dealt, seating, providerB, signature, list, slope, share);
        vm.expectPartialRevert(ISignedActions.SignatureInvalid.selector);
        evidence.accuseDealer(dealt, seating, providerA, signature, list, slope, share);
        (dealt, signature) = signed(slope, share);
        (list[1], list[2]) = (list[2], list[1]);
        vm.expectPartialRevert(IEvidence.ColumnsNotOfJob.selector);
        evidence.accuseDealer(dealt, seating, providerB, signature, list, slope, share);
        seating.seats[0].fee += 1;
        vm.expectPartialRevert(IEvidence.SeatingUnknown.selector);
        evidence.accuseDealer(dealt, seating, providerB, signature, list, slope, share);
    }

    function test_RejectsWhoDealsNothingInTheJob() public {
        (G1[] memory slope, G1[] memory share) = falseDeal(0);
        (IEvidence.DealtShares memory dealt, bytes memory signature) = signedBy(CONSUMER_KEY, 2, slope, share);
        G1[] memory list = columns("sealed_4");
        vm.expectRevert(abi.encodeWithSelector(IEvidence.DealerNotOfJob.selector, consumer, job));
        evidence.accuseDealer(dealt, seating, consumer, signature, list, slope, share);
    }

    function test_ConvictsForTwoDifferentDeals() public {
        (G1[] memory otherSlopes,) = falseDeal(0);
        (, G1[] memory otherShares) = falseDeal(1);
        // Other slopes for another seat: the shares lie on two lines. Other shares for the same seat: one of them is wrong.
        uint256 snapshot = vm.snapshotState();
        contradict(1, otherSlopes, sharesOfB());
        assertEq(nodes.bondOf(providerB).bonded, 0, "slopes");
        vm.revertToState(snapshot);
        contradict(2, slopesOfB(), otherShares);
        assertEq(nodes.bondOf(providerB).bonded, 0, "shares");
    }

    function test_RejectsDealsThatAgree() public {
        (, G1[] memory otherShares) = falseDeal(1);
        vm.expectPartialRevert(IEvidence.DealsAgree.selector);
        contradict(2, slopesOfB(), sharesOfB());
        vm.expectPartialRevert(IEvidence.DealsAgree.selector);
        contradict(1, slopesOfB(), otherShares);
    }

    function test_RejectsDealsOfTwoAttemptsOrJobs() public {
        (IEvidence.DealtShares memory first, bytes memory signature) = signed(slopesOfB(), sharesOfB());
        IEvidence.DealtShares memory second = first;
        second = abi.decode(abi.encode(first), (IEvidence.DealtShares));
        second.slopesHash = 0;
        second.attempt = 2;
        vm.expectPartialRevert(IEvidence.DealsAgree.selector);
        evidence.accuseEquivocation(first, signature, second, signature, seating, providerB);
        (second.attempt, second.jobId) = (1, 0);
        vm.expectPartialRevert(IEvidence.DealsAgree.selector);
        evidence.accuseEquivocation(first, signature, second, signature, seating, providerB);
    }

    function test_RejectsContradictionsOfOthers() public {
        (IEvidence.DealtShares memory first, bytes memory signature) = signed(slopesOfB(), sharesOfB());
        IEvidence.DealtShares memory second = abi.decode(abi.encode(first), (IEvidence.DealtShares));
        second.slopesHash = 0;
        vm.expectPartialRevert(ISignedActions.SignatureInvalid.selector);
        evidence.accuseEquivocation(first, signature, second, signature, seating, providerB);
        bytes memory own = signatureBy(CONSUMER_KEY, evidence.hashDealtShares(first));
        bytes memory other = signatureBy(CONSUMER_KEY, evidence.hashDealtShares(second));
        vm.expectPartialRevert(IEvidence.DealerNotOfJob.selector);
        evidence.accuseEquivocation(first, own, second, other, seating, consumer);
    }

    function contradict(uint32 seat, G1[] memory slope, G1[] memory share) private {
        (IEvidence.DealtShares memory first, bytes memory firstSignature) = signed(slopesOfB(), sharesOfB());
        (IEvidence.DealtShares memory second, bytes memory secondSignature) =
            signedBy(PROVIDER_B_KEY, seat, slope, share);
        evidence.accuseEquivocation(first, firstSignature, second, secondSignature, seating, providerB);
    }

    function accuse(G1[] memory slope, G1[] memory share) private {
        (IEvidence.DealtShares memory dealt, bytes memory signature) = signed(slope, share);
        evidence.accuseDealer(dealt, seating, providerB, signature, columns("sealed_4"), slope, share);
    }

    function falseDeal(uint256 trick) private view returns (G1[] memory slope, G1[] memory share) {
        (slope, share) = (slopesOfB(), sharesOfB());
        G1 memory other = sealedProof("sealed_4").c;
        if (trick == 0) slope[0] = other;
        if (trick == 1) share[share.length - 1] = other;
        if (trick == 2) slope[0] = G1(1, 1);
        if (trick == 3) {
            share[0].y =
                21888242871839275222246405745257275088696311157297823662689037894645226208583 - share[0].y;
        }
        if (trick == 4) slope = new G1[](0);
        if (trick == 5) share = new G1[](0);
    }

    function signed(G1[] memory slope, G1[] memory share)
        private
        view
        returns (IEvidence.DealtShares memory, bytes memory)
    {
        return signedBy(PROVIDER_B_KEY, 2, slope, share);
    }

    function signedBy(uint256 key, uint32 seat, G1[] memory slope, G1[] memory share)
        private
        view
        returns (IEvidence.DealtShares memory dealt, bytes memory signature)
    {
        dealt = IEvidence.DealtShares(
            job, 1, seat, keccak256(abi.encode(slope)), keccak256(abi.encode(share))
        );
        bytes32 typehash = keccak256(
            "DealtShares(bytes32 jobId,uint32 attempt,uint32 seat,bytes32 slopesHash,bytes32 sharesHash)"
        );
        signature = signatureBy(key, typedDigest(address(evidence), keccak256(abi.encode(typehash, dealt))));
    }

    /// @dev The job's columns are `ones`, those of A, those of B.
    function slopesOfB() private view returns (G1[] memory) {
        return tail(slopes());
    }

    function sharesOfB() private view returns (G1[] memory) {
        return tail(shareCommitments());
    }

    function tail(G1[] memory list) private view returns (G1[] memory last) {
        last = new G1[](columnsOfB);
        for (uint256 i = 0; i < last.length; ++i) {
            last[i] = list[list.length - last.length + i];
        }
    }
}
