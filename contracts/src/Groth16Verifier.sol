// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Claim,
    Combination,
    IGroth16Verifier,
    PublicProof,
    SealedProof,
    VerifyingKey
} from "./interfaces/IGroth16Verifier.sol";
import {G1, G2} from "./interfaces/Points.sol";
import {BN254, Sum} from "./libraries/BN254.sol";
import {Statement} from "./libraries/Statement.sol";
import {BatchVerification} from "./verifier/BatchVerification.sol";
import {KeyInCode} from "./verifier/KeyInCode.sol";

/// @notice Verifier of one setup. It is Groth16 whose public-input sum Σ pub_i·IC_i comes from the columns' commitments
/// (PROTOCOL, The idea in five lines), so its cost grows with the number of columns, not with their rows.
contract Groth16Verifier is BatchVerification {
    using BN254 for Sum;
    using BN254 for uint256[];

    constructor(VerifyingKey memory key) KeyInCode(key) {}

    /// @inheritdoc IGroth16Verifier
    function verifySealed(
        Claim calldata claim,
        G1[] calldata columns,
        SealedProof calldata proof,
        Combination calldata combined
    ) external view returns (uint256 job, bytes32 columnsHash, bytes32 resultHash) {
        _checkSealedPoints(proof);
        resultHash = Statement.hashSealedResult(proof.resultCommitment);
        uint256 z;
        (job, z, columnsHash) = _challenge(claim, columns, resultHash);
        _checkCombination(claim, columns, z, combined);
        if (!_isSealedEquationTrue(job, z, proof, combined)) revert ProofInvalid();
    }

    /// @inheritdoc IGroth16Verifier
    function verifyPublic(
        Claim calldata claim,
        G1[] calldata columns,
        uint256[] calldata outputs,
        PublicProof calldata proof,
        Combination calldata combined
    ) external view returns (uint256 job, bytes32 columnsHash, bytes32 resultHash) {
        BN254.checkPoint(proof.a);
        BN254.checkPoint(proof.b);
        BN254.checkPoint(proof.c);
        resultHash = Statement.hashPublicResult(outputs);
        uint256 z;
        (job, z, columnsHash) = _challenge(claim, columns, resultHash);
        if (outputs.length != claim.leftCount * claim.rightCount) {
            revert OutputCountMismatch(claim.leftCount * claim.rightCount, outputs.length);
        }
        uint256 y = _evaluate(outputs, z);
        _checkCombination(claim, columns, z, combined);
        if (!_isPublicEquationTrue(job, y, proof, combined)) revert ProofInvalid();
    }

    /// @inheritdoc IGroth16Verifier
    function combination(Claim calldata claim, G1[] calldata columns, bytes32 resultHash)
        external
        view
        returns (Combination memory combined)
    {
        (, uint256 z,) = _challenge(claim, columns, resultHash);
        uint256[] memory weights = _weights(claim, columns.length, z, 0);
        Sum sum = BN254.sumFrom(0, 0);
        for (uint256 i = 0; i < claim.leftCount; ++i) {
            sum.addProduct(columns[i].x, columns[i].y, weights[i]);
        }
        (combined.left.x, combined.left.y) = sum.read();
        sum = BN254.sumFrom(0, 0);
        uint256 weight = 1;
        for (uint256 i = columns.length - claim.rightCount; i < columns.length; ++i) {
            sum.addProduct(columns[i].x, columns[i].y, weight);
            weight = mulmod(weight, z, BN254.R);
        }
        (combined.right.x, combined.right.y) = sum.read();
    }

    /// @inheritdoc IGroth16Verifier
    function verifyKnowledge(G1[] calldata commitments, G1[] calldata knowledge)
        external
        view
        returns (bool)
    {
        if (commitments.length != knowledge.length || commitments.length == 0) return false;
        uint256 rho = Statement.knowledge(setupId, commitments, knowledge);
        uint256 weight = 1;
        Sum committed = BN254.sumFrom(0, 0);
        Sum known = BN254.sumFrom(0, 0);
        for (uint256 i = 0; i < commitments.length; ++i) {
            BN254.checkPoint(commitments[i]);
            BN254.checkPoint(knowledge[i]);
            committed.addProduct(commitments[i].x, commitments[i].y, weight);
            known.addProduct(knowledge[i].x, knowledge[i].y, weight);
            weight = mulmod(weight, rho, BN254.R);
        }
        uint256[] memory pairs = BN254.newPairs(2);
        (uint256 x, uint256 y) = known.read();
        pairs.setPair(0, x, y, BN254.generator2());
        (x, y) = committed.read();
        pairs.setPair(1, x, BN254.negate(y), _kappa2());
        return pairs.isProductOne();
    }

    /// @dev e(−A,B)·e([α]1+F_p,[β]2)·e(F_q,[α]2)·e(C,[δ]2), common to both equations.
    function _setGroth16Pairs(
        uint256[] memory pairs,
        G1 calldata a,
        G2 calldata b,
        G1 calldata c,
        Combination calldata combined
    ) private view {
        pairs.setPair(0, a.x, BN254.negate(a.y), b);
        (uint256 x, uint256 y) = _alpha1();
        Sum sum = BN254.sumFrom(x, y);
        sum.add(combined.left.x, combined.left.y);
        (x, y) = sum.read();
        pairs.setPair(1, x, y, _beta2());
        pairs.setPair(2, combined.right.x, combined.right.y, _alpha2());
        pairs.setPair(3, c.x, c.y, _delta2());
    }

    /// @dev … · e(y·[L_0]1 + job·J, G2) = 1
    function _isPublicEquationTrue(
        uint256 job,
        uint256 y,
        PublicProof calldata proof,
        Combination calldata combined
    ) private view returns (bool) {
        uint256[] memory pairs = BN254.newPairs(5);
        _setGroth16Pairs(pairs, proof.a, proof.b, proof.c, combined);
        (uint256 px, uint256 py) = _lagrange0();
        Sum sum = BN254.sumFrom(px, py);
        sum.scale(y);
        (px, py) = _jobPoint();
        sum.addProduct(px, py, job);
        (px, py) = sum.read();
        pairs.setPair(4, px, py, BN254.generator2());
        return pairs.isProductOne();
    }

    /// @dev … · e(ρY,[κ']2) · e(−ρ²π,[τ]2) · e(Y + job·J − ρP + ρ²(F_M − Y + zπ), G2) = 1.
    /// The last point is summed by Horner's rule in ρ, which saves a multiplication.
    function _isSealedEquationTrue(
        uint256 job,
        uint256 z,
        SealedProof calldata proof,
        Combination calldata combined
    ) private view returns (bool) {
        uint256 rho = Statement.batch(job, z, proof);
        uint256[] memory pairs = BN254.newPairs(7);
        _setGroth16Pairs(pairs, proof.a, proof.b, proof.c, combined);

        Sum sum = BN254.sumFrom(proof.y.x, proof.y.y);
        sum.scale(rho);
        (uint256 x, uint256 y) = sum.read();
        pairs.setPair(4, x, y, _kappaPrime2());

        sum = BN254.sumFrom(proof.pi.x, BN254.negate(proof.pi.y));
        sum.scale(mulmod(rho, rho, BN254.R));
        (x, y) = sum.read();
        pairs.setPair(5, x, y, _tau2());

        sum = BN254.sumFrom(proof.resultCommitment.x, proof.resultCommitment.y);
        sum.add(proof.y.x, BN254.negate(proof.y.y));
        sum.addProduct(proof.pi.x, proof.pi.y, z);
        sum.scale(rho);
        sum.add(proof.p.x, BN254.negate(proof.p.y));
        sum.scale(rho);
        sum.add(proof.y.x, proof.y.y);
        (x, y) = _jobPoint();
        sum.addProduct(x, y, job);
        (x, y) = sum.read();
        pairs.setPair(6, x, y, BN254.generator2());
        return pairs.isProductOne();
    }
}
