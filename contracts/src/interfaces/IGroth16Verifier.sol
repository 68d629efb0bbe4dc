// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {G1, G2} from "./Points.sol";

/// @dev One setup's verifying key, in the order in which setup_id hashes it (docs/protocol.md, Setup).
struct VerifyingKey {
    uint64 capacity;
    G1 alpha1;
    G2 alpha2;
    G2 beta2;
    G2 delta2;
    G2 kappa2;
    G2 kappaPrime2;
    G2 tau2;
    G1 lagrange0;
    G1 eta;
    G1 jobPoint;
}

/// @dev What a proof is for, besides the columns and the result.
/// left = the first `leftCount` columns, right = the last `rightCount` columns; both counts are resolved (not 0).
struct Claim {
    address market;
    bytes32 jobId;
    bytes32 programId;
    bytes32 licencesHash;
    uint256 leftCount;
    uint256 rightCount;
}

/// @dev left = Σ l_a·F_a and right = Σ r_b·F_b. They are not trusted: one random combination checks both, which costs
/// one multiplication a column instead of two. `combination` returns them, free of charge by eth_call.
struct Combination {
    G1 left;
    G1 right;
}

struct SealedProof {
    G1 a;
    G2 b;
    G1 c;
    G1 resultCommitment;
    G1 y;
    G1 p;
    G1 pi;
}

struct PublicProof {
    G1 a;
    G2 b;
    G1 c;
}

/// @dev One proof of a batch. Without outputs the result is sealed; with outputs it is public, and of the proof only
/// a, b and c count (the rest must be zero, so that nothing unread is carried along).
struct BatchItem {
    G1[] columns;
    uint256[] outputs;
    SealedProof proof;
    Combination combined;
}

/// @dev What a verified proof of a batch is bound to; the hash is that of its SealedProof or PublicProof.
struct Verified {
    uint256 job;
    bytes32 columnsHash;
    bytes32 resultHash;
    bytes32 proofHash;
}

/// @notice Checks proofs over committed columns for one setup (PROTOCOL, Circuit 1 and From inner products to programs).
/// A malformed input and a false proof both revert, each with its own error.
interface IGroth16Verifier {
    /// @notice Everything is well-formed, but the statement is not proven.
    error ProofInvalid();
    /// @notice A public item of a batch carries points that only a sealed one has.
    error PublicProofHasBinding();
    error BatchLengthMismatch(uint256 claims, uint256 items);
    /// @notice A hash of the statement is 0 mod r, which the protocol refuses.
    error ChallengeIsZero();
    error ColumnListInvalid(uint256 columns, uint256 leftCount, uint256 rightCount);
    error OutputCountMismatch(uint256 expected, uint256 given);
    /// @notice The given left and right are not the combinations of the columns.
    error CombinationInvalid();
    error CapacityInvalid(uint256 capacity);
    /// @notice No two of generator, α2, β2, δ2, κ2, κ'2, τ2 (0 … 6) may be equal; γ = δ would make everything provable.
    error KeyPointRepeated(uint256 first, uint256 second);
    /// @notice α in G1 and α in G2 are not the same scalar.
    error KeyAlphaMismatch();

    /// @notice Sealed result: F_M is tied to the proof by Y, P and π. Seven pairings in one call.
    /// @return job The job element that the proof squares: the hash of all that it is for.
    /// @return columnsHash Hash of the columns as given, for the caller to compare.
    /// @return resultHash Hash of F_M.
    function verifySealed(
        Claim calldata claim,
        G1[] calldata columns,
        SealedProof calldata proof,
        Combination calldata combined
    ) external view returns (uint256 job, bytes32 columnsHash, bytes32 resultHash);

    /// @notice Public result: the outputs are numbers, in the order a·rightCount + b. Five pairings.
    function verifyPublic(
        Claim calldata claim,
        G1[] calldata columns,
        uint256[] calldata outputs,
        PublicProof calldata proof,
        Combination calldata combined
    ) external view returns (uint256 job, bytes32 columnsHash, bytes32 resultHash);

    /// @notice Many proofs by one pairing call: the pairings with key points are shared, each weighted by a hash of the
    /// whole batch; only e(A_i, B_i) stays per proof. Reverts if any of them is false, without saying which.
    function verifyBatch(Claim[] calldata claims, BatchItem[] calldata items)
        external
        view
        returns (Verified[] memory);

    /// @notice Which proofs of a batch hold, each verified alone. For eth_call, after a batch has failed.
    function verifyEach(Claim[] calldata claims, BatchItem[] calldata items)
        external
        view
        returns (bool[] memory isProven);

    /// @notice The combination to send with a proof.
    /// @param resultHash Sealed H(1, F_M); public keccak256(0 ‖ M_0 ‖ M_1 ‖ …).
    function combination(Claim calldata claim, G1[] calldata columns, bytes32 resultHash)
        external
        view
        returns (Combination memory);

    /// @notice κ-proofs of knowledge of many commitments by one batched pairing.
    function verifyKnowledge(G1[] calldata commitments, G1[] calldata knowledge) external view returns (bool);

    function setupId() external view returns (bytes32);

    function capacity() external view returns (uint64);

    function verifyingKey() external view returns (VerifyingKey memory);
}
