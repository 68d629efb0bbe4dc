// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev A point of G1 of BN254, affine, as EIP-196 encodes it: x ‖ y. (0, 0) is the point at infinity, which is
/// refused wherever a commitment or a proof element is expected.
struct G1 {
    uint256 x;
    uint256 y;
}

/// @dev A point of G2, as EIP-197 encodes it: the imaginary part of a coordinate comes first, x = x0 + x1·i.
struct G2 {
    uint256 x1;
    uint256 x0;
    uint256 y1;
    uint256 y0;
}

/// @notice Errors of everything that touches the curve. They are here, not in the library, so that they stand in
/// the interface of each contract that can raise them.
interface IPointErrors {
    /// @notice A coordinate is not below the base field modulus: a second encoding of the same point.
    error CoordinateNotCanonical(uint256 coordinate);
    /// @notice A scalar is not below the group order. It is refused, never reduced.
    error ScalarNotCanonical(uint256 scalar);
    /// @notice The point does not satisfy the curve equation.
    error PointNotOnCurve(uint256 x, uint256 y);
    /// @notice Infinity stands where a proper point is required.
    error PointAtInfinity();
    /// @notice A precompile refused its input: a point off its curve or outside its subgroup.
    error PrecompileFailed(address precompile);
}
