// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket} from "../interfaces/IMarket.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";

/// @notice Who gets what of a slashed stake. Half goes to the harmed parties in proportion to what they lose: the
/// consumer its order (by the price), providers and the other nodes their payments. The rest, and what rounding leaves,
/// goes to the treasury. If the job was settled in the meantime, only nodes that are not paid for it lose anything.
library Compensation {
    /// @param seats The seating in which the convicted node broke the job.
    /// @param convicted Its index there.
    /// @return awards They add up to `amount`; the treasury's is the last.
    /// @return compensation What goes to others than the treasury.
    function share(
        IMarket.Job memory job,
        IMarket.Seat[] calldata seats,
        uint256 convicted,
        uint256 amount,
        address treasury
    ) internal pure returns (INodeRegistry.Award[] memory awards, uint256 compensation) {
        uint256 inputs = job.inputs.length;
        awards = new INodeRegistry.Award[](2 + inputs + seats.length);
        bool isSettled = job.state == IMarket.JobState.SETTLED;
        // First what each loses, then its part of the half.
        if (!isSettled) {
            awards[0] = INodeRegistry.Award(job.consumer, job.price);
            for (uint256 i = 0; i < inputs; ++i) {
                awards[1 + i] = INodeRegistry.Award(job.inputs[i].provider, job.inputs[i].price);
            }
        }
        for (uint256 i = 0; i < seats.length; ++i) {
            if (i == convicted || (isSettled && _isSeated(job, seats[i].operator))) continue;
            awards[1 + inputs + i] = INodeRegistry.Award(seats[i].operator, seats[i].fee);
        }
        compensation = _divide(awards, amount / 2);
        // forge-lint: disable-next-line(unsafe-typecast) a stake is two components of 128 bits
        awards[awards.length - 1] = INodeRegistry.Award(treasury, uint128(amount - compensation));
    }

    /// @dev Replaces losses by parts of `half` in their proportion, rounded down.
    function _divide(INodeRegistry.Award[] memory awards, uint256 half) private pure returns (uint256 given) {
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
