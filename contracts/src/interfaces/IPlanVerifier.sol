// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Combination, SealedProof, Verified} from "./IGroth16Verifier.sol";
import {IMarket} from "./IMarket.sol";
import {G1, G2} from "./Points.sol";

/// @dev Column `output` = column `left` · column `right`, row by row; all three are columns of the job.
struct Product {
    uint256 left;
    uint256 right;
    uint256 output;
}

/// @dev One summand of a virtual column; the weight is a canonical scalar, r − |w| for a negative w.
struct Term {
    uint256 column;
    uint256 weight;
}

/// @dev Inner products of every left with every right column. Indexes from `columns` on are sums.
struct Rectangle {
    uint256[] left;
    uint256[] right;
}

/// @dev What a program makes of a job's columns, worked out from its document (docs/protocol.md, Programs). The program
/// registry keeps its hash, so whoever settles can bring it along. A Gram program has none: all its fields are empty.
struct Plan {
    uint256 columns;
    Product[] products;
    uint256[] selections;
    Term[][] sums;
    Rectangle[] rectangles;
}

/// @dev One inner-product proof, sealed without outputs, public with.
struct PartProof {
    uint256[] outputs;
    SealedProof proof;
    Combination combined;
}

/// @dev All that settles a job of several proofs; lists run chunk by chunk.
struct PlanProof {
    Plan plan;
    /// @dev The job's columns, `ones` of each chunk first.
    G1[] columns;
    /// @dev The second factor of each product in G2.
    G2[] factors;
    /// @dev H of each product.
    G1[] quotients;
    /// @dev That the selections sum to 1 (if there are any), then each rectangle of each chunk.
    PartProof[] parts;
}

/// @dev [L_(n−2)] and [t_D] of a setup, ADR 0007: they follow from its key, and pairings show that they do.
struct DataRows {
    G1 row1;
    G2 row2;
    G1 vanishing1;
    G2 vanishing2;
}

/// @notice Checks jobs of more than one proof: programs with a plan, and datasets in chunks. The proofs themselves go to
/// the setup's verifier in one batch.
interface IPlanVerifier {
    event DataRowsRegistered(bytes32 indexed setupId, DataRows rows);

    error DataRowsExist(bytes32 setupId);
    /// @notice A program with products needs the points of the data rows.
    error DataRowsUnknown(bytes32 setupId);
    /// @notice Pairing `relation` (0 … 3) does not hold: the points are not those of the setup's key.
    error DataRowsInvalid(uint256 relation);
    error PlanMismatch(bytes32 registered, bytes32 given);
    error PlanCountMismatch(uint256 expected, uint256 given);
    error PlanColumnUnknown(uint256 column);
    /// @notice A part is public in a sealed job, or sealed in a public one.
    error PlanVisibilityMismatch(uint256 part);
    /// @notice The products do not hold, or a factor is not the column that it stands for.
    error ProductsInvalid();

    /// @notice Anyone brings the points, once for a setup; they are a function of its key.
    function registerRows(bytes32 setupId, DataRows calldata rows) external;

    /// @notice Reverts unless `proof`, an abi-encoded PlanProof, proves the whole of the market's job.
    /// @return verified The first part's job element, the hash of all columns, of the results and of all proofs.
    function verifyPlan(IMarket market, bytes32 jobId, bytes calldata proof)
        external
        view
        returns (Verified memory verified);

    function dataRows(bytes32 setupId) external view returns (DataRows memory);
}
