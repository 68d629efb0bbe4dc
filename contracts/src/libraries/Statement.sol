// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Claim, Combination, IGroth16Verifier, SealedProof} from "../interfaces/IGroth16Verifier.sol";
import {G1} from "../interfaces/Points.sol";
import {BN254} from "./BN254.sol";

/// @notice Hashes of a job's statement, as docs/protocol.md (A job's statement) fixes them.
library Statement {
    bytes32 internal constant JOB_TAG = keccak256("hengsuan/job/v1");
    bytes32 internal constant CHALLENGE_TAG = keccak256("hengsuan/challenge/v1");
    bytes32 internal constant BATCH_TAG = keccak256("hengsuan/batch/v1");
    /// @dev Only the contract uses the next ones: they save multiplications and are no part of a proof.
    bytes32 internal constant COMBINATION_TAG = keccak256("hengsuan/combination/v1");
    bytes32 internal constant KNOWLEDGE_TAG = keccak256("hengsuan/knowledge/v1");

    bytes32 internal constant MANY_TAG = keccak256("hengsuan/many/v1");

    /// @dev A hash as a scalar; the protocol refuses the one that is 0.
    function scalarOf(bytes32 hash) internal pure returns (uint256 scalar) {
        scalar = uint256(hash) % BN254.R;
        if (scalar == 0) revert IGroth16Verifier.ChallengeIsZero();
    }

    /// @dev keccak256(column_hash_0 ‖ column_hash_1 ‖ …)
    function hashColumns(G1[] calldata columns) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            // The hashes lie behind what is allocated, for as long as this takes.
            let hashes := mload(0x40)
            let size := mul(columns.length, 0x20)
            for { let at := 0 } lt(at, size) { at := add(at, 0x20) } {
                calldatacopy(0x00, add(columns.offset, mul(at, 2)), 0x40)
                mstore(add(hashes, at), keccak256(0x00, 0x40))
            }
            hash := keccak256(hashes, size)
        }
    }

    function hashColumn(uint256 x, uint256 y) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0x00, x)
            mstore(0x20, y)
            hash := keccak256(0x00, 0x40)
        }
    }

    /// @dev keccak256 of words laid end to end: columns_hash of column hashes, licences_hash of licence ids.
    function hashWords(bytes32[] memory words) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(words, 0x20), mul(mload(words), 0x20))
        }
    }

    function hashSealedResult(G1 calldata resultCommitment) internal pure returns (bytes32) {
        return keccak256(abi.encode(uint256(1), resultCommitment));
    }

    /// @dev keccak256(word(0) ‖ M_0 ‖ M_1 ‖ …)
    function hashPublicResult(uint256[] calldata outputs) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint256(0), outputs));
    }

    function jobElement(Claim calldata claim, bytes32 setupId, bytes32 columnsHash, bytes32 resultHash)
        internal
        view
        returns (uint256)
    {
        bytes32[] memory words = new bytes32[](11);
        words[0] = JOB_TAG;
        words[1] = bytes32(block.chainid);
        words[2] = bytes32(uint256(uint160(claim.market)));
        words[3] = claim.jobId;
        words[4] = claim.programId;
        words[5] = setupId;
        words[6] = claim.licencesHash;
        words[7] = columnsHash;
        words[8] = bytes32(claim.leftCount);
        words[9] = bytes32(claim.rightCount);
        words[10] = resultHash;
        return scalarOf(hashWords(words));
    }

    function challenge(uint256 job, bytes32 columnsHash, bytes32 resultHash) internal pure returns (uint256) {
        return scalarOf(keccak256(abi.encode(CHALLENGE_TAG, job, columnsHash, resultHash)));
    }

    /// @dev ρ, which merges the three equations of a sealed proof.
    function batch(uint256 job, uint256 z, SealedProof calldata proof) internal pure returns (uint256) {
        return scalarOf(
            keccak256(abi.encode(BATCH_TAG, job, z, proof.a, proof.b, proof.c, proof.y, proof.p, proof.pi))
        );
    }

    /// @dev σ, which merges the checks of left and right; z binds columns, job and result.
    function combination(uint256 z, Combination calldata combined) internal pure returns (uint256) {
        return scalarOf(keccak256(abi.encode(COMBINATION_TAG, z, combined)));
    }

    /// @dev The weights of a batch come from this hash of all of it: `job` binds claim, columns and result of each item.
    function item(uint256 job, uint256 z, SealedProof calldata proof, Combination calldata combined)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(job, z, proof, combined));
    }

    /// @dev The weight of item `index`. That it is 0 has the probability of guessing a hash.
    function weight(bytes32 itemsHash, uint256 index) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(MANY_TAG, itemsHash, index))) % BN254.R;
    }

    /// @dev The first power of the random linear combination of κ-proofs.
    function knowledge(bytes32 setupId, G1[] calldata commitments, G1[] calldata proofs)
        internal
        pure
        returns (uint256)
    {
        return uint256(keccak256(abi.encode(KNOWLEDGE_TAG, setupId, commitments, proofs))) % BN254.R;
    }
}
