// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDatasetRegistry} from "../src/interfaces/IDatasetRegistry.sol";
import {IProgramRegistry} from "../src/interfaces/IProgramRegistry.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {G1, IPointErrors} from "../src/interfaces/Points.sol";
import {Wallet} from "./support/Wallets.sol";
import {World} from "./support/World.sol";

contract DatasetRegistryTest is World {
    event ColumnsCommitted(bytes32 indexed datasetId, G1[] commitments, G1[] knowledge);

    function setUp() public {
        deployWorld();
        registerPrograms();
    }

    function committed() private view returns (G1[] memory commitments, G1[] memory knowledge) {
        commitments = abi.decode(blob(".datasets.A", ".commitments"), (G1[]));
        knowledge = abi.decode(blob(".datasets.A", ".knowledge"), (G1[]));
    }

    function test_Registers() public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        vm.expectEmit(true, true, true, true, address(datasets));
        emit ColumnsCommitted(datasetId("A"), commitments, knowledge);
        bytes32 id = registerDataset("A");
        assertEq(id, datasetId("A"), "id as Python's");
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        IDatasetRegistry.Dataset memory dataset = datasets.dataset(id);
        assertEq(dataset.owner, providerA, "owner");
        assertEq(dataset.rows, request.rows, "rows");
        assertEq(dataset.grade, request.grade, "grade");
        assertEq(dataset.setupId, request.setupId, "setup");
        assertEq(dataset.schemaHash, request.schemaHash, "schema");
        assertEq(dataset.columnsHash, request.columnsHash, "columns");
        assertEq(datasets.columnCount(id), 9, "count");
        for (uint256 i = 0; i < 9; ++i) {
            assertEq(
                datasets.columnHash(id, i),
                keccak256(abi.encode(commitments[i].x, commitments[i].y)),
                "column hash"
            );
        }
    }

    function test_RegistersByOwnerWithoutSignature() public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        vm.prank(providerA);
        datasets.register(request, "", commitments, knowledge);
    }

    function test_RegistersForWalletContract() public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        request.owner = address(new Wallet(providerA));
        bytes32 digest = datasets.hashRegisterDataset(request);
        datasets.register(request, signatureBy(PROVIDER_A_KEY, digest), commitments, knowledge);
        assertEq(datasets.dataset(digest).owner, request.owner, "owner");
    }

    function test_RejectsWalletContractWithAnothersKey() public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        request.owner = address(new Wallet(providerA));
        bytes32 digest = datasets.hashRegisterDataset(request);
        bytes memory signature = signatureBy(PROVIDER_B_KEY, digest);
        vm.expectRevert(
            abi.encodeWithSelector(ISignedActions.SignatureInvalid.selector, request.owner, digest)
        );
        datasets.register(request, signature, commitments, knowledge);
    }

    function test_RejectsMissingOwner() public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        request.owner = address(0);
        vm.expectRevert(IDatasetRegistry.OwnerMissing.selector);
        datasets.register(request, "", commitments, knowledge);
    }

    function test_RejectsTwice() public {
        bytes32 id = registerDataset("A");
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetExists.selector, id));
        this.registerAgain();
    }

    function registerAgain() external {
        registerDataset("A");
    }

    function test_RejectsExpiredSignature() public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        vm.warp(request.deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISignedActions.SignatureExpired.selector, request.deadline, request.deadline + 1
            )
        );
        datasets.register(request, "", commitments, knowledge);
    }

    function test_RejectsAlteredRequest(uint256 salt) public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        vm.assume(salt != request.salt);
        request.salt = salt;
        expectSignatureInvalid(request);
        datasets.register(request, blob(".datasets.A", ".signature"), commitments, knowledge);
    }

    function test_RejectsSignatureOfAnotherChain() public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        vm.chainId(1);
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        expectSignatureInvalid(request);
        datasets.register(request, blob(".datasets.A", ".signature"), commitments, knowledge);
    }

    function test_RejectsEmptySignatureOfOthers() public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        expectSignatureInvalid(request);
        vm.prank(OUTSIDER);
        datasets.register(request, "", commitments, knowledge);
    }

    function test_RejectsUnknownSetup() public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        request.setupId = keccak256("unknown");
        vm.expectRevert(abi.encodeWithSelector(IProgramRegistry.SetupUnknown.selector, request.setupId));
        vm.prank(providerA);
        datasets.register(request, "", commitments, knowledge);
    }

    function test_RejectsRows(uint64 rows) public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        // 128 chunks of 14 rows.
        vm.assume(rows == 0 || rows > 1792);
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        request.rows = rows;
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.RowsOutOfRange.selector, rows, 1792));
        vm.prank(providerA);
        datasets.register(request, "", commitments, knowledge);
    }

    function test_RejectsColumnCounts() public {
        (G1[] memory commitments,) = committed();
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        vm.startPrank(providerA);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.ColumnCountInvalid.selector, 1, 1));
        datasets.register(request, "", new G1[](1), new G1[](1));
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.ColumnCountInvalid.selector, 257, 257));
        datasets.register(request, "", new G1[](257), new G1[](257));
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.ColumnCountInvalid.selector, 9, 8));
        datasets.register(request, "", commitments, new G1[](8));
        vm.stopPrank();
    }

    function test_RejectsOtherColumns() public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        (commitments[1], commitments[2]) = (commitments[2], commitments[1]);
        vm.expectPartialRevert(IDatasetRegistry.ColumnsHashMismatch.selector);
        vm.prank(providerA);
        datasets.register(request, "", commitments, knowledge);
    }

    function test_RejectsColumnWithoutKnowledge() public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        knowledge[3] = knowledge[4];
        vm.expectRevert(IDatasetRegistry.KnowledgeProofInvalid.selector);
        vm.prank(providerA);
        datasets.register(request, "", commitments, knowledge);
    }

    function test_RejectsMalformedKnowledge() public {
        (G1[] memory commitments, G1[] memory knowledge) = committed();
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("A");
        knowledge[3].y ^= 1;
        vm.expectRevert(
            abi.encodeWithSelector(IPointErrors.PointNotOnCurve.selector, knowledge[3].x, knowledge[3].y)
        );
        vm.prank(providerA);
        datasets.register(request, "", commitments, knowledge);
    }

    function test_RejectsUnknown() public {
        bytes32 id = keccak256("unknown");
        bytes memory unknown = abi.encodeWithSelector(IDatasetRegistry.DatasetUnknown.selector, id);
        vm.expectRevert(unknown);
        datasets.dataset(id);
        vm.expectRevert(unknown);
        datasets.columnCount(id);
        vm.expectRevert(unknown);
        datasets.columnHash(id, 0);
        vm.expectRevert(unknown);
        datasets.selectColumns(id, 1);
    }

    function test_RejectsColumnBeyondTheLast() public {
        bytes32 id = registerDataset("A");
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.ColumnUnknown.selector, id, 9));
        datasets.columnHash(id, 9);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.ColumnUnknown.selector, id, 255));
        datasets.selectColumns(id, 1 | 1 << 255);
    }

    function test_SelectsColumns(uint256 columns_) public {
        columns_ = bound(columns_, 0, 511);
        bytes32 id = registerDataset("A");
        (, bytes32[] memory hashes) = datasets.selectColumns(id, columns_);
        uint256 found;
        for (uint256 i = 0; i < 9; ++i) {
            if (columns_ >> i & 1 == 0) continue;
            assertEq(hashes[found++], datasets.columnHash(id, i), "hash");
        }
        assertEq(hashes.length, found, "count");
    }

    function expectSignatureInvalid(IDatasetRegistry.RegisterDataset memory request) private {
        bytes32 digest = datasets.hashRegisterDataset(request);
        vm.expectRevert(
            abi.encodeWithSelector(ISignedActions.SignatureInvalid.selector, request.owner, digest)
        );
    }
}
