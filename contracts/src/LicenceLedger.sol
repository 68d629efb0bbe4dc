// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IDatasetRegistry} from "./interfaces/IDatasetRegistry.sol";
import {ILicenceLedger, Quantity} from "./interfaces/ILicenceLedger.sol";
import {LicenceChanges} from "./licences/LicenceChanges.sol";

/// @notice Licences and their quantities. Consumed is never stored: it is granted − remaining − reserved, so the law
/// granted = remaining + reserved + consumed can only break by an underflow, which reverts. Of the three, consumed is
/// the one to leave out, because then a settlement, the dearest transaction, writes one slot a licence and not two.
contract LicenceLedger is LicenceChanges, AccessManaged {
    bytes32 private constant GRANT_TYPEHASH = keccak256(
        "GrantLicence(address provider,address consumer,bytes32 datasetId,bytes32 termsHash,bytes32[] programIds,uint256 columns,uint64 runs,uint128 cells,uint64 outputs,uint64 notBefore,uint64 notAfter,uint128 pricePerRun,uint256 salt,uint256 deadline)"
    );

    IDatasetRegistry public immutable datasets;

    /// @dev Who reserved for a job that has not ended. The role is needed to reserve only: nobody, the admin included,
    /// can keep a market from ending the jobs that it opened.
    mapping(bytes32 jobId => address) private _reserverOf;

    constructor(address access, IDatasetRegistry datasets_) AccessManaged(access) {
        datasets = datasets_;
    }

    /// @inheritdoc ILicenceLedger
    function grant(GrantLicence calldata request, bytes calldata signature)
        external
        returns (bytes32 licenceId)
    {
        licenceId = hashGrantLicence(request);
        if (_licences[licenceId].provider != address(0)) revert LicenceExists(licenceId);
        _checkDeadline(request.deadline);
        _checkSignature(request.provider, licenceId, signature);
        _checkGrant(request);
        _store(licenceId, request);
        emit LicenceGranted(
            licenceId,
            request.provider,
            request.consumer,
            request.datasetId,
            request.termsHash,
            request.programIds,
            request.columns,
            _granted[licenceId],
            request.notBefore,
            request.notAfter,
            request.pricePerRun
        );
    }

    /// @inheritdoc ILicenceLedger
    function reserve(
        bytes32 jobId,
        bytes32 licenceId,
        address consumer,
        bytes32 programId,
        uint256 columns,
        Quantity calldata quantity
    ) external restricted returns (address provider, uint88 pricePerRun) {
        address reserver = _reserverOf[jobId];
        if (reserver == address(0)) _reserverOf[jobId] = msg.sender;
        else if (reserver != msg.sender) revert JobNotReserved(jobId, msg.sender);
        Licence storage stored = _licence(licenceId);
        _checkUse(licenceId, stored, consumer, programId, columns);
        Quantity memory remaining = _remaining[licenceId];
        if (!_covers(remaining, quantity)) revert QuantityExhausted(licenceId, remaining, quantity);
        _remaining[licenceId] = _minus(remaining, quantity);
        _reserved[licenceId] = _plus(_reserved[licenceId], quantity);
        emit QuantityReserved(licenceId, jobId, quantity);
        return (stored.provider, stored.pricePerRun);
    }

    /// @inheritdoc ILicenceLedger
    function consume(bytes32 jobId, uint64 outputs, Use[] calldata uses) external {
        _endJob(jobId);
        for (uint256 i = 0; i < uses.length; ++i) {
            bytes32 licenceId = uses[i].licenceId;
            if (isAborting(licenceId)) revert LicenceIsAborting(licenceId);
            emit QuantityConsumed(licenceId, jobId, _unreserve(licenceId, outputs, uses[i].cells));
        }
    }

    /// @inheritdoc ILicenceLedger
    function release(bytes32 jobId, uint64 outputs, Use[] calldata uses) external {
        _endJob(jobId);
        for (uint256 i = 0; i < uses.length; ++i) {
            bytes32 licenceId = uses[i].licenceId;
            Quantity memory quantity = _unreserve(licenceId, outputs, uses[i].cells);
            _remaining[licenceId] = _plus(_remaining[licenceId], quantity);
            emit QuantityReleased(licenceId, jobId, quantity);
        }
    }

    /// @inheritdoc ILicenceLedger
    function licence(bytes32 licenceId) external view returns (Licence memory) {
        return _licence(licenceId);
    }

    /// @inheritdoc ILicenceLedger
    function isProgramLicensed(bytes32 licenceId, bytes32 programId) external view returns (bool) {
        return _isProgramLicensed[licenceId][programId];
    }

    /// @inheritdoc ILicenceLedger
    function quantities(bytes32 licenceId)
        external
        view
        returns (
            Quantity memory granted,
            Quantity memory remaining,
            Quantity memory reserved,
            Quantity memory consumed
        )
    {
        _licence(licenceId);
        (granted, remaining, reserved) = (_granted[licenceId], _remaining[licenceId], _reserved[licenceId]);
        consumed = _minus(_minus(granted, remaining), reserved);
    }

    /// @inheritdoc ILicenceLedger
    function hashGrantLicence(GrantLicence calldata request) public view returns (bytes32) {
        // Two halves, since the encoder of all fifteen words at once runs out of stack.
        bytes memory head = abi.encode(
            GRANT_TYPEHASH,
            request.provider,
            request.consumer,
            request.datasetId,
            request.termsHash,
            keccak256(abi.encodePacked(request.programIds)),
            request.columns
        );
        bytes memory tail = abi.encode(
            request.runs,
            request.cells,
            request.outputs,
            request.notBefore,
            request.notAfter,
            request.pricePerRun,
            request.salt,
            request.deadline
        );
        return _hashTypedDataV4(keccak256(bytes.concat(head, tail)));
    }

    function _checkGrant(GrantLicence calldata request) private view {
        if (request.consumer == address(0)) revert ConsumerMissing();
        IDatasetRegistry.Dataset memory dataset = datasets.dataset(request.datasetId);
        if (dataset.owner != request.provider) {
            revert ProviderNotOwner(request.datasetId, dataset.owner, request.provider);
        }
        if (request.programIds.length == 0) revert ProgramsMissing();
        if (request.columns & 1 == 0 || request.columns == 1 || request.columns >> dataset.columnCount != 0) {
            revert ColumnsInvalid(request.columns, dataset.columnCount);
        }
        if (request.runs == 0 || request.cells == 0 || request.outputs == 0) revert QuantityMissing();
        if (request.notBefore > request.notAfter || request.notAfter > type(uint48).max) {
            revert ValidityInvalid(request.notBefore, request.notAfter);
        }
        if (request.pricePerRun > type(uint88).max) {
            revert PriceTooLarge(request.pricePerRun, type(uint88).max);
        }
    }

    function _store(bytes32 licenceId, GrantLicence calldata request) private {
        Licence storage stored = _licences[licenceId];
        stored.provider = request.provider;
        stored.pricePerRun = uint88(request.pricePerRun);
        stored.consumer = request.consumer;
        stored.notBefore = uint48(request.notBefore);
        stored.notAfter = uint48(request.notAfter);
        stored.datasetId = request.datasetId;
        stored.termsHash = request.termsHash;
        stored.columns = request.columns;
        for (uint256 i = 0; i < request.programIds.length; ++i) {
            _isProgramLicensed[licenceId][request.programIds[i]] = true;
        }
        _granted[licenceId] = Quantity(request.runs, request.cells, request.outputs);
        _remaining[licenceId] = _granted[licenceId];
    }

    function _checkUse(
        bytes32 licenceId,
        Licence storage stored,
        address consumer,
        bytes32 programId,
        uint256 columns
    ) private view {
        if (stored.isRevoked) revert LicenceIsRevoked(licenceId);
        if (stored.consumer != consumer) revert ConsumerMismatch(licenceId, stored.consumer, consumer);
        if (!_isProgramLicensed[licenceId][programId]) revert ProgramNotLicensed(licenceId, programId);
        if (columns & 1 == 0 || columns & ~stored.columns != 0) {
            revert ColumnsNotLicensed(licenceId, stored.columns, columns);
        }
        if (block.timestamp < stored.notBefore || block.timestamp > stored.notAfter) {
            revert LicenceNotValidNow(licenceId, stored.notBefore, stored.notAfter, block.timestamp);
        }
    }

    /// @dev Only who reserved for the job ends it, and once.
    function _endJob(bytes32 jobId) private {
        if (_reserverOf[jobId] != msg.sender) revert JobNotReserved(jobId, msg.sender);
        delete _reserverOf[jobId];
    }

    /// @dev Takes one run, the outputs and the cells out of what is reserved.
    function _unreserve(bytes32 licenceId, uint64 outputs, uint128 cells)
        private
        returns (Quantity memory quantity)
    {
        quantity = Quantity(1, cells, outputs);
        Quantity memory reserved = _reserved[licenceId];
        if (!_covers(reserved, quantity)) revert ReservationMissing(licenceId, reserved, quantity);
        _reserved[licenceId] = _minus(reserved, quantity);
    }

    function _covers(Quantity memory whole, Quantity memory part) private pure returns (bool) {
        return part.runs <= whole.runs && part.cells <= whole.cells && part.outputs <= whole.outputs;
    }

    function _minus(Quantity memory a, Quantity memory b) private pure returns (Quantity memory) {
        return Quantity(a.runs - b.runs, a.cells - b.cells, a.outputs - b.outputs);
    }
}
