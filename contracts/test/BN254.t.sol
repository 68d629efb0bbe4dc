// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGroth16Verifier} from "../src/interfaces/IGroth16Verifier.sol";
import {IPointErrors} from "../src/interfaces/Points.sol";
import {BN254, Sum} from "../src/libraries/BN254.sol";
import {Statement} from "../src/libraries/Statement.sol";
import {Test} from "./support/Test.sol";

/// @dev The curve's library by itself: what its callers check before never reaches it otherwise.
contract BN254Test is Test {
    using BN254 for Sum;

    function add(uint256 x, uint256 y) external view {
        BN254.sumFrom(1, 2).add(x, y);
    }

    function addProduct(uint256 x, uint256 y) external view {
        BN254.sumFrom(1, 2).addProduct(x, y, 3);
    }

    function scale(uint256 x, uint256 y) external view {
        BN254.sumFrom(x, y).scale(3);
    }

    function isOnCurve(uint256 x, uint256 y) external pure returns (bool) {
        return BN254.isOnCurve(x, y);
    }

    function scalarOf(bytes32 hash) external pure returns (uint256) {
        return Statement.scalarOf(hash);
    }

    function test_SumsAndProductsAgree() public view {
        Sum sum = BN254.sumFrom(1, 2);
        sum.add(1, 2);
        sum.add(1, 2);
        Sum product = BN254.sumFrom(1, 2);
        product.scale(3);
        (uint256 x, uint256 y) = sum.read();
        (uint256 otherX, uint256 otherY) = product.read();
        assertEq(x, otherX, "x");
        assertEq(y, otherY, "y");
    }

    function test_APointOffTheCurveFailsInEachPrecompile() public {
        bytes memory inAddition = abi.encodeWithSelector(IPointErrors.PrecompileFailed.selector, address(6));
        bytes memory inProduct = abi.encodeWithSelector(IPointErrors.PrecompileFailed.selector, address(7));
        vm.expectRevert(inAddition);
        this.add(1, 1);
        vm.expectRevert(inProduct);
        this.addProduct(1, 1);
        vm.expectRevert(inProduct);
        this.scale(1, 1);
    }

    function test_KnowsWhatIsOnTheCurve(uint256 x, uint256 y) public view {
        assertTrue(this.isOnCurve(1, 2), "the generator");
        assertTrue(this.isOnCurve(1, BN254.P - 2), "its inverse");
        assertTrue(!this.isOnCurve(1 + BN254.P, 2), "not canonical");
        assertTrue(!this.isOnCurve(1, 2 + BN254.P), "not canonical");
        assertTrue(!this.isOnCurve(0, 0), "infinity");
        assertTrue(!this.isOnCurve(x, y) || (x < BN254.P && y < BN254.P), "canonical");
    }

    function test_TheHashThatIsZeroIsRefused() public {
        assertEq(this.scalarOf(bytes32(BN254.R + 5)), 5, "reduced");
        vm.expectRevert(IGroth16Verifier.ChallengeIsZero.selector);
        this.scalarOf(bytes32(BN254.R));
    }
}
