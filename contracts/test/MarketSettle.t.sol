// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Combination,
    IGroth16Verifier,
    PublicProof,
    SealedProof
} from "../src/interfaces/IGroth16Verifier.sol";
import {ILicenceLedger, Quantity} from "../src/interfaces/ILicenceLedger.sol";
import {IMarket} from "../src/interfaces/IMarket.sol";
import {G1} from "../src/interfaces/Points.sol";
import {World} from "./support/World.sol";

/// @dev Every proof here is real: tests/contracts/make_market_vectors.py made it for this market and its jobs.
contract MarketSettleTest is World {
    uint256 private constant PRICE_A = 1_000_001;
    uint256 private constant PRICE_B = 2_000_003;

    event JobSettled(
        bytes32 indexed jobId,
        bytes32 indexed programId,
        uint256 jobElement,
        bytes32 resultHash,
        bytes32 proofHash,
        IMarket.Payment[] payments
    );

    function setUp() public {
        deployWorld();
        furnishWorld();
    }

    function test_SettlesSealedResult() public {
        bytes32 id = openJob("sealed_4");
        uint256 price = market.job(id).price;
        expectSettled("sealed_4", price);
        vm.prank(OUTSIDER);
        this.settle("sealed_4");
        assertTrue(market.job(id).state == IMarket.JobState.SETTLED, "settled");
        assertEq(market.totalEscrow(), 0, "escrow");
        assertEq(market.balanceOf(providerA), PRICE_A, "provider A");
        assertEq(market.balanceOf(providerB), PRICE_B, "provider B");
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(market.balanceOf(vm.addr(FIRST_OPERATOR_KEY + i)), NODE_FEE, "operator");
        }
        uint256 fee = (PRICE_A + PRICE_B + 3 * uint256(NODE_FEE)) * FEE_BPS / 10_000;
        assertEq(market.balanceOf(TREASURY), fee, "treasury");
        assertEq(market.balanceOf(consumer), CONSUMER_FUNDS - price, "consumer");
        checkQuantities("A", 0, 1, 24, 16);
        checkQuantities("B", 0, 1, 12, 16);
    }

    function test_SettlesEveryShape() public {
        string[10] memory names = [
            "sealed_2",
            "sealed_4",
            "sealed_8",
            "sealed_16",
            "public_2",
            "public_4",
            "public_8",
            "public_16",
            "public_one_output",
            "sealed_block"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            bytes32 id = openJob(names[i]);
            settleJob(names[i]);
            assertTrue(market.job(id).state == IMarket.JobState.SETTLED, names[i]);
        }
        assertEq(market.totalEscrow(), 0, "escrow");
    }

    function test_RejectsUnknownJob() public {
        vm.expectRevert(
            abi.encodeWithSelector(IMarket.JobNotOpen.selector, jobId("sealed_4"), IMarket.JobState.NONE)
        );
        this.settle("sealed_4");
    }

    function test_RejectsReplay() public {
        bytes32 id = openJob("sealed_4");
        settleJob("sealed_4");
        bytes memory refused =
            abi.encodeWithSelector(IMarket.JobNotOpen.selector, id, IMarket.JobState.SETTLED);
        vm.expectRevert(refused);
        this.settle("sealed_4");
        vm.expectRevert(refused);
        this.settleOther("sealed_4");
    }

    function test_AcceptsEitherRandomisationOnce() public {
        openJob("sealed_4");
        this.settleOther("sealed_4");
        openJob("public_4");
        this.settleOther("public_4");
    }

    function test_RejectsAfterTheDeadline() public {
        bytes32 id = openJob("sealed_4");
        uint64 deadline = order("sealed_4").deadline;
        vm.warp(deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMarket.JobDeadlinePassed.selector, id, deadline, deadline + 1)
        );
        this.settle("sealed_4");
        vm.warp(deadline);
        settleJob("sealed_4");
    }

    function test_RejectsOtherVisibility() public {
        bytes32 sealedId = openJob("sealed_4");
        bytes32 publicId = openJob("public_4");
        PublicProof memory publicProof_ = publicProof("public_4");
        SealedProof memory sealedProof_ = sealedProof("sealed_4");
        Combination memory combined = combination("sealed_4");
        G1[] memory list = columns("sealed_4");
        uint256[] memory numbers = outputs("public_4");
        vm.expectRevert(abi.encodeWithSelector(IMarket.VisibilityMismatch.selector, sealedId, 1));
        market.settlePublic(sealedId, list, numbers, publicProof_, combined);
        vm.expectRevert(abi.encodeWithSelector(IMarket.VisibilityMismatch.selector, publicId, 0));
        market.settleSealed(publicId, list, sealedProof_, combined);
    }

    /// @dev Same licences, columns and consumer: only the order's salt differs.
    function test_RejectsProofOfAnotherJob() public {
        bytes32 id = openJob("sealed_4_again");
        Combination memory combined = verifier.combination(
            claim("sealed_4_again"),
            columns("sealed_4"),
            vm.parseJsonBytes32(jobJson("sealed_4"), ".resultHash")
        );
        G1[] memory list = columns("sealed_4");
        SealedProof memory proof = sealedProof("sealed_4");
        vm.expectRevert(IGroth16Verifier.ProofInvalid.selector);
        market.settleSealed(id, list, proof, combined);
        checkQuantities("A", 1, 0, 24, 16);
        assertEq(market.totalEscrow(), market.job(id).price, "escrow stays");
        settleJob("sealed_4_again");
    }

    /// @dev A prover may well prove something true of columns that it made up.
    function test_RejectsTrueProofOverOtherColumns() public {
        bytes32 id = openJob("sealed_4");
        G1[] memory list = abi.decode(jobBlob("sealed_4", ".foreignColumns"), (G1[]));
        SealedProof memory proof = abi.decode(jobBlob("sealed_4", ".foreignProof"), (SealedProof));
        Combination memory combined = abi.decode(jobBlob("sealed_4", ".foreignCombination"), (Combination));
        verifier.verifySealed(claim("sealed_4"), list, proof, combined);
        vm.expectPartialRevert(IMarket.ColumnsMismatch.selector);
        market.settleSealed(id, list, proof, combined);
    }

    function test_RejectsSwappedColumns() public {
        bytes32 id = openJob("sealed_4");
        G1[] memory list = columns("sealed_4");
        (list[1], list[2]) = (list[2], list[1]);
        SealedProof memory proof = sealedProof("sealed_4");
        Combination memory combined = verifier.combination(
            claim("sealed_4"), list, vm.parseJsonBytes32(jobJson("sealed_4"), ".resultHash")
        );
        vm.expectRevert(IGroth16Verifier.ProofInvalid.selector);
        market.settleSealed(id, list, proof, combined);
    }

    function test_RejectsChangedOutput() public {
        bytes32 id = openJob("public_4");
        uint256[] memory changed = outputs("public_4");
        ++changed[5];
        G1[] memory list = columns("public_4");
        PublicProof memory proof = publicProof("public_4");
        Combination memory combined =
            verifier.combination(claim("public_4"), list, keccak256(abi.encodePacked(uint256(0), changed)));
        vm.expectRevert(IGroth16Verifier.ProofInvalid.selector);
        market.settlePublic(id, list, changed, proof, combined);
    }

    function test_SettlesAfterRevocation() public {
        openJob("sealed_4");
        vm.prank(providerA);
        licences.revoke(ILicenceLedger.RevokeLicence(licenceId("A"), block.timestamp), "");
        settleJob("sealed_4");
        checkQuantities("A", 0, 1, 24, 16);
    }

    function test_PaymentsAddUpAtAnyFee(uint256 feeBps) public {
        feeBps = bound(feeBps, 0, 2_000);
        vm.prank(DEPLOYER);
        market.setFee(feeBps);
        uint256 price = market.job(openJob("sealed_4")).price;
        vm.prank(DEPLOYER);
        market.setFee(2_000 - feeBps);
        settleJob("sealed_4");
        uint256 rest = PRICE_A + PRICE_B + 3 * uint256(NODE_FEE);
        assertEq(market.balanceOf(TREASURY), rest * feeBps / 10_000, "the fee of the opening, rounded down");
        assertEq(price, rest + rest * feeBps / 10_000, "price");
        assertEq(market.balanceOf(consumer), CONSUMER_FUNDS - price, "consumer");
        assertEq(market.totalDeposits(), CONSUMER_FUNDS, "deposits");
    }

    function settle(string memory name) external {
        settleJob(name);
    }

    function settleOther(string memory name) external {
        settleJob(name, jobBlob(name, ".otherProof"), jobBlob(name, ".otherCombination"));
    }

    function expectSettled(string memory name, uint256 price) private {
        IMarket.Payment[] memory payments = new IMarket.Payment[](6);
        payments[0] = IMarket.Payment(providerA, PRICE_A);
        payments[1] = IMarket.Payment(providerB, PRICE_B);
        price -= PRICE_A + PRICE_B;
        for (uint256 i = 0; i < 3; ++i) {
            payments[2 + i] = IMarket.Payment(vm.addr(FIRST_OPERATOR_KEY + i), NODE_FEE);
            price -= NODE_FEE;
        }
        payments[5] = IMarket.Payment(TREASURY, price);
        vm.expectEmit(true, true, true, true, address(market));
        emit JobSettled(
            jobId(name),
            order(name).programId,
            uint256(vm.parseJsonBytes32(jobJson(name), ".jobElement")),
            vm.parseJsonBytes32(jobJson(name), ".resultHash"),
            keccak256(jobBlob(name, ".proof")),
            payments
        );
    }

    function checkQuantities(
        string memory name,
        uint64 reservedRuns,
        uint64 consumedRuns,
        uint128 cells,
        uint64 outputs_
    ) private view {
        (, Quantity memory remaining, Quantity memory reserved, Quantity memory consumed) =
            licences.quantities(licenceId(name));
        assertEq(reserved.runs, reservedRuns, "reserved runs");
        assertEq(consumed.runs, consumedRuns, "consumed runs");
        assertEq(reserved.cells + consumed.cells, cells, "cells");
        assertEq(reserved.outputs + consumed.outputs, outputs_, "outputs");
        assertEq(remaining.cells, 2_000 - cells, "remaining cells");
    }
}
