// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Claim, SealedProof} from "../src/interfaces/IGroth16Verifier.sol";
import {G1, G2} from "../src/interfaces/Points.sol";
import {Statement} from "../src/libraries/Statement.sol";
import {Test} from "./support/Test.sol";

/// @dev tests/vectors/statement.json: the hashes that Python, Solidity and the browser must agree on.
contract StatementTest is Test {
    string private json;

    function setUp() public {
        json = vm.readFile("../tests/vectors/statement.json");
    }

    function test_HashesAreThoseOfTheVectors() public {
        for (uint256 i = 0; i < 3; ++i) {
            string memory path = string.concat(".jobs[", vm.toString(i), "]");
            bool isSealed = vm.parseJsonBool(json, string.concat(path, ".isSealed"));
            bytes32 resultHash = isSealed
                ? this.hashSealed(abi.decode(bytesAt(path, ".resultCommitment"), (G1)))
                : this.hashPublic(words(path, ".outputs"));
            check(path, ".resultHash", resultHash);
            bytes32 columnsHash = this.hashColumns(points(path, ".columns"));
            check(path, ".columnsHash", columnsHash);
            check(path, ".licencesHash", Statement.hashWords(bytes32s(path, ".licenceIds")));
            uint256 job = jobElement(path, columnsHash, resultHash);
            check(path, ".job", bytes32(job));
            uint256 z = Statement.challenge(job, columnsHash, resultHash);
            check(path, ".z", bytes32(z));
            if (isSealed) check(path, ".rho", bytes32(this.batch(job, z, proofAt(path))));
        }
    }

    function hashSealed(G1 calldata resultCommitment) external pure returns (bytes32) {
        return Statement.hashSealedResult(resultCommitment);
    }

    function hashPublic(uint256[] calldata outputs) external pure returns (bytes32) {
        return Statement.hashPublicResult(outputs);
    }

    function hashColumns(G1[] calldata columns) external pure returns (bytes32) {
        return Statement.hashColumns(columns);
    }

    function hashJob(Claim calldata claim, bytes32 setupId, bytes32 columnsHash, bytes32 resultHash)
        external
        view
        returns (uint256)
    {
        return Statement.jobElement(claim, setupId, columnsHash, resultHash);
    }

    function batch(uint256 job, uint256 z, SealedProof calldata proof) external pure returns (uint256) {
        return Statement.batch(job, z, proof);
    }

    function jobElement(string memory path, bytes32 columnsHash, bytes32 resultHash)
        private
        returns (uint256)
    {
        vm.chainId(vm.parseJsonUint(json, string.concat(path, ".chainId")));
        Claim memory claim = Claim({
            market: vm.parseJsonAddress(json, string.concat(path, ".market")),
            jobId: wordAt(path, ".jobId"),
            programId: wordAt(path, ".programId"),
            licencesHash: wordAt(path, ".licencesHash"),
            leftCount: vm.parseJsonUint(json, string.concat(path, ".leftCount")),
            rightCount: vm.parseJsonUint(json, string.concat(path, ".rightCount"))
        });
        return this.hashJob(claim, wordAt(path, ".setupId"), columnsHash, resultHash);
    }

    function proofAt(string memory path) private view returns (SealedProof memory) {
        return SealedProof({
            a: abi.decode(bytesAt(path, ".proof.a"), (G1)),
            b: abi.decode(bytesAt(path, ".proof.b"), (G2)),
            c: abi.decode(bytesAt(path, ".proof.c"), (G1)),
            resultCommitment: abi.decode(bytesAt(path, ".resultCommitment"), (G1)),
            y: abi.decode(bytesAt(path, ".proof.y"), (G1)),
            p: abi.decode(bytesAt(path, ".proof.p"), (G1)),
            pi: abi.decode(bytesAt(path, ".proof.pi"), (G1))
        });
    }

    function points(string memory path, string memory field) private view returns (G1[] memory list) {
        bytes[] memory encoded = vm.parseJsonBytesArray(json, string.concat(path, field));
        list = new G1[](encoded.length);
        for (uint256 i = 0; i < encoded.length; ++i) {
            list[i] = abi.decode(encoded[i], (G1));
        }
    }

    function words(string memory path, string memory field) private view returns (uint256[] memory list) {
        bytes[] memory encoded = vm.parseJsonBytesArray(json, string.concat(path, field));
        list = new uint256[](encoded.length);
        for (uint256 i = 0; i < encoded.length; ++i) {
            list[i] = abi.decode(encoded[i], (uint256));
        }
    }

    function bytes32s(string memory path, string memory field) private view returns (bytes32[] memory list) {
        bytes[] memory encoded = vm.parseJsonBytesArray(json, string.concat(path, field));
        list = new bytes32[](encoded.length);
        for (uint256 i = 0; i < encoded.length; ++i) {
            list[i] = bytes32(encoded[i]);
        }
    }

    function bytesAt(string memory path, string memory field) private view returns (bytes memory) {
        return vm.parseJsonBytes(json, string.concat(path, field));
    }

    function wordAt(string memory path, string memory field) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(path, field));
    }

    function check(string memory path, string memory field, bytes32 actual) private view {
        assertEq(actual, wordAt(path, field), string.concat(path, field));
    }
}
