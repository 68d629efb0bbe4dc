// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @notice The development token. Any ERC-20 can be chosen at deployment instead.
interface ISettlementToken is IERC20, IERC20Permit {
    /// @notice Owner only.
    function mint(address to, uint256 amount) external;
}
