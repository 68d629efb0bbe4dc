// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Who may do what users do not sign. Role 0 is AccessManager's ADMIN.
library Roles {
    /// @dev Opens, reseats and gives up jobs: the market's relayer.
    uint64 internal constant OPERATOR = 1;
    /// @dev Registers setups and programs.
    uint64 internal constant REGISTRAR = 2;
    /// @dev Reserves quantities: the Market contract and nobody else.
    uint64 internal constant MARKET = 3;
    /// @dev Slashes stake.
    uint64 internal constant EVIDENCE = 4;
    /// @dev Stops new jobs.
    uint64 internal constant GUARDIAN = 5;
}
