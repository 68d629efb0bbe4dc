// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IBonds} from "../interfaces/IBonds.sol";

/// @notice What a node's stake and an account's bond have in common: it is put in, leaves after a delay, and can be
/// taken until then. `holder` is the node's id, or the account as a word.
library Stakes {
    function put(IBonds.Stake storage stake, uint256 amount) internal {
        stake.bonded += SafeCast.toUint128(amount);
    }

    function unbond(IBonds.Stake storage stake, bytes32 holder, uint128 amount, uint256 delay) internal {
        if (amount == 0) revert IBonds.AmountIsZero();
        uint128 bonded = stake.bonded;
        if (amount > bonded) revert IBonds.StakeTooSmall(holder, bonded, amount);
        stake.bonded = bonded - amount;
        stake.unbonding += amount;
        // forge-lint: disable-next-line(unsafe-typecast) a time
        stake.withdrawableAt = uint64(block.timestamp + delay);
    }

    function withdraw(IBonds.Stake storage stake, bytes32 holder) internal returns (uint256 amount) {
        amount = stake.unbonding;
        if (amount == 0) revert IBonds.AmountIsZero();
        uint256 withdrawableAt = stake.withdrawableAt;
        if (block.timestamp < withdrawableAt) {
            revert IBonds.StakeStillBonded(holder, withdrawableAt, block.timestamp);
        }
        stake.unbonding = 0;
    }

    /// @dev Unbonding stake goes last.
    function take(IBonds.Stake storage stake, bytes32 holder, uint256 amount) internal {
        if (amount == 0) revert IBonds.AmountIsZero();
        (uint256 bonded, uint256 unbonding) = (stake.bonded, stake.unbonding);
        if (amount > bonded + unbonding) revert IBonds.StakeTooSmall(holder, bonded + unbonding, amount);
        uint256 fromBonded = amount < bonded ? amount : bonded;
        // forge-lint: disable-next-line(unsafe-typecast) less than it was
        stake.bonded = uint128(bonded - fromBonded);
        // forge-lint: disable-next-line(unsafe-typecast) less than it was
        stake.unbonding = uint128(unbonding - (amount - fromBonded));
    }
}
