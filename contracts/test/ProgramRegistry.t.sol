// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IGroth16Verifier, VerifyingKey} from "../src/interfaces/IGroth16Verifier.sol";
import {IProgramRegistry} from "../src/interfaces/IProgramRegistry.sol";
import {World} from "./support/World.sol";

contract ProgramRegistryTest is World {
    bytes32 private constant CEREMONY = keccak256("ceremony");
    bytes32 private constant PROGRAM = keccak256("program");
    bytes32 private constant CIRCUIT = keccak256("circuit");

    event ProgramRegistered(
        bytes32 indexed programId,
        bytes32 indexed setupId,
        uint16 leftCount,
        uint16 rightStart,
        uint8 degree,
        bytes32 circuitHash
    );

    function setUp() public {
        deployWorld();
    }

    function test_RegistersSetup() public {
        bytes32 setupId = registerSetup();
        assertEq(setupId, vm.parseJsonBytes32(vectors, ".setupId"), "id as Python's");
        IProgramRegistry.Setup memory setup = programs.setup(setupId);
        assertEq(setup.capacity, 16, "capacity");
        assertEq(setup.ceremonyHash, CEREMONY, "ceremony");
        assertEq(IGroth16Verifier(setup.verifier).setupId(), setupId, "verifier");
    }

    function test_RejectsSetupTwice() public {
        bytes32 setupId = registerSetup();
        VerifyingKey memory key = verifyingKey();
        vm.expectRevert(abi.encodeWithSelector(IProgramRegistry.SetupExists.selector, setupId));
        vm.prank(DEPLOYER);
        programs.registerSetup(key, 0);
    }

    function test_RejectsMalformedKey() public {
        VerifyingKey memory key = verifyingKey();
        key.alpha1 = key.eta;
        vm.expectRevert(IGroth16Verifier.KeyAlphaMismatch.selector);
        vm.prank(DEPLOYER);
        programs.registerSetup(key, 0);
    }

    function test_RejectsStrangers() public {
        VerifyingKey memory key = verifyingKey();
        bytes memory refused =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, OUTSIDER);
        vm.startPrank(OUTSIDER);
        vm.expectRevert(refused);
        programs.registerSetup(key, 0);
        vm.expectRevert(refused);
        programs.registerProgram(PROGRAM, 0, 0, 0, 2, CIRCUIT);
        vm.expectRevert(refused);
        programs.retireProgram(PROGRAM);
        vm.stopPrank();
    }

    function test_RegistersProgram() public {
        bytes32 setupId = registerSetup();
        vm.expectEmit(true, true, true, true, address(programs));
        emit ProgramRegistered(PROGRAM, setupId, 3, 1, 2, CIRCUIT);
        vm.prank(DEPLOYER);
        programs.registerProgram(PROGRAM, setupId, 3, 1, 2, CIRCUIT);
        (IProgramRegistry.Program memory program, address verifierAt) = programs.activeProgram(PROGRAM);
        assertEq(program.setupId, setupId, "setup");
        assertEq(program.leftCount, 3, "left");
        assertEq(program.rightStart, 1, "right");
        assertEq(program.circuitHash, CIRCUIT, "circuit");
        assertEq(verifierAt, programs.setup(setupId).verifier, "verifier");
    }

    function test_RejectsProgramOfUnknownSetup() public {
        vm.expectRevert(abi.encodeWithSelector(IProgramRegistry.SetupUnknown.selector, CEREMONY));
        vm.prank(DEPLOYER);
        programs.registerProgram(PROGRAM, CEREMONY, 0, 0, 2, CIRCUIT);
    }

    function test_RejectsProgramTwice() public {
        bytes32 setupId = registerSetup();
        vm.startPrank(DEPLOYER);
        programs.registerProgram(PROGRAM, setupId, 0, 0, 2, CIRCUIT);
        vm.expectRevert(abi.encodeWithSelector(IProgramRegistry.ProgramExists.selector, PROGRAM));
        programs.registerProgram(PROGRAM, setupId, 1, 1, 2, CIRCUIT);
        vm.stopPrank();
    }

    function test_RejectsDegreeZero() public {
        bytes32 setupId = registerSetup();
        vm.expectRevert(abi.encodeWithSelector(IProgramRegistry.ProgramDegreeInvalid.selector, 0));
        vm.prank(DEPLOYER);
        programs.registerProgram(PROGRAM, setupId, 0, 0, 0, CIRCUIT);
    }

    function test_RetiresProgram() public {
        bytes32 setupId = registerSetup();
        bytes memory refused = abi.encodeWithSelector(IProgramRegistry.ProgramIsRetired.selector, PROGRAM);
        vm.startPrank(DEPLOYER);
        programs.registerProgram(PROGRAM, setupId, 0, 0, 2, CIRCUIT);
        programs.retireProgram(PROGRAM);
        assertTrue(programs.program(PROGRAM).isRetired, "retired");
        vm.expectRevert(refused);
        programs.retireProgram(PROGRAM);
        vm.expectRevert(refused);
        programs.activeProgram(PROGRAM);
        vm.stopPrank();
    }

    function test_RejectsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IProgramRegistry.SetupUnknown.selector, CEREMONY));
        programs.setup(CEREMONY);
        bytes memory unknown = abi.encodeWithSelector(IProgramRegistry.ProgramUnknown.selector, PROGRAM);
        vm.expectRevert(unknown);
        programs.program(PROGRAM);
        vm.expectRevert(unknown);
        programs.activeProgram(PROGRAM);
        vm.expectRevert(unknown);
        vm.prank(DEPLOYER);
        programs.retireProgram(PROGRAM);
    }

    function registerSetup() private returns (bytes32 setupId) {
        VerifyingKey memory key = verifyingKey();
        vm.prank(DEPLOYER);
        (setupId,) = programs.registerSetup(key, CEREMONY);
    }
}
