// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEvidence} from "../interfaces/IEvidence.sol";
import {IGroth16Verifier, VerifyingKey} from "../interfaces/IGroth16Verifier.sol";
import {G1} from "../interfaces/Points.sol";
import {BN254, Sum} from "../libraries/BN254.sol";
import {Convicting} from "./Convicting.sol";

/// @notice A node's signed round 2 that does not belong to its own result commitment. The node names weight and
/// challenge itself, so that nothing but its own words decides: e(P, G2) = e(Y, [κ']2) and
/// e(λF_M(k) − Y + zπ, G2) = e(π, [τ]2) hold for whatever an honest node was asked (PROTOCOL, Gram matrix).
abstract contract BindingEvidence is Convicting {
    using BN254 for Sum;
    using BN254 for uint256[];

    bytes32 private constant RESULT_BINDING_TYPEHASH = keccak256(
        "ResultBinding(bytes32 jobId,uint32 attempt,uint32 seat,uint256 weight,uint256 challenge,bytes32 pointsHash)"
    );

    /// @inheritdoc IEvidence
    function accuseBinding(
        ResultBinding calldata binding,
        Seating calldata seating,
        address signer,
        bytes calldata signature,
        BoundPoints calldata points
    ) external {
        bytes32 digest = hashResultBinding(binding);
        _checkSeatSignature(binding.jobId, binding.seat, digest, seating, signer, signature);
        bytes32 given = keccak256(abi.encode(points));
        if (given != binding.pointsHash) revert PointsNotSigned(binding.pointsHash, given);
        if (_isBound(binding, points)) revert StatementHolds(digest);
        _convictNode(binding.jobId, binding.seat, digest, seating);
    }

    /// @inheritdoc IEvidence
    function hashResultBinding(ResultBinding calldata binding) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(RESULT_BINDING_TYPEHASH, binding)));
    }

    /// @dev Malformed points are bound to nothing. Those that are well-formed no precompile refuses, so that one which
    /// fails for want of gas fails the call.
    function _isBound(ResultBinding calldata binding, BoundPoints calldata points)
        private
        view
        returns (bool)
    {
        if (!_isPoint(points.resultCommitment) || !_isPoint(points.y) || !_isPoint(points.p)) {
            return false;
        }
        if (!BN254.isOnCurve(points.pi.x, points.pi.y) && (points.pi.x | points.pi.y != 0)) return false;
        VerifyingKey memory key = IGroth16Verifier(market.job(binding.jobId).verifier).verifyingKey();
        uint256[] memory pairs = BN254.newPairs(2);
        pairs.setPair(0, points.p.x, points.p.y, BN254.generator2());
        pairs.setPair(1, points.y.x, BN254.negate(points.y.y), key.kappaPrime2);
        if (!pairs.isProductOne()) return false;

        Sum sum = BN254.sumFrom(points.y.x, BN254.negate(points.y.y));
        sum.addProduct(points.resultCommitment.x, points.resultCommitment.y, binding.weight);
        sum.addProduct(points.pi.x, points.pi.y, binding.challenge);
        (uint256 x, uint256 y) = sum.read();
        pairs.setPair(0, x, y, BN254.generator2());
        pairs.setPair(1, points.pi.x, BN254.negate(points.pi.y), key.tau2);
        return pairs.isProductOne();
    }

    function _isPoint(G1 calldata point) private pure returns (bool) {
        return BN254.isOnCurve(point.x, point.y);
    }
}
