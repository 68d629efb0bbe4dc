// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IDatasetRegistry} from "./interfaces/IDatasetRegistry.sol";
import {
    BatchItem,
    Claim,
    Combination,
    IGroth16Verifier,
    PublicProof,
    SealedProof,
    Verified
} from "./interfaces/IGroth16Verifier.sol";
import {ILicenceLedger} from "./interfaces/ILicenceLedger.sol";
import {IMarket} from "./interfaces/IMarket.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {IPlanVerifier} from "./interfaces/IPlanVerifier.sol";
import {IProgramRegistry} from "./interfaces/IProgramRegistry.sol";
import {G1} from "./interfaces/Points.sol";
import {Accounts} from "./market/Accounts.sol";
import {Opening} from "./market/Opening.sol";

/// @notice How an open job ends: settled against a proof, or given up with everything returned. The job is the
/// nullifier, since Groth16 proofs can be re-randomised: a job leaves OPEN once and never comes back.
contract Market is Opening {
    uint256 private constant MAX_FEE_BPS = 2_000;

    uint8 private constant PUBLIC = 0;
    uint8 private constant SEALED = 1;

    /// @inheritdoc IMarket
    address public treasury;

    constructor(
        address access,
        IERC20 token_,
        IProgramRegistry programs_,
        IDatasetRegistry datasets_,
        ILicenceLedger licences_,
        INodeRegistry nodes_,
        address treasury_,
        uint256 feeBps_
    ) AccessManaged(access) Accounts(token_) Opening(programs_, datasets_, licences_, nodes_) {
        _setTreasury(treasury_);
        _setFee(feeBps_);
    }

    /// @inheritdoc IMarket
    function settleSealed(
        bytes32 jobId,
        G1[] calldata columns,
        SealedProof calldata proof,
        Combination calldata combined
    ) external nonReentrant {
        Job storage opened = _settleable(jobId, SEALED);
        (uint256 job_, bytes32 columnsHash, bytes32 resultHash) =
            IGroth16Verifier(opened.verifier).verifySealed(_claim(jobId, opened), columns, proof, combined);
        _settle(jobId, opened, job_, columnsHash, resultHash, keccak256(abi.encode(proof)));
    }

    /// @inheritdoc IMarket
    function settlePublic(
        bytes32 jobId,
        G1[] calldata columns,
        uint256[] calldata outputs,
        PublicProof calldata proof,
        Combination calldata combined
    ) external nonReentrant {
        Job storage opened = _settleable(jobId, PUBLIC);
        (uint256 job_, bytes32 columnsHash, bytes32 resultHash) = IGroth16Verifier(opened.verifier)
            .verifyPublic(_claim(jobId, opened), columns, outputs, proof, combined);
        _settle(jobId, opened, job_, columnsHash, resultHash, keccak256(abi.encode(proof)));
    }

    /// @inheritdoc IMarket
    function settlePlan(bytes32 jobId, bytes calldata proof) external nonReentrant {
        Job storage opened = _settleable(jobId);
        Verified memory one = IPlanVerifier(opened.verifier).verifyPlan(this, jobId, proof);
        _settle(jobId, opened, one.job, one.columnsHash, one.resultHash, one.proofHash);
    }

    /// @inheritdoc IMarket
    function settleBatch(bytes32[] calldata jobIds, BatchItem[] calldata items) external nonReentrant {
        uint256 count = jobIds.length;
        if (count == 0) revert BatchIsEmpty();
        if (items.length != count) revert BatchLengthMismatch(count, items.length);
        Claim[] memory claims = new Claim[](count);
        address verifier = _jobs[jobIds[0]].verifier;
        for (uint256 i = 0; i < count; ++i) {
            bytes32 jobId = jobIds[i];
            Job storage opened = _settleable(jobId, items[i].outputs.length == 0 ? SEALED : PUBLIC);
            if (opened.verifier != verifier) revert VerifierMismatch(jobId, verifier, opened.verifier);
            claims[i] = _claim(jobId, opened);
        }
        Verified[] memory verified = IGroth16Verifier(verifier).verifyBatch(claims, items);
        for (uint256 i = 0; i < count; ++i) {
            Verified memory one = verified[i];
            // Asked again: the same job may stand in the batch twice.
            _settle(jobIds[i], _openJob(jobIds[i]), one.job, one.columnsHash, one.resultHash, one.proofHash);
        }
    }

    /// @inheritdoc IMarket
    function abort(bytes32 jobId) external nonReentrant {
        Job storage opened = _openJob(jobId);
        for (uint256 i = 0; i < opened.inputs.length; ++i) {
            if (licences.isAborting(opened.inputs[i].licenceId)) {
                emit JobFailed(jobId, "licence_revoked", _giveUp(jobId, opened, JobState.FAILED));
                return;
            }
        }
        revert JobNotAborted(jobId);
    }

    /// @inheritdoc IMarket
    function startDealing(bytes32 jobId) external restricted {
        Job storage opened = _openJob(jobId);
        if (opened.isDealing) revert JobIsDealing(jobId);
        opened.isDealing = true;
        emit JobDealing(jobId);
    }

    /// @inheritdoc IMarket
    function cancel(bytes32 jobId, bytes calldata signature) external nonReentrant {
        Job storage opened = _openJob(jobId);
        if (opened.isDealing) revert JobIsDealing(jobId);
        _checkSignature(opened.consumer, _hashCancelOrder(jobId), signature);
        emit JobCancelled(jobId, _giveUp(jobId, opened, JobState.CANCELLED));
    }

    /// @inheritdoc IMarket
    function fail(bytes32 jobId, bytes32 reason) external restricted nonReentrant {
        Job storage opened = _openJob(jobId);
        emit JobFailed(jobId, reason, _giveUp(jobId, opened, JobState.FAILED));
    }

    /// @inheritdoc IMarket
    function expire(bytes32 jobId) external nonReentrant {
        Job storage opened = _openJob(jobId);
        if (block.timestamp <= opened.deadline) {
            revert JobDeadlineNotPassed(jobId, opened.deadline, block.timestamp);
        }
        emit JobExpired(jobId, _giveUp(jobId, opened, JobState.EXPIRED));
    }

    /// @inheritdoc IMarket
    function setFee(uint256 feeBps_) external restricted {
        _setFee(feeBps_);
    }

    /// @inheritdoc IMarket
    function setTreasury(address treasury_) external restricted {
        _setTreasury(treasury_);
    }

    /// @inheritdoc IMarket
    function setPaused(bool isPaused_) external restricted {
        isPaused = isPaused_;
        emit OpeningPaused(isPaused_);
    }

    /// @inheritdoc IMarket
    function job(bytes32 jobId) external view returns (Job memory) {
        return _jobs[jobId];
    }

    /// @inheritdoc IMarket
    function claimOf(bytes32 jobId) external view returns (Claim memory) {
        return _claim(jobId, _jobs[jobId]);
    }

    function _settleable(bytes32 jobId) private view returns (Job storage opened) {
        opened = _openJob(jobId);
        if (block.timestamp > opened.deadline) {
            revert JobDeadlinePassed(jobId, opened.deadline, block.timestamp);
        }
    }

    function _settleable(bytes32 jobId, uint8 visibility) private view returns (Job storage opened) {
        opened = _settleable(jobId);
        if (opened.visibility != visibility) revert VisibilityMismatch(jobId, opened.visibility);
    }

    function _claim(bytes32 jobId, Job storage opened) private view returns (Claim memory) {
        return Claim({
            market: address(this),
            jobId: jobId,
            programId: opened.programId,
            licencesHash: _licencesHash(opened),
            leftCount: opened.leftCount,
            rightCount: opened.rightCount
        });
    }

    /// @dev The proof is verified; what is left is whether it speaks of this job's columns.
    function _settle(
        bytes32 jobId,
        Job storage opened,
        uint256 jobElement,
        bytes32 columnsHash,
        bytes32 resultHash,
        bytes32 proofHash
    ) private {
        if (columnsHash != opened.columnsHash) {
            revert ColumnsMismatch(jobId, opened.columnsHash, columnsHash);
        }
        opened.state = JobState.SETTLED;
        (uint64 outputs, ILicenceLedger.Use[] memory uses) = _uses(opened);
        licences.consume(jobId, outputs, uses);
        Payment[] memory payments = _pay(opened);
        emit JobSettled(jobId, opened.programId, jobElement, resultHash, proofHash, payments);
    }

    /// @dev Splits the escrow: each its price, the market the remainder, which is its fee. Nothing is left over.
    function _pay(Job storage opened) private returns (Payment[] memory payments) {
        uint256 inputs = opened.inputs.length;
        uint256 seats = opened.seats.length;
        uint256 rest = opened.price;
        totalEscrow -= rest;
        payments = new Payment[](inputs + seats + 1);
        for (uint256 i = 0; i < inputs; ++i) {
            JobInput storage input = opened.inputs[i];
            payments[i] = Payment(input.provider, input.price);
        }
        for (uint256 i = 0; i < seats; ++i) {
            Seat storage seat = opened.seats[i];
            payments[inputs + i] = Payment(seat.operator, seat.fee);
        }
        for (uint256 i = 0; i < inputs + seats; ++i) {
            rest -= payments[i].amount;
            _credit(payments[i].payee, payments[i].amount);
        }
        payments[inputs + seats] = Payment(treasury, rest);
        _credit(treasury, rest);
    }

    function _giveUp(bytes32 jobId, Job storage opened, JobState state) private returns (uint256 refunded) {
        opened.state = state;
        refunded = opened.price;
        _unlock(opened.consumer, refunded);
        (uint64 outputs, ILicenceLedger.Use[] memory uses) = _uses(opened);
        licences.release(jobId, outputs, uses);
    }

    function _uses(Job storage opened)
        private
        view
        returns (uint64 outputs, ILicenceLedger.Use[] memory uses)
    {
        outputs = uint64(opened.leftCount) * opened.rightCount;
        uses = new ILicenceLedger.Use[](opened.inputs.length);
        for (uint256 i = 0; i < uses.length; ++i) {
            JobInput storage input = opened.inputs[i];
            uses[i] = ILicenceLedger.Use(input.licenceId, uint128(opened.rows) * input.columnCount);
        }
    }

    function _setFee(uint256 feeBps_) private {
        if (feeBps_ > MAX_FEE_BPS) revert FeeTooHigh(feeBps_, MAX_FEE_BPS);
        feeBps = feeBps_;
        emit FeeChanged(feeBps_);
    }

    function _setTreasury(address treasury_) private {
        if (treasury_ == address(0)) revert AddressIsZero();
        treasury = treasury_;
        emit TreasuryChanged(treasury_);
    }
}
