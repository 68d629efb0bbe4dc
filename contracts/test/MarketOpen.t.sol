// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../src/interfaces/IBonds.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IDatasetRegistry} from "../src/interfaces/IDatasetRegistry.sol";
import {VerifyingKey} from "../src/interfaces/IGroth16Verifier.sol";
import {ILicenceLedger, Quantity} from "../src/interfaces/ILicenceLedger.sol";
import {IMarket} from "../src/interfaces/IMarket.sol";
import {INodeRegistry} from "../src/interfaces/INodeRegistry.sol";
import {IProgramRegistry} from "../src/interfaces/IProgramRegistry.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {World} from "./support/World.sol";

contract MarketOpenTest is World {
    bytes32 private constant UNKNOWN = keccak256("unknown");
    uint128 private constant LICENCES_PRICE = 3_000_004;

    event JobOpened(
        bytes32 indexed jobId,
        address indexed consumer,
        bytes32 indexed programId,
        IMarket.Input[] inputs,
        bytes32[] nodeIds,
        bytes32 columnsHash,
        uint16 leftCount,
        uint16 rightCount,
        uint8 visibility,
        uint128 price,
        uint64 deadline
    );

    function setUp() public {
        deployWorld();
        furnishWorld();
    }

    function test_Opens() public {
        IMarket.Order memory placed = order("sealed_4");
        bytes32 columnsHash = vm.parseJsonBytes32(jobJson("sealed_4"), ".columnsHash");
        uint128 price = priceWith(3);
        vm.expectEmit(true, true, true, true, address(market));
        emit JobOpened(
            jobId("sealed_4"),
            consumer,
            placed.programId,
            placed.inputs,
            seats(3),
            columnsHash,
            4,
            4,
            1,
            price,
            placed.deadline
        );
        bytes32 id = openJob("sealed_4");
        assertEq(id, jobId("sealed_4"), "id as Python's");
        IMarket.Job memory job = market.job(id);
        assertTrue(job.state == IMarket.JobState.OPEN, "open");
        assertEq(job.columnsHash, columnsHash, "columns hash as Python's");
        assertEq(job.price, price, "price");
        assertEq(job.rows, 12, "rows");
        assertEq(market.balanceOf(consumer), CONSUMER_FUNDS - price, "locked");
        assertEq(market.totalEscrow(), price, "escrow");
        (,, Quantity memory reserved,) = licences.quantities(licenceId("A"));
        assertTrue(reserved.runs == 1 && reserved.cells == 24 && reserved.outputs == 16, "reserved of A");
        (,, reserved,) = licences.quantities(licenceId("B"));
        assertTrue(reserved.runs == 1 && reserved.cells == 12 && reserved.outputs == 16, "reserved of B");
    }

    function test_OpensEveryShape() public {
        string[4] memory names = ["sealed_16", "public_8", "public_one_output", "sealed_block"];
        for (uint256 i = 0; i < names.length; ++i) {
            IMarket.Job memory job = market.job(openJob(names[i]));
            assertEq(job.leftCount, vm.parseJsonUint(jobJson(names[i]), ".leftCount"), "left");
            assertEq(job.rightCount, vm.parseJsonUint(jobJson(names[i]), ".rightCount"), "right");
            assertEq(job.columnsHash, vm.parseJsonBytes32(jobJson(names[i]), ".columnsHash"), "columns");
        }
    }

    function test_RejectsStrangers() public {
        IMarket.Order memory placed = order("sealed_4");
        vm.startPrank(consumer);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, consumer));
        market.open(placed, "", nodeIds);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, consumer));
        market.reseat(UNKNOWN, nodeIds);
        vm.stopPrank();
    }

    function test_RejectsWhilePaused() public {
        vm.prank(DEPLOYER);
        market.setPaused(true);
        vm.expectRevert(IMarket.OpeningIsPaused.selector);
        this.openSealed();
    }

    function test_RejectsTwice() public {
        bytes32 id = openJob("sealed_4");
        vm.expectRevert(abi.encodeWithSelector(IMarket.JobExists.selector, id));
        this.openSealed();
    }

    function test_RejectsDeadlines() public {
        IMarket.Order memory placed = order("sealed_4");
        placed.deadline = uint64(block.timestamp - 1);
        vm.expectPartialRevert(IMarket.JobDeadlinePassed.selector);
        this.openSigned(placed);
        placed.deadline = uint64(block.timestamp + 7 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMarket.JobTooLong.selector, placed.deadline, placed.deadline - 1)
        );
        this.openSigned(placed);
    }

    function test_RejectsVisibility(uint8 visibility) public {
        visibility = uint8(bound(visibility, 2, 255));
        IMarket.Order memory placed = order("sealed_4");
        placed.visibility = visibility;
        vm.expectRevert(abi.encodeWithSelector(IMarket.VisibilityInvalid.selector, visibility));
        this.openSigned(placed);
    }

    function test_RejectsInputCounts() public {
        IMarket.Order memory placed = order("sealed_4");
        placed.inputs = new IMarket.Input[](0);
        vm.expectRevert(abi.encodeWithSelector(IMarket.InputsInvalid.selector, 0, 16));
        this.openSigned(placed);
        placed.inputs = new IMarket.Input[](17);
        vm.expectRevert(abi.encodeWithSelector(IMarket.InputsInvalid.selector, 17, 16));
        this.openSigned(placed);
    }

    function test_RejectsOrderThatTheConsumerDidNotSign(uint128 maxPrice) public {
        IMarket.Order memory placed = order("sealed_4");
        vm.assume(maxPrice != placed.maxPrice);
        placed.maxPrice = maxPrice;
        bytes32 digest = market.hashOrder(placed);
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.SignatureInvalid.selector, consumer, digest));
        vm.prank(RELAYER);
        market.open(placed, jobBlob("sealed_4", ".signature"), nodeIds);
    }

    function test_RejectsOrderOfAnotherChain() public {
        vm.chainId(5);
        bytes32 digest = market.hashOrder(order("sealed_4"));
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.SignatureInvalid.selector, consumer, digest));
        this.openSealed();
    }

    function test_RejectsPrograms() public {
        IMarket.Order memory placed = order("sealed_4");
        bytes32 program = placed.programId;
        placed.programId = UNKNOWN;
        vm.expectRevert(abi.encodeWithSelector(IProgramRegistry.ProgramUnknown.selector, UNKNOWN));
        this.openSigned(placed);
        vm.prank(DEPLOYER);
        programs.retireProgram(program);
        vm.expectRevert(abi.encodeWithSelector(IProgramRegistry.ProgramIsRetired.selector, program));
        this.openSealed();
    }

    function test_RejectsInputsWithoutColumns() public {
        IMarket.Order memory placed = order("sealed_4");
        bytes memory refused =
            abi.encodeWithSelector(IMarket.InputHasNoColumns.selector, placed.inputs[1].licenceId);
        uint256[3] memory bitmaps = [uint256(0), 1, 6];
        for (uint256 i = 0; i < 3; ++i) {
            placed.inputs[1].columns = bitmaps[i];
            vm.expectRevert(refused);
            this.openSigned(placed);
        }
        placed.inputs[1].columns = 1 | 1 << 8;
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.ColumnUnknown.selector, datasetId("B"), 8));
        this.openSigned(placed);
    }

    function test_RejectsAnotherSetup() public {
        VerifyingKey memory key = verifyingKey();
        key.capacity = 32;
        vm.startPrank(DEPLOYER);
        (bytes32 setupId,) = programs.registerSetup(key, 0);
        programs.registerProgram(UNKNOWN, setupId, 0, 0, 2, UNKNOWN);
        vm.stopPrank();
        IMarket.Order memory placed = order("sealed_4");
        placed.programId = UNKNOWN;
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarket.SetupMismatch.selector,
                placed.inputs[0].licenceId,
                setupId,
                vm.parseJsonBytes32(vectors, ".setupId")
            )
        );
        this.openSigned(placed);
    }

    function test_RejectsOtherRows() public {
        registerDataset("short");
        grantLicence("short");
        IMarket.Order memory placed = order("sealed_4");
        placed.inputs[1].licenceId = licenceId("short");
        vm.expectRevert(abi.encodeWithSelector(IMarket.RowsMismatch.selector, licenceId("short")));
        this.openSigned(placed);
    }

    function test_RejectsProgramThatDoesNotFit() public {
        IMarket.Order memory placed = order("sealed_2");
        placed.programId = vm.parseJsonBytes32(vectors, ".programs.block.id");
        vm.expectRevert(abi.encodeWithSelector(IMarket.ProgramDoesNotFit.selector, placed.programId, 2));
        this.openSigned(placed);
    }

    function test_RejectsTooManyOutputs() public {
        IMarket.Order memory placed = order("sealed_4");
        placed.inputs = new IMarket.Input[](9);
        for (uint256 i = 0; i < 9; ++i) {
            placed.inputs[i] = IMarket.Input(licenceId("A"), 511);
        }
        vm.expectRevert(abi.encodeWithSelector(IMarket.OutputsOutOfRange.selector, 73 * 73, 4_096));
        this.openSigned(placed);
    }

    function test_RejectsUnknownLicence() public {
        IMarket.Order memory placed = order("sealed_4");
        placed.inputs[0].licenceId = UNKNOWN;
        vm.expectRevert(abi.encodeWithSelector(ILicenceLedger.LicenceUnknown.selector, UNKNOWN));
        this.openSigned(placed);
    }

    function test_RejectsLicenceOfAnotherConsumer() public {
        IMarket.Order memory placed = order("sealed_4");
        placed.consumer = OUTSIDER;
        bytes32 licence = placed.inputs[0].licenceId;
        vm.prank(DEPLOYER);
        access.grantRole(1, OUTSIDER, 0);
        vm.expectRevert(
            abi.encodeWithSelector(ILicenceLedger.ConsumerMismatch.selector, licence, consumer, OUTSIDER)
        );
        vm.prank(OUTSIDER);
        market.open(placed, "", nodeIds);
    }

    function test_RejectsRevokedLicence() public {
        vm.prank(providerA);
        licences.revoke(ILicenceLedger.RevokeLicence(licenceId("A"), block.timestamp), "");
        vm.expectRevert(abi.encodeWithSelector(ILicenceLedger.LicenceIsRevoked.selector, licenceId("A")));
        this.openSealed();
    }

    function test_RejectsExhaustedLicence() public {
        IMarket.Order memory placed = order("sealed_4");
        placed.maxPrice = type(uint128).max;
        for (uint256 i = 0; i < 20; ++i) {
            placed.salt = 1_000 + i;
            openSigned(placed);
        }
        placed.salt = 2_000;
        vm.expectPartialRevert(ILicenceLedger.QuantityExhausted.selector);
        this.openSigned(placed);
    }

    function test_RejectsSeatCounts() public {
        vm.expectRevert(abi.encodeWithSelector(IMarket.SeatsInvalid.selector, 2, 3, 16));
        this.openWith(seats(2));
        bytes32[] memory many = new bytes32[](17);
        vm.expectRevert(abi.encodeWithSelector(IMarket.SeatsInvalid.selector, 17, 3, 16));
        this.openWith(many);
    }

    function test_RejectsSeatsOfOneOperatorOrOfAParty() public {
        bytes32[] memory chosen = seats(3);
        chosen[2] = chosen[0];
        vm.expectRevert(
            abi.encodeWithSelector(IMarket.SeatConflict.selector, chosen[0], vm.addr(FIRST_OPERATOR_KEY))
        );
        this.openWith(chosen);
        uint256[2] memory parties = [CONSUMER_KEY, PROVIDER_B_KEY];
        for (uint256 i = 0; i < 2; ++i) {
            chosen[2] = registerNode(parties[i]);
            vm.expectRevert(
                abi.encodeWithSelector(IMarket.SeatConflict.selector, chosen[2], vm.addr(parties[i]))
            );
            this.openWith(chosen);
        }
    }

    function test_RejectsUnderstakedNode() public {
        vm.prank(DEPLOYER);
        nodes.setMinimumStake(STAKE + 1);
        vm.expectRevert(abi.encodeWithSelector(IBonds.StakeTooSmall.selector, nodeIds[0], STAKE, STAKE + 1));
        this.openSealed();
    }

    function test_RejectsPriceAboveLimit() public {
        IMarket.Order memory placed = order("sealed_4");
        placed.maxPrice = priceWith(3) - 1;
        vm.expectRevert(
            abi.encodeWithSelector(IMarket.PriceAboveLimit.selector, priceWith(3), placed.maxPrice)
        );
        this.openSigned(placed);
        ++placed.maxPrice;
        openSigned(placed);
    }

    function test_RejectsEmptyPurse() public {
        vm.prank(consumer);
        market.withdraw(CONSUMER_FUNDS - 5);
        vm.expectRevert(abi.encodeWithSelector(IMarket.BalanceTooSmall.selector, consumer, 5, priceWith(3)));
        this.openSealed();
    }

    function test_Reseats() public {
        bytes32 id = openJob("sealed_4");
        vm.prank(DEPLOYER);
        market.setFee(0);
        vm.prank(RELAYER);
        market.reseat(id, nodeIds);
        assertEq(market.job(id).price, priceWith(5), "at the fee of the opening");
        assertEq(market.job(id).seats.length, 5, "seats");
        assertEq(market.totalEscrow(), priceWith(5), "more is locked");
        vm.prank(RELAYER);
        market.reseat(id, seats(3));
        assertEq(market.balanceOf(consumer), CONSUMER_FUNDS - priceWith(3), "the rest is refunded");
    }

    function test_RejectsReseatings() public {
        IMarket.Order memory placed = order("sealed_4");
        placed.maxPrice = priceWith(4);
        bytes32 id = openSigned(placed);
        vm.startPrank(RELAYER);
        vm.expectRevert(abi.encodeWithSelector(IMarket.PriceAboveLimit.selector, priceWith(5), priceWith(4)));
        market.reseat(id, nodeIds);
        vm.expectRevert(abi.encodeWithSelector(IMarket.JobNotOpen.selector, UNKNOWN, IMarket.JobState.NONE));
        market.reseat(UNKNOWN, nodeIds);
        vm.warp(placed.deadline + 1);
        vm.expectPartialRevert(IMarket.JobDeadlinePassed.selector);
        market.reseat(id, nodeIds);
        vm.stopPrank();
    }

    function openSealed() external {
        openJob("sealed_4");
    }

    function openWith(bytes32[] memory seated) external {
        openJob("sealed_4", seated);
    }

    function openSigned(IMarket.Order memory placed) public returns (bytes32) {
        bytes memory signature = signatureBy(CONSUMER_KEY, market.hashOrder(placed));
        bytes32[] memory seated = seats(3);
        vm.prank(RELAYER);
        return market.open(placed, signature, seated);
    }

    function priceWith(uint256 seatCount) private pure returns (uint128) {
        uint256 rest = LICENCES_PRICE + seatCount * NODE_FEE;
        return uint128(rest + rest * FEE_BPS / 10_000);
    }
}
