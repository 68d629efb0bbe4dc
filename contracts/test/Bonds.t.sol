// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IBonds} from "../src/interfaces/IBonds.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {NodeRegistry} from "../src/NodeRegistry.sol";
import {FeeToken, HookToken} from "./support/Tokens.sol";
import {Wallet} from "./support/Wallets.sol";
import {World} from "./support/World.sol";

contract BondsTest is World {
    uint128 private constant BOND = 1_000;
    uint256 private constant DELAY = UNBONDING_SECONDS + 2 days;

    function setUp() public {
        deployWorld();
        furnishWorld();
    }

    function test_AnyoneDepositsForAnybody() public {
        deposit(providerA, BOND);
        assertEq(nodes.bondOf(providerA).bonded, BOND, "bonded");
        assertEq(nodes.totalBonds(), BOND, "total");
        assertEq(token.balanceOf(address(nodes)), nodes.totalStake() + BOND, "tokens");
    }

    function test_CreditsWhatArrives() public {
        FeeToken keeping = new FeeToken();
        NodeRegistry registry = new NodeRegistry(address(access), keeping, UNBONDING_SECONDS, 0);
        keeping.mint(address(this), 1_000);
        keeping.approve(address(registry), 1_000);
        registry.depositBond(providerA, 1_000);
        assertEq(registry.bondOf(providerA).bonded, 990, "less the token's fee");
        vm.expectRevert(IBonds.AmountIsZero.selector);
        registry.depositBond(providerA, 0);
    }

    function test_ReleasesAndPaysAfterTheDelay() public {
        deposit(providerA, BOND);
        release(1);
        IBonds.Stake memory bond = nodes.bondOf(providerA);
        assertEq(bond.bonded, 0, "counts no more");
        assertEq(bond.unbonding, BOND, "waits");
        vm.warp(block.timestamp + DELAY - 1);
        vm.expectPartialRevert(IBonds.StakeStillBonded.selector);
        nodes.withdrawBond(providerA);
        vm.warp(block.timestamp + 1);
        vm.prank(OUTSIDER);
        nodes.withdrawBond(providerA);
        assertEq(token.balanceOf(providerA), BOND, "paid to the account, whoever calls");
        assertEq(nodes.totalBonds(), 0, "total");
        vm.expectRevert(IBonds.AmountIsZero.selector);
        nodes.withdrawBond(providerA);
    }

    function test_AWalletReleases() public {
        Wallet wallet = new Wallet(providerA);
        deposit(address(wallet), BOND);
        IBonds.ReleaseBond memory request = IBonds.ReleaseBond(address(wallet), BOND, 1, block.timestamp);
        nodes.releaseBond(request, signatureBy(PROVIDER_A_KEY, nodes.hashReleaseBond(request)));
        assertEq(nodes.bondOf(address(wallet)).unbonding, BOND, "EIP-1271");
    }

    function test_RejectsWrongReleases() public {
        deposit(providerA, BOND);
        IBonds.ReleaseBond memory request = IBonds.ReleaseBond(providerA, BOND, 1, block.timestamp);
        bytes memory signature = signatureBy(PROVIDER_B_KEY, nodes.hashReleaseBond(request));
        vm.expectPartialRevert(ISignedActions.SignatureInvalid.selector);
        nodes.releaseBond(request, signature);
        request.deadline = block.timestamp - 1;
        vm.expectPartialRevert(ISignedActions.SignatureExpired.selector);
        nodes.releaseBond(request, signature);
        request = IBonds.ReleaseBond(providerA, 0, 1, block.timestamp);
        vm.prank(providerA);
        vm.expectRevert(IBonds.AmountIsZero.selector);
        nodes.releaseBond(request, "");
        request.amount = BOND + 1;
        vm.prank(providerA);
        vm.expectPartialRevert(IBonds.StakeTooSmall.selector);
        nodes.releaseBond(request, "");
        request.amount = BOND / 2;
        vm.startPrank(providerA);
        nodes.releaseBond(request, "");
        vm.expectPartialRevert(ISignedActions.ActionUsed.selector);
        nodes.releaseBond(request, "");
        vm.stopPrank();
    }

    function test_TakesWhatIsReleasedLast(uint128 amount) public {
        amount = uint128(bound(amount, 1, BOND));
        deposit(providerA, BOND);
        vm.prank(providerA);
        nodes.releaseBond(IBonds.ReleaseBond(providerA, 400, 1, block.timestamp), "");
        vm.prank(DEPLOYER);
        nodes.takeBond(providerA, 0, 0, awards(consumer, amount));
        IBonds.Stake memory bond = nodes.bondOf(providerA);
        assertEq(uint256(bond.bonded) + bond.unbonding, BOND - amount, "taken");
        assertEq(bond.unbonding, amount <= 600 ? 400 : BOND - amount, "last");
        assertEq(nodes.awardOf(consumer), amount, "awarded");
        vm.prank(consumer);
        nodes.claimAward();
        assertEq(token.balanceOf(consumer), amount, "claimed");
    }

    function test_RejectsTakingTooMuchOrNothing() public {
        deposit(providerA, BOND);
        vm.startPrank(DEPLOYER);
        vm.expectPartialRevert(IBonds.StakeTooSmall.selector);
        nodes.takeBond(providerA, 0, 0, awards(consumer, BOND + 1));
        vm.expectRevert(IBonds.AmountIsZero.selector);
        nodes.takeBond(providerA, 0, 0, awards(consumer, 0));
        vm.stopPrank();
    }

    function test_OnlyEvidenceTakesAndOnlyTheAdminSetsTheMinimum() public {
        vm.startPrank(OUTSIDER);
        vm.expectPartialRevert(IAccessManaged.AccessManagedUnauthorized.selector);
        nodes.takeBond(providerA, 0, 0, awards(consumer, 1));
        vm.expectPartialRevert(IAccessManaged.AccessManagedUnauthorized.selector);
        nodes.setMinimumBond(1);
        vm.stopPrank();
    }

    function test_ProvidersAndOperatorsNeedTheMinimum() public {
        vm.prank(DEPLOYER);
        nodes.setMinimumBond(BOND);
        deposit(providerA, BOND);
        bytes memory expected =
            abi.encodeWithSelector(IBonds.BondTooSmall.selector, providerB, 0, uint256(BOND));
        vm.expectRevert(expected);
        openPlaced();
        deposit(providerB, BOND);
        address operator = nodes.node(nodeIds[0]).operator;
        expected = abi.encodeWithSelector(IBonds.BondTooSmall.selector, operator, 0, uint256(BOND));
        vm.expectRevert(expected);
        openPlaced();
        for (uint256 i = 0; i < 3; ++i) {
            deposit(nodes.node(nodeIds[i]).operator, BOND);
        }
        openPlaced();
    }

    function test_AHookOfTheTokenCannotWithdrawTwice() public {
        HookToken hooking = new HookToken();
        NodeRegistry registry = new NodeRegistry(address(access), IERC20(hooking), UNBONDING_SECONDS, 0);
        hooking.mint(address(this), 1_000);
        hooking.approve(address(registry), 1_000);
        registry.depositBond(address(this), 500);
        registry.depositBond(providerB, 500);
        registry.releaseBond(IBonds.ReleaseBond(address(this), 500, 1, block.timestamp), "");
        vm.warp(block.timestamp + DELAY);
        hooking.arm(address(registry), abi.encodeCall(IBonds.withdrawBond, (address(this))));
        registry.withdrawBond(address(this));
        assertTrue(!hooking.isHookDone(), "the hook's own withdrawal failed");
        assertEq(hooking.balanceOf(address(registry)), 500, "the other's bond");
    }

    /// @dev A call of its own kind, so that expectRevert meets `open`.
    function openPlaced() private {
        bytes memory signature = jobBlob("sealed_4", ".signature");
        this.openAsRelayer(signature);
    }

    function openAsRelayer(bytes calldata signature) external {
        vm.prank(RELAYER);
        market.open(order("sealed_4"), signature, seats(3));
    }

    function deposit(address account, uint256 amount) private {
        vm.prank(DEPLOYER);
        token.mint(address(this), amount);
        token.approve(address(nodes), amount);
        nodes.depositBond(account, amount);
    }

    function release(uint256 salt) private {
        IBonds.ReleaseBond memory request = IBonds.ReleaseBond(providerA, BOND, salt, block.timestamp);
        nodes.releaseBond(request, signatureBy(PROVIDER_A_KEY, nodes.hashReleaseBond(request)));
    }

    function awards(address to, uint128 amount) private pure returns (IBonds.Award[] memory list) {
        list = new IBonds.Award[](1);
        list[0] = IBonds.Award(to, amount);
    }
}
