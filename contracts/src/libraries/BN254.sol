// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {G1, G2, IPointErrors} from "../interfaces/Points.sol";

/// @dev A running sum in G1: a pointer to five words of memory, x ‖ y ‖ three words of scratch. The scratch lies
/// behind the sum so that a product lands where the addition precompile reads its second operand.
type Sum is uint256;

/// @notice The curve BN254 (alt_bn128) by its precompiles (EIP-196, EIP-197).
/// The precompiles accept infinity and any scalar; the protocol does not, so callers check what they read from
/// calldata with `checkPoint` and `checkScalar` first.
library BN254 {
    /// @dev Modulus of the base field.
    uint256 internal constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    /// @dev Order of the groups.
    uint256 internal constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    uint256 internal constant G2_X1 = 0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2;
    uint256 internal constant G2_X0 = 0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed;
    uint256 internal constant G2_Y1 = 0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b;
    uint256 internal constant G2_Y0 = 0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa;

    address private constant ADD = address(6);
    address private constant MUL = address(7);
    address private constant PAIRING = address(8);

    function generator2() internal pure returns (G2 memory) {
        return G2(G2_X1, G2_X0, G2_Y1, G2_Y0);
    }

    /// @dev Reverts unless (x, y) is a canonical, finite point of the curve y² = x³ + 3. G1 has cofactor 1, so a point
    /// on the curve is in the group.
    function checkPoint(uint256 x, uint256 y) internal pure {
        if (isOnCurve(x, y)) return;
        if (x >= P) revert IPointErrors.CoordinateNotCanonical(x);
        if (y >= P) revert IPointErrors.CoordinateNotCanonical(y);
        if (x | y == 0) revert IPointErrors.PointAtInfinity();
        revert IPointErrors.PointNotOnCurve(x, y);
    }

    /// @dev As checkPoint, for those who must know and not stop. Infinity is not on the curve.
    function isOnCurve(uint256 x, uint256 y) internal pure returns (bool isOne) {
        assembly ("memory-safe") {
            isOne := eq(mulmod(y, y, P), addmod(mulmod(mulmod(x, x, P), x, P), 3, P))
            isOne := and(and(lt(x, P), lt(y, P)), isOne)
        }
    }

    function checkPoint(G1 calldata point) internal pure {
        checkPoint(point.x, point.y);
    }

    /// @dev Canonical and finite. Whether it is on the twist and in the subgroup is the pairing precompile's to say:
    /// every G2 point that is checked here goes there.
    function checkPoint(G2 memory point) internal pure {
        if (point.x1 >= P) revert IPointErrors.CoordinateNotCanonical(point.x1);
        if (point.x0 >= P) revert IPointErrors.CoordinateNotCanonical(point.x0);
        if (point.y1 >= P) revert IPointErrors.CoordinateNotCanonical(point.y1);
        if (point.y0 >= P) revert IPointErrors.CoordinateNotCanonical(point.y0);
        if (point.x1 | point.x0 | point.y1 | point.y0 == 0) revert IPointErrors.PointAtInfinity();
    }

    function checkScalar(uint256 scalar) internal pure {
        if (scalar >= R) revert IPointErrors.ScalarNotCanonical(scalar);
    }

    /// @dev −y of a canonical coordinate.
    function negate(uint256 y) internal pure returns (uint256) {
        return y == 0 ? 0 : P - y;
    }

    /// @dev A sum that starts at the given point, unchecked: (0, 0) is zero.
    function sumFrom(uint256 x, uint256 y) internal pure returns (Sum sum) {
        assembly ("memory-safe") {
            sum := mload(0x40)
            mstore(0x40, add(sum, 0xa0))
            mstore(sum, x)
            mstore(add(sum, 0x20), y)
        }
    }

    function read(Sum sum) internal pure returns (uint256 x, uint256 y) {
        assembly ("memory-safe") {
            x := mload(sum)
            y := mload(add(sum, 0x20))
        }
    }

    /// @dev sum += (x, y)
    function add(Sum sum, uint256 x, uint256 y) internal view {
        bool isDone;
        assembly ("memory-safe") {
            mstore(add(sum, 0x40), x)
            mstore(add(sum, 0x60), y)
            isDone := staticcall(gas(), 6, sum, 0x80, sum, 0x40)
        }
        if (!isDone) revert IPointErrors.PrecompileFailed(ADD);
    }

    /// @dev sum += scalar·(x, y)
    function addProduct(Sum sum, uint256 x, uint256 y, uint256 scalar) internal view {
        bool isDone;
        assembly ("memory-safe") {
            let product := add(sum, 0x40)
            mstore(product, x)
            mstore(add(product, 0x20), y)
            mstore(add(product, 0x40), scalar)
            isDone := staticcall(gas(), 7, product, 0x60, product, 0x40)
            isDone := and(isDone, staticcall(gas(), 6, sum, 0x80, sum, 0x40))
        }
        if (!isDone) revert IPointErrors.PrecompileFailed(MUL);
    }

    /// @dev sum = scalar·sum
    function scale(Sum sum, uint256 scalar) internal view {
        bool isDone;
        assembly ("memory-safe") {
            mstore(add(sum, 0x40), scalar)
            isDone := staticcall(gas(), 7, sum, 0x60, sum, 0x40)
        }
        if (!isDone) revert IPointErrors.PrecompileFailed(MUL);
    }

    /// @dev Room for `count` pairs, six words each; not zeroed, since setPair writes all of it.
    function newPairs(uint256 count) internal pure returns (uint256[] memory pairs) {
        assembly ("memory-safe") {
            pairs := mload(0x40)
            mstore(0x40, add(pairs, add(0x20, mul(count, 0xc0))))
            mstore(pairs, mul(count, 6))
        }
    }

    /// @dev `index` is below the count that the room was made for; it is not checked again.
    function setPair(uint256[] memory pairs, uint256 index, uint256 x, uint256 y, G2 memory point)
        internal
        pure
    {
        assembly ("memory-safe") {
            let pair := add(add(pairs, 0x20), mul(index, 0xc0))
            mstore(pair, x)
            mstore(add(pair, 0x20), y)
            mcopy(add(pair, 0x40), point, 0x80)
        }
    }

    /// @dev Whether the product of all pairings is 1. Reverts if a point is malformed. The precompile takes all gas it is
    /// given when it refuses; the 64th part that stays here is enough to say so.
    function isProductOne(uint256[] memory pairs) internal view returns (bool isOne) {
        bool isDone;
        assembly ("memory-safe") {
            isDone := staticcall(gas(), 8, add(pairs, 0x20), mul(mload(pairs), 0x20), 0x00, 0x20)
            isOne := and(isDone, eq(mload(0x00), 1))
        }
        if (!isDone) revert IPointErrors.PrecompileFailed(PAIRING);
    }
}
