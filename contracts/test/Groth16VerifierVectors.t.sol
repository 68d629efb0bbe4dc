// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Groth16Verifier} from "../src/Groth16Verifier.sol";
import {Claim, Combination, IGroth16Verifier, VerifyingKey} from "../src/interfaces/IGroth16Verifier.sol";
import {G1, IPointErrors} from "../src/interfaces/Points.sol";
import {ProtocolVectors} from "./support/ProtocolVectors.sol";
import {Vm} from "./support/Vm.sol";

/// @dev The proofs that every verifier of the project must accept or reject, Python's and this one.
contract Groth16VerifierVectorsTest is ProtocolVectors {
    string private accepted;
    Groth16Verifier private acceptedVerifier;

    function setUp() public {
        accepted = vm.readFile(string.concat(FOLDER, "valid_sealed.json"));
        acceptedVerifier = new Groth16Verifier(keyOf(accepted));
    }

    function test_AcceptsSealedProof() public {
        checkAccepted(accepted);
    }

    function test_AcceptsPublicProof() public {
        checkAccepted(vm.readFile(string.concat(FOLDER, "valid_public.json")));
    }

    function test_RejectsEveryVectorWithItsError() public {
        Vm.DirEntry[] memory files = vm.readDir(string.concat(FOLDER, "rejected"));
        assertTrue(files.length >= 60, "all rejected vectors are there");
        for (uint256 i = 0; i < files.length; ++i) {
            string memory json = vm.readFile(files[i].path);
            string memory name = vm.parseJsonString(json, ".case");
            bytes4 actual = outcome(json, name);
            assertTrue(actual != 0, string.concat("accepted: ", name));
            assertTrue(
                isExpected(name, vm.parseJsonString(json, ".error"), actual),
                string.concat("other error: ", name)
            );
        }
    }

    /// @dev Constructors cannot be called by a low-level call.
    function deploy(VerifyingKey calldata key) external returns (Groth16Verifier) {
        return new Groth16Verifier(key);
    }

    function checkAccepted(string memory json) private {
        vm.chainId(vm.parseJsonUint(json, ".chainId"));
        Groth16Verifier verifier = new Groth16Verifier(keyOf(json));
        assertEq(verifier.setupId(), vm.parseJsonBytes32(json, ".setupId"), "setup id");
        (bool isDone, bytes memory returned) = verify(verifier, json, combinationOf(json));
        assertTrue(isDone, "accepted");
        (uint256 job, bytes32 columnsHash, bytes32 resultHash) =
            abi.decode(returned, (uint256, bytes32, bytes32));
        assertEq(bytes32(job), vm.parseJsonBytes32(json, ".job"), "job");
        assertEq(columnsHash, vm.parseJsonBytes32(json, ".columnsHash"), "columns hash");
        assertEq(resultHash, vm.parseJsonBytes32(json, ".resultHash"), "result hash");
        Combination memory computed =
            verifier.combination(claimOf(json), columnsOf(json, ".columns"), resultHash);
        assertEq(keccak256(abi.encode(computed)), keccak256(abi.encode(combinationOf(json))), "combination");
    }

    /// @dev With a limit of gas, since a precompile that refuses keeps all that it was given.
    /// @return The selector of the error; 0 if nothing refused.
    function outcome(string memory json, string memory name) private returns (bytes4) {
        vm.chainId(vm.parseJsonUint(json, ".chainId"));
        if (startsWith(name, "key_")) {
            (bool isDeployed, bytes memory reason) =
                address(this).call{gas: 20_000_000}(abi.encodeCall(this.deploy, (keyOf(json))));
            return isDeployed ? bytes4(0) : bytes4(reason);
        }
        if (same(name, "column_without_knowledge")) {
            bool isKnown = acceptedVerifier.verifyKnowledge(
                columnsOf(json, ".columns"), columnsOf(json, ".columnsKappa")
            );
            return isKnown ? bytes4(0) : IGroth16Verifier.ProofInvalid.selector;
        }
        (bool isDone, bytes memory returned) = verify(acceptedVerifier, json, combinationFor(json));
        return isDone ? bytes4(0) : bytes4(returned);
    }

    /// @dev A changed context changes z and with it both combinations. They are computed anew, so that it is the proof
    /// that fails and not they.
    function combinationFor(string memory json) private view returns (Combination memory) {
        string memory reason = vm.parseJsonString(json, ".error");
        if (!same(reason, "PairingFailed") && !same(reason, "WrongProgram") && !same(reason, "WrongSetup")) {
            return combinationOf(json);
        }
        bytes32 resultHash = vm.parseJsonBool(json, ".isSealed")
            ? keccak256(abi.encode(uint256(1), g1(json, ".resultCommitment")))
            : keccak256(abi.encodePacked(uint256(0), outputsOf(json)));
        return acceptedVerifier.combination(claimOf(json), columnsOf(json, ".columns"), resultHash);
    }

    function verify(Groth16Verifier verifier, string memory json, Combination memory combined)
        private
        view
        returns (bool isDone, bytes memory returned)
    {
        Claim memory claim = claimOf(json);
        G1[] memory columns = columnsOf(json, ".columns");
        bytes memory data = vm.parseJsonBool(json, ".isSealed")
            ? abi.encodeCall(verifier.verifySealed, (claim, columns, sealedProofOf(json), combined))
            : abi.encodeCall(
                verifier.verifyPublic, (claim, columns, outputsOf(json), publicProofOf(json), combined)
            );
        return address(verifier).staticcall{gas: 2_000_000}(data);
    }

    /// @dev Python's error class against the contract's selector.
    function isExpected(string memory name, string memory reason, bytes4 actual) private pure returns (bool) {
        if (same(reason, "WrongLength")) return actual == IGroth16Verifier.OutputCountMismatch.selector;
        if (same(reason, "NonCanonicalScalar")) return actual == IPointErrors.ScalarNotCanonical.selector;
        if (same(reason, "NonCanonicalCoordinate")) {
            return actual == IPointErrors.CoordinateNotCanonical.selector;
        }
        if (same(reason, "NotOnCurve")) {
            // A point of G2 is checked by the pairing precompile.
            return actual == IPointErrors.PointNotOnCurve.selector
                || (startsWith(name, "b_") && actual == IPointErrors.PrecompileFailed.selector);
        }
        if (same(reason, "UnexpectedInfinity")) return actual == IPointErrors.PointAtInfinity.selector;
        if (same(reason, "NotInSubgroup")) return actual == IPointErrors.PrecompileFailed.selector;
        if (same(reason, "CombinationInvalid")) {
            return actual == IGroth16Verifier.CombinationInvalid.selector;
        }
        if (same(reason, "VerifyingKeyInvalid")) {
            return actual == IGroth16Verifier.KeyPointRepeated.selector
                || actual == IGroth16Verifier.KeyAlphaMismatch.selector;
        }
        bool isFalseProof = same(reason, "PairingFailed") || same(reason, "WrongProgram")
            || same(reason, "WrongSetup") || same(reason, "CommitmentInvalid");
        return isFalseProof && actual == IGroth16Verifier.ProofInvalid.selector;
    }
}
