// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Quantity} from "../src/interfaces/ILicenceLedger.sol";
import {IMarket} from "../src/interfaces/IMarket.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {World} from "./support/World.sol";

contract MarketEndTest is World {
    string private constant JOB = "sealed_4";
    bytes32 private constant REASON = "node_fault";

    bytes32 private id;

    event JobCancelled(bytes32 indexed jobId, uint256 refunded);
    event JobFailed(bytes32 indexed jobId, bytes32 reason, uint256 refunded);
    event JobExpired(bytes32 indexed jobId, uint256 refunded);

    function setUp() public {
        deployWorld();
        furnishWorld();
        id = jobId(JOB);
    }

    function test_ConsumerCancels() public {
        openJob(JOB);
        vm.expectEmit(true, true, true, true, address(market));
        emit JobCancelled(id, market.job(id).price);
        vm.prank(consumer);
        market.cancel(id, "");
        checkReturned(IMarket.JobState.CANCELLED);
    }

    function test_AnyoneCancelsWithTheConsumersSignature() public {
        openJob(JOB);
        bytes32 digest = market.hashCancelOrder(IMarket.CancelOrder(id));
        market.cancel(id, signatureBy(CONSUMER_KEY, digest));
        checkReturned(IMarket.JobState.CANCELLED);
    }

    function test_NobodyElseCancels() public {
        openJob(JOB);
        bytes32 digest = market.hashCancelOrder(IMarket.CancelOrder(id));
        bytes memory refused =
            abi.encodeWithSelector(ISignedActions.SignatureInvalid.selector, consumer, digest);
        vm.expectRevert(refused);
        vm.prank(RELAYER);
        market.cancel(id, "");
        bytes memory signature = signatureBy(PROVIDER_A_KEY, digest);
        vm.expectRevert(refused);
        market.cancel(id, signature);
    }

    function test_NobodyCancelsOnceSharesAreDealt() public {
        openJob(JOB);
        bytes memory refused = abi.encodeWithSelector(IMarket.JobIsDealing.selector, id);
        vm.startPrank(RELAYER);
        market.startDealing(id);
        vm.expectRevert(refused);
        market.startDealing(id);
        vm.stopPrank();
        vm.expectRevert(refused);
        vm.prank(consumer);
        market.cancel(id, "");
        settleJob(JOB);
    }

    function test_OperatorFails() public {
        openJob(JOB);
        vm.expectEmit(true, true, true, true, address(market));
        emit JobFailed(id, REASON, market.job(id).price);
        vm.prank(RELAYER);
        market.fail(id, REASON);
        checkReturned(IMarket.JobState.FAILED);
    }

    function test_OnlyTheOperatorFailsOrDeals() public {
        openJob(JOB);
        bytes memory refused =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, consumer);
        vm.startPrank(consumer);
        vm.expectRevert(refused);
        market.fail(id, REASON);
        vm.expectRevert(refused);
        market.startDealing(id);
        vm.stopPrank();
    }

    function test_AnyoneExpires() public {
        openJob(JOB);
        uint64 deadline = order(JOB).deadline;
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IMarket.JobDeadlineNotPassed.selector, id, deadline, deadline));
        market.expire(id);
        vm.warp(deadline + 1);
        vm.expectEmit(true, true, true, true, address(market));
        emit JobExpired(id, market.job(id).price);
        vm.prank(OUTSIDER);
        market.expire(id);
        checkReturned(IMarket.JobState.EXPIRED);
    }

    function test_PausingStopsNoExit() public {
        openJob(JOB);
        openJob("public_4");
        openJob("sealed_2");
        vm.prank(DEPLOYER);
        market.setPaused(true);
        settleJob(JOB);
        vm.prank(consumer);
        market.cancel(jobId("public_4"), "");
        vm.warp(order("sealed_2").deadline + 1);
        market.expire(jobId("sealed_2"));
        assertEq(market.totalEscrow(), 0, "escrow");
    }

    /// @dev Every state but OPEN with every action.
    function test_NothingLeavesAFinalState() public {
        checkClosed(IMarket.JobState.NONE);
        for (
            uint8 state = uint8(IMarket.JobState.SETTLED); state <= uint8(IMarket.JobState.EXPIRED); ++state) {
            uint256 snapshot = vm.snapshotState();
            end(IMarket.JobState(state));
            checkClosed(IMarket.JobState(state));
            vm.revertToState(snapshot);
        }
    }

    function open() external {
        openJob(JOB);
    }

    function settle() external {
        settleJob(JOB);
    }

    function end(IMarket.JobState state) private {
        openJob(JOB);
        if (state == IMarket.JobState.SETTLED) {
            settleJob(JOB);
        } else if (state == IMarket.JobState.CANCELLED) {
            vm.prank(consumer);
            market.cancel(id, "");
        } else if (state == IMarket.JobState.FAILED) {
            vm.prank(RELAYER);
            market.fail(id, REASON);
        } else {
            vm.warp(order(JOB).deadline + 1);
            market.expire(id);
        }
    }

    function checkClosed(IMarket.JobState state) private {
        bytes memory refused = abi.encodeWithSelector(IMarket.JobNotOpen.selector, id, state);
        uint256 escrow = market.totalEscrow();
        uint256 balance = market.balanceOf(consumer);
        bytes32[] memory seated = seats(3);
        vm.expectRevert(refused);
        this.settle();
        vm.expectRevert(refused);
        vm.prank(consumer);
        market.cancel(id, "");
        vm.expectRevert(refused);
        market.expire(id);
        vm.startPrank(RELAYER);
        vm.expectRevert(refused);
        market.fail(id, REASON);
        vm.expectRevert(refused);
        market.startDealing(id);
        vm.expectRevert(refused);
        market.reseat(id, seated);
        vm.stopPrank();
        if (state != IMarket.JobState.NONE) {
            vm.expectRevert(abi.encodeWithSelector(IMarket.JobExists.selector, id));
            this.open();
        }
        assertEq(market.totalEscrow(), escrow, "escrow");
        assertEq(market.balanceOf(consumer), balance, "balance");
    }

    function checkReturned(IMarket.JobState state) private view {
        assertTrue(market.job(id).state == state, "state");
        assertEq(market.balanceOf(consumer), CONSUMER_FUNDS, "refunded");
        assertEq(market.totalEscrow(), 0, "escrow");
        (Quantity memory granted, Quantity memory remaining,,) = licences.quantities(licenceId("A"));
        assertEq(keccak256(abi.encode(granted)), keccak256(abi.encode(remaining)), "released");
    }
}
