// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILicenceLedger, Quantity} from "../interfaces/ILicenceLedger.sol";
import {SignedActions} from "../SignedActions.sol";

/// @notice What may change about a licence after it was granted: it is revoked, handed on, topped up. Terms, columns,
/// programs and price never change; another licence is granted instead.
abstract contract LicenceChanges is SignedActions, ILicenceLedger {
    bytes32 private constant REVOKE_TYPEHASH = keccak256("RevokeLicence(bytes32 licenceId,uint256 deadline)");
    bytes32 private constant REVOKE_IN_EPOCH_TYPEHASH =
        keccak256("RevokeInEpoch(bytes32 licenceId,uint32 epoch,uint8 effect,uint256 deadline)");
    bytes32 private constant ALLOW_TRANSFER_TYPEHASH =
        keccak256("AllowTransfer(bytes32 licenceId,address to,uint256 deadline)");
    bytes32 private constant TRANSFER_TYPEHASH =
        keccak256("TransferLicence(bytes32 licenceId,address to,uint256 salt,uint256 deadline)");
    bytes32 private constant TOP_UP_TYPEHASH = keccak256(
        "TopUpLicence(bytes32 licenceId,uint64 runs,uint128 cells,uint64 outputs,uint256 salt,uint256 deadline)"
    );

    struct Revocation {
        uint32 epoch;
        Effect effect;
    }

    mapping(bytes32 licenceId => Licence) internal _licences;
    mapping(bytes32 licenceId => mapping(bytes32 programId => bool)) internal _isProgramLicensed;
    mapping(bytes32 licenceId => Quantity) internal _granted;
    mapping(bytes32 licenceId => Quantity) internal _remaining;
    mapping(bytes32 licenceId => Quantity) internal _reserved;
    mapping(bytes32 licenceId => Revocation) private _revocations;
    /// @dev Recipients; the zero address stands for anybody.
    mapping(bytes32 licenceId => mapping(address to => bool)) private _isTransferAllowed;
    mapping(bytes32 digest => bool) private _isActionUsed;

    /// @inheritdoc ILicenceLedger
    function revoke(RevokeLicence calldata request, bytes calldata signature) external {
        Licence storage stored = _licence(request.licenceId);
        _checkDeadline(request.deadline);
        _checkSignature(stored.provider, hashRevokeLicence(request), signature);
        if (stored.isRevoked) revert LicenceIsRevoked(request.licenceId);
        _revoke(request.licenceId, stored, 1, Effect.FINISH);
    }

    /// @inheritdoc ILicenceLedger
    function revokeInEpoch(RevokeInEpoch calldata request, bytes calldata signature) external {
        Licence storage stored = _licence(request.licenceId);
        _checkDeadline(request.deadline);
        _checkSignature(stored.provider, hashRevokeInEpoch(request), signature);
        Revocation storage last = _revocations[request.licenceId];
        // Once revoked, only turning FINISH into ABORT changes anything.
        if (stored.isRevoked && (last.effect == Effect.ABORT || request.effect == Effect.FINISH)) {
            revert LicenceIsRevoked(request.licenceId);
        }
        if (request.epoch != last.epoch + 1) {
            revert EpochMismatch(request.licenceId, last.epoch + 1, request.epoch);
        }
        _revoke(request.licenceId, stored, request.epoch, request.effect);
    }

    /// @inheritdoc ILicenceLedger
    function allowTransfer(AllowTransfer calldata request, bytes calldata signature) external {
        Licence storage stored = _licence(request.licenceId);
        _checkDeadline(request.deadline);
        _checkSignature(stored.provider, hashAllowTransfer(request), signature);
        _isTransferAllowed[request.licenceId][request.to] = true;
        emit TransferAllowed(request.licenceId, request.to);
    }

    /// @inheritdoc ILicenceLedger
    function transfer(TransferLicence calldata request, bytes calldata signature) external {
        Licence storage stored = _licence(request.licenceId);
        address from = stored.consumer;
        _useAction(from, hashTransferLicence(request), request.deadline, signature);
        if (stored.isRevoked) revert LicenceIsRevoked(request.licenceId);
        if (request.to == address(0)) revert ConsumerMissing();
        if (!isTransferAllowed(request.licenceId, request.to)) {
            revert TransferNotAllowed(request.licenceId, request.to);
        }
        stored.consumer = request.to;
        emit LicenceTransferred(request.licenceId, from, request.to);
    }

    /// @inheritdoc ILicenceLedger
    function topUp(TopUpLicence calldata request, bytes calldata signature) external {
        Licence storage stored = _licence(request.licenceId);
        _useAction(stored.provider, hashTopUpLicence(request), request.deadline, signature);
        if (stored.isRevoked) revert LicenceIsRevoked(request.licenceId);
        if (request.runs == 0 && request.cells == 0 && request.outputs == 0) revert QuantityMissing();
        Quantity memory added = Quantity(request.runs, request.cells, request.outputs);
        Quantity memory granted = _granted[request.licenceId];
        // What remains is never more than what is granted, so one check holds for both.
        if (
            added.runs > type(uint64).max - granted.runs || added.cells > type(uint128).max - granted.cells
                || added.outputs > type(uint64).max - granted.outputs
        ) revert QuantityTooLarge(request.licenceId);
        _granted[request.licenceId] = _plus(granted, added);
        _remaining[request.licenceId] = _plus(_remaining[request.licenceId], added);
        emit LicenceToppedUp(request.licenceId, added);
    }

    /// @inheritdoc ILicenceLedger
    function revocationOf(bytes32 licenceId) external view returns (uint32 epoch, Effect effect) {
        _licence(licenceId);
        Revocation storage last = _revocations[licenceId];
        return (last.epoch, last.effect);
    }

    /// @inheritdoc ILicenceLedger
    function isAborting(bytes32 licenceId) public view returns (bool) {
        return _revocations[licenceId].effect == Effect.ABORT;
    }

    /// @inheritdoc ILicenceLedger
    function isTransferAllowed(bytes32 licenceId, address to) public view returns (bool) {
        return _isTransferAllowed[licenceId][address(0)] || _isTransferAllowed[licenceId][to];
    }

    /// @inheritdoc ILicenceLedger
    function hashRevokeLicence(RevokeLicence calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(REVOKE_TYPEHASH, request)));
    }

    /// @inheritdoc ILicenceLedger
    function hashRevokeInEpoch(RevokeInEpoch calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(REVOKE_IN_EPOCH_TYPEHASH, request)));
    }

    /// @inheritdoc ILicenceLedger
    function hashAllowTransfer(AllowTransfer calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ALLOW_TRANSFER_TYPEHASH, request)));
    }

    /// @inheritdoc ILicenceLedger
    function hashTransferLicence(TransferLicence calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(TRANSFER_TYPEHASH, request)));
    }

    /// @inheritdoc ILicenceLedger
    function hashTopUpLicence(TopUpLicence calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(TOP_UP_TYPEHASH, request)));
    }

    function _licence(bytes32 licenceId) internal view returns (Licence storage stored) {
        stored = _licences[licenceId];
        if (stored.provider == address(0)) revert LicenceUnknown(licenceId);
    }

    function _plus(Quantity memory a, Quantity memory b) internal pure returns (Quantity memory) {
        return Quantity(a.runs + b.runs, a.cells + b.cells, a.outputs + b.outputs);
    }

    function _revoke(bytes32 licenceId, Licence storage stored, uint32 epoch, Effect effect) private {
        _revocations[licenceId] = Revocation(epoch, effect);
        if (!stored.isRevoked) {
            stored.isRevoked = true;
            emit LicenceRevoked(licenceId, stored.provider);
        }
        emit RevocationEpochStarted(licenceId, epoch, effect);
    }

    /// @dev For messages that would do more when they came twice.
    function _useAction(address account, bytes32 digest, uint256 deadline, bytes calldata signature) private {
        _checkDeadline(deadline);
        if (_isActionUsed[digest]) revert ActionUsed(digest);
        _checkSignature(account, digest, signature);
        _isActionUsed[digest] = true;
    }
}
