// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../../src/interfaces/IBonds.sol";
import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {INodeRegistry} from "../../src/interfaces/INodeRegistry.sol";
import {EvidenceWorld} from "./EvidenceWorld.sol";

/// @dev One action for everything that anybody may do to stakes and bonds. Actions may revert.
contract BondHandler is EvidenceWorld {
    address[] private _accounts;
    bytes32[] private _demands;
    uint256 private _salt;
    /// @dev What forfeits took, and what they may have taken.
    uint256 private _forfeited;
    uint256 private _demandedAmounts;
    uint256 private _convictions;

    function start() external {
        require(address(market) == address(0), "started");
        deployEvidenceWorld();
        _accounts = [consumer, providerA, providerB, TREASURY];
        for (uint256 i = 0; i < NODE_COUNT; ++i) {
            _accounts.push(vm.addr(FIRST_OPERATOR_KEY + i));
        }
    }

    function depositBond(uint256 which, uint64 amount) external {
        uint256 paid = 1 + uint256(amount);
        vm.prank(DEPLOYER);
        token.mint(address(this), paid);
        token.approve(address(nodes), paid);
        nodes.depositBond(anyAccount(which), paid);
    }

    function releaseBond(uint256 which, uint128 amount) external {
        address account = anyAccount(which);
        uint128 bonded = nodes.bondOf(account).bonded;
        amount = uint128(bound(amount, 1, uint256(bonded) + 1));
        vm.prank(account);
        nodes.releaseBond(IBonds.ReleaseBond(account, amount, _salt++, block.timestamp), "");
    }

    function withdrawBond(uint256 which) external {
        nodes.withdrawBond(anyAccount(which));
    }

    function changeStake(uint256 which, uint128 amount, bool isIn) external {
        bytes32 id = nodeIds[which % nodeIds.length];
        amount = uint128(bound(amount, 1, STAKE));
        if (isIn) return stakeNode(id, amount);
        vm.prank(nodes.node(id).operator);
        nodes.unbond(INodeRegistry.Unbond(id, amount, _salt++, block.timestamp), "");
    }

    function withdrawStake(uint256 which) external {
        nodes.withdrawStake(nodeIds[which % nodeIds.length]);
    }

    function claim(uint256 which) external {
        vm.prank(anyAccount(which));
        nodes.claimAward();
    }

    function demandContribution(uint256 seat, uint8 round, uint32 attempt) external {
        vm.prank(RELAYER);
        bytes32 id =
            evidence.demandContribution(job, attempt % 4, 1 + round % 2, seating, uint32(1 + seat % 3));
        note(id);
    }

    function demandDeal(uint256 input, uint32 seat, uint32 attempt) external {
        vm.prank(RELAYER);
        note(evidence.demandDeal(job, attempt % 4, seat % 4, input % 2));
    }

    function answer(uint256 seat, uint8 round, uint32 attempt) external {
        uint32 place = uint32(1 + seat % 3);
        IMarket.Contribution memory said =
            IMarket.Contribution(job, attempt % 4, 1 + round % 2, place, bytes32(seat));
        uint256 key = FIRST_OPERATOR_KEY + place - 1 + 0x1000;
        evidence.answerContribution(said, vm.addr(key), signatureBy(key, market.hashContribution(said)));
    }

    function forfeit(uint256 which) external {
        bytes32 id = _demands[which % _demands.length];
        IEvidence.Demand memory asked = evidence.demand(id);
        uint256 before = held(asked.account);
        uint256 stakes = nodes.totalStake();
        evidence.forfeit(id);
        uint256 taken = before - held(asked.account);
        require(taken <= asked.amount, "more than the job would have paid");
        require(nodes.totalStake() == stakes, "a missed deadline cost stake");
        _forfeited += taken;
    }

    /// @dev One false binding of the accused node: it counts once.
    function convictNode() external {
        IEvidence.BoundPoints memory points =
            abi.decode(vm.parseJsonBytes(vector, ".boundPoints"), (IEvidence.BoundPoints));
        points.y = points.p;
        IEvidence.ResultBinding memory binding =
            IEvidence.ResultBinding(job, 1, 2, 1, 1, keccak256(abi.encode(points)));
        bytes memory signature = signatureBy(signerKey, evidence.hashResultBinding(binding));
        evidence.accuseBinding(binding, seating, vm.addr(signerKey), signature, points);
        ++_convictions;
    }

    function convictDealer(bool isFirst) external {
        uint256 key = isFirst ? PROVIDER_A_KEY : PROVIDER_B_KEY;
        IEvidence.DealtShares memory first = IEvidence.DealtShares(job, 1, 1, bytes32("one"), 0);
        IEvidence.DealtShares memory second = IEvidence.DealtShares(job, 1, 2, bytes32("two"), 0);
        evidence.accuseEquivocation(
            first,
            signatureBy(key, evidence.hashDealtShares(first)),
            second,
            signatureBy(key, evidence.hashDealtShares(second)),
            seating,
            vm.addr(key)
        );
        ++_convictions;
    }

    function endJob(uint256 how) external {
        if (how % 2 == 0) settleJob("sealed_4");
        else market.expire(job);
    }

    function passTime(uint256 seconds_) external {
        vm.warp(block.timestamp + seconds_ % 8 days);
    }

    /// @dev What must always be possible: everybody takes everything out.
    function everybodyLeaves() external {
        for (uint256 i = 0; i < _accounts.length; ++i) {
            address account = _accounts[i];
            uint128 bonded = nodes.bondOf(account).bonded;
            if (bonded == 0) continue;
            vm.prank(account);
            nodes.releaseBond(IBonds.ReleaseBond(account, bonded, _salt++, block.timestamp), "");
        }
        for (uint256 i = 0; i < nodeIds.length; ++i) {
            uint128 bonded = nodes.stakeOf(nodeIds[i]).bonded;
            if (bonded == 0) continue;
            vm.prank(nodes.node(nodeIds[i]).operator);
            nodes.unbond(INodeRegistry.Unbond(nodeIds[i], bonded, _salt++, block.timestamp), "");
        }
        vm.warp(block.timestamp + UNBONDING_SECONDS + 2 days);
        for (uint256 i = 0; i < _accounts.length; ++i) {
            if (nodes.bondOf(_accounts[i]).unbonding != 0) nodes.withdrawBond(_accounts[i]);
            if (nodes.awardOf(_accounts[i]) == 0) continue;
            vm.prank(_accounts[i]);
            nodes.claimAward();
        }
        for (uint256 i = 0; i < nodeIds.length; ++i) {
            if (nodes.stakeOf(nodeIds[i]).unbonding != 0) nodes.withdrawStake(nodeIds[i]);
        }
        require(token.balanceOf(address(nodes)) == 0, "funds are stuck");
    }

    function checkMoney() external view {
        uint256 bonds;
        uint256 awards;
        for (uint256 i = 0; i < _accounts.length; ++i) {
            bonds += held(_accounts[i]);
            awards += nodes.awardOf(_accounts[i]);
        }
        uint256 stakes;
        for (uint256 i = 0; i < nodeIds.length; ++i) {
            IBonds.Stake memory stake = nodes.stakeOf(nodeIds[i]);
            stakes += uint256(stake.bonded) + stake.unbonding;
        }
        assertEq(nodes.totalBonds(), bonds, "total bonds");
        assertEq(nodes.totalStake(), stakes, "total stake");
        assertEq(token.balanceOf(address(nodes)), bonds + stakes + awards, "tokens held");
    }

    function checkForfeits() external view {
        assertTrue(_forfeited <= _demandedAmounts, "no more than was demanded, each demand once");
        assertTrue(_convictions <= 3, "one node and two dealers, once each");
    }

    function note(bytes32 id) private {
        _demands.push(id);
        _demandedAmounts += evidence.demand(id).amount;
    }

    function held(address account) private view returns (uint256) {
        IBonds.Stake memory bond = nodes.bondOf(account);
        return uint256(bond.bonded) + bond.unbonding;
    }

    function anyAccount(uint256 which) private view returns (address) {
        return _accounts[which % _accounts.length];
    }
}
