// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IBonds} from "../src/interfaces/IBonds.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {IMarket} from "../src/interfaces/IMarket.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {EvidenceWorld} from "./support/EvidenceWorld.sol";

contract DeadlinesTest is EvidenceWorld {
    uint256 private constant BOND = 10_000_000;
    uint256 private constant PRICE_B = 2_000_003;

    function setUp() public {
        deployEvidenceWorld();
        deposit(operator(1), BOND);
        deposit(providerB, BOND);
    }

    function test_WhoStaysSilentLosesWhatTheJobWouldHavePaid() public {
        bytes32 id = demandContribution(2);
        vm.warp(block.timestamp + 1 days + 1);
        vm.prank(OUTSIDER);
        evidence.forfeit(id);
        assertEq(nodes.bondOf(operator(1)).bonded, BOND - NODE_FEE, "its fee");
        assertEq(nodes.awardOf(consumer), NODE_FEE, "for the consumer");
        assertEq(nodes.stakeOf(accused).bonded, STAKE, "never the stake");
        vm.expectRevert(abi.encodeWithSelector(IEvidence.DemandUnknown.selector, id));
        evidence.forfeit(id);
    }

    function test_ASilentDealerLosesThePriceOfItsInput() public {
        vm.prank(RELAYER);
        bytes32 id = evidence.demandDeal(job, 1, 2, 1);
        vm.warp(block.timestamp + 1 days + 1);
        evidence.forfeit(id);
        assertEq(nodes.bondOf(providerB).bonded, BOND - PRICE_B, "its price");
        assertEq(nodes.awardOf(consumer), PRICE_B, "for the consumer");
    }

    function test_NoMoreIsTakenThanThereIs() public {
        vm.startPrank(RELAYER);
        bytes32 id = evidence.demandContribution(job, 1, 1, seating, 1);
        vm.stopPrank();
        vm.warp(block.timestamp + 1 days + 1);
        evidence.forfeit(id);
        assertEq(nodes.awardOf(consumer), 0, "the first operator has no bond");
        deposit(operator(2), 5);
        vm.prank(RELAYER);
        id = evidence.demandContribution(job, 1, 1, seating, 3);
        vm.warp(block.timestamp + 1 days + 1);
        evidence.forfeit(id);
        assertEq(nodes.awardOf(consumer), 5, "all that is there");
    }

    function test_WhoShowsItsSignedContributionLosesNothing() public {
        bytes32 id = demandContribution(2);
        IMarket.Contribution memory contribution = IMarket.Contribution(job, 1, 2, 2, keccak256("answer"));
        bytes memory signature = signatureBy(signerKey, market.hashContribution(contribution));
        vm.prank(OUTSIDER);
        evidence.answerContribution(contribution, vm.addr(signerKey), signature);
        vm.warp(block.timestamp + 1 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IEvidence.DemandUnknown.selector, id));
        evidence.forfeit(id);
        assertEq(nodes.bondOf(operator(1)).bonded, BOND, "nothing is taken");
        assertEq(evidence.contributionDemandId(job, 1, 2, 2), id, "its id");
        vm.prank(RELAYER);
        vm.expectRevert(abi.encodeWithSelector(IEvidence.DemandRepeated.selector, id));
        evidence.demandContribution(job, 1, 2, seating, 2);
    }

    function test_ALateAnswerCountsUntilSomebodyForfeits() public {
        demandContribution(2);
        vm.warp(block.timestamp + 3 days);
        IMarket.Contribution memory contribution = IMarket.Contribution(job, 1, 2, 2, keccak256("answer"));
        bytes memory signature = signatureBy(signerKey, market.hashContribution(contribution));
        evidence.answerContribution(contribution, vm.addr(signerKey), signature);
        assertEq(nodes.bondOf(operator(1)).bonded, BOND, "nothing is taken");
    }

    function test_WhoShowsItsSignedDealLosesNothing() public {
        vm.prank(RELAYER);
        bytes32 id = evidence.demandDeal(job, 1, 2, 1);
        IMarket.Deal memory deal = IMarket.Deal(job, 1, 2, keccak256("package"));
        bytes memory signature = signatureBy(PROVIDER_B_KEY, market.hashDeal(deal));
        bytes memory other = signatureBy(PROVIDER_A_KEY, market.hashDeal(deal));
        vm.expectPartialRevert(ISignedActions.SignatureInvalid.selector);
        evidence.answerDeal(deal, providerB, other);
        evidence.answerDeal(deal, providerB, signature);
        assertEq(evidence.demand(id).until, 0, "answered");
        assertEq(evidence.dealDemandId(job, 1, 2, providerB), id, "its id");
        vm.expectRevert(abi.encodeWithSelector(IEvidence.DemandUnknown.selector, id));
        evidence.answerDeal(deal, providerB, signature);
    }

    function test_RejectsAnswersOfOthers() public {
        demandContribution(2);
        IMarket.Contribution memory contribution = IMarket.Contribution(job, 1, 2, 2, keccak256("answer"));
        bytes32 digest = market.hashContribution(contribution);
        bytes memory signature = signatureBy(FIRST_OPERATOR_KEY + 0x1000, digest);
        vm.expectPartialRevert(IEvidence.SignerNotOfNode.selector);
        evidence.answerContribution(contribution, vm.addr(FIRST_OPERATOR_KEY + 0x1000), signature);
        vm.expectPartialRevert(ISignedActions.SignatureInvalid.selector);
        evidence.answerContribution(contribution, vm.addr(signerKey), signature);
        contribution.round = 1;
        vm.expectPartialRevert(IEvidence.DemandUnknown.selector);
        evidence.answerContribution(contribution, vm.addr(signerKey), signature);
    }

    function test_NothingIsTakenBeforeTheAnswerIsDue(uint256 wait) public {
        bytes32 id = demandContribution(1);
        vm.warp(block.timestamp + bound(wait, 0, 1 days));
        vm.expectPartialRevert(IEvidence.AnswerStillDue.selector);
        evidence.forfeit(id);
    }

    function test_RejectsWrongDemands() public {
        vm.prank(OUTSIDER);
        vm.expectPartialRevert(IAccessManaged.AccessManagedUnauthorized.selector);
        evidence.demandContribution(job, 1, 1, seating, 1);
        vm.prank(OUTSIDER);
        vm.expectPartialRevert(IAccessManaged.AccessManagedUnauthorized.selector);
        evidence.demandDeal(job, 1, 1, 0);
        vm.startPrank(RELAYER);
        vm.expectRevert(abi.encodeWithSelector(IEvidence.RoundUnknown.selector, 0));
        evidence.demandContribution(job, 1, 0, seating, 1);
        vm.expectRevert(abi.encodeWithSelector(IEvidence.RoundUnknown.selector, 3));
        evidence.demandContribution(job, 1, 3, seating, 1);
        vm.expectRevert(abi.encodeWithSelector(IEvidence.SeatUnknown.selector, 4, 3));
        evidence.demandContribution(job, 1, 1, seating, 4);
        vm.expectRevert(abi.encodeWithSelector(IEvidence.InputUnknown.selector, 2, 2));
        evidence.demandDeal(job, 1, 1, 2);
        uint256 latest = order("sealed_4").deadline + 1 days;
        vm.warp(latest + 1);
        vm.expectRevert(abi.encodeWithSelector(IEvidence.DemandTooLate.selector, job, latest, latest + 1));
        evidence.demandDeal(job, 1, 1, 0);
        vm.stopPrank();
    }

    function test_ABondThatIsReleasedAtOpeningIsStillThereForTheLastForfeit() public {
        address account = operator(1);
        vm.prank(account);
        nodes.releaseBond(releaseAll(account), "");
        vm.warp(order("sealed_4").deadline + 1 days);
        bytes32 id = demandContribution(2);
        vm.warp(block.timestamp + 1 days + 1);
        evidence.forfeit(id);
        assertEq(nodes.awardOf(consumer), NODE_FEE, "still there");
    }

    function releaseAll(address account) private view returns (IBonds.ReleaseBond memory) {
        return IBonds.ReleaseBond(account, uint128(BOND), 1, block.timestamp);
    }

    function demandContribution(uint8 round) private returns (bytes32) {
        vm.prank(RELAYER);
        return evidence.demandContribution(job, 1, round, seating, 2);
    }

    function deposit(address account, uint256 amount) private {
        vm.prank(DEPLOYER);
        token.mint(address(this), amount);
        token.approve(address(nodes), amount);
        nodes.depositBond(account, amount);
    }
}
