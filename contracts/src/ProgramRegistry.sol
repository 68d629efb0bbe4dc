// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {VerifyingKey} from "./interfaces/IGroth16Verifier.sol";
import {IProgramRegistry} from "./interfaces/IProgramRegistry.sol";
import {IPlanVerifier} from "./interfaces/IPlanVerifier.sol";
import {IPointErrors} from "./interfaces/Points.sol";
import {MAX_COLUMNS, MAX_OUTPUTS} from "./interfaces/Limits.sol";
import {PlanVerifier} from "./verifier/PlanVerifier.sol";
import {VerifierMaker} from "./verifier/VerifierMaker.sol";

/// @notice Setups and programs. A setup cannot be changed or replaced: its id is the hash of its key.
contract ProgramRegistry is AccessManaged, IProgramRegistry, IPointErrors {
    VerifierMaker private immutable MAKER = new VerifierMaker();
    /// @inheritdoc IProgramRegistry
    IPlanVerifier public immutable planVerifier = new PlanVerifier(this);

    mapping(bytes32 setupId => Setup) private _setups;
    mapping(bytes32 programId => Program) private _programs;

    constructor(address access) AccessManaged(access) {}

    /// @inheritdoc IProgramRegistry
    function registerSetup(VerifyingKey calldata key, bytes32 ceremonyHash)
        external
        restricted
        returns (bytes32 setupId, address verifier)
    {
        setupId = keccak256(abi.encode(key));
        if (_setups[setupId].verifier != address(0)) revert SetupExists(setupId);
        verifier = MAKER.make(key);
        _setups[setupId] = Setup(verifier, key.capacity, ceremonyHash);
        emit SetupRegistered(setupId, verifier, key.capacity, ceremonyHash, key);
    }

    /// @inheritdoc IProgramRegistry
    function registerProgram(
        bytes32 programId,
        bytes32 setupId,
        uint16 leftCount,
        uint16 rightStart,
        uint8 degree,
        bytes32 circuitHash
    ) external restricted {
        _register(programId, Program(setupId, leftCount, rightStart, degree, false, 0, circuitHash));
    }

    /// @inheritdoc IProgramRegistry
    function registerPlan(
        bytes32 programId,
        bytes32 setupId,
        uint16 columns,
        uint16 outputs,
        uint8 degree,
        bytes32 planHash
    ) external restricted {
        if (columns < 2 || columns > MAX_COLUMNS || outputs == 0 || outputs > MAX_OUTPUTS) {
            revert PlanShapeInvalid(columns, outputs);
        }
        _register(programId, Program(setupId, columns, 0, degree, false, outputs, planHash));
        emit PlanRegistered(programId, columns, outputs, planHash);
    }

    /// @inheritdoc IProgramRegistry
    function retireProgram(bytes32 programId) external restricted {
        Program storage stored = _programs[programId];
        if (stored.setupId == 0) revert ProgramUnknown(programId);
        if (stored.isRetired) revert ProgramIsRetired(programId);
        stored.isRetired = true;
        emit ProgramRetired(programId);
    }

    /// @inheritdoc IProgramRegistry
    function setup(bytes32 setupId) external view returns (Setup memory found) {
        found = _setups[setupId];
        if (found.verifier == address(0)) revert SetupUnknown(setupId);
    }

    /// @inheritdoc IProgramRegistry
    function program(bytes32 programId) external view returns (Program memory) {
        return _program(programId);
    }

    /// @inheritdoc IProgramRegistry
    function activeProgram(bytes32 programId) external view returns (Program memory found, address verifier) {
        found = _program(programId);
        if (found.isRetired) revert ProgramIsRetired(programId);
        verifier = _setups[found.setupId].verifier;
    }

    function _register(bytes32 programId, Program memory made) private {
        if (_setups[made.setupId].verifier == address(0)) revert SetupUnknown(made.setupId);
        if (_programs[programId].setupId != 0) revert ProgramExists(programId);
        if (made.degree == 0) revert ProgramDegreeInvalid(made.degree);
        _programs[programId] = made;
        emit ProgramRegistered(
            programId, made.setupId, made.leftCount, made.rightStart, made.degree, made.circuitHash
        );
    }

    function _program(bytes32 programId) private view returns (Program memory found) {
        found = _programs[programId];
        if (found.setupId == 0) revert ProgramUnknown(programId);
    }
}
