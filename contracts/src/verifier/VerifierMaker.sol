// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Groth16Verifier} from "../Groth16Verifier.sol";
import {VerifyingKey} from "../interfaces/IGroth16Verifier.sol";
import {IPointErrors} from "../interfaces/Points.sol";

/// @notice Deploys verifiers for the program registry, whose own code has no room for a verifier's. Anyone may call:
/// a verifier is nothing but its key, and only the registry says which keys are setups.
contract VerifierMaker is IPointErrors {
    function make(VerifyingKey calldata key) external returns (address) {
        return address(new Groth16Verifier(key));
    }
}
