// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {G1} from "../../src/interfaces/Points.sol";
import {World} from "./World.sol";

/// @dev An open job of three nodes, of which the second is accused.
abstract contract EvidenceWorld is World {
    string internal vector;
    bytes32 internal job;
    bytes32 internal accused;
    uint256 internal signerKey = FIRST_OPERATOR_KEY + 1 + 0x1000;
    IEvidence.Seating internal seating;

    function deployEvidenceWorld() internal {
        deployWorld();
        furnishWorld();
        vector = vm.readFile("test/vectors/own_statement.json");
        job = openJob("sealed_4");
        accused = nodeIds[1];
        noteSeating();
    }

    function slopes() internal view returns (G1[] memory) {
        return abi.decode(vm.parseJsonBytes(vector, ".slopes"), (G1[]));
    }

    function shareCommitments() internal view returns (G1[] memory) {
        return abi.decode(vm.parseJsonBytes(vector, ".shareCommitments"), (G1[]));
    }

    function operator(uint256 index) internal view returns (address) {
        return nodes.node(nodeIds[index]).operator;
    }

    /// @dev Without a call, so that expectRevert and prank meet the next one.
    function typedDigest(address verifyingContract, bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Hengsuan"),
                keccak256("1"),
                block.chainid,
                verifyingContract
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function noteSeating() internal {
        delete seating;
        seating.nodeIds = seats(3);
        for (uint256 i = 0; i < 3; ++i) {
            seating.seats.push(IMarket.Seat(operator(i), NODE_FEE));
        }
    }
}
