// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGroth16Verifier, VerifyingKey} from "../interfaces/IGroth16Verifier.sol";
import {G1, G2} from "../interfaces/Points.sol";
import {BN254} from "../libraries/BN254.sol";

/// @notice A verifying key, checked once and kept in the contract's code: reading its 33 words from storage would cost
/// a verification about 70,000 gas.
abstract contract KeyInCode is IGroth16Verifier {
    using BN254 for uint256[];

    /// @inheritdoc IGroth16Verifier
    bytes32 public immutable setupId;
    /// @inheritdoc IGroth16Verifier
    uint64 public immutable capacity;

    uint256 private immutable ALPHA1_X;
    uint256 private immutable ALPHA1_Y;
    uint256 private immutable ALPHA2_X1;
    uint256 private immutable ALPHA2_X0;
    uint256 private immutable ALPHA2_Y1;
    uint256 private immutable ALPHA2_Y0;
    uint256 private immutable BETA2_X1;
    uint256 private immutable BETA2_X0;
    uint256 private immutable BETA2_Y1;
    uint256 private immutable BETA2_Y0;
    uint256 private immutable DELTA2_X1;
    uint256 private immutable DELTA2_X0;
    uint256 private immutable DELTA2_Y1;
    uint256 private immutable DELTA2_Y0;
    uint256 private immutable KAPPA2_X1;
    uint256 private immutable KAPPA2_X0;
    uint256 private immutable KAPPA2_Y1;
    uint256 private immutable KAPPA2_Y0;
    uint256 private immutable KAPPA_PRIME2_X1;
    uint256 private immutable KAPPA_PRIME2_X0;
    uint256 private immutable KAPPA_PRIME2_Y1;
    uint256 private immutable KAPPA_PRIME2_Y0;
    uint256 private immutable TAU2_X1;
    uint256 private immutable TAU2_X0;
    uint256 private immutable TAU2_Y1;
    uint256 private immutable TAU2_Y0;
    uint256 private immutable LAGRANGE0_X;
    uint256 private immutable LAGRANGE0_Y;
    uint256 private immutable ETA_X;
    uint256 private immutable ETA_Y;
    uint256 private immutable JOB_POINT_X;
    uint256 private immutable JOB_POINT_Y;

    constructor(VerifyingKey memory key) {
        _checkKey(key);
        setupId = keccak256(abi.encode(key));
        capacity = key.capacity;
        (ALPHA1_X, ALPHA1_Y) = (key.alpha1.x, key.alpha1.y);
        (ALPHA2_X1, ALPHA2_X0, ALPHA2_Y1, ALPHA2_Y0) =
        (key.alpha2.x1, key.alpha2.x0, key.alpha2.y1, key.alpha2.y0);
        (BETA2_X1, BETA2_X0, BETA2_Y1, BETA2_Y0) = (key.beta2.x1, key.beta2.x0, key.beta2.y1, key.beta2.y0);
        (DELTA2_X1, DELTA2_X0, DELTA2_Y1, DELTA2_Y0) =
        (key.delta2.x1, key.delta2.x0, key.delta2.y1, key.delta2.y0);
        (KAPPA2_X1, KAPPA2_X0, KAPPA2_Y1, KAPPA2_Y0) =
        (key.kappa2.x1, key.kappa2.x0, key.kappa2.y1, key.kappa2.y0);
        KAPPA_PRIME2_X1 = key.kappaPrime2.x1;
        KAPPA_PRIME2_X0 = key.kappaPrime2.x0;
        KAPPA_PRIME2_Y1 = key.kappaPrime2.y1;
        KAPPA_PRIME2_Y0 = key.kappaPrime2.y0;
        (TAU2_X1, TAU2_X0, TAU2_Y1, TAU2_Y0) = (key.tau2.x1, key.tau2.x0, key.tau2.y1, key.tau2.y0);
        (LAGRANGE0_X, LAGRANGE0_Y) = (key.lagrange0.x, key.lagrange0.y);
        (ETA_X, ETA_Y) = (key.eta.x, key.eta.y);
        (JOB_POINT_X, JOB_POINT_Y) = (key.jobPoint.x, key.jobPoint.y);
    }

    /// @inheritdoc IGroth16Verifier
    function verifyingKey() external view returns (VerifyingKey memory key) {
        key.capacity = capacity;
        (key.alpha1.x, key.alpha1.y) = _alpha1();
        key.alpha2 = _alpha2();
        key.beta2 = _beta2();
        key.delta2 = _delta2();
        key.kappa2 = _kappa2();
        key.kappaPrime2 = _kappaPrime2();
        key.tau2 = _tau2();
        (key.lagrange0.x, key.lagrange0.y) = _lagrange0();
        key.eta = G1(ETA_X, ETA_Y);
        (key.jobPoint.x, key.jobPoint.y) = _jobPoint();
    }

    function _alpha1() internal view returns (uint256, uint256) {
        return (ALPHA1_X, ALPHA1_Y);
    }

    function _alpha2() internal view returns (G2 memory) {
        return G2(ALPHA2_X1, ALPHA2_X0, ALPHA2_Y1, ALPHA2_Y0);
    }

    function _beta2() internal view returns (G2 memory) {
        return G2(BETA2_X1, BETA2_X0, BETA2_Y1, BETA2_Y0);
    }

    function _delta2() internal view returns (G2 memory) {
        return G2(DELTA2_X1, DELTA2_X0, DELTA2_Y1, DELTA2_Y0);
    }

    function _kappa2() internal view returns (G2 memory) {
        return G2(KAPPA2_X1, KAPPA2_X0, KAPPA2_Y1, KAPPA2_Y0);
    }

    function _kappaPrime2() internal view returns (G2 memory) {
        return G2(KAPPA_PRIME2_X1, KAPPA_PRIME2_X0, KAPPA_PRIME2_Y1, KAPPA_PRIME2_Y0);
    }

    function _tau2() internal view returns (G2 memory) {
        return G2(TAU2_X1, TAU2_X0, TAU2_Y1, TAU2_Y0);
    }

    function _lagrange0() internal view returns (uint256, uint256) {
        return (LAGRANGE0_X, LAGRANGE0_Y);
    }

    function _jobPoint() internal view returns (uint256, uint256) {
        return (JOB_POINT_X, JOB_POINT_Y);
    }

    /// @dev docs/protocol.md, Setup. What needs more points than the key has (such as the form of J) is checked off the
    /// chain against the ceremony's transcript.
    function _checkKey(VerifyingKey memory key) private view {
        uint256 n = key.capacity;
        if (n < 8 || n > 1 << 28 || n & (n - 1) != 0) revert CapacityInvalid(n);
        BN254.checkPoint(key.alpha1.x, key.alpha1.y);
        BN254.checkPoint(key.lagrange0.x, key.lagrange0.y);
        BN254.checkPoint(key.eta.x, key.eta.y);
        BN254.checkPoint(key.jobPoint.x, key.jobPoint.y);

        // The generator, then in the key's order.
        G2[7] memory points =
            [BN254.generator2(), key.alpha2, key.beta2, key.delta2, key.kappa2, key.kappaPrime2, key.tau2];
        uint256[] memory pairs = BN254.newPairs(7);
        bytes32[7] memory hashes;
        for (uint256 i = 0; i < 7; ++i) {
            BN254.checkPoint(points[i]);
            hashes[i] = keccak256(abi.encode(points[i]));
            for (uint256 j = 0; j < i; ++j) {
                if (hashes[j] == hashes[i]) revert KeyPointRepeated(j, i);
            }
            // Paired with infinity a point adds nothing, but the precompile still checks its subgroup.
            pairs.setPair(i, 0, 0, points[i]);
        }
        // e(α1, G2)·e(−G1, α2) = 1
        pairs.setPair(0, key.alpha1.x, key.alpha1.y, points[0]);
        pairs.setPair(1, 1, BN254.P - 2, points[1]);
        if (!pairs.isProductOne()) revert KeyAlphaMismatch();
    }
}
