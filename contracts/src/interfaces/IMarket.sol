// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {G1} from "./Points.sol";
import {BatchItem, Claim, Combination, PublicProof, SealedProof} from "./IGroth16Verifier.sol";

/// @notice Opens jobs (quantities reserved, escrow locked), settles them against a proof (quantities consumed, everyone
/// paid) or ends them otherwise (quantities released, escrow refunded). Payments are credits; accounts withdraw them.
interface IMarket {
    enum JobState {
        NONE,
        OPEN,
        SETTLED,
        CANCELLED,
        FAILED,
        EXPIRED
    }

    struct Input {
        bytes32 licenceId;
        /// @dev Bitmap of the dataset's columns; bit 0 (`ones`) is always set.
        uint256 columns;
    }

    /// @dev Signed by the consumer; the job's id is the EIP-712 digest. visibility: 0 public, 1 sealed.
    struct Order {
        address consumer;
        bytes32 programId;
        Input[] inputs;
        uint8 visibility;
        bytes32 recipientKey;
        bytes32 detailsHash;
        uint128 maxPrice;
        uint64 deadline;
        uint256 salt;
    }

    struct CancelOrder {
        bytes32 jobId;
    }

    /// @dev A dealer's sealed package, signed as evidence.
    struct Deal {
        bytes32 jobId;
        uint32 attempt;
        uint32 seat;
        bytes32 contentHash;
    }

    /// @dev A node's answer of a round, signed as evidence.
    struct Contribution {
        bytes32 jobId;
        uint32 attempt;
        uint8 round;
        uint32 seat;
        bytes32 contentHash;
    }

    /// @dev Withdrawal by signature, so that an account without gas can leave.
    struct Withdraw {
        address account;
        address to;
        uint256 amount;
        uint256 salt;
        uint256 deadline;
    }

    struct JobInput {
        bytes32 licenceId;
        address provider;
        uint88 price;
        /// @dev Chosen columns without `ones`.
        uint8 columnCount;
    }

    struct Seat {
        address operator;
        uint96 fee;
    }

    struct Job {
        address consumer;
        uint64 deadline;
        JobState state;
        uint8 visibility;
        /// @dev Shares have been dealt: the consumer may not cancel any more.
        bool isDealing;
        address verifier;
        uint32 rows;
        /// @dev d1 and d2 of docs/protocol.md; 1 and the number of outputs of a program with a plan.
        uint16 leftCount;
        uint16 rightCount;
        /// @dev The fee at opening; a later change does not reach an open job.
        uint16 feeBps;
        bytes32 programId;
        bytes32 columnsHash;
        uint128 price;
        uint128 maxPrice;
        JobInput[] inputs;
        Seat[] seats;
    }

    struct Payment {
        address payee;
        uint256 amount;
    }

    /// @notice A job is open. `inputs`, `nodeIds`: in the order's sequence and by seat 1 … N.
    event JobOpened(
        bytes32 indexed jobId,
        address indexed consumer,
        bytes32 indexed programId,
        Input[] inputs,
        bytes32[] nodeIds,
        bytes32 columnsHash,
        uint16 leftCount,
        uint16 rightCount,
        uint8 visibility,
        uint128 price,
        uint64 deadline
    );
    event JobReseated(bytes32 indexed jobId, bytes32[] nodeIds, uint128 price);
    event JobDealing(bytes32 indexed jobId);
    /// @param jobElement The field element that the proof is bound to.
    /// @param proofHash keccak256 of the abi-encoded proof.
    /// @param payments Providers by input, operators by seat, then the market's treasury; their sum is the escrow.
    event JobSettled(
        bytes32 indexed jobId,
        bytes32 indexed programId,
        uint256 jobElement,
        bytes32 resultHash,
        bytes32 proofHash,
        Payment[] payments
    );
    event JobCancelled(bytes32 indexed jobId, uint256 refunded);
    event JobFailed(bytes32 indexed jobId, bytes32 reason, uint256 refunded);
    event JobExpired(bytes32 indexed jobId, uint256 refunded);
    event Deposited(address indexed account, address indexed from, uint256 amount);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    event FeeChanged(uint256 feeBps);
    event TreasuryChanged(address treasury);
    event OpeningPaused(bool isPaused);

    error JobExists(bytes32 jobId);
    error JobNotOpen(bytes32 jobId, JobState state);
    error JobIsDealing(bytes32 jobId);
    error JobDeadlinePassed(bytes32 jobId, uint256 deadline, uint256 timestamp);
    error JobDeadlineNotPassed(bytes32 jobId, uint256 deadline, uint256 timestamp);
    error JobTooLong(uint256 deadline, uint256 latest);
    error OpeningIsPaused();
    error VisibilityInvalid(uint8 visibility);
    error VisibilityMismatch(bytes32 jobId, uint8 ordered);
    error InputsInvalid(uint256 inputs, uint256 maximum);
    /// @notice An input without a column besides `ones`.
    error InputHasNoColumns(bytes32 licenceId);
    error SetupMismatch(bytes32 licenceId, bytes32 ofProgram, bytes32 ofDataset);
    /// @notice The datasets do not have the same rows: their column 0 (or their row count) differs.
    error RowsMismatch(bytes32 licenceId);
    error OutputsOutOfRange(uint256 outputs, uint256 maximum);
    error ProgramDoesNotFit(bytes32 programId, uint256 columns);
    error SeatsInvalid(uint256 seats, uint256 minimum, uint256 maximum);
    /// @notice Two nodes of one operator, or a node of a party to the job.
    error SeatConflict(bytes32 nodeId, address operator);
    error PriceAboveLimit(uint256 price, uint256 maxPrice);
    error BalanceTooSmall(address account, uint256 balance, uint256 needed);
    error ColumnsMismatch(bytes32 jobId, bytes32 expected, bytes32 given);
    error BatchIsEmpty();
    /// @notice A batch has one verifying key; this job's verifier is another one.
    error VerifierMismatch(bytes32 jobId, address expected, address verifier);
    error BatchLengthMismatch(uint256 jobs, uint256 items);
    /// @notice No licence of the job was revoked with the wish to abort open jobs.
    error JobNotAborted(bytes32 jobId);
    error FeeTooHigh(uint256 feeBps, uint256 maximum);
    error AmountIsZero();
    error AddressIsZero();

    /// @notice Pays `amount` of the token in, for the caller. What arrives is credited.
    function deposit(uint256 amount) external;

    /// @notice The caller pays in for another account.
    function depositFor(address account, uint256 amount) external;

    /// @notice A relayer brings `owner`'s ERC-2612 permit; `owner` pays and is credited.
    function depositWithPermit(address owner, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external;

    /// @notice Pays the caller's credit out to the caller.
    function withdraw(uint256 amount) external;

    function withdrawBySignature(Withdraw calldata request, bytes calldata signature) external;

    /// @notice Reserves quantities and locks the price. Role OPERATOR, with the consumer's signature.
    function open(Order calldata order, bytes calldata signature, bytes32[] calldata nodeIds)
        external
        returns (bytes32 jobId);

    /// @notice Another set of nodes for an open job; the price must still fit. Role OPERATOR.
    function reseat(bytes32 jobId, bytes32[] calldata nodeIds) external;

    /// @notice From now on the consumer may not cancel. Role OPERATOR.
    function startDealing(bytes32 jobId) external;

    /// @notice Anyone settles an open job with a valid proof before its deadline.
    function settleSealed(
        bytes32 jobId,
        G1[] calldata columns,
        SealedProof calldata proof,
        Combination calldata combined
    ) external;

    function settlePublic(
        bytes32 jobId,
        G1[] calldata columns,
        uint256[] calldata outputs,
        PublicProof calldata proof,
        Combination calldata combined
    ) external;

    /// @notice Settles a job of several proofs, all of them or none: a program with a plan, or datasets in chunks.
    /// @param proof An abi-encoded PlanProof (IPlanVerifier.sol).
    function settlePlan(bytes32 jobId, bytes calldata proof) external;

    /// @notice Settles many jobs of one verifying key with one batch verification; all of them or none. Which one is
    /// wrong a batch cannot know: `IGroth16Verifier.verifyEach` with `claimOf` tells, by eth_call.
    /// @param items Item i is of job i; without outputs it is a sealed result, with outputs a public one.
    function settleBatch(bytes32[] calldata jobIds, BatchItem[] calldata items) external;

    /// @notice Anyone ends an open job with a licence that its provider revoked with the effect ABORT; the consumer is
    /// refunded and quantities are released. Emits JobFailed with the reason "licence_revoked".
    function abort(bytes32 jobId) external;

    /// @notice By the consumer (empty signature) or with its signature, before shares are dealt.
    function cancel(bytes32 jobId, bytes calldata signature) external;

    /// @notice Gives up an open job. Role OPERATOR. `reason`: a code such as bytes32("node_fault").
    function fail(bytes32 jobId, bytes32 reason) external;

    /// @notice Anyone, after the deadline.
    function expire(bytes32 jobId) external;

    /// @notice Of the rest of the price, rounded down; never of an open job. Role ADMIN.
    function setFee(uint256 feeBps) external;

    /// @notice Role ADMIN.
    function setTreasury(address treasury) external;

    /// @notice Stops new jobs, never exits. Role GUARDIAN.
    function setPaused(bool isPaused) external;

    function job(bytes32 jobId) external view returns (Job memory);

    /// @notice What a proof of this job is for, as the verifier wants it.
    function claimOf(bytes32 jobId) external view returns (Claim memory);

    /// @notice When the job got exactly these nodes with these operators and fees; 0: never.
    function seatedAt(bytes32 jobId, bytes32[] calldata nodeIds, Seat[] calldata seats)
        external
        view
        returns (uint256);

    function balanceOf(address account) external view returns (uint256);

    function token() external view returns (address);

    function feeBps() external view returns (uint256);

    function treasury() external view returns (address);

    function isPaused() external view returns (bool);

    /// @notice Sum of the prices of all open jobs.
    function totalEscrow() external view returns (uint256);

    /// @notice Deposits minus withdrawals = Σ balances + total escrow.
    function totalDeposits() external view returns (uint256);

    function hashOrder(Order calldata order) external view returns (bytes32);

    function hashCancelOrder(CancelOrder calldata request) external view returns (bytes32);

    function hashWithdraw(Withdraw calldata request) external view returns (bytes32);

    function hashDeal(Deal calldata deal) external view returns (bytes32);

    function hashContribution(Contribution calldata contribution) external view returns (bytes32);
}
