// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BondHandler} from "./support/BondHandler.sol";
import {Test} from "./support/Test.sol";

/// @dev Numbers as in BondInvariants.tree.
contract BondInvariantsTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    BondHandler private handler;

    function setUp() public {
        handler = new BondHandler();
        handler.start();
    }

    /// @dev forge asks for it: all actions but the laws and the leaving.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](15);
        actions[0] = handler.depositBond.selector;
        actions[1] = handler.depositBond.selector;
        actions[2] = handler.releaseBond.selector;
        actions[3] = handler.withdrawBond.selector;
        actions[4] = handler.changeStake.selector;
        actions[5] = handler.withdrawStake.selector;
        actions[6] = handler.claim.selector;
        actions[7] = handler.demandContribution.selector;
        actions[8] = handler.demandDeal.selector;
        actions[9] = handler.answer.selector;
        actions[10] = handler.forfeit.selector;
        actions[11] = handler.convictNode.selector;
        actions[12] = handler.convictDealer.selector;
        actions[13] = handler.endJob.selector;
        actions[14] = handler.passTime.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), actions);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_Laws() external view {
        handler.checkMoney();
        handler.checkForfeits();
    }

    function afterInvariant() external {
        handler.everybodyLeaves();
    }
}
