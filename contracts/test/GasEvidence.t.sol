// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {SealedProof} from "../src/interfaces/IGroth16Verifier.sol";
import {G1} from "../src/interfaces/Points.sol";
import {EvidenceWorld} from "./support/EvidenceWorld.sol";

/// @dev What convictions and missed deadlines cost, as transactions, over four columns; kept in snapshots/GasEvidenceTest.json.
/// forge-config: default.isolate = true
contract GasEvidenceTest is EvidenceWorld {
    function setUp() public {
        deployEvidenceWorld();
        vm.prank(DEPLOYER);
        token.mint(address(this), 1_000_000);
        token.approve(address(nodes), 1_000_000);
        nodes.depositBond(providerB, 500_000);
        nodes.depositBond(operator(1), 500_000);
        vm.snapshotGasLastCall("deposit_bond");
    }

    function test_Accuse() public {
        SealedProof memory proof = abi.decode(vm.parseJsonBytes(vector, ".proof"), (SealedProof));
        proof.c = sealedProof("sealed_4").c;
        G1[] memory list = columns("sealed_4");
        G1[] memory own = slopes();
        IEvidence.OwnStatement memory statement =
            IEvidence.OwnStatement(job, 1, 2, keccak256(abi.encode(own)), keccak256(abi.encode(proof)));
        bytes memory signature = signatureBy(signerKey, evidence.hashOwnStatement(statement));
        evidence.accuse(statement, seating, vm.addr(signerKey), signature, list, own, proof);
        vm.snapshotGasLastCall("accuse_4");
    }

    function test_AccuseBinding() public {
        IEvidence.BoundPoints memory points =
            abi.decode(vm.parseJsonBytes(vector, ".boundPoints"), (IEvidence.BoundPoints));
        IEvidence.ResultBinding memory binding =
            IEvidence.ResultBinding(job, 1, 2, 1, 1, keccak256(abi.encode(points)));
        bytes memory signature = signatureBy(signerKey, evidence.hashResultBinding(binding));
        evidence.accuseBinding(binding, seating, vm.addr(signerKey), signature, points);
        vm.snapshotGasLastCall("accuse_binding");
    }

    function test_AccuseDealer() public {
        uint256 count = market.job(job).inputs[1].columnCount;
        G1[] memory shares = new G1[](count);
        G1[] memory own = new G1[](count);
        G1[] memory list = columns("sealed_4");
        for (uint256 i = 0; i < count; ++i) {
            own[i] = slopes()[slopes().length - count + i];
            shares[i] = shareCommitments()[list.length - count + i];
        }
        shares[count - 1] = list[1];
        IEvidence.DealtShares memory dealt =
            IEvidence.DealtShares(job, 1, 2, keccak256(abi.encode(own)), keccak256(abi.encode(shares)));
        bytes memory signature = signatureBy(PROVIDER_B_KEY, evidence.hashDealtShares(dealt));
        evidence.accuseDealer(dealt, seating, providerB, signature, list, own, shares);
        vm.snapshotGasLastCall("accuse_dealer_4");
    }

    function test_MissedDeadline() public {
        vm.prank(RELAYER);
        bytes32 id = evidence.demandContribution(job, 1, 2, seating, 2);
        vm.snapshotGasLastCall("demand_contribution");
        vm.warp(block.timestamp + 1 days + 1);
        evidence.forfeit(id);
        vm.snapshotGasLastCall("forfeit");
    }
}
