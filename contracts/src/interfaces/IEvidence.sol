// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SealedProof} from "./IGroth16Verifier.sol";
import {IMarket} from "./IMarket.sol";
import {G1} from "./Points.sol";

/// @notice Slashes a node for a signed own share statement that is false (PROTOCOL, Sharing and the nodes, last
/// paragraph). The contract needs nobody's word: it verifies signature and proof itself, so anyone may accuse.
interface IEvidence {
    /// @dev Signed by a node when it is asked to prove its own share statement. It names the slopes that the node was
    /// given, so no dealer can show the chain others than it showed the node.
    struct OwnStatement {
        bytes32 jobId;
        uint32 attempt;
        /// @dev The evaluation point k of the node's shares, 1 … N.
        uint32 seat;
        /// @dev keccak256 of the abi-encoded G1[]: F_s1 of columns 1, 2, … of the job.
        bytes32 slopesHash;
        /// @dev keccak256 of the abi-encoded SealedProof.
        bytes32 proofHash;
    }

    /// @dev Who sat in the job, as the market keeps it.
    struct Seating {
        bytes32[] nodeIds;
        IMarket.Seat[] seats;
    }

    /// @notice The node's whole stake is taken: half for the harmed parties, the rest for the treasury.
    event NodeConvicted(
        bytes32 indexed nodeId,
        bytes32 indexed jobId,
        bytes32 evidenceHash,
        uint256 slashed,
        uint256 compensation
    );

    /// @notice The market never gave these seats to the job.
    error SeatingUnknown(bytes32 jobId);
    error SeatUnknown(uint256 seat, uint256 seats);
    /// @notice The key did not sign for the node when it got the job.
    error SignerNotOfNode(bytes32 nodeId, address signer);
    error ColumnsNotOfJob(bytes32 expected, bytes32 given);
    error SlopesNotSigned(bytes32 signed, bytes32 given);
    error SlopeCountMismatch(uint256 expected, uint256 given);
    error ProofNotSigned(bytes32 signed, bytes32 given);
    /// @notice With less gas a true statement could look false.
    error GasTooLow(uint256 given, uint256 needed);
    /// @notice The statement holds: nothing is to be blamed.
    error StatementHolds(bytes32 digest);
    /// @notice The verifier refused for a reason that is not the node's.
    error RefusalUnclear(bytes reason);
    /// @notice The node has been convicted in this job.
    error NodeIsConvicted(bytes32 nodeId, bytes32 jobId);
    error NothingAtStake(bytes32 nodeId);

    /// @notice Takes the node's stake if the statement is signed by it and false; reverts otherwise.
    /// @param columns The job's columns as committed, `ones` first.
    function accuse(
        OwnStatement calldata statement,
        Seating calldata seating,
        address signer,
        bytes calldata signature,
        G1[] calldata columns,
        G1[] calldata slopes,
        SealedProof calldata proof
    ) external;

    /// @notice F(k) = F + k·F_s1 for each column but `ones`: what seat k's shares are committed by.
    function shareCommitments(G1[] calldata columns, G1[] calldata slopes, uint256 seat)
        external
        view
        returns (G1[] memory);

    function isConvicted(bytes32 nodeId, bytes32 jobId) external view returns (bool);

    function hashOwnStatement(OwnStatement calldata statement) external view returns (bytes32);
}
