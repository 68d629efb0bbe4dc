// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDatasetRegistry} from "./interfaces/IDatasetRegistry.sol";
import {IGroth16Verifier} from "./interfaces/IGroth16Verifier.sol";
import {IProgramRegistry} from "./interfaces/IProgramRegistry.sol";
import {MAX_CHUNKS, MAX_COLUMNS} from "./interfaces/Limits.sol";
import {G1, IPointErrors} from "./interfaces/Points.sol";
import {Statement} from "./libraries/Statement.sol";
import {SignedActions} from "./SignedActions.sol";

/// @notice Committed columns and who owns them. A column is kept as its hash; the points are in the log.
/// F² in G2 is not checked here: nothing on the chain uses it, and market, connectors and nodes check it.
contract DatasetRegistry is SignedActions, IDatasetRegistry, IPointErrors {
    bytes32 private constant REGISTER_TYPEHASH = keccak256(
        "RegisterDataset(address owner,bytes32 setupId,uint64 rows,uint8 grade,bytes32 schemaHash,bytes32 columnsHash,uint256 salt,uint256 deadline)"
    );

    IProgramRegistry public immutable programs;

    mapping(bytes32 datasetId => Dataset) private _datasets;
    mapping(bytes32 datasetId => mapping(uint256 index => bytes32)) private _columnHashes;

    constructor(IProgramRegistry programs_) {
        programs = programs_;
    }

    /// @inheritdoc IDatasetRegistry
    function register(
        RegisterDataset calldata request,
        bytes calldata signature,
        G1[] calldata commitments,
        G1[] calldata knowledge
    ) external returns (bytes32 datasetId) {
        datasetId = hashRegisterDataset(request);
        if (request.owner == address(0)) revert OwnerMissing();
        if (_datasets[datasetId].owner != address(0)) revert DatasetExists(datasetId);
        _checkDeadline(request.deadline);
        _checkSignature(request.owner, datasetId, signature);
        _store(datasetId, request, commitments, _checkColumns(request, commitments, knowledge));
        emit DatasetRegistered(
            datasetId,
            request.owner,
            request.setupId,
            request.rows,
            request.grade,
            request.schemaHash,
            request.columnsHash
        );
        emit ColumnsCommitted(datasetId, commitments, knowledge);
    }

    /// @inheritdoc IDatasetRegistry
    function dataset(bytes32 datasetId) external view returns (Dataset memory) {
        return _dataset(datasetId);
    }

    /// @inheritdoc IDatasetRegistry
    function columnCount(bytes32 datasetId) external view returns (uint256) {
        return _dataset(datasetId).columnCount;
    }

    /// @inheritdoc IDatasetRegistry
    function columnHash(bytes32 datasetId, uint256 index) external view returns (bytes32) {
        Dataset memory found = _dataset(datasetId);
        if (index >= uint256(found.columnCount) * found.chunkCount) revert ColumnUnknown(datasetId, index);
        return _columnHashes[datasetId][index];
    }

    /// @inheritdoc IDatasetRegistry
    function selectColumns(bytes32 datasetId, uint256 columns)
        external
        view
        returns (Dataset memory selected, bytes32[] memory columnHashes)
    {
        selected = _dataset(datasetId);
        if (columns >> selected.columnCount != 0) revert ColumnUnknown(datasetId, _highestBit(columns));
        uint256 width = selected.columnCount;
        columnHashes = new bytes32[](_countBits(columns) * selected.chunkCount);
        uint256 found;
        for (uint256 i = 0; i < width * selected.chunkCount; ++i) {
            if (columns >> i % width & 1 == 1) columnHashes[found++] = _columnHashes[datasetId][i];
        }
    }

    /// @inheritdoc IDatasetRegistry
    function hashRegisterDataset(RegisterDataset calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(REGISTER_TYPEHASH, request)));
    }

    function _checkColumns(
        RegisterDataset calldata request,
        G1[] calldata commitments,
        G1[] calldata knowledge
    ) private view returns (uint8) {
        IProgramRegistry.Setup memory setup = programs.setup(request.setupId);
        // The last two rows of a column are its blinding.
        uint256 chunkRows = setup.capacity - 2;
        uint256 maximum = chunkRows * MAX_CHUNKS;
        if (maximum > type(uint32).max) maximum = type(uint32).max;
        if (request.rows == 0 || request.rows > maximum) revert RowsOutOfRange(request.rows, maximum);
        uint256 chunks = (request.rows + chunkRows - 1) / chunkRows;
        if (
            commitments.length < 2 * chunks || commitments.length > MAX_COLUMNS
                || commitments.length % chunks != 0 || commitments.length != knowledge.length
        ) revert ColumnCountInvalid(commitments.length, knowledge.length);
        bytes32 computed = Statement.hashColumns(commitments);
        if (computed != request.columnsHash) revert ColumnsHashMismatch(request.columnsHash, computed);
        if (!IGroth16Verifier(setup.verifier).verifyKnowledge(commitments, knowledge)) {
            revert KnowledgeProofInvalid();
        }
        // forge-lint: disable-next-line(unsafe-typecast) at most MAX_CHUNKS
        return uint8(chunks);
    }

    function _store(
        bytes32 datasetId,
        RegisterDataset calldata request,
        G1[] calldata commitments,
        uint8 chunks
    ) private {
        _datasets[datasetId] = Dataset({
            owner: request.owner,
            rows: request.rows,
            grade: request.grade,
            columnCount: uint16(commitments.length / chunks),
            chunkCount: chunks,
            setupId: request.setupId,
            schemaHash: request.schemaHash,
            columnsHash: request.columnsHash
        });
        for (uint256 i = 0; i < commitments.length; ++i) {
            _columnHashes[datasetId][i] = Statement.hashColumn(commitments[i].x, commitments[i].y);
        }
    }

    function _dataset(bytes32 datasetId) private view returns (Dataset memory found) {
        found = _datasets[datasetId];
        if (found.owner == address(0)) revert DatasetUnknown(datasetId);
    }

    function _countBits(uint256 bitmap) private pure returns (uint256 count) {
        for (; bitmap != 0; bitmap &= bitmap - 1) {
            ++count;
        }
    }

    function _highestBit(uint256 bitmap) private pure returns (uint256 index) {
        while (bitmap >> 1 != 0) {
            bitmap >>= 1;
            ++index;
        }
    }
}
