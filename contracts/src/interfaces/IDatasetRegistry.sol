// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {G1} from "./Points.sol";

/// @notice Datasets as their committed columns. The data itself never comes near the chain.
interface IDatasetRegistry {
    /// @dev Signed by the owner; the dataset's id is the EIP-712 digest.
    struct RegisterDataset {
        address owner;
        bytes32 setupId;
        uint64 rows;
        uint8 grade;
        bytes32 schemaHash;
        bytes32 columnsHash;
        uint256 salt;
        uint256 deadline;
    }

    struct Dataset {
        address owner;
        uint64 rows;
        uint8 grade;
        /// @dev Of one chunk, `ones` included.
        uint16 columnCount;
        /// @dev Full chunks of capacity − 2 rows, then the rest.
        uint8 chunkCount;
        bytes32 setupId;
        bytes32 schemaHash;
        bytes32 columnsHash;
    }

    event DatasetRegistered(
        bytes32 indexed datasetId,
        address indexed owner,
        bytes32 indexed setupId,
        uint64 rows,
        uint8 grade,
        bytes32 schemaHash,
        bytes32 columnsHash
    );
    /// @notice The points themselves, so that anyone can recover them from the log.
    event ColumnsCommitted(bytes32 indexed datasetId, G1[] commitments, G1[] knowledge);

    error DatasetUnknown(bytes32 datasetId);
    error DatasetExists(bytes32 datasetId);
    /// @notice Every chunk has `ones` and at least one column more; all chunks together have at most 256 commitments,
    /// with one knowledge proof each.
    error ColumnCountInvalid(uint256 commitments, uint256 knowledge);
    error RowsOutOfRange(uint256 rows, uint256 maximum);
    error ColumnsHashMismatch(bytes32 signed, bytes32 computed);
    /// @notice At least one κ-proof does not belong to its commitment.
    error KnowledgeProofInvalid();
    error ColumnUnknown(bytes32 datasetId, uint256 index);
    error OwnerMissing();

    /// @notice Registers a dataset for its owner, by whoever brings the owner's signature.
    /// @param commitments F of each column, column 0 (`ones`) first, chunk by chunk.
    /// @param knowledge F^κ of each column, in the same order.
    function register(
        RegisterDataset calldata request,
        bytes calldata signature,
        G1[] calldata commitments,
        G1[] calldata knowledge
    ) external returns (bytes32 datasetId);

    function dataset(bytes32 datasetId) external view returns (Dataset memory);

    function columnCount(bytes32 datasetId) external view returns (uint256);

    /// @param index chunk · columnCount + column
    function columnHash(bytes32 datasetId, uint256 index) external view returns (bytes32);

    /// @notice Hashes of the columns in a bitmap, by rising index (bit i is column i), chunk by chunk, with the dataset.
    function selectColumns(bytes32 datasetId, uint256 columns)
        external
        view
        returns (Dataset memory selected, bytes32[] memory columnHashes);

    /// @notice The id a request gets here: its EIP-712 digest, which the owner signs.
    function hashRegisterDataset(RegisterDataset calldata request) external view returns (bytes32);
}
