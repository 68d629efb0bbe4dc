// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../../src/interfaces/IBonds.sol";
import {ILicenceLedger, Quantity} from "../../src/interfaces/ILicenceLedger.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {INodeRegistry} from "../../src/interfaces/INodeRegistry.sol";
import {BatchWorld} from "./BatchWorld.sol";

/// @dev One action for everything that anybody may do to the market, with what the laws need to be checked against.
/// Actions may revert; only what went through is recorded.
contract MarketHandler is BatchWorld {
    string[11] private proven = [
        "sealed_2",
        "sealed_4",
        "sealed_8",
        "sealed_16",
        "public_2",
        "public_4",
        "public_8",
        "public_16",
        "public_one_output",
        "sealed_block",
        "sealed_4_again"
    ];

    bytes32[] private _jobIds;
    address[] private _accounts;
    mapping(bytes32 => IMarket.JobState) private _finalState;
    /// @dev What was paid to others than the consumer: the prices of settled jobs.
    uint256 private _settledPrices;
    /// @dev What they took out less what they paid in.
    int256 private _withdrawnByPayees;
    uint256 private _salt;

    function start() external {
        require(address(market) == address(0), "started");
        deployWorld();
        furnishWorld();
        _accounts = [consumer, providerA, providerB, TREASURY];
        for (uint256 i = 0; i < NODE_COUNT; ++i) {
            _accounts.push(vm.addr(FIRST_OPERATOR_KEY + i));
        }
    }

    function openProven(uint256 which, uint256 seatCount) external {
        string memory name = proven[which % proven.length];
        _jobIds.push(openJob(name, seats(3 + seatCount % 3)));
    }

    function openAny(uint256 columnsA, uint256 columnsB, uint256 seconds_) external {
        IMarket.Order memory placed = order("sealed_4");
        placed.salt = 10_000 + _salt++;
        placed.deadline = uint64(block.timestamp + seconds_ % 2 hours);
        placed.inputs[0].columns = 1 | columnsA % 512;
        placed.inputs[1].columns = 1 | columnsB % 256;
        bytes memory signature = signatureBy(CONSUMER_KEY, market.hashOrder(placed));
        vm.prank(RELAYER);
        _jobIds.push(market.open(placed, signature, seats(3)));
    }

    function settle(uint256 which, bool isOther) external {
        string memory name = openProvenName(which);
        uint256 price = market.job(jobId(name)).price;
        if (isOther) {
            settleJob(name, jobBlob(name, ".otherProof"), jobBlob(name, ".otherCombination"));
        } else {
            settleJob(name);
        }
        _settledPrices += price;
        recordEnd(jobId(name));
    }

    function settleBatch(uint128 first, uint256 second) external {
        string[] memory names = new string[](2);
        names[0] = openedName(first);
        // Seldom one job twice, which must fail.
        names[1] = second % 8 == 0 ? names[0] : openedName(first + 1 + second % (proven.length - 1));
        bytes32[] memory ids = idsOf(names);
        uint256 prices = uint256(market.job(ids[0]).price) + market.job(ids[1]).price;
        market.settleBatch(ids, itemsOf(names));
        _settledPrices += prices;
        recordEnd(ids[0]);
        recordEnd(ids[1]);
    }

    function abort(uint256 which) external {
        bytes32 id = anyJob(which);
        if (which % 16 == 1 && isOpen(id) && !licences.licence(licenceId("B")).isRevoked) this.revoke(64);
        market.abort(id);
        recordEnd(id);
    }

    function topUp(uint64 runs, uint128 cells, uint64 outputs, bool isFirst) external {
        bytes32 id = licenceId(isFirst ? "A" : "B");
        vm.prank(isFirst ? providerA : providerB);
        licences.topUp(
            ILicenceLedger.TopUpLicence(
                id, runs % 8, cells % 1_000, outputs % 1_000, _salt++, block.timestamp
            ),
            ""
        );
    }

    /// @dev Away and back again: the orders are the consumer's.
    function transfer(bool isBack) external {
        bytes32 id = licenceId("A");
        vm.prank(providerA);
        licences.allowTransfer(ILicenceLedger.AllowTransfer(id, address(0), block.timestamp), "");
        address to = isBack || _salt % 8 != 0 ? consumer : OUTSIDER;
        vm.prank(licences.licence(id).consumer);
        licences.transfer(ILicenceLedger.TransferLicence(id, to, _salt++, block.timestamp), "");
    }

    function cancel(uint256 which) external {
        bytes32 id = anyJob(which);
        vm.prank(consumer);
        market.cancel(id, "");
        recordEnd(id);
    }

    function fail(uint256 which) external {
        bytes32 id = anyJob(which);
        vm.prank(RELAYER);
        market.fail(id, "node_fault");
        recordEnd(id);
    }

    function expire(uint256 which) external {
        bytes32 id = anyJob(which);
        market.expire(id);
        recordEnd(id);
    }

    function startDealing(uint256 which) external {
        bytes32 id = anyJob(which);
        vm.prank(RELAYER);
        market.startDealing(id);
    }

    function reseat(uint256 which, uint256 seatCount) external {
        bytes32 id = anyJob(which);
        vm.prank(RELAYER);
        market.reseat(id, seats(3 + seatCount % 3));
    }

    function deposit(uint256 account, uint64 amount) external {
        address to = _accounts[account % _accounts.length];
        fund(to, 1 + uint256(amount));
        if (to != consumer) _withdrawnByPayees -= int256(uint256(amount)) + 1;
    }

    function withdraw(uint256 account, uint256 amount) external {
        address from = _accounts[account % _accounts.length];
        if (market.balanceOf(from) == 0) return;
        amount = bound(amount, 1, market.balanceOf(from));
        vm.prank(from);
        market.withdraw(amount);
        // forge-lint: disable-next-line(unsafe-typecast) amounts are far below 2^255
        if (from != consumer) _withdrawnByPayees += int256(amount);
    }

    function setFee(uint256 feeBps) external {
        vm.prank(DEPLOYER);
        market.setFee(feeBps % 2_001);
    }

    function revoke(uint256 which) external {
        // Seldom, since nothing can be opened afterwards.
        if (which % 64 != 0) return;
        vm.prank(providerB);
        if (which % 128 == 0) {
            licences.revoke(ILicenceLedger.RevokeLicence(licenceId("B"), block.timestamp), "");
        } else {
            licences.revokeInEpoch(
                ILicenceLedger.RevokeInEpoch(licenceId("B"), 1, ILicenceLedger.Effect.ABORT, block.timestamp),
                ""
            );
        }
    }

    function changeStake(uint256 which, uint128 amount, uint256 action) external {
        bytes32 id = nodeIds[which % nodeIds.length];
        amount = uint128(bound(amount, 1, STAKE));
        if (action % 4 == 0) {
            stakeNode(id, amount);
        } else if (action % 4 == 1) {
            vm.prank(nodes.node(id).operator);
            nodes.unbond(INodeRegistry.Unbond(id, amount / 8 + 1, _salt++, block.timestamp), "");
        } else if (action % 4 == 2) {
            IBonds.Award[] memory awards = new IBonds.Award[](1);
            awards[0] = IBonds.Award(consumer, amount / 64 + 1);
            vm.prank(DEPLOYER);
            nodes.slash(id, 0, 0, awards);
        } else {
            nodes.withdrawStake(id);
        }
    }

    function passTime(uint256 seconds_) external {
        vm.warp(block.timestamp + seconds_ % 1 hours);
    }

    /// @dev What must always be possible: every open job ends, and every account takes its credit out.
    function everybodyLeaves() external {
        vm.warp(block.timestamp + 2 days);
        for (uint256 i = 0; i < _jobIds.length; ++i) {
            if (isOpen(_jobIds[i])) market.expire(_jobIds[i]);
        }
        for (uint256 i = 0; i < _accounts.length; ++i) {
            uint256 balance = market.balanceOf(_accounts[i]);
            if (balance == 0) continue;
            vm.prank(_accounts[i]);
            market.withdraw(balance);
        }
        require(token.balanceOf(address(market)) == 0, "funds are stuck");
    }

    function checkMoney() external view {
        uint256 balances;
        for (uint256 i = 0; i < _accounts.length; ++i) {
            balances += market.balanceOf(_accounts[i]);
        }
        uint256 escrow;
        for (uint256 i = 0; i < _jobIds.length; ++i) {
            IMarket.Job memory job = market.job(_jobIds[i]);
            if (job.state == IMarket.JobState.OPEN) escrow += job.price;
        }
        assertEq(market.totalEscrow(), escrow, "escrow held is the sum of open jobs");
        assertEq(market.totalDeposits(), balances + escrow, "balances and escrow are the deposits");
        assertEq(token.balanceOf(address(market)), market.totalDeposits(), "tokens held are the deposits");
    }

    function checkPayouts() external view {
        uint256 paid;
        for (uint256 i = 1; i < _accounts.length; ++i) {
            paid += market.balanceOf(_accounts[i]);
        }
        // forge-lint: disable-next-line(unsafe-typecast) amounts are far below 2^255
        int256 received = int256(paid) + _withdrawnByPayees;
        assertTrue(received == int256(_settledPrices), "nobody is paid without a proof");
    }

    function checkQuantities() external view {
        string[2] memory names = ["A", "B"];
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 id = licenceId(names[i]);
            (
                Quantity memory granted,
                Quantity memory remaining,
                Quantity memory reserved,
                Quantity memory consumed
            ) = licences.quantities(id);
            checkSum(reserved, id, IMarket.JobState.OPEN);
            checkSum(consumed, id, IMarket.JobState.SETTLED);
            assertEq(granted.runs, remaining.runs + reserved.runs + consumed.runs, "runs");
            assertEq(granted.cells, remaining.cells + reserved.cells + consumed.cells, "cells");
            assertEq(granted.outputs, remaining.outputs + reserved.outputs + consumed.outputs, "outputs");
        }
    }

    function checkFinalStates() external view {
        for (uint256 i = 0; i < _jobIds.length; ++i) {
            IMarket.JobState last = _finalState[_jobIds[i]];
            if (last == IMarket.JobState.NONE) last = IMarket.JobState.OPEN;
            assertTrue(market.job(_jobIds[i]).state == last, "a final state is final");
        }
    }

    function checkStakes() external view {
        uint256 stakes;
        for (uint256 i = 0; i < nodeIds.length; ++i) {
            IBonds.Stake memory stake = nodes.stakeOf(nodeIds[i]);
            stakes += uint256(stake.bonded) + stake.unbonding;
        }
        assertEq(nodes.totalStake(), stakes, "total stake");
        assertEq(token.balanceOf(address(nodes)), stakes + nodes.awardOf(consumer), "tokens of stakes");
    }

    /// @dev The quantity is the sum over the jobs in a state.
    function checkSum(Quantity memory quantity, bytes32 licence, IMarket.JobState state) private view {
        Quantity memory sum;
        for (uint256 i = 0; i < _jobIds.length; ++i) {
            IMarket.Job memory job = market.job(_jobIds[i]);
            if (job.state != state) continue;
            for (uint256 j = 0; j < job.inputs.length; ++j) {
                if (job.inputs[j].licenceId != licence) continue;
                ++sum.runs;
                sum.cells += uint128(job.rows) * job.inputs[j].columnCount;
                sum.outputs += uint64(job.leftCount) * job.rightCount;
            }
        }
        assertEq(keccak256(abi.encode(quantity)), keccak256(abi.encode(sum)), "sum over jobs");
    }

    /// @dev Mostly an open one.
    function anyJob(uint256 which) private view returns (bytes32 id) {
        id = _jobIds[which % _jobIds.length];
        for (uint256 i = 1; i < _jobIds.length && which % 8 != 0 && !isOpen(id); ++i) {
            id = _jobIds[(which + i) % _jobIds.length];
        }
    }

    /// @dev Mostly a job that is open: refusals are cheap to find.
    function openProvenName(uint256 which) private view returns (string memory name) {
        name = proven[which % proven.length];
        for (uint256 i = 1; i < proven.length && which % 8 != 0 && !isOpen(jobId(name)); ++i) {
            name = proven[(which + i) % proven.length];
        }
    }

    /// @dev Opened first if it never was.
    function openedName(uint256 which) private returns (string memory name) {
        name = proven[which % proven.length];
        if (market.job(jobId(name)).state == IMarket.JobState.NONE) _jobIds.push(openJob(name));
    }

    function isOpen(bytes32 id) private view returns (bool) {
        return market.job(id).state == IMarket.JobState.OPEN;
    }

    function recordEnd(bytes32 id) private {
        require(_finalState[id] == IMarket.JobState.NONE, "ended twice");
        _finalState[id] = market.job(id).state;
    }
}
