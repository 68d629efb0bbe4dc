// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../src/interfaces/IBonds.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {ILicenceLedger} from "../src/interfaces/ILicenceLedger.sol";
import {IMarket} from "../src/interfaces/IMarket.sol";
import {INodeRegistry} from "../src/interfaces/INodeRegistry.sol";
import {EvidenceWorld} from "./support/EvidenceWorld.sol";

/// @dev Whatever bytes somebody without rights sends to whatever function: nothing of anybody's changes.
contract FuzzedCalldataTest is EvidenceWorld {
    address[] private contracts;
    bytes4[] private selectors;
    bytes32 private before;

    function setUp() public {
        deployEvidenceWorld();
        contracts = [
            address(market),
            address(nodes),
            address(licences),
            address(evidence),
            address(datasets),
            address(programs),
            address(access),
            address(verifier)
        ];
        selectors = [
            IMarket.open.selector,
            IMarket.reseat.selector,
            IMarket.settleSealed.selector,
            IMarket.settlePublic.selector,
            IMarket.settleBatch.selector,
            IMarket.cancel.selector,
            IMarket.fail.selector,
            IMarket.expire.selector,
            IMarket.abort.selector,
            IMarket.withdraw.selector,
            IMarket.withdrawBySignature.selector,
            IMarket.depositWithPermit.selector,
            IMarket.setTreasury.selector,
            INodeRegistry.slash.selector,
            INodeRegistry.unbond.selector,
            INodeRegistry.withdrawStake.selector,
            INodeRegistry.updateNode.selector,
            IBonds.takeBond.selector,
            IBonds.releaseBond.selector,
            IBonds.claimAward.selector,
            ILicenceLedger.reserve.selector,
            ILicenceLedger.consume.selector,
            ILicenceLedger.release.selector,
            ILicenceLedger.topUp.selector,
            ILicenceLedger.transfer.selector,
            ILicenceLedger.revoke.selector,
            IEvidence.accuse.selector,
            IEvidence.accuseBinding.selector,
            IEvidence.accuseDealer.selector,
            IEvidence.accuseEquivocation.selector,
            IEvidence.demandContribution.selector,
            IEvidence.forfeit.selector
        ];
        before = state();
    }

    /// forge-config: default.fuzz.runs = 16
    function test_AnyBytesToAnyFunctionChangeNothing(bytes calldata data, bytes32[6] calldata words) public {
        for (uint256 i = 0; i < contracts.length; ++i) {
            send(contracts[i], data);
            for (uint256 j = 0; j < selectors.length; ++j) {
                send(contracts[i], abi.encodePacked(selectors[j], data));
                // Words that may be offsets and ids of what exists.
                send(
                    contracts[i], abi.encodePacked(selectors[j], job, words, nodeIds[0], licenceId("A"), data)
                );
            }
        }
        assertEq(state(), before, "somebody's money, licence or job");
    }

    function send(address to, bytes memory data) private {
        vm.prank(OUTSIDER);
        (bool isDone,) = to.call(data);
        isDone;
    }

    function state() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                abi.encode(market.totalDeposits(), market.totalEscrow(), market.balanceOf(consumer)),
                abi.encode(nodes.totalStake(), nodes.totalBonds(), token.balanceOf(address(nodes))),
                abi.encode(market.job(job), market.treasury(), market.isPaused()),
                abi.encode(nodes.node(accused), nodes.stakeOf(accused), nodes.awardOf(OUTSIDER)),
                abi.encode(licences.licence(licenceId("A")), licences.licence(licenceId("B"))),
                evidence.isConvicted(accused, job)
            )
        );
    }
}
