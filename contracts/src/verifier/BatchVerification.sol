// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    BatchItem,
    Claim,
    IGroth16Verifier,
    PublicProof,
    SealedProof,
    Verified
} from "../interfaces/IGroth16Verifier.sol";
import {BN254, Sum} from "../libraries/BN254.sol";
import {Statement} from "../libraries/Statement.sol";
import {StatementChecks} from "./StatementChecks.sol";

/// @notice Many proofs under one key. With weights w_i that hash the whole batch, the product of all equations to the
/// power w_i is one pairing call in which every key point stands once: n + 6 pairings instead of 5 or 7 for each.
/// A false proof passes with probability 1/r, since the w_i are fixed only after everything else is.
abstract contract BatchVerification is StatementChecks {
    using BN254 for Sum;
    using BN254 for uint256[];

    /// @dev The G1 sides of the pairings with key points, and the scalars of the points that all proofs share.
    struct Shared {
        Sum beta;
        Sum alpha;
        Sum delta;
        Sum kappa;
        Sum tau;
        Sum one;
        uint256 alpha1Scalar;
        uint256 lagrangeScalar;
        uint256 jobScalar;
    }

    /// @dev What is known of an item before its weight is.
    struct Opened {
        uint256 z;
        /// @dev Public result: M(z).
        uint256 y;
        /// @dev Sealed result: merges its three equations.
        uint256 rho;
    }

    /// @inheritdoc IGroth16Verifier
    function verifyBatch(Claim[] calldata claims, BatchItem[] calldata items)
        external
        view
        returns (Verified[] memory verified)
    {
        uint256 count = items.length;
        if (claims.length != count || count == 0) revert BatchLengthMismatch(claims.length, count);
        verified = new Verified[](count);
        Opened[] memory opened = new Opened[](count);
        bytes32[] memory hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            opened[i] = _open(claims[i], items[i], verified[i]);
            hashes[i] = Statement.item(verified[i].job, opened[i].z, items[i].proof, items[i].combined);
        }
        if (!_isBatchEquationTrue(Statement.hashWords(hashes), items, opened, verified)) {
            revert ProofInvalid();
        }
    }

    /// @inheritdoc IGroth16Verifier
    function verifyEach(Claim[] calldata claims, BatchItem[] calldata items)
        external
        view
        returns (bool[] memory isProven)
    {
        if (claims.length != items.length) revert BatchLengthMismatch(claims.length, items.length);
        isProven = new bool[](items.length);
        Claim[] memory claim = new Claim[](1);
        BatchItem[] memory item = new BatchItem[](1);
        for (uint256 i = 0; i < items.length; ++i) {
            (claim[0], item[0]) = (claims[i], items[i]);
            try this.verifyBatch(claim, item) {
                isProven[i] = true;
            } catch {}
        }
    }

    /// @dev Everything but the pairings.
    function _open(Claim calldata claim, BatchItem calldata item, Verified memory verified)
        private
        view
        returns (Opened memory opened)
    {
        bool isSealed = item.outputs.length == 0;
        if (isSealed) _checkSealedPoints(item.proof);
        else _checkPublicPoints(item.proof);
        verified.resultHash = isSealed
            ? Statement.hashSealedResult(item.proof.resultCommitment)
            : Statement.hashPublicResult(item.outputs);
        (verified.job, opened.z, verified.columnsHash) = _challenge(claim, item.columns, verified.resultHash);
        if (isSealed) {
            opened.rho = Statement.batch(verified.job, opened.z, item.proof);
            verified.proofHash = keccak256(abi.encode(item.proof));
        } else {
            if (item.outputs.length != claim.leftCount * claim.rightCount) {
                revert OutputCountMismatch(claim.leftCount * claim.rightCount, item.outputs.length);
            }
            opened.y = _evaluate(item.outputs, opened.z);
            verified.proofHash = keccak256(abi.encode(PublicProof(item.proof.a, item.proof.b, item.proof.c)));
        }
        _checkCombination(claim, item.columns, opened.z, item.combined);
    }

    function _checkPublicPoints(SealedProof calldata proof) private pure {
        BN254.checkPoint(proof.a);
        BN254.checkPoint(proof.b);
        BN254.checkPoint(proof.c);
        uint256 rest = proof.resultCommitment.x | proof.resultCommitment.y | proof.y.x | proof.y.y | proof.p.x
            | proof.p.y | proof.pi.x | proof.pi.y;
        if (rest != 0) revert PublicProofHasBinding();
    }

    function _isBatchEquationTrue(
        bytes32 itemsHash,
        BatchItem[] calldata items,
        Opened[] memory opened,
        Verified[] memory verified
    ) private view returns (bool) {
        uint256 count = items.length;
        uint256[] memory pairs = BN254.newPairs(count + 6);
        Shared memory shared = _newShared();
        for (uint256 i = 0; i < count; ++i) {
            uint256 weight = Statement.weight(itemsHash, i);
            SealedProof calldata proof = items[i].proof;
            Sum sum = BN254.sumFrom(proof.a.x, BN254.negate(proof.a.y));
            sum.scale(weight);
            (uint256 x, uint256 y) = sum.read();
            pairs.setPair(i, x, y, proof.b);
            shared.alpha1Scalar = addmod(shared.alpha1Scalar, weight, BN254.R);
            shared.jobScalar = addmod(shared.jobScalar, mulmod(weight, verified[i].job, BN254.R), BN254.R);
            shared.beta.addProduct(items[i].combined.left.x, items[i].combined.left.y, weight);
            shared.alpha.addProduct(items[i].combined.right.x, items[i].combined.right.y, weight);
            shared.delta.addProduct(proof.c.x, proof.c.y, weight);
            if (items[i].outputs.length == 0) {
                _addBinding(shared, proof, opened[i], weight);
            } else {
                shared.lagrangeScalar =
                    addmod(shared.lagrangeScalar, mulmod(weight, opened[i].y, BN254.R), BN254.R);
            }
        }
        _setSharedPairs(pairs, count, shared);
        return pairs.isProductOne();
    }

    /// @dev w·(Y − ρP + ρ²(F_M − Y + zπ)) beside G2, w·ρY beside κ', −w·ρ²π beside τ.
    function _addBinding(
        Shared memory shared,
        SealedProof calldata proof,
        Opened memory opened,
        uint256 weight
    ) private view {
        uint256 once = mulmod(weight, opened.rho, BN254.R);
        uint256 twice = mulmod(once, opened.rho, BN254.R);
        shared.kappa.addProduct(proof.y.x, proof.y.y, once);
        shared.tau.addProduct(proof.pi.x, BN254.negate(proof.pi.y), twice);
        shared.one.addProduct(proof.y.x, proof.y.y, addmod(weight, BN254.R - twice, BN254.R));
        shared.one.addProduct(proof.p.x, BN254.negate(proof.p.y), once);
        shared.one.addProduct(proof.resultCommitment.x, proof.resultCommitment.y, twice);
        shared.one.addProduct(proof.pi.x, proof.pi.y, mulmod(twice, opened.z, BN254.R));
    }

    function _newShared() private pure returns (Shared memory shared) {
        shared.beta = BN254.sumFrom(0, 0);
        shared.alpha = BN254.sumFrom(0, 0);
        shared.delta = BN254.sumFrom(0, 0);
        shared.kappa = BN254.sumFrom(0, 0);
        shared.tau = BN254.sumFrom(0, 0);
        shared.one = BN254.sumFrom(0, 0);
    }

    function _setSharedPairs(uint256[] memory pairs, uint256 first, Shared memory shared) private view {
        (uint256 x, uint256 y) = _alpha1();
        shared.beta.addProduct(x, y, shared.alpha1Scalar);
        (x, y) = shared.beta.read();
        pairs.setPair(first, x, y, _beta2());
        (x, y) = shared.alpha.read();
        pairs.setPair(first + 1, x, y, _alpha2());
        (x, y) = shared.delta.read();
        pairs.setPair(first + 2, x, y, _delta2());
        (x, y) = shared.kappa.read();
        pairs.setPair(first + 3, x, y, _kappaPrime2());
        (x, y) = shared.tau.read();
        pairs.setPair(first + 4, x, y, _tau2());
        (x, y) = _lagrange0();
        shared.one.addProduct(x, y, shared.lagrangeScalar);
        (x, y) = _jobPoint();
        shared.one.addProduct(x, y, shared.jobScalar);
        (x, y) = shared.one.read();
        pairs.setPair(first + 5, x, y, BN254.generator2());
    }
}
