// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Claim, Combination, SealedProof} from "../interfaces/IGroth16Verifier.sol";
import {MAX_OUTPUTS} from "../interfaces/Limits.sol";
import {G1, IPointErrors} from "../interfaces/Points.sol";
import {BN254, Sum} from "../libraries/BN254.sol";
import {Statement} from "../libraries/Statement.sol";
import {KeyInCode} from "./KeyInCode.sol";

/// @notice What is checked and computed of one proof before the pairings, whether it is verified alone or in a batch.
abstract contract StatementChecks is KeyInCode, IPointErrors {
    using BN254 for Sum;

    /// @dev Every point that is not itself computed here; of b only what the precompile does not say.
    function _checkSealedPoints(SealedProof calldata proof) internal pure {
        BN254.checkPoint(proof.a);
        BN254.checkPoint(proof.b);
        BN254.checkPoint(proof.c);
        BN254.checkPoint(proof.resultCommitment);
        BN254.checkPoint(proof.y);
        BN254.checkPoint(proof.p);
        BN254.checkPoint(proof.pi);
    }

    /// @dev Lengths are checked here, before anything is computed from them.
    function _challenge(Claim calldata claim, G1[] calldata columns, bytes32 resultHash)
        internal
        view
        returns (uint256 job, uint256 z, bytes32 columnsHash)
    {
        if (
            claim.leftCount == 0 || claim.leftCount > columns.length || claim.rightCount == 0
                || claim.rightCount > columns.length || claim.leftCount * claim.rightCount > MAX_OUTPUTS
        ) revert ColumnListInvalid(columns.length, claim.leftCount, claim.rightCount);
        columnsHash = Statement.hashColumns(columns);
        job = Statement.jobElement(claim, setupId, columnsHash, resultHash);
        z = Statement.challenge(job, columnsHash, resultHash);
    }

    /// @dev left = Σ l_a·F_a and right = Σ r_b·F_b follow from Σ (l_j + σ·r_j)·F_j = left + σ·right, since σ is a hash of
    /// left and right: were one of them wrong, the equation would hold for one σ at most.
    function _checkCombination(
        Claim calldata claim,
        G1[] calldata columns,
        uint256 z,
        Combination calldata combined
    ) internal view {
        BN254.checkPoint(combined.left);
        BN254.checkPoint(combined.right);
        for (uint256 i = 0; i < columns.length; ++i) {
            BN254.checkPoint(columns[i]);
        }
        if (claim.leftCount == 1 && claim.rightCount == 1) {
            // Both weights are 1: no multiplication is needed.
            G1 calldata last = columns[columns.length - 1];
            if (
                combined.left.x != columns[0].x || combined.left.y != columns[0].y
                    || combined.right.x != last.x || combined.right.y != last.y
            ) revert CombinationInvalid();
            return;
        }
        uint256 sigma = Statement.combination(z, combined);
        uint256[] memory weights = _weights(claim, columns.length, z, sigma);
        Sum expected = BN254.sumFrom(0, 0);
        for (uint256 i = 0; i < columns.length; ++i) {
            expected.addProduct(columns[i].x, columns[i].y, weights[i]);
        }
        Sum given = BN254.sumFrom(combined.left.x, combined.left.y);
        given.addProduct(combined.right.x, combined.right.y, sigma);
        (uint256 expectedX, uint256 expectedY) = expected.read();
        (uint256 givenX, uint256 givenY) = given.read();
        if (expectedX != givenX || expectedY != givenY) revert CombinationInvalid();
    }

    /// @dev l_j + σ·r_j for each column j, with l_a = z^(a·d2) and r_b = z^b.
    function _weights(Claim calldata claim, uint256 count, uint256 z, uint256 sigma)
        internal
        pure
        returns (uint256[] memory weights)
    {
        weights = new uint256[](count);
        uint256 rightStart = count - claim.rightCount;
        uint256 power = 1;
        for (uint256 i = rightStart; i < count; ++i) {
            weights[i] = mulmod(sigma, power, BN254.R);
            power = mulmod(power, z, BN254.R);
        }
        // power is z^d2 now.
        uint256 left = 1;
        for (uint256 i = 0; i < claim.leftCount; ++i) {
            weights[i] = addmod(weights[i], left, BN254.R);
            left = mulmod(left, power, BN254.R);
        }
    }

    /// @dev M(z) by Horner's rule, each output canonical.
    function _evaluate(uint256[] calldata outputs, uint256 z) internal pure returns (uint256 y) {
        for (uint256 i = outputs.length; i > 0; --i) {
            uint256 output = outputs[i - 1];
            BN254.checkScalar(output);
            y = addmod(mulmod(y, z, BN254.R), output, BN254.R);
        }
    }
}
