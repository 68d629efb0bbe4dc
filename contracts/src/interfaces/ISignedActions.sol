// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What every contract with signed user actions shares. A signature may come from a key or, by EIP-1271, from
/// a wallet contract; an empty signature is accepted only if the account itself is the caller. Whoever relays it can
/// change nothing.
interface ISignedActions {
    /// @notice The signature's deadline has passed.
    error SignatureExpired(uint256 deadline, uint256 timestamp);
    /// @notice The signature is not the account's over this digest.
    error SignatureInvalid(address account, bytes32 digest);
    /// @notice This signed action was carried out before; sign a new one with another salt.
    error ActionUsed(bytes32 digest);
}
