// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IBonds} from "../interfaces/IBonds.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {ANSWER_SECONDS} from "../interfaces/Limits.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {Convicting} from "./Convicting.sol";

/// @notice Missed deadlines. That somebody is silent cannot be shown, so it is asked in public: whoever shows its signed
/// answer in time loses nothing, whatever the market says; whoever does not loses of its bond what the job would have
/// paid it. The consumer is paid, never the market, which is why the market has nothing to gain by asking.
abstract contract Deadlines is Convicting, AccessManaged {
    uint8 private constant ROUND_DEAL = 0;

    mapping(bytes32 demandId => Demand) private _demands;

    /// @inheritdoc IEvidence
    function demandContribution(
        bytes32 jobId,
        uint32 attempt,
        uint8 round,
        Seating calldata seating,
        uint32 seat
    ) external restricted returns (bytes32 demandId) {
        if (round != 1 && round != 2) revert RoundUnknown(round);
        (bytes32 nodeId, uint256 seatedAt) = _seated(jobId, seating, seat);
        IMarket.Seat calldata asked = seating.seats[seat - 1];
        demandId = contributionDemandId(jobId, attempt, round, seat);
        uint64 until = _ask(demandId, jobId, asked.operator, asked.fee, nodeId, seatedAt);
        emit AnswerDemanded(demandId, jobId, asked.operator, attempt, round, seat, until);
    }

    /// @inheritdoc IEvidence
    function demandDeal(bytes32 jobId, uint32 attempt, uint32 seat, uint256 input)
        external
        restricted
        returns (bytes32 demandId)
    {
        IMarket.JobInput[] memory inputs = market.job(jobId).inputs;
        if (input >= inputs.length) revert InputUnknown(input, inputs.length);
        address dealer = inputs[input].provider;
        demandId = dealDemandId(jobId, attempt, seat, dealer);
        uint64 until = _ask(demandId, jobId, dealer, inputs[input].price, 0, 0);
        emit AnswerDemanded(demandId, jobId, dealer, attempt, ROUND_DEAL, seat, until);
    }

    /// @inheritdoc IEvidence
    function answerContribution(
        IMarket.Contribution calldata contribution,
        address signer,
        bytes calldata signature
    ) external {
        bytes32 demandId = contributionDemandId(
            contribution.jobId, contribution.attempt, contribution.round, contribution.seat
        );
        Demand storage asked = _asked(demandId);
        bytes32 digest = market.hashContribution(contribution);
        _checkNodeSignature(asked.nodeId, asked.seatedAt, signer, digest, signature);
        asked.until = 0;
        emit AnswerShown(demandId, contribution.contentHash);
    }

    /// @inheritdoc IEvidence
    function answerDeal(IMarket.Deal calldata deal, address dealer, bytes calldata signature) external {
        bytes32 demandId = dealDemandId(deal.jobId, deal.attempt, deal.seat, dealer);
        Demand storage asked = _asked(demandId);
        _checkSignature(dealer, market.hashDeal(deal), signature);
        asked.until = 0;
        emit AnswerShown(demandId, deal.contentHash);
    }

    /// @inheritdoc IEvidence
    function forfeit(bytes32 demandId) external {
        Demand storage asked = _asked(demandId);
        if (block.timestamp <= asked.until) revert AnswerStillDue(demandId, asked.until, block.timestamp);
        asked.until = 0;
        IBonds.Stake memory bond = nodes.bondOf(asked.account);
        uint256 held = uint256(bond.bonded) + bond.unbonding;
        uint256 amount = held < asked.amount ? held : asked.amount;
        bytes32 jobId = asked.jobId;
        emit BondForfeited(demandId, jobId, asked.account, amount);
        if (amount == 0) return;
        IBonds.Award[] memory awards = new IBonds.Award[](1);
        // forge-lint: disable-next-line(unsafe-typecast) at most a fee or a price
        awards[0] = IBonds.Award(market.job(jobId).consumer, uint128(amount));
        nodes.takeBond(asked.account, jobId, demandId, awards);
    }

    /// @inheritdoc IEvidence
    function demand(bytes32 demandId) external view returns (Demand memory) {
        return _demands[demandId];
    }

    /// @inheritdoc IEvidence
    function contributionDemandId(bytes32 jobId, uint32 attempt, uint8 round, uint32 seat)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(jobId, attempt, round, seat, address(0)));
    }

    /// @inheritdoc IEvidence
    function dealDemandId(bytes32 jobId, uint32 attempt, uint32 seat, address dealer)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(jobId, attempt, ROUND_DEAL, seat, dealer));
    }

    /// @dev Once for each answer: an id that was used stays used.
    function _ask(
        bytes32 demandId,
        bytes32 jobId,
        address account,
        uint96 amount,
        bytes32 nodeId,
        uint256 seatedAt
    ) private returns (uint64 until) {
        if (_demands[demandId].account != address(0)) revert DemandRepeated(demandId);
        uint256 latest = uint256(market.job(jobId).deadline) + ANSWER_SECONDS;
        if (block.timestamp > latest) revert DemandTooLate(jobId, latest, block.timestamp);
        // forge-lint: disable-next-line(unsafe-typecast) times
        until = uint64(block.timestamp + ANSWER_SECONDS);
        // forge-lint: disable-next-line(unsafe-typecast) times
        _demands[demandId] = Demand(account, amount, jobId, nodeId, uint64(seatedAt), until);
    }

    function _asked(bytes32 demandId) private view returns (Demand storage asked) {
        asked = _demands[demandId];
        if (asked.until == 0) revert DemandUnknown(demandId);
    }
}
