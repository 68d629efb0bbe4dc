// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket} from "../interfaces/IMarket.sol";
import {SignedActions} from "../SignedActions.sol";

/// @notice EIP-712 digests of the market's messages (docs/protocol.md, Ids and signatures).
abstract contract Messages is SignedActions, IMarket {
    bytes32 private constant INPUT_TYPEHASH = keccak256("Input(bytes32 licenceId,uint256 columns)");
    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(address consumer,bytes32 programId,Input[] inputs,uint8 visibility,bytes32 recipientKey,bytes32 detailsHash,uint128 maxPrice,uint64 deadline,uint256 salt)Input(bytes32 licenceId,uint256 columns)"
    );
    bytes32 private constant CANCEL_TYPEHASH = keccak256("CancelOrder(bytes32 jobId)");
    bytes32 private constant DEAL_TYPEHASH =
        keccak256("Deal(bytes32 jobId,uint32 attempt,uint32 seat,bytes32 contentHash)");
    bytes32 private constant CONTRIBUTION_TYPEHASH =
        keccak256("Contribution(bytes32 jobId,uint32 attempt,uint8 round,uint32 seat,bytes32 contentHash)");
    bytes32 private constant WITHDRAW_TYPEHASH =
        keccak256("Withdraw(address account,address to,uint256 amount,uint256 salt,uint256 deadline)");

    /// @inheritdoc IMarket
    function hashOrder(Order calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    ORDER_TYPEHASH,
                    order.consumer,
                    order.programId,
                    _hashInputs(order.inputs),
                    order.visibility,
                    order.recipientKey,
                    order.detailsHash,
                    order.maxPrice,
                    order.deadline,
                    order.salt
                )
            )
        );
    }

    /// @inheritdoc IMarket
    function hashCancelOrder(CancelOrder calldata request) external view returns (bytes32) {
        return _hashCancelOrder(request.jobId);
    }

    /// @inheritdoc IMarket
    function hashWithdraw(Withdraw calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(WITHDRAW_TYPEHASH, request)));
    }

    /// @inheritdoc IMarket
    function hashDeal(Deal calldata deal) external view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(DEAL_TYPEHASH, deal)));
    }

    /// @inheritdoc IMarket
    function hashContribution(Contribution calldata contribution) external view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(CONTRIBUTION_TYPEHASH, contribution)));
    }

    function _hashCancelOrder(bytes32 jobId) internal view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(CANCEL_TYPEHASH, jobId)));
    }

    function _hashInputs(Input[] calldata inputs) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](inputs.length);
        for (uint256 i = 0; i < inputs.length; ++i) {
            hashes[i] = keccak256(abi.encode(INPUT_TYPEHASH, inputs[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
