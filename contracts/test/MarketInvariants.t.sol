// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarketHandler} from "./support/MarketHandler.sol";
import {Test} from "./support/Test.sol";

/// @dev Numbers as in MarketInvariants.tree. All laws are checked in one invariant: the sequence that leads to a state
/// costs more than looking at it.
contract MarketInvariantsTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    MarketHandler private handler;

    function setUp() public {
        handler = new MarketHandler();
        handler.start();
    }

    /// @dev forge asks for it: the actions, some of them more often.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](21);
        actions[0] = handler.openProven.selector;
        actions[1] = handler.openProven.selector;
        actions[2] = handler.openAny.selector;
        actions[3] = handler.settle.selector;
        actions[4] = handler.settle.selector;
        actions[5] = handler.settle.selector;
        actions[6] = handler.cancel.selector;
        actions[7] = handler.fail.selector;
        actions[8] = handler.expire.selector;
        actions[9] = handler.startDealing.selector;
        actions[10] = handler.reseat.selector;
        actions[11] = handler.deposit.selector;
        actions[12] = handler.withdraw.selector;
        actions[13] = handler.setFee.selector;
        actions[14] = handler.revoke.selector;
        actions[15] = handler.changeStake.selector;
        actions[16] = handler.passTime.selector;
        actions[17] = handler.settleBatch.selector;
        actions[18] = handler.abort.selector;
        actions[19] = handler.topUp.selector;
        actions[20] = handler.transfer.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), actions);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_Laws() external view {
        handler.checkMoney();
        handler.checkPayouts();
        handler.checkQuantities();
        handler.checkFinalStates();
        handler.checkStakes();
    }

    function afterInvariant() external {
        handler.everybodyLeaves();
    }
}
