// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Claim, Verified} from "../interfaces/IGroth16Verifier.sol";
import {G1, IPointErrors} from "../interfaces/Points.sol";
import {BN254} from "../libraries/BN254.sol";
import {Statement} from "../libraries/Statement.sol";

/// @notice Hashes of jobs of several proofs, as docs/protocol.md (Programs, Chunks, Hadamard products) fixes them.
library PlanHashes {
    bytes32 private constant CHUNK_TAG = keccak256("hengsuan/chunk/v1");
    bytes32 private constant STEP_TAG = keccak256("hengsuan/step/v1");
    bytes32 private constant HADAMARD_TAG = keccak256("hengsuan/hadamard/v1");

    /// @dev In the place of the program's id in the context of one chunk of several.
    function chunk(bytes32 programId, uint256 index, uint256 count) internal pure returns (bytes32) {
        return keccak256(abi.encode(CHUNK_TAG, programId, index, count));
    }

    /// @dev In the place of the program's id in the context of one step of a plan.
    function step(bytes32 programId, uint256 number) internal pure returns (bytes32) {
        return keccak256(abi.encode(STEP_TAG, programId, number));
    }

    function hashColumns(G1[] memory columns) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](columns.length);
        for (uint256 i = 0; i < columns.length; ++i) {
            BN254.checkPoint(columns[i].x, columns[i].y);
            hashes[i] = Statement.hashColumn(columns[i].x, columns[i].y);
        }
        return Statement.hashWords(hashes);
    }

    /// @dev `job` of a Hadamard proof over F_p, F_q, F_u.
    function productElement(Claim memory claim, bytes32 programId, bytes32 setupId, G1[3] memory columns)
        internal
        view
        returns (uint256 element)
    {
        bytes32[] memory words = new bytes32[](13);
        words[0] = HADAMARD_TAG;
        words[1] = bytes32(block.chainid);
        words[2] = bytes32(uint256(uint160(claim.market)));
        words[3] = claim.jobId;
        words[4] = programId;
        words[5] = setupId;
        words[6] = claim.licencesHash;
        for (uint256 i = 0; i < 3; ++i) {
            (words[7 + 2 * i], words[8 + 2 * i]) = (bytes32(columns[i].x), bytes32(columns[i].y));
        }
        element = uint256(Statement.hashWords(words)) % BN254.R;
        if (element == 0) revert IPointErrors.ScalarNotCanonical(0);
    }

    /// @dev Each inner-product proof's hash, then each product's H.
    function hashProofs(Verified[] memory verified, G1[] memory quotients) internal pure returns (bytes32) {
        uint256 count = verified.length;
        bytes32[] memory words = new bytes32[](count + 2 * quotients.length);
        for (uint256 i = 0; i < count; ++i) {
            words[i] = verified[i].proofHash;
        }
        for (uint256 i = 0; i < quotients.length; ++i) {
            (words[count + 2 * i], words[count + 2 * i + 1]) =
            (bytes32(quotients[i].x), bytes32(quotients[i].y));
        }
        return Statement.hashWords(words);
    }
}
