// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    BatchItem,
    Claim,
    Combination,
    PublicProof,
    SealedProof
} from "../../src/interfaces/IGroth16Verifier.sol";
import {G1} from "../../src/interfaces/Points.sol";
import {World} from "./World.sol";

/// @dev Batches of the jobs that test/vectors has proofs for.
abstract contract BatchWorld is World {
    function two() internal pure returns (string[] memory names) {
        names = new string[](2);
        (names[0], names[1]) = ("sealed_4", "public_4");
    }

    function allNames() internal pure returns (string[] memory names) {
        names = new string[](6);
        (names[0], names[1], names[2]) = ("sealed_4", "sealed_4_again", "sealed_2");
        (names[3], names[4], names[5]) = ("public_4", "public_one_output", "sealed_block");
    }

    function openAll(string[] memory names) internal returns (bytes32[] memory ids) {
        for (uint256 i = 0; i < names.length; ++i) {
            openJob(names[i]);
        }
        return idsOf(names);
    }

    function idsOf(string[] memory names) internal view returns (bytes32[] memory ids) {
        ids = new bytes32[](names.length);
        for (uint256 i = 0; i < names.length; ++i) {
            ids[i] = jobId(names[i]);
        }
    }

    function claimsOf(string[] memory names) internal view returns (Claim[] memory claims) {
        claims = new Claim[](names.length);
        for (uint256 i = 0; i < names.length; ++i) {
            claims[i] = claim(names[i]);
        }
    }

    function itemsOf(string[] memory names) internal view returns (BatchItem[] memory items) {
        items = new BatchItem[](names.length);
        for (uint256 i = 0; i < names.length; ++i) {
            SealedProof memory proof;
            if (isSealed(names[i])) {
                proof = sealedProof(names[i]);
            } else {
                PublicProof memory short = publicProof(names[i]);
                (proof.a, proof.b, proof.c) = (short.a, short.b, short.c);
            }
            items[i] = BatchItem(columns(names[i]), outputs(names[i]), proof, combination(names[i]));
        }
    }

    function sealedOf(bytes memory encoded) internal pure returns (SealedProof memory) {
        return abi.decode(encoded, (SealedProof));
    }

    function combinedOf(bytes memory encoded) internal pure returns (Combination memory) {
        return abi.decode(encoded, (Combination));
    }

    function sum(G1 memory a, G1 memory b) internal view returns (G1 memory result) {
        (bool isDone, bytes memory encoded) = address(6).staticcall(abi.encode(a, b));
        require(isDone, "not on the curve");
        return abi.decode(encoded, (G1));
    }
}
