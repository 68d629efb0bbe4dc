// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Claim,
    Combination,
    PublicProof,
    SealedProof,
    VerifyingKey
} from "../../src/interfaces/IGroth16Verifier.sol";
import {G1, G2} from "../../src/interfaces/Points.sol";
import {Test} from "./Test.sol";

/// @dev Reads tests/vectors/contract (see its README): proofs to accept and proofs to reject.
abstract contract ProtocolVectors is Test {
    string internal constant FOLDER = "../tests/vectors/contract/";

    function keyOf(string memory json) internal pure returns (VerifyingKey memory key) {
        key.capacity = uint64(vm.parseJsonUint(json, ".verifyingKey.n"));
        key.alpha1 = g1(json, ".verifyingKey.alpha1");
        key.alpha2 = g2(json, ".verifyingKey.alpha2");
        key.beta2 = g2(json, ".verifyingKey.beta2");
        key.delta2 = g2(json, ".verifyingKey.delta2");
        key.kappa2 = g2(json, ".verifyingKey.kappa2");
        key.kappaPrime2 = g2(json, ".verifyingKey.kappa_prime2");
        key.tau2 = g2(json, ".verifyingKey.tau2");
        key.lagrange0 = g1(json, ".verifyingKey.l0");
        key.eta = g1(json, ".verifyingKey.eta");
        key.jobPoint = g1(json, ".verifyingKey.job_point");
    }

    function claimOf(string memory json) internal pure returns (Claim memory) {
        return Claim({
            market: vm.parseJsonAddress(json, ".market"),
            jobId: vm.parseJsonBytes32(json, ".jobId"),
            programId: vm.parseJsonBytes32(json, ".programId"),
            licencesHash: vm.parseJsonBytes32(json, ".licencesHash"),
            leftCount: vm.parseJsonUint(json, ".leftCount"),
            rightCount: vm.parseJsonUint(json, ".rightCount")
        });
    }

    function columnsOf(string memory json, string memory field) internal pure returns (G1[] memory points) {
        bytes[] memory encoded = vm.parseJsonBytesArray(json, field);
        points = new G1[](encoded.length);
        for (uint256 i = 0; i < encoded.length; ++i) {
            points[i] = abi.decode(encoded[i], (G1));
        }
    }

    function outputsOf(string memory json) internal pure returns (uint256[] memory outputs) {
        bytes[] memory encoded = vm.parseJsonBytesArray(json, ".outputs");
        outputs = new uint256[](encoded.length);
        for (uint256 i = 0; i < encoded.length; ++i) {
            outputs[i] = abi.decode(encoded[i], (uint256));
        }
    }

    function sealedProofOf(string memory json) internal pure returns (SealedProof memory) {
        return SealedProof({
            a: g1(json, ".proof.a"),
            b: g2(json, ".proof.b"),
            c: g1(json, ".proof.c"),
            resultCommitment: g1(json, ".resultCommitment"),
            y: g1(json, ".proof.y"),
            p: g1(json, ".proof.p"),
            pi: g1(json, ".proof.pi")
        });
    }

    function publicProofOf(string memory json) internal pure returns (PublicProof memory) {
        return PublicProof({a: g1(json, ".proof.a"), b: g2(json, ".proof.b"), c: g1(json, ".proof.c")});
    }

    function combinationOf(string memory json) internal pure returns (Combination memory) {
        return Combination({left: g1(json, ".left"), right: g1(json, ".right")});
    }

    function g1(string memory json, string memory field) internal pure returns (G1 memory) {
        return abi.decode(vm.parseJsonBytes(json, field), (G1));
    }

    function g2(string memory json, string memory field) internal pure returns (G2 memory) {
        return abi.decode(vm.parseJsonBytes(json, field), (G2));
    }

    function same(string memory a, string memory b) internal pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }

    function startsWith(string memory whole, string memory prefix) internal pure returns (bool) {
        bytes memory a = bytes(whole);
        bytes memory b = bytes(prefix);
        if (a.length < b.length) return false;
        for (uint256 i = 0; i < b.length; ++i) {
            if (a[i] != b[i]) return false;
        }
        return true;
    }
}
