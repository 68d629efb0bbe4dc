// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGroth16Verifier, VerifyingKey} from "../interfaces/IGroth16Verifier.sol";
import {DataRows, IPlanVerifier} from "../interfaces/IPlanVerifier.sol";
import {G1, G2, IPointErrors} from "../interfaces/Points.sol";
import {IProgramRegistry} from "../interfaces/IProgramRegistry.sol";
import {BN254, Sum} from "../libraries/BN254.sol";

/// @notice The points of each setup's data rows, checked once against its key. With a = ω^(n−2), b = ω^(n−1),
/// X = n·a⁻¹·[L_(n−2)]1 (proofs/data_rows.py):
/// 0. e(X − n·L0, [τ]2)·e(n·L0 − a·X, G2) = 1      1. e([t_D]1, [τ]2)·e(−b·[t_D]1 − X, G2) = 1
/// 2. e([L]1, G2)·e(−G1, [L]2) = 1                 3. e([t_D]1, G2)·e(−G1, [t_D]2) = 1
abstract contract DataRowsStore is IPlanVerifier, IPointErrors {
    using BN254 for Sum;
    using BN254 for uint256[];

    /// @dev A primitive root of unity of order 2^28 in F_r (5^((r − 1) / 2^28)).
    uint256 private constant ROOT_28 = 0x2a3c09f0a58a7e8500e0a7eb8ef62abc402d111e41112ed49bd61b6e725b19f0;

    IProgramRegistry internal immutable PROGRAMS;

    mapping(bytes32 setupId => DataRows) private _rows;

    constructor(IProgramRegistry programs) {
        PROGRAMS = programs;
    }

    /// @inheritdoc IPlanVerifier
    function registerRows(bytes32 setupId, DataRows calldata rows) external {
        if (_rows[setupId].row1.x | _rows[setupId].row1.y != 0) revert DataRowsExist(setupId);
        BN254.checkPoint(rows.row1);
        BN254.checkPoint(rows.vanishing1);
        BN254.checkPoint(rows.row2);
        BN254.checkPoint(rows.vanishing2);
        VerifyingKey memory key = IGroth16Verifier(PROGRAMS.setup(setupId).verifier).verifyingKey();
        _checkRows(key, rows);
        _rows[setupId] = rows;
        emit DataRowsRegistered(setupId, rows);
    }

    /// @inheritdoc IPlanVerifier
    function dataRows(bytes32 setupId) external view returns (DataRows memory) {
        return _rowsOf(setupId);
    }

    function _rowsOf(bytes32 setupId) internal view returns (DataRows memory rows) {
        rows = _rows[setupId];
        if (rows.row1.x | rows.row1.y == 0) revert DataRowsUnknown(setupId);
    }

    function _checkRows(VerifyingKey memory key, DataRows calldata rows) private view {
        uint256 n = key.capacity;
        uint256 root = ROOT_28;
        for (uint256 order = 1 << 28; order > n; order >>= 1) {
            root = mulmod(root, root, BN254.R);
        }
        // ω^(n−2) = ω^−2 needs a² · … : the inverse of ω is ω^(n−1).
        uint256 a = _power(root, n - 2);
        uint256 b = mulmod(a, root, BN254.R);
        Sum row = BN254.sumFrom(rows.row1.x, rows.row1.y);
        // a⁻¹ = ω².
        row.scale(mulmod(n, mulmod(root, root, BN254.R), BN254.R));
        (uint256 x, uint256 y) = row.read();

        Sum first = BN254.sumFrom(x, y);
        first.addProduct(key.lagrange0.x, key.lagrange0.y, BN254.R - n);
        Sum second = BN254.sumFrom(0, 0);
        second.addProduct(key.lagrange0.x, key.lagrange0.y, n);
        second.addProduct(x, y, BN254.R - a);
        _require(0, first, key.tau2, second);

        first = BN254.sumFrom(rows.vanishing1.x, rows.vanishing1.y);
        second = BN254.sumFrom(x, BN254.negate(y));
        second.addProduct(rows.vanishing1.x, rows.vanishing1.y, BN254.R - b);
        _require(1, first, key.tau2, second);

        first = BN254.sumFrom(1, BN254.P - 2);
        _require(2, first, rows.row2, BN254.sumFrom(rows.row1.x, rows.row1.y));
        _require(3, first, rows.vanishing2, BN254.sumFrom(rows.vanishing1.x, rows.vanishing1.y));
    }

    function _require(uint256 relation, Sum first, G2 memory partner, Sum second) private view {
        uint256[] memory pairs = BN254.newPairs(2);
        (uint256 x, uint256 y) = first.read();
        pairs.setPair(0, x, y, partner);
        (x, y) = second.read();
        pairs.setPair(1, x, y, BN254.generator2());
        if (!pairs.isProductOne()) revert DataRowsInvalid(relation);
    }

    function _power(uint256 base, uint256 exponent) private pure returns (uint256 value) {
        value = 1;
        for (; exponent != 0; exponent >>= 1) {
            if (exponent & 1 == 1) value = mulmod(value, base, BN254.R);
            base = mulmod(base, base, BN254.R);
        }
    }
}
