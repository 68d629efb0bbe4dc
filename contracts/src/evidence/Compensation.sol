// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../interfaces/IBonds.sol";
import {IMarket} from "../interfaces/IMarket.sol";

/// @notice Who gets what of a stake or bond that is taken. Half goes to the harmed parties in proportion to what they lose: the
/// consumer its order (by the price), providers and the other nodes their payments. The rest, and what rounding leaves,
/// goes to the treasury. If the job was settled in the meantime, only nodes that are not paid for it lose anything.
library Compensation {
    /// @param seats The seating in which the job was broken.
    /// @param culprit Operator or provider; it gets nothing.
    /// @return awards They add up to `amount`; the treasury's is the last.
    /// @return compensation What goes to others than the treasury.
    function share(
        IMarket.Job memory job,
        IMarket.Seat[] calldata seats,
        address culprit,
        uint256 amount,
        address treasury
    ) internal pure returns (IBonds.Award[] memory awards, uint256 compensation) {
        uint256 inputs = job.inputs.length;
        awards = new IBonds.Award[](2 + inputs + seats.length);
        bool isSettled = job.state == IMarket.JobState.SETTLED;
        // First what each loses, then its part of the half.
        if (!isSettled) {
            awards[0] = IBonds.Award(job.consumer, job.price);
            for (uint256 i = 0; i < inputs; ++i) {
                if (job.inputs[i].provider == culprit) continue;
                awards[1 + i] = IBonds.Award(job.inputs[i].provider, job.inputs[i].price);
            }
        }
        for (uint256 i = 0; i < seats.length; ++i) {
            address operator = seats[i].operator;
            if (operator == culprit || (isSettled && _isSeated(job, operator))) continue;
            awards[1 + inputs + i] = IBonds.Award(operator, seats[i].fee);
        }
        compensation = _divide(awards, amount / 2);
        // forge-lint: disable-next-line(unsafe-typecast) a stake is two components of 128 bits
        awards[awards.length - 1] = IBonds.Award(treasury, uint128(amount - compensation));
    }

    /// @dev Replaces losses by parts of `half` in their proportion, rounded down.
    function _divide(IBonds.Award[] memory awards, uint256 half) private pure returns (uint256 given) {
        uint256 losses;
        for (uint256 i = 0; i < awards.length; ++i) {
            losses += awards[i].amount;
        }
        if (losses == 0) return 0;
        for (uint256 i = 0; i < awards.length; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast) at most half
            awards[i].amount = uint128(half * awards[i].amount / losses);
            given += awards[i].amount;
        }
    }

    function _isSeated(IMarket.Job memory job, address operator) private pure returns (bool) {
        for (uint256 i = 0; i < job.seats.length; ++i) {
            if (job.seats[i].operator == operator) return true;
        }
        return false;
    }
}
