// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILicenceLedger} from "../src/interfaces/ILicenceLedger.sol";
import {IMarket} from "../src/interfaces/IMarket.sol";
import {INodeRegistry} from "../src/interfaces/INodeRegistry.sol";
import {World} from "./support/World.sol";

/// @dev EIP-712 digests of Python (marketplace.signing) against Solidity's, for messages that no other test compares.
contract MessagesTest is World {
    bytes32 private constant SUBJECT = keccak256("subject");
    bytes32 private constant CONTENT = keccak256("content");
    uint64 private constant FAR = 1 << 40;

    function setUp() public {
        deployWorld();
    }

    function test_DigestsAreThoseOfPython() public view {
        check("revokeLicence", licences.hashRevokeLicence(ILicenceLedger.RevokeLicence(SUBJECT, FAR)));
        check(
            "registerNode",
            nodes.hashRegisterNode(
                INodeRegistry.RegisterNode(consumer, providerA, CONTENT, 2, SUBJECT, 3, 4, FAR)
            )
        );
        check("cancelOrder", market.hashCancelOrder(IMarket.CancelOrder(SUBJECT)));
        check("deal", market.hashDeal(IMarket.Deal(SUBJECT, 5, 6, CONTENT)));
        check("contribution", market.hashContribution(IMarket.Contribution(SUBJECT, 5, 2, 6, CONTENT)));
    }

    function test_AddressesAreThoseOfTheVectors() public view {
        assertEq(address(token), vm.parseJsonAddress(vectors, ".addresses.SettlementToken"), "token");
        assertEq(address(market), vm.parseJsonAddress(vectors, ".addresses.Market"), "market");
    }

    function check(string memory name, bytes32 digest) private view {
        assertEq(digest, vm.parseJsonBytes32(vectors, string.concat(".digests.", name)), name);
    }
}
