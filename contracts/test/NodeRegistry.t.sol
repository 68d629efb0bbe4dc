// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Wallet} from "./support/Wallets.sol";
import {IBonds} from "../src/interfaces/IBonds.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {INodeRegistry} from "../src/interfaces/INodeRegistry.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {NodeRegistry} from "../src/NodeRegistry.sol";
import {FeeToken} from "./support/Tokens.sol";
import {World} from "./support/World.sol";

contract NodeRegistryTest is World {
    uint256 private constant KEY = FIRST_OPERATOR_KEY;
    bytes32 private constant JOB = keccak256("job");
    bytes32 private constant EVIDENCE = keccak256("evidence");

    address private operator = vm.addr(KEY);
    bytes32 private node;

    function setUp() public {
        deployWorld();
        node = registerNode(KEY);
    }

    function test_RejectsShortUnbonding() public {
        vm.expectRevert(abi.encodeWithSelector(IBonds.UnbondingTooShort.selector, 7 days - 1, 7 days));
        new NodeRegistry(address(access), token, 7 days - 1, 0);
    }

    function test_Registers() public view {
        INodeRegistry.Node memory stored = nodes.node(node);
        assertEq(node, nodes.hashRegisterNode(nodeRequest(KEY)), "id");
        assertEq(stored.operator, operator, "operator");
        assertEq(stored.signer, vm.addr(KEY + 0x1000), "signer");
        assertEq(stored.sealingKey, bytes32(KEY), "sealing key");
        assertEq(stored.region, bytes32("cn-east"), "region");
        assertTrue(stored.isActive && stored.version == 0 && stored.tier == 1, "state");
        (address seated, uint96 fee) = nodes.seat(node);
        assertEq(seated, operator, "seat");
        assertEq(fee, NODE_FEE, "fee");
    }

    function test_RejectsRegistrationTwice() public {
        INodeRegistry.RegisterNode memory request = nodeRequest(KEY);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeExists.selector, node));
        vm.prank(operator);
        nodes.registerNode(request, "");
    }

    function test_RejectsMissingKeys() public {
        bytes memory missing = abi.encodeWithSelector(INodeRegistry.NodeKeyMissing.selector);
        INodeRegistry.RegisterNode memory request = nodeRequest(KEY);
        request.operator = address(0);
        vm.expectRevert(missing);
        nodes.registerNode(request, "");
        request = nodeRequest(KEY);
        request.signer = address(0);
        vm.expectRevert(missing);
        vm.prank(operator);
        nodes.registerNode(request, "");
        request = nodeRequest(KEY);
        request.sealingKey = 0;
        vm.expectRevert(missing);
        vm.prank(operator);
        nodes.registerNode(request, "");
    }

    function test_RejectsRegistrationThatTheOperatorDidNotSign() public {
        INodeRegistry.RegisterNode memory request = nodeRequest(KEY);
        request.salt = 2;
        bytes32 digest = nodes.hashRegisterNode(request);
        bytes memory signature = signatureBy(KEY + 1, digest);
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.SignatureInvalid.selector, operator, digest));
        nodes.registerNode(request, signature);
    }

    function test_RejectsExpiredRegistration() public {
        INodeRegistry.RegisterNode memory request = nodeRequest(KEY);
        request.deadline = block.timestamp - 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                ISignedActions.SignatureExpired.selector, request.deadline, block.timestamp
            )
        );
        vm.prank(operator);
        nodes.registerNode(request, "");
    }

    function test_RejectsFeeBeyondItsSlot() public {
        INodeRegistry.RegisterNode memory request = nodeRequest(KEY);
        request.feePerJob = 1 << 96;
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.FeeTooLarge.selector, uint256(1 << 96), type(uint96).max)
        );
        vm.prank(operator);
        nodes.registerNode(request, "");
    }

    function test_UpdatesBySignature() public {
        INodeRegistry.UpdateNode memory request = update(1);
        bytes memory signature = signatureBy(KEY, nodes.hashUpdateNode(request));
        nodes.updateNode(request, signature);
        INodeRegistry.Node memory stored = nodes.node(node);
        assertEq(stored.signer, OUTSIDER, "signer");
        assertEq(stored.sealingKey, EVIDENCE, "sealing key");
        assertEq(stored.feePerJob, 7, "fee");
        assertEq(stored.version, 1, "version");
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.VersionMismatch.selector, node, 2, 1));
        nodes.updateNode(request, signature);
    }

    function test_RejectsUpdateByOthers() public {
        INodeRegistry.UpdateNode memory request = update(1);
        bytes32 digest = nodes.hashUpdateNode(request);
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.SignatureInvalid.selector, operator, digest));
        vm.prank(vm.addr(KEY + 0x1000));
        nodes.updateNode(request, "");
    }

    function test_RejectsExpiredUpdate() public {
        INodeRegistry.UpdateNode memory request = update(1);
        request.deadline = block.timestamp - 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                ISignedActions.SignatureExpired.selector, request.deadline, block.timestamp
            )
        );
        vm.prank(operator);
        nodes.updateNode(request, "");
    }

    function test_InactiveNodeHasNoSeat() public {
        INodeRegistry.UpdateNode memory request = update(1);
        request.isActive = false;
        vm.prank(operator);
        nodes.updateNode(request, "");
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeInactive.selector, node));
        nodes.seat(node);
    }

    function test_UnderstakedNodeHasNoSeat() public {
        unbond(1);
        vm.expectRevert(abi.encodeWithSelector(IBonds.StakeTooSmall.selector, node, STAKE - 1, STAKE));
        nodes.seat(node);
        vm.prank(DEPLOYER);
        nodes.setMinimumStake(STAKE - 1);
        nodes.seat(node);
    }

    function test_RejectsUnknownNode() public {
        bytes memory unknown = abi.encodeWithSelector(INodeRegistry.NodeUnknown.selector, JOB);
        vm.expectRevert(unknown);
        nodes.node(JOB);
        vm.expectRevert(unknown);
        nodes.seat(JOB);
        vm.expectRevert(unknown);
        nodes.depositStake(JOB, 1);
        vm.expectRevert(unknown);
        nodes.withdrawStake(JOB);
        INodeRegistry.UpdateNode memory request = update(1);
        request.nodeId = JOB;
        vm.expectRevert(unknown);
        nodes.updateNode(request, "");
        vm.expectRevert(unknown);
        nodes.unbond(INodeRegistry.Unbond(JOB, 1, 1, block.timestamp), "");
        IBonds.Award[] memory awards = award(OUTSIDER, 1);
        vm.expectRevert(unknown);
        vm.prank(DEPLOYER);
        nodes.slash(JOB, JOB, EVIDENCE, awards);
    }

    function test_CreditsWhatArrives() public {
        FeeToken taxed = new FeeToken();
        NodeRegistry registry = new NodeRegistry(address(access), taxed, 7 days, 0);
        INodeRegistry.RegisterNode memory request = nodeRequest(KEY);
        vm.prank(operator);
        bytes32 id = registry.registerNode(request, "");
        taxed.mint(address(this), 1_000);
        taxed.approve(address(registry), 1_000);
        registry.depositStake(id, 1_000);
        assertEq(registry.stakeOf(id).bonded, 990, "bonded");
        assertEq(registry.totalStake(), taxed.balanceOf(address(registry)), "total");
    }

    function test_RejectsEmptyDeposit() public {
        vm.expectRevert(IBonds.AmountIsZero.selector);
        nodes.depositStake(node, 0);
    }

    function test_WithdrawsAfterTheDelay() public {
        unbond(20_000);
        uint256 ready = block.timestamp + UNBONDING_SECONDS;
        assertEq(nodes.stakeOf(node).withdrawableAt, ready, "withdrawable at");
        vm.warp(ready - 1);
        vm.expectRevert(abi.encodeWithSelector(IBonds.StakeStillBonded.selector, node, ready, ready - 1));
        nodes.withdrawStake(node);
        vm.warp(ready);
        vm.prank(OUTSIDER);
        nodes.withdrawStake(node);
        assertEq(token.balanceOf(operator), 20_000, "paid to the operator");
        assertEq(nodes.totalStake(), STAKE - 20_000, "total");
        vm.expectRevert(IBonds.AmountIsZero.selector);
        nodes.withdrawStake(node);
    }

    function test_UnbondsBySignatureOnce() public {
        INodeRegistry.Unbond memory request = INodeRegistry.Unbond(node, 1_000, 1, block.timestamp);
        bytes32 digest = nodes.hashUnbond(request);
        bytes memory signature = signatureBy(KEY, digest);
        nodes.unbond(request, signature);
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.ActionUsed.selector, digest));
        nodes.unbond(request, signature);
    }

    function test_RejectsUnbondings() public {
        INodeRegistry.Unbond memory request = INodeRegistry.Unbond(node, 0, 1, block.timestamp);
        vm.startPrank(operator);
        vm.expectRevert(IBonds.AmountIsZero.selector);
        nodes.unbond(request, "");
        request.amount = uint128(STAKE + 1);
        vm.expectRevert(abi.encodeWithSelector(IBonds.StakeTooSmall.selector, node, STAKE, STAKE + 1));
        nodes.unbond(request, "");
        request.deadline = block.timestamp - 1;
        vm.expectPartialRevert(ISignedActions.SignatureExpired.selector);
        nodes.unbond(request, "");
        vm.stopPrank();
        request.deadline = block.timestamp;
        vm.expectPartialRevert(ISignedActions.SignatureInvalid.selector);
        nodes.unbond(request, "");
    }

    function test_SlashesBondedStakeFirst() public {
        unbond(20_000);
        IBonds.Award[] memory awards = new IBonds.Award[](2);
        awards[0] = IBonds.Award(consumer, 30_000);
        awards[1] = IBonds.Award(TREASURY, 10_000);
        vm.prank(DEPLOYER);
        nodes.slash(node, JOB, EVIDENCE, awards);
        assertEq(nodes.stakeOf(node).bonded, 0, "bonded");
        assertEq(nodes.stakeOf(node).unbonding, 10_000, "unbonding");
        vm.prank(consumer);
        nodes.claimAward();
        assertEq(token.balanceOf(consumer), 30_000, "claimed");
        vm.expectRevert(IBonds.AmountIsZero.selector);
        vm.prank(consumer);
        nodes.claimAward();
    }

    function test_RejectsSlashings() public {
        IBonds.Award[] memory awards = award(consumer, uint128(STAKE + 1));
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, RELAYER));
        vm.prank(RELAYER);
        nodes.slash(node, JOB, EVIDENCE, awards);
        vm.startPrank(DEPLOYER);
        vm.expectRevert(abi.encodeWithSelector(IBonds.StakeTooSmall.selector, node, STAKE, STAKE + 1));
        nodes.slash(node, JOB, EVIDENCE, awards);
        vm.expectRevert(IBonds.AmountIsZero.selector);
        nodes.slash(node, JOB, EVIDENCE, new IBonds.Award[](0));
        vm.stopPrank();
    }

    function test_RejectsMinimumStakeByOthers() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, OUTSIDER));
        vm.prank(OUTSIDER);
        nodes.setMinimumStake(0);
    }

    /// @dev Every token that came in is stake or award, or was paid out.
    function test_AWalletContractOperatesANode() public {
        Wallet wallet = new Wallet(consumer);
        INodeRegistry.RegisterNode memory request = nodeRequest(FIRST_OPERATOR_KEY);
        request.operator = address(wallet);
        bytes memory signature = signatureBy(CONSUMER_KEY, nodes.hashRegisterNode(request));
        bytes32 id = nodes.registerNode(request, signature);
        INodeRegistry.UpdateNode memory update = INodeRegistry.UpdateNode(
            id, request.signer, request.sealingKey, NODE_FEE, false, 1, block.timestamp
        );
        nodes.updateNode(update, signatureBy(CONSUMER_KEY, nodes.hashUpdateNode(update)));
        assertTrue(!nodes.node(id).isActive, "EIP-1271");
    }

    function test_KeepsTheLaw(uint256 seed) public {
        bytes32 other = registerNode(KEY + 1);
        for (uint256 i = 0; i < 20; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            bytes32 id = seed & 1 == 0 ? node : other;
            IBonds.Stake memory stake = nodes.stakeOf(id);
            uint128 amount = uint128(1 + (seed >> 64) % 30_000);
            if (seed >> 32 & 3 == 0) {
                stakeNode(id, amount);
            } else if (seed >> 32 & 3 == 1 && amount <= stake.bonded) {
                vm.prank(nodes.node(id).operator);
                nodes.unbond(INodeRegistry.Unbond(id, amount, i, block.timestamp), "");
            } else if (seed >> 32 & 3 == 2 && amount <= stake.bonded + stake.unbonding) {
                IBonds.Award[] memory awards = award(consumer, amount);
                vm.prank(DEPLOYER);
                nodes.slash(id, JOB, EVIDENCE, awards);
            } else if (stake.unbonding > 0) {
                vm.warp(stake.withdrawableAt);
                nodes.withdrawStake(id);
            }
            assertEq(
                token.balanceOf(address(nodes)), nodes.totalStake() + nodes.awardOf(consumer), "tokens held"
            );
            IBonds.Stake memory a = nodes.stakeOf(node);
            IBonds.Stake memory b = nodes.stakeOf(other);
            assertEq(
                nodes.totalStake(), uint256(a.bonded) + a.unbonding + b.bonded + b.unbonding, "sum of stakes"
            );
        }
    }

    function update(uint32 version) private view returns (INodeRegistry.UpdateNode memory) {
        return INodeRegistry.UpdateNode(node, OUTSIDER, EVIDENCE, 7, true, version, block.timestamp);
    }

    function unbond(uint128 amount) private {
        vm.prank(operator);
        nodes.unbond(INodeRegistry.Unbond(node, amount, 99, block.timestamp), "");
    }

    function award(address beneficiary, uint128 amount) private pure returns (IBonds.Award[] memory awards) {
        awards = new IBonds.Award[](1);
        awards[0] = IBonds.Award(beneficiary, amount);
    }
}
