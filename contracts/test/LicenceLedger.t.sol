// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IDatasetRegistry} from "../src/interfaces/IDatasetRegistry.sol";
import {ILicenceLedger, Quantity} from "../src/interfaces/ILicenceLedger.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {Roles} from "../src/Roles.sol";
import {World} from "./support/World.sol";

contract LicenceLedgerTest is World {
    bytes32 private constant JOB = keccak256("job");
    /// @dev Plays the market, so that the ledger's own rules are tested without orders.
    address private constant MARKET = address(0x3A4E7);

    bytes32 private program;
    bytes32 private licence;

    function setUp() public {
        deployWorld();
        registerPrograms();
        registerDataset("A");
        vm.prank(DEPLOYER);
        access.grantRole(Roles.MARKET, MARKET, 0);
        program = vm.parseJsonBytes32(vectors, ".programs.whole.id");
        licence = licenceId("A");
    }

    function test_Grants() public {
        assertEq(grantLicence("A"), licence, "id as Python's");
        ILicenceLedger.Licence memory stored = licences.licence(licence);
        assertEq(stored.provider, providerA, "provider");
        assertEq(stored.consumer, consumer, "consumer");
        assertEq(stored.pricePerRun, 1_000_001, "price");
        assertEq(stored.columns, 511, "columns");
        assertEq(stored.datasetId, datasetId("A"), "dataset");
        assertEq(stored.termsHash, licenceRequest("A").termsHash, "terms");
        assertTrue(licences.isProgramLicensed(licence, program), "program");
        (Quantity memory granted, Quantity memory remaining,,) = licences.quantities(licence);
        assertEq(granted.runs, 20, "runs");
        assertEq(granted.cells, 2_000, "cells");
        assertEq(granted.outputs, 4_000, "outputs");
        assertEq(keccak256(abi.encode(remaining)), keccak256(abi.encode(granted)), "remaining");
    }

    function test_RejectsGrantTwice() public {
        grantLicence("A");
        expectGrantRevert(abi.encodeWithSelector(ILicenceLedger.LicenceExists.selector, licence));
        licences.grant(licenceRequest("A"), "");
    }

    function test_RejectsExpiredGrant() public {
        ILicenceLedger.GrantLicence memory request = licenceRequest("A");
        request.deadline = block.timestamp - 1;
        expectGrantRevert(
            abi.encodeWithSelector(
                ISignedActions.SignatureExpired.selector, request.deadline, block.timestamp
            )
        );
        licences.grant(request, "");
    }

    function test_RejectsGrantThatTheProviderDidNotSign(uint128 cells) public {
        ILicenceLedger.GrantLicence memory request = licenceRequest("A");
        vm.assume(cells != request.cells);
        request.cells = cells;
        bytes32 digest = licences.hashGrantLicence(request);
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.SignatureInvalid.selector, providerA, digest));
        licences.grant(request, blob(".licences.A", ".signature"));
    }

    function test_RejectsGrantWithoutConsumer() public {
        ILicenceLedger.GrantLicence memory request = licenceRequest("A");
        request.consumer = address(0);
        expectGrantRevert(abi.encodeWithSelector(ILicenceLedger.ConsumerMissing.selector));
        licences.grant(request, "");
    }

    function test_RejectsGrantOfUnknownDataset() public {
        ILicenceLedger.GrantLicence memory request = licenceRequest("A");
        request.datasetId = JOB;
        expectGrantRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetUnknown.selector, JOB));
        licences.grant(request, "");
    }

    function test_RejectsGrantOfAnothersDataset() public {
        ILicenceLedger.GrantLicence memory request = licenceRequest("A");
        request.provider = providerB;
        vm.expectRevert(
            abi.encodeWithSelector(
                ILicenceLedger.ProviderNotOwner.selector, request.datasetId, providerA, providerB
            )
        );
        vm.prank(providerB);
        licences.grant(request, "");
    }

    function test_RejectsGrantWithoutPrograms() public {
        ILicenceLedger.GrantLicence memory request = licenceRequest("A");
        request.programIds = new bytes32[](0);
        expectGrantRevert(abi.encodeWithSelector(ILicenceLedger.ProgramsMissing.selector));
        licences.grant(request, "");
    }

    function test_RejectsGrantOfColumns(uint256 columns_) public {
        ILicenceLedger.GrantLicence memory request = licenceRequest("A");
        vm.assume(columns_ & 1 == 0 || columns_ == 1 || columns_ > 511);
        request.columns = columns_;
        expectGrantRevert(abi.encodeWithSelector(ILicenceLedger.ColumnsInvalid.selector, columns_, 9));
        licences.grant(request, "");
    }

    function test_RejectsGrantOfNothing() public {
        ILicenceLedger.GrantLicence memory request = licenceRequest("A");
        bytes memory refused = abi.encodeWithSelector(ILicenceLedger.QuantityMissing.selector);
        request.runs = 0;
        expectGrantRevert(refused);
        licences.grant(request, "");
        (request.runs, request.cells) = (1, 0);
        expectGrantRevert(refused);
        licences.grant(request, "");
        (request.cells, request.outputs) = (1, 0);
        expectGrantRevert(refused);
        licences.grant(request, "");
    }

    function test_RejectsValidity() public {
        ILicenceLedger.GrantLicence memory request = licenceRequest("A");
        (request.notBefore, request.notAfter) = (11, 10);
        expectGrantRevert(abi.encodeWithSelector(ILicenceLedger.ValidityInvalid.selector, 11, 10));
        licences.grant(request, "");
        request.notAfter = 1 << 48;
        expectGrantRevert(
            abi.encodeWithSelector(ILicenceLedger.ValidityInvalid.selector, 11, uint256(1 << 48))
        );
        licences.grant(request, "");
    }

    function test_RejectsPriceBeyondItsSlot() public {
        ILicenceLedger.GrantLicence memory request = licenceRequest("A");
        request.pricePerRun = 1 << 88;
        expectGrantRevert(
            abi.encodeWithSelector(ILicenceLedger.PriceTooLarge.selector, uint256(1 << 88), type(uint88).max)
        );
        licences.grant(request, "");
    }

    function test_RevokesByProvider() public {
        grantLicence("A");
        vm.prank(providerA);
        licences.revoke(ILicenceLedger.RevokeLicence(licence, block.timestamp), "");
        assertTrue(licences.licence(licence).isRevoked, "revoked");
    }

    function test_RevokesBySignatureOnce() public {
        grantLicence("A");
        reserve(1, 1);
        ILicenceLedger.RevokeLicence memory request = ILicenceLedger.RevokeLicence(licence, block.timestamp);
        bytes memory signature = signatureBy(PROVIDER_A_KEY, licences.hashRevokeLicence(request));
        licences.revoke(request, signature);
        bytes memory refused = abi.encodeWithSelector(ILicenceLedger.LicenceIsRevoked.selector, licence);
        vm.expectRevert(refused);
        licences.revoke(request, signature);
        vm.expectRevert(refused);
        this.reserve(1, 1);
        consume(1, 1);
        checkQuantities(19, 0, 1);
    }

    function test_RejectsRevocationByOthers() public {
        grantLicence("A");
        ILicenceLedger.RevokeLicence memory request = ILicenceLedger.RevokeLicence(licence, block.timestamp);
        bytes32 digest = licences.hashRevokeLicence(request);
        bytes memory refused =
            abi.encodeWithSelector(ISignedActions.SignatureInvalid.selector, providerA, digest);
        vm.expectRevert(refused);
        licences.revoke(request, signatureBy(CONSUMER_KEY, digest));
        vm.expectRevert(refused);
        vm.prank(consumer);
        licences.revoke(request, "");
    }

    function test_RejectsExpiredRevocation() public {
        grantLicence("A");
        uint256 deadline = block.timestamp - 1;
        vm.expectRevert(
            abi.encodeWithSelector(ISignedActions.SignatureExpired.selector, deadline, block.timestamp)
        );
        vm.prank(providerA);
        licences.revoke(ILicenceLedger.RevokeLicence(licence, deadline), "");
    }

    function test_RejectsUnknown() public {
        bytes memory unknown = abi.encodeWithSelector(ILicenceLedger.LicenceUnknown.selector, licence);
        vm.expectRevert(unknown);
        licences.licence(licence);
        vm.expectRevert(unknown);
        licences.quantities(licence);
        vm.expectRevert(unknown);
        licences.revoke(ILicenceLedger.RevokeLicence(licence, block.timestamp), "");
        vm.expectRevert(unknown);
        this.reserve(1, 1);
    }

    function test_RejectsStrangers() public {
        grantLicence("A");
        bytes memory refused =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, RELAYER);
        vm.startPrank(RELAYER);
        vm.expectRevert(refused);
        licences.reserve(JOB, licence, consumer, program, 3, Quantity(1, 1, 1));
        vm.stopPrank();
    }

    function test_OnlyWhoReservedEndsTheJobAndOnce() public {
        grantLicence("A");
        reserve(1, 1);
        ILicenceLedger.Use[] memory used = uses(1);
        bytes memory refused =
            abi.encodeWithSelector(ILicenceLedger.JobNotReserved.selector, JOB, address(market));
        vm.startPrank(address(market));
        vm.expectRevert(refused);
        licences.reserve(JOB, licence, consumer, program, 3, Quantity(1, 1, 1));
        vm.expectRevert(refused);
        licences.consume(JOB, 1, used);
        vm.expectRevert(refused);
        licences.release(JOB, 1, used);
        vm.stopPrank();
        consume(1, 1);
        vm.expectRevert(abi.encodeWithSelector(ILicenceLedger.JobNotReserved.selector, JOB, MARKET));
        this.consume(1, 1);
    }

    /// @dev What the admin takes away stops new jobs, never exits.
    function test_ReserverWithoutRoleStillEndsTheJob() public {
        grantLicence("A");
        reserve(1, 1);
        vm.startPrank(DEPLOYER);
        access.revokeRole(Roles.MARKET, MARKET);
        access.setTargetClosed(address(licences), true);
        vm.stopPrank();
        release(1, 1);
        checkQuantities(20, 0, 0);
    }

    function test_RejectsUseByAnotherConsumer() public {
        grantLicence("A");
        vm.expectRevert(
            abi.encodeWithSelector(ILicenceLedger.ConsumerMismatch.selector, licence, consumer, OUTSIDER)
        );
        vm.prank(MARKET);
        licences.reserve(JOB, licence, OUTSIDER, program, 3, Quantity(1, 1, 1));
    }

    function test_RejectsAnotherProgram() public {
        grantLicence("A");
        vm.expectRevert(abi.encodeWithSelector(ILicenceLedger.ProgramNotLicensed.selector, licence, JOB));
        vm.prank(MARKET);
        licences.reserve(JOB, licence, consumer, JOB, 3, Quantity(1, 1, 1));
    }

    function test_RejectsColumnsThatAreNotLicensed() public {
        ILicenceLedger.GrantLicence memory request = licenceRequest("A");
        request.columns = 7;
        vm.prank(providerA);
        licence = licences.grant(request, "");
        vm.startPrank(MARKET);
        vm.expectRevert(abi.encodeWithSelector(ILicenceLedger.ColumnsNotLicensed.selector, licence, 7, 9));
        licences.reserve(JOB, licence, consumer, program, 9, Quantity(1, 1, 1));
        vm.expectRevert(abi.encodeWithSelector(ILicenceLedger.ColumnsNotLicensed.selector, licence, 7, 6));
        licences.reserve(JOB, licence, consumer, program, 6, Quantity(1, 1, 1));
        vm.stopPrank();
    }

    function test_RejectsUseOutsideValidity() public {
        ILicenceLedger.GrantLicence memory request = licenceRequest("A");
        request.notBefore = uint64(block.timestamp + 100);
        vm.prank(providerA);
        licence = licences.grant(request, "");
        uint256[2] memory times = [uint256(request.notBefore) - 1, uint256(request.notAfter) + 1];
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(times[i]);
            vm.expectRevert(
                abi.encodeWithSelector(
                    ILicenceLedger.LicenceNotValidNow.selector,
                    licence,
                    request.notBefore,
                    request.notAfter,
                    times[i]
                )
            );
            this.reserve(1, 1);
        }
        vm.warp(request.notAfter);
        reserve(1, 1);
    }

    function test_RejectsMoreThanRemains() public {
        grantLicence("A");
        vm.expectPartialRevert(ILicenceLedger.QuantityExhausted.selector);
        this.reserve(2_001, 1);
        vm.expectPartialRevert(ILicenceLedger.QuantityExhausted.selector);
        this.reserve(1, 4_001);
        for (uint256 i = 0; i < 20; ++i) {
            reserve(1, 1);
        }
        vm.expectPartialRevert(ILicenceLedger.QuantityExhausted.selector);
        this.reserve(1, 1);
    }

    function test_RejectsConsumingMoreThanIsReserved() public {
        grantLicence("A");
        reserve(10, 10);
        vm.expectPartialRevert(ILicenceLedger.ReservationMissing.selector);
        this.consume(11, 10);
        vm.expectPartialRevert(ILicenceLedger.ReservationMissing.selector);
        this.release(10, 11);
        release(10, 10);
        vm.expectPartialRevert(ILicenceLedger.JobNotReserved.selector);
        this.release(0, 0);
        checkQuantities(20, 0, 0);
    }

    /// @dev Any sequence of reservations, each consumed, released or left.
    function test_KeepsTheLaw(uint256 seed) public {
        grantLicence("A");
        uint64 reserved;
        uint64 consumed;
        for (uint256 i = 0; i < 20; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint128 cells = uint128(seed % 100);
            uint64 outputs_ = uint64(seed >> 64) % 200;
            reserve(cells, outputs_);
            if (seed >> 128 & 3 == 0) {
                release(cells, outputs_);
            } else if (seed >> 128 & 3 == 1) {
                consume(cells, outputs_);
                ++consumed;
            } else {
                ++reserved;
            }
            checkQuantities(20 - reserved - consumed, reserved, consumed);
        }
    }

    function reserve(uint128 cells, uint64 outputs_) public {
        vm.prank(MARKET);
        licences.reserve(JOB, licence, consumer, program, 3, Quantity(1, cells, outputs_));
    }

    function consume(uint128 cells, uint64 outputs_) public {
        ILicenceLedger.Use[] memory used = uses(cells);
        vm.prank(MARKET);
        licences.consume(JOB, outputs_, used);
    }

    function release(uint128 cells, uint64 outputs_) public {
        ILicenceLedger.Use[] memory used = uses(cells);
        vm.prank(MARKET);
        licences.release(JOB, outputs_, used);
    }

    function uses(uint128 cells) private view returns (ILicenceLedger.Use[] memory used) {
        used = new ILicenceLedger.Use[](1);
        used[0] = ILicenceLedger.Use(licence, cells);
    }

    function expectGrantRevert(bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(providerA);
    }

    function checkQuantities(uint64 remainingRuns, uint64 reservedRuns, uint64 consumedRuns) private view {
        (
            Quantity memory granted,
            Quantity memory remaining,
            Quantity memory reserved,
            Quantity memory consumed
        ) = licences.quantities(licence);
        assertEq(remaining.runs, remainingRuns, "remaining");
        assertEq(reserved.runs, reservedRuns, "reserved");
        assertEq(consumed.runs, consumedRuns, "consumed");
        assertEq(granted.cells, remaining.cells + reserved.cells + consumed.cells, "law of cells");
        assertEq(granted.outputs, remaining.outputs + reserved.outputs + consumed.outputs, "law of outputs");
    }
}
