// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ISignedActions} from "./interfaces/ISignedActions.sol";

/// @notice EIP-712 domain and signature check, the same in every contract. The domain names chain and contract, so a
/// signature is good in one place only.
abstract contract SignedActions is EIP712, ISignedActions {
    constructor() EIP712("Hengsuan", "1") {}

    /// @dev An empty signature stands for a call by the account itself: it needs no second proof of its own wish.
    function _checkSignature(address account, bytes32 digest, bytes calldata signature) internal view {
        if (signature.length == 0 && msg.sender == account) return;
        if (!SignatureChecker.isValidSignatureNowCalldata(account, digest, signature)) {
            revert SignatureInvalid(account, digest);
        }
    }

    function _checkDeadline(uint256 deadline) internal view {
        if (block.timestamp > deadline) revert SignatureExpired(deadline, block.timestamp);
    }
}
