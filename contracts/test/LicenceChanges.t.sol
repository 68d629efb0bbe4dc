// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILicenceLedger, Quantity} from "../src/interfaces/ILicenceLedger.sol";
import {IMarket} from "../src/interfaces/IMarket.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {World} from "./support/World.sol";
import {Wallet} from "./support/Wallets.sol";

contract LicenceChangesTest is World {
    uint256 private constant BUYER_KEY = 0xB0B;
    address private buyer = vm.addr(BUYER_KEY);
    bytes32 private licence;

    function setUp() public {
        deployWorld();
        furnishWorld();
        licence = licenceId("B");
    }

    function test_TransfersToANamedRecipient() public {
        allow(buyer);
        assertTrue(licences.isTransferAllowed(licence, buyer), "buyer");
        assertTrue(!licences.isTransferAllowed(licence, OUTSIDER), "nobody else");
        ILicenceLedger.TransferLicence memory request = transferTo(buyer);
        licences.transfer(request, signatureBy(CONSUMER_KEY, licences.hashTransferLicence(request)));
        assertEq(licences.licence(licence).consumer, buyer, "consumer");
        IMarket.Order memory placed = order("sealed_4");
        vm.prank(RELAYER);
        vm.expectRevert(
            abi.encodeWithSelector(ILicenceLedger.ConsumerMismatch.selector, licence, buyer, consumer)
        );
        market.open(placed, jobBlob("sealed_4", ".signature"), seats(3));
    }

    function test_TransfersToAnybodyAndOnByAWallet() public {
        allow(address(0));
        address wallet = address(new Wallet(buyer));
        vm.prank(consumer);
        licences.transfer(transferTo(wallet), "");
        ILicenceLedger.TransferLicence memory request = transferTo(OUTSIDER);
        bytes memory signature = signatureBy(BUYER_KEY, licences.hashTransferLicence(request));
        licences.transfer(request, signature);
        assertEq(licences.licence(licence).consumer, OUTSIDER, "consumer");
    }

    function test_OpenJobsStayTheOldConsumers() public {
        openJob("sealed_4");
        uint256 before = market.balanceOf(consumer);
        allow(buyer);
        vm.prank(consumer);
        licences.transfer(transferTo(buyer), "");
        vm.prank(consumer);
        market.cancel(jobId("sealed_4"), "");
        assertTrue(market.balanceOf(consumer) > before, "refund");
    }

    function test_RejectsTransferTwice() public {
        allow(address(0));
        ILicenceLedger.TransferLicence memory request = transferTo(consumer);
        vm.prank(consumer);
        licences.transfer(request, "");
        bytes32 digest = licences.hashTransferLicence(request);
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.ActionUsed.selector, digest));
        vm.prank(consumer);
        licences.transfer(request, "");
    }

    function test_RejectsTransferThatIsNotAllowed() public {
        vm.startPrank(consumer);
        vm.expectRevert(abi.encodeWithSelector(ILicenceLedger.TransferNotAllowed.selector, licence, buyer));
        licences.transfer(transferTo(buyer), "");
        vm.expectRevert(ILicenceLedger.ConsumerMissing.selector);
        licences.transfer(transferTo(address(0)), "");
        vm.stopPrank();
        revokeWith(1, ILicenceLedger.Effect.FINISH);
        vm.expectRevert(abi.encodeWithSelector(ILicenceLedger.LicenceIsRevoked.selector, licence));
        vm.prank(consumer);
        licences.transfer(transferTo(buyer), "");
    }

    function test_TopsUp(uint64 runs, uint128 cells, uint64 outputs) public {
        runs = uint64(bound(runs, 1, type(uint64).max - 20));
        cells = uint128(bound(cells, 0, type(uint128).max - 2_000));
        outputs = uint64(bound(outputs, 0, type(uint64).max - 4_000));
        ILicenceLedger.TopUpLicence memory request = topUpBy(runs, cells, outputs);
        licences.topUp(request, signatureBy(PROVIDER_B_KEY, licences.hashTopUpLicence(request)));
        (Quantity memory granted, Quantity memory remaining,, Quantity memory consumed) =
            licences.quantities(licence);
        assertEq(granted.runs, uint256(runs) + 20, "runs");
        assertEq(granted.cells, uint256(cells) + 2_000, "cells");
        assertEq(granted.outputs, uint256(outputs) + 4_000, "outputs");
        assertEq(keccak256(abi.encode(remaining)), keccak256(abi.encode(granted)), "remaining");
        assertEq(consumed.runs, 0, "consumed");
    }

    function test_RejectsTopUpTwice() public {
        ILicenceLedger.TopUpLicence memory request = topUpBy(0, 0, 1);
        vm.startPrank(providerB);
        licences.topUp(request, "");
        bytes32 digest = licences.hashTopUpLicence(request);
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.ActionUsed.selector, digest));
        licences.topUp(request, "");
    }

    function test_RejectsTopUpOfNothingOrTooMuch() public {
        vm.startPrank(providerB);
        vm.expectRevert(ILicenceLedger.QuantityMissing.selector);
        licences.topUp(topUpBy(0, 0, 0), "");
        bytes memory tooLarge = abi.encodeWithSelector(ILicenceLedger.QuantityTooLarge.selector, licence);
        vm.expectRevert(tooLarge);
        licences.topUp(topUpBy(type(uint64).max, 0, 0), "");
        vm.expectRevert(tooLarge);
        licences.topUp(topUpBy(1, type(uint128).max, 0), "");
        vm.expectRevert(tooLarge);
        licences.topUp(topUpBy(1, 1, type(uint64).max), "");
        vm.stopPrank();
        revokeWith(1, ILicenceLedger.Effect.FINISH);
        vm.expectRevert(abi.encodeWithSelector(ILicenceLedger.LicenceIsRevoked.selector, licence));
        vm.prank(providerB);
        licences.topUp(topUpBy(1, 0, 0), "");
    }

    function test_RevokesWithFinish() public {
        openJob("sealed_4");
        revokeWith(1, ILicenceLedger.Effect.FINISH);
        (uint32 epoch, ILicenceLedger.Effect effect) = licences.revocationOf(licence);
        assertTrue(epoch == 1 && effect == ILicenceLedger.Effect.FINISH, "epoch 1");
        vm.expectRevert(abi.encodeWithSelector(IMarket.JobNotAborted.selector, jobId("sealed_4")));
        market.abort(jobId("sealed_4"));
        settleJob("sealed_4");
    }

    function test_PlainRevocationIsTheFirstEpoch() public {
        vm.prank(providerB);
        licences.revoke(ILicenceLedger.RevokeLicence(licence, block.timestamp), "");
        (uint32 epoch, ILicenceLedger.Effect effect) = licences.revocationOf(licence);
        assertTrue(epoch == 1 && effect == ILicenceLedger.Effect.FINISH, "epoch 1");
    }

    function test_AbortsOpenJobs() public {
        openJob("sealed_4");
        uint256 price = market.job(jobId("sealed_4")).price;
        uint256 before = market.balanceOf(consumer);
        vm.prank(RELAYER);
        market.startDealing(jobId("sealed_4"));
        revokeWith(1, ILicenceLedger.Effect.FINISH);
        revokeWith(2, ILicenceLedger.Effect.ABORT);
        bytes memory aborting = abi.encodeWithSelector(ILicenceLedger.LicenceIsAborting.selector, licence);
        vm.expectRevert(aborting);
        this.settle("sealed_4");
        vm.expectEmit(true, true, true, true, address(market));
        emit IMarket.JobFailed(jobId("sealed_4"), "licence_revoked", price);
        vm.prank(OUTSIDER);
        market.abort(jobId("sealed_4"));
        assertEq(market.balanceOf(consumer), before + price, "refund");
        (Quantity memory granted, Quantity memory remaining,,) = licences.quantities(licence);
        assertEq(keccak256(abi.encode(remaining)), keccak256(abi.encode(granted)), "released");
        vm.expectPartialRevert(IMarket.JobNotOpen.selector);
        market.abort(jobId("sealed_4"));
    }

    function test_RejectsOtherEpochs() public {
        ILicenceLedger.RevokeInEpoch memory request = revocation(2, ILicenceLedger.Effect.ABORT);
        vm.startPrank(providerB);
        vm.expectRevert(abi.encodeWithSelector(ILicenceLedger.EpochMismatch.selector, licence, 1, 2));
        licences.revokeInEpoch(request, "");
        vm.stopPrank();
        revokeWith(1, ILicenceLedger.Effect.ABORT);
        bytes memory revoked = abi.encodeWithSelector(ILicenceLedger.LicenceIsRevoked.selector, licence);
        vm.startPrank(providerB);
        vm.expectRevert(revoked);
        licences.revokeInEpoch(request, "");
        vm.expectRevert(revoked);
        licences.revokeInEpoch(revocation(2, ILicenceLedger.Effect.FINISH), "");
    }

    function test_RejectsFinishAfterFinish() public {
        revokeWith(1, ILicenceLedger.Effect.FINISH);
        vm.prank(providerB);
        vm.expectRevert(abi.encodeWithSelector(ILicenceLedger.LicenceIsRevoked.selector, licence));
        licences.revokeInEpoch(revocation(2, ILicenceLedger.Effect.FINISH), "");
    }

    function test_RejectsWhatIsLateOrNotSigned() public {
        vm.warp(block.timestamp + 1);
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectPartialRevert(ISignedActions.SignatureInvalid.selector);
            vm.prank(OUTSIDER);
            this.change(i, licence, block.timestamp);
            vm.expectPartialRevert(ISignedActions.SignatureExpired.selector);
            this.change(i, licence, block.timestamp - 1);
            vm.expectRevert(abi.encodeWithSelector(ILicenceLedger.LicenceUnknown.selector, bytes32(i)));
            this.change(i, bytes32(i), block.timestamp);
        }
        vm.expectPartialRevert(ILicenceLedger.LicenceUnknown.selector);
        licences.revocationOf(0);
    }

    function change(uint256 which, bytes32 id, uint256 deadline) external {
        if (which == 0) licences.allowTransfer(ILicenceLedger.AllowTransfer(id, buyer, deadline), "");
        if (which == 1) licences.transfer(ILicenceLedger.TransferLicence(id, buyer, 0, deadline), "");
        if (which == 2) licences.topUp(ILicenceLedger.TopUpLicence(id, 1, 1, 1, 0, deadline), "");
        if (which == 3) {
            licences.revokeInEpoch(
                ILicenceLedger.RevokeInEpoch(id, 1, ILicenceLedger.Effect.ABORT, deadline), ""
            );
        }
    }

    function settle(string memory name) external {
        settleJob(name);
    }

    function allow(address to) private {
        ILicenceLedger.AllowTransfer memory request =
            ILicenceLedger.AllowTransfer(licence, to, block.timestamp);
        licences.allowTransfer(request, signatureBy(PROVIDER_B_KEY, licences.hashAllowTransfer(request)));
    }

    function revokeWith(uint32 epoch, ILicenceLedger.Effect effect) private {
        ILicenceLedger.RevokeInEpoch memory request = revocation(epoch, effect);
        licences.revokeInEpoch(request, signatureBy(PROVIDER_B_KEY, licences.hashRevokeInEpoch(request)));
    }

    function revocation(uint32 epoch, ILicenceLedger.Effect effect)
        private
        view
        returns (ILicenceLedger.RevokeInEpoch memory)
    {
        return ILicenceLedger.RevokeInEpoch(licence, epoch, effect, block.timestamp);
    }

    function transferTo(address to) private view returns (ILicenceLedger.TransferLicence memory) {
        return ILicenceLedger.TransferLicence(licence, to, 1, block.timestamp);
    }

    function topUpBy(uint64 runs, uint128 cells, uint64 outputs)
        private
        view
        returns (ILicenceLedger.TopUpLicence memory)
    {
        return ILicenceLedger.TopUpLicence(licence, runs, cells, outputs, 1, block.timestamp);
    }
}
