// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    BatchItem,
    Claim,
    Combination,
    PublicProof,
    SealedProof
} from "../src/interfaces/IGroth16Verifier.sol";
import {IDatasetRegistry} from "../src/interfaces/IDatasetRegistry.sol";
import {ILicenceLedger} from "../src/interfaces/ILicenceLedger.sol";
import {IMarket} from "../src/interfaces/IMarket.sol";
import {G1} from "../src/interfaces/Points.sol";
import {BatchWorld} from "./support/BatchWorld.sol";

/// @dev What calls cost, kept in snapshots/GasTest.json. Transactions include calldata and their 21,000 and start with
/// every slot cold; `verify_*` is the verifier's own execution, as settling pays it. `*_paid_before`: everyone paid
/// has a balance already, as on any but the first day.
/// forge-config: default.isolate = true
contract GasTest is BatchWorld {
    string[4] private counts = ["2", "4", "8", "16"];

    function setUp() public {
        deployWorld();
        furnishWorld();
    }

    function test_VerifySealed() public {
        for (uint256 i = 0; i < counts.length; ++i) {
            string memory name = string.concat("sealed_", counts[i]);
            SealedProof memory proof = sealedProof(name);
            Combination memory combined = combination(name);
            G1[] memory list = columns(name);
            verifier.verifySealed(claim(name), list, proof, combined);
            vm.snapshotGasLastCall(string.concat("verify_", name));
        }
    }

    function test_VerifyPublic() public {
        string[5] memory names = ["public_one_output", "public_2", "public_4", "public_8", "public_16"];
        for (uint256 i = 0; i < names.length; ++i) {
            PublicProof memory proof = publicProof(names[i]);
            Combination memory combined = combination(names[i]);
            G1[] memory list = columns(names[i]);
            uint256[] memory numbers = outputs(names[i]);
            verifier.verifyPublic(claim(names[i]), list, numbers, proof, combined);
            vm.snapshotGasLastCall(string.concat("verify_", names[i]));
        }
    }

    function test_OpenAndSettle() public {
        openAndSettle("sealed_4", "");
        openAndSettle("sealed_4_again", "_paid_before");
        openAndSettle("public_one_output", "_paid_before");
        for (uint256 i = 0; i < counts.length; ++i) {
            if (i != 1) openAndSettle(string.concat("sealed_", counts[i]), "_paid_before");
            openAndSettle(string.concat("public_", counts[i]), "_paid_before");
        }
    }

    /// @dev The same proof many times, which the verifier does not mind.
    function test_VerifyBatch() public {
        for (uint256 i = 0; i < counts.length; ++i) {
            verifyBatchOf(string.concat("sealed_", counts[i]), 8);
        }
        for (uint256 count = 1; count <= 16; count *= 2) {
            verifyBatchOf("sealed_4", count);
        }
        verifyBatchOf("public_4", 8);
    }

    function test_SettleBatch() public {
        string[] memory names = allNames();
        bytes32[] memory ids = openAll(names);
        BatchItem[] memory items = itemsOf(names);
        market.settleBatch(ids, items);
        vm.snapshotGasLastCall("settle_batch_4_sealed_2_public");
    }

    function test_GiveUp() public {
        openJob("sealed_4");
        vm.prank(consumer);
        market.cancel(jobId("sealed_4"), "");
        vm.snapshotGasLastCall("cancel_4");
        openJob("public_4");
        vm.warp(order("public_4").deadline + 1);
        market.expire(jobId("public_4"));
        vm.snapshotGasLastCall("expire_4");
    }

    function test_Register() public {
        IDatasetRegistry.RegisterDataset memory request = datasetRequest("short");
        bytes memory signature = blob(".datasets.short", ".signature");
        G1[] memory commitments = abi.decode(blob(".datasets.short", ".commitments"), (G1[]));
        G1[] memory knowledge = abi.decode(blob(".datasets.short", ".knowledge"), (G1[]));
        datasets.register(request, signature, commitments, knowledge);
        vm.snapshotGasLastCall("register_dataset_3");
        ILicenceLedger.GrantLicence memory grant = licenceRequest("short");
        signature = blob(".licences.short", ".signature");
        licences.grant(grant, signature);
        vm.snapshotGasLastCall("grant_licence_3_programs");
    }

    function test_Reseat() public {
        bytes32 id = openJob("sealed_4");
        bytes32[] memory others = seats(3);
        (others[1], others[2]) = (nodeIds[3], nodeIds[4]);
        vm.prank(RELAYER);
        market.reseat(id, others);
        vm.snapshotGasLastCall("reseat_4");
    }

    function verifyBatchOf(string memory name, uint256 count) private {
        Claim[] memory claims = new Claim[](count);
        BatchItem[] memory items = new BatchItem[](count);
        string[] memory names = new string[](1);
        names[0] = name;
        for (uint256 i = 0; i < count; ++i) {
            (claims[i], items[i]) = (claim(name), itemsOf(names)[0]);
        }
        verifier.verifyBatch(claims, items);
        vm.snapshotGasLastCall(string.concat("verify_batch_of_", vm.toString(count), "_", name));
    }

    function openAndSettle(string memory name, string memory suffix) private {
        IMarket.Order memory placed = order(name);
        bytes memory signature = jobBlob(name, ".signature");
        bytes32[] memory seated = seats(3);
        vm.prank(RELAYER);
        market.open(placed, signature, seated);
        vm.snapshotGasLastCall(string.concat("open_", name, suffix));
        settleJob(name);
        vm.snapshotGasLastCall(string.concat("settle_", name, suffix));
    }
}
