// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Wallet} from "./support/Wallets.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IMarket} from "../src/interfaces/IMarket.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {Market} from "../src/Market.sol";
import {BlockingToken, FeeToken, HookToken} from "./support/Tokens.sol";
import {World} from "./support/World.sol";

contract MarketAccountsTest is World {
    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    function setUp() public {
        deployWorld();
    }

    function test_RejectsConstructorArguments() public {
        vm.expectRevert(IMarket.AddressIsZero.selector);
        marketWith(IERC20(address(0)), TREASURY, 0);
        vm.expectRevert(IMarket.AddressIsZero.selector);
        marketWith(token, address(0), 0);
        vm.expectRevert(abi.encodeWithSelector(IMarket.FeeTooHigh.selector, 2_001, 2_000));
        marketWith(token, TREASURY, 2_001);
    }

    function test_DepositsAndWithdraws(uint128 amount, uint128 part) public {
        amount = uint128(bound(amount, 1, type(uint128).max));
        part = uint128(bound(part, 1, amount));
        fund(consumer, amount);
        assertEq(market.balanceOf(consumer), amount, "credited");
        vm.prank(consumer);
        market.withdraw(part);
        assertEq(token.balanceOf(consumer), part, "paid out");
        assertEq(market.balanceOf(consumer), amount - part, "left");
        assertEq(market.totalDeposits(), amount - part, "total");
    }

    function test_DepositsForAnother() public {
        vm.prank(DEPLOYER);
        token.mint(OUTSIDER, 10);
        vm.startPrank(OUTSIDER);
        token.approve(address(market), 10);
        vm.expectRevert(IMarket.AddressIsZero.selector);
        market.depositFor(address(0), 10);
        market.depositFor(consumer, 10);
        vm.stopPrank();
        assertEq(market.balanceOf(consumer), 10, "credited");
    }

    function test_RejectsEmptyDeposit() public {
        vm.expectRevert(IMarket.AmountIsZero.selector);
        market.deposit(0);
    }

    function test_DepositsWithPermitByRelayer() public {
        vm.prank(DEPLOYER);
        token.mint(consumer, 50);
        (uint8 v, bytes32 r, bytes32 s) = permit(50, CONSUMER_KEY);
        vm.prank(RELAYER);
        market.depositWithPermit(consumer, 50, block.timestamp, v, r, s);
        assertEq(market.balanceOf(consumer), 50, "credited to the owner");
    }

    function test_RejectsPermitEvenIfAllowanceStands() public {
        vm.prank(DEPLOYER);
        token.mint(consumer, 50);
        vm.prank(consumer);
        token.approve(address(market), 50);
        (uint8 v, bytes32 r, bytes32 s) = permit(50, PROVIDER_A_KEY);
        vm.expectRevert();
        vm.prank(RELAYER);
        market.depositWithPermit(consumer, 50, block.timestamp, v, r, s);
    }

    function test_CreditsWhatAFeeTokenDelivers() public {
        FeeToken taxed = new FeeToken();
        Market other = marketWith(taxed, TREASURY, 0);
        taxed.mint(address(this), 1_000);
        taxed.approve(address(other), 1_000);
        other.deposit(1_000);
        assertEq(other.balanceOf(address(this)), 990, "credited");
        assertEq(other.totalDeposits(), taxed.balanceOf(address(other)), "total");
        other.withdraw(990);
        assertEq(taxed.balanceOf(address(other)), 0, "everything can leave");
    }

    function test_BlockedAccountHoldsUpNobodyElse() public {
        BlockingToken blocking = new BlockingToken();
        Market other = marketWith(blocking, TREASURY, 0);
        blocking.mint(address(this), 100);
        blocking.approve(address(other), 100);
        other.depositFor(consumer, 60);
        other.depositFor(OUTSIDER, 40);
        blocking.setBlocked(consumer, true);
        vm.expectRevert();
        vm.prank(consumer);
        other.withdraw(60);
        assertEq(other.balanceOf(consumer), 60, "the credit stays");
        vm.prank(OUTSIDER);
        other.withdraw(40);
        assertEq(blocking.balanceOf(OUTSIDER), 40, "others leave");
    }

    function test_RefusesReentry() public {
        HookToken hook = new HookToken();
        Market other = marketWith(hook, TREASURY, 0);
        hook.mint(address(this), 100);
        hook.approve(address(other), 100);
        other.depositFor(address(hook), 50);
        hook.arm(address(other), abi.encodeCall(other.withdraw, (50)));
        other.deposit(50);
        assertTrue(!hook.isHookDone(), "the hook's withdrawal is refused");
        assertEq(
            bytes32(bytes4(hook.hookResult())),
            bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
            "by the guard"
        );
        other.withdraw(50);
        assertTrue(!hook.isHookDone(), "in a withdrawal too");
        assertEq(other.totalDeposits(), 50, "total");
        assertEq(hook.balanceOf(address(other)), 50, "held");
    }

    function test_RejectsWithdrawals() public {
        fund(consumer, 10);
        vm.startPrank(consumer);
        vm.expectRevert(IMarket.AmountIsZero.selector);
        market.withdraw(0);
        vm.expectRevert(abi.encodeWithSelector(IMarket.BalanceTooSmall.selector, consumer, 10, 11));
        market.withdraw(11);
        vm.stopPrank();
    }

    function test_WithdrawsBySignatureOnce() public {
        fund(consumer, 10);
        IMarket.Withdraw memory request = IMarket.Withdraw(consumer, OUTSIDER, 4, 1, block.timestamp);
        bytes32 digest = market.hashWithdraw(request);
        bytes memory signature = signatureBy(CONSUMER_KEY, digest);
        market.withdrawBySignature(request, signature);
        assertEq(token.balanceOf(OUTSIDER), 4, "paid");
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.ActionUsed.selector, digest));
        market.withdrawBySignature(request, signature);
    }

    function test_RejectsAlteredWithdrawal() public {
        fund(consumer, 10);
        IMarket.Withdraw memory request = IMarket.Withdraw(consumer, OUTSIDER, 4, 1, block.timestamp);
        bytes memory signature = signatureBy(CONSUMER_KEY, market.hashWithdraw(request));
        request.to = RELAYER;
        bytes32 digest = market.hashWithdraw(request);
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.SignatureInvalid.selector, consumer, digest));
        market.withdrawBySignature(request, signature);
        request.deadline = block.timestamp - 1;
        vm.expectPartialRevert(ISignedActions.SignatureExpired.selector);
        market.withdrawBySignature(request, signature);
        request = IMarket.Withdraw(consumer, address(0), 4, 1, block.timestamp);
        vm.expectRevert(IMarket.AddressIsZero.selector);
        vm.prank(consumer);
        market.withdrawBySignature(request, "");
    }

    function test_WithdrawsWhilePaused() public {
        fund(consumer, 10);
        vm.prank(DEPLOYER);
        market.setPaused(true);
        vm.prank(consumer);
        market.withdraw(10);
        assertTrue(market.isPaused(), "paused");
    }

    function test_AWalletContractWithdraws() public {
        Wallet wallet = new Wallet(consumer);
        vm.prank(DEPLOYER);
        token.mint(address(this), 50);
        token.approve(address(market), 50);
        market.depositFor(address(wallet), 50);
        IMarket.Withdraw memory request = IMarket.Withdraw(address(wallet), OUTSIDER, 50, 1, block.timestamp);
        bytes memory signature = signatureBy(PROVIDER_A_KEY, market.hashWithdraw(request));
        vm.expectPartialRevert(ISignedActions.SignatureInvalid.selector);
        market.withdrawBySignature(request, signature);
        signature = signatureBy(CONSUMER_KEY, market.hashWithdraw(request));
        market.withdrawBySignature(request, signature);
        assertEq(token.balanceOf(OUTSIDER), 50, "EIP-1271");
    }

    function test_ControlsNeedTheirRole() public {
        bytes memory refused =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, RELAYER);
        vm.startPrank(RELAYER);
        vm.expectRevert(refused);
        market.setFee(0);
        vm.expectRevert(refused);
        market.setTreasury(RELAYER);
        vm.expectRevert(refused);
        market.setPaused(true);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessManager.AccessManagerUnauthorizedAccount.selector, RELAYER, 0)
        );
        access.wire(RELAYER, RELAYER, RELAYER, RELAYER, RELAYER);
        vm.stopPrank();
        vm.startPrank(DEPLOYER);
        market.setFee(2_000);
        vm.expectRevert(abi.encodeWithSelector(IMarket.FeeTooHigh.selector, 2_001, 2_000));
        market.setFee(2_001);
        market.setTreasury(OUTSIDER);
        vm.expectRevert(IMarket.AddressIsZero.selector);
        market.setTreasury(address(0));
        vm.stopPrank();
        assertEq(market.feeBps(), 2_000, "fee");
        assertEq(market.treasury(), OUTSIDER, "treasury");
        assertEq(market.token(), address(token), "token");
    }

    function marketWith(IERC20 token_, address treasury, uint256 feeBps) private returns (Market) {
        return new Market(address(access), token_, programs, datasets, licences, nodes, treasury, feeBps);
    }

    function permit(uint256 amount, uint256 key) private view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 structHash = keccak256(
            abi.encode(
                PERMIT_TYPEHASH, consumer, address(market), amount, token.nonces(consumer), block.timestamp
            )
        );
        return vm.sign(key, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash)));
    }
}
