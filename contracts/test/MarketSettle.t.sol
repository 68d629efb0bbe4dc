// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {World} from "./support/World.sol";

contract MarketSettleTest is World {
    function setUp() public {
        deployWorld();
        furnishWorld();
    }

    function test_Quick() public {
        assertEq(openJob("sealed_4"), jobId("sealed_4"), "job id");
        settleJob("sealed_4");
        openJob("public_4");
        settleJob("public_4");
    }
}
