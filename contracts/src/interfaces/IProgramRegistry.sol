// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerifyingKey} from "./IGroth16Verifier.sol";
import {IPlanVerifier} from "./IPlanVerifier.sol";

/// @notice Setups (one verifier contract each) and the programs that run on them.
interface IProgramRegistry {
    struct Setup {
        address verifier;
        uint64 capacity;
        /// @dev Hash of the ceremony's transcript; 0: a development setup, whose secrets one party knew.
        bytes32 ceremonyHash;
    }

    struct Program {
        bytes32 setupId;
        /// @dev Left = the first `leftCount` columns of the job's list; 0: all. With a plan: the job's columns.
        uint16 leftCount;
        /// @dev Right = all columns from here on.
        uint16 rightStart;
        /// @dev A job needs degree·t + 1 nodes, t = 1.
        uint8 degree;
        bool isRetired;
        /// @dev Of a program with a plan; 0: a Gram program, whose outputs follow from the columns.
        uint16 outputs;
        /// @dev keccak256 of the abi-encoded Plan (IPlanVerifier.sol), if it has one.
        bytes32 circuitHash;
    }

    event SetupRegistered(
        bytes32 indexed setupId,
        address indexed verifier,
        uint64 capacity,
        bytes32 ceremonyHash,
        VerifyingKey key
    );
    event ProgramRegistered(
        bytes32 indexed programId,
        bytes32 indexed setupId,
        uint16 leftCount,
        uint16 rightStart,
        uint8 degree,
        bytes32 circuitHash
    );
    /// @notice In addition to ProgramRegistered, of a program with a plan.
    event PlanRegistered(bytes32 indexed programId, uint16 columns, uint16 outputs, bytes32 planHash);
    event ProgramRetired(bytes32 indexed programId);

    error SetupUnknown(bytes32 setupId);
    error SetupExists(bytes32 setupId);
    error ProgramUnknown(bytes32 programId);
    error ProgramExists(bytes32 programId);
    error ProgramIsRetired(bytes32 programId);
    error ProgramDegreeInvalid(uint256 degree);
    error PlanShapeInvalid(uint256 columns, uint256 outputs);

    /// @notice Checks the key (docs/protocol.md, Setup) and deploys its verifier. Role REGISTRAR.
    function registerSetup(VerifyingKey calldata key, bytes32 ceremonyHash)
        external
        returns (bytes32 setupId, address verifier);

    /// @notice Role REGISTRAR.
    function registerProgram(
        bytes32 programId,
        bytes32 setupId,
        uint16 leftCount,
        uint16 rightStart,
        uint8 degree,
        bytes32 circuitHash
    ) external;

    /// @notice A program whose jobs take several proofs. Role REGISTRAR.
    function registerPlan(
        bytes32 programId,
        bytes32 setupId,
        uint16 columns,
        uint16 outputs,
        uint8 degree,
        bytes32 planHash
    ) external;

    /// @notice No new job may use the program; open jobs finish. Role REGISTRAR.
    function retireProgram(bytes32 programId) external;

    function setup(bytes32 setupId) external view returns (Setup memory);

    function program(bytes32 programId) external view returns (Program memory);

    /// @notice Verifies the jobs of programs with a plan, and of datasets in chunks.
    function planVerifier() external view returns (IPlanVerifier);

    /// @notice The program with its verifier; reverts if the program is unknown or retired.
    function activeProgram(bytes32 programId) external view returns (Program memory, address verifier);
}
