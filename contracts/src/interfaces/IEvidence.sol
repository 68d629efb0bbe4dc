// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SealedProof} from "./IGroth16Verifier.sol";
import {IMarket} from "./IMarket.sol";
import {G1} from "./Points.sol";

/// @notice Takes a node's stake or a dealer's bond for what it signed and what is false (PROTOCOL, Sharing and the nodes).
/// The contract needs nobody's word: it checks signatures and statements itself, so anyone may accuse. Besides, it lets the
/// market ask in public for a signed answer that is missing; who stays silent loses of its bond what it would have earned.
interface IEvidence {
    /// @dev Signed by a node when it is asked to prove its own share statement. It names the slopes that the node was
    /// given, so no dealer can show the chain others than it showed the node.
    struct OwnStatement {
        bytes32 jobId;
        uint32 attempt;
        /// @dev The evaluation point k of the node's shares, 1 … N.
        uint32 seat;
        /// @dev keccak256 of the abi-encoded G1[]: F_s1 of columns 1, 2, … of the job.
        bytes32 slopesHash;
        /// @dev keccak256 of the abi-encoded SealedProof.
        bytes32 proofHash;
    }

    /// @dev Signed by a node with its round 2 of a sealed job: its Y, P and π belong to its own F_M(k), weighted and at the
    /// challenge that it names itself.
    struct ResultBinding {
        bytes32 jobId;
        uint32 attempt;
        uint32 seat;
        /// @dev λ_k, canonical.
        uint256 weight;
        /// @dev z, canonical.
        uint256 challenge;
        /// @dev keccak256 of the abi-encoded BoundPoints.
        bytes32 pointsHash;
    }

    /// @dev F_M(k), Y, P and π of one node. π of a single output is infinity, (0, 0).
    struct BoundPoints {
        G1 resultCommitment;
        G1 y;
        G1 p;
        G1 pi;
    }

    /// @dev Signed by a dealer with each package: what commits to the shares in it.
    struct DealtShares {
        bytes32 jobId;
        uint32 attempt;
        uint32 seat;
        /// @dev keccak256 of the abi-encoded G1[]: F_s1 of the dealer's columns, in the job's order. The same for every seat.
        bytes32 slopesHash;
        /// @dev keccak256 of the abi-encoded G1[]: the commitments of the seat's shares of the same columns.
        bytes32 sharesHash;
    }

    /// @dev Who sat in the job, as the market keeps it.
    struct Seating {
        bytes32[] nodeIds;
        IMarket.Seat[] seats;
    }

    /// @dev A public request for a signed answer.
    struct Demand {
        /// @dev Operator or provider: whose bond stands for the answer.
        address account;
        /// @dev What is at stake: what the job would have paid.
        uint96 amount;
        bytes32 jobId;
        /// @dev The node whose key signs contributions; 0: a deal, which the account signs itself.
        bytes32 nodeId;
        uint64 seatedAt;
        /// @dev The answer is due by then; 0: nothing is asked, or it was answered or forfeited.
        uint64 until;
    }

    /// @notice The node's whole stake is taken: half for the harmed parties, the rest for the treasury.
    event NodeConvicted(
        bytes32 indexed nodeId,
        bytes32 indexed jobId,
        bytes32 evidenceHash,
        uint256 slashed,
        uint256 compensation
    );
    /// @notice As above with the dealer's whole bond, which may be nothing.
    event DealerConvicted(
        address indexed dealer,
        bytes32 indexed jobId,
        bytes32 evidenceHash,
        uint256 taken,
        uint256 compensation
    );
    /// @param round 1 or 2: a node's contribution; 0: a dealer's package for the seat.
    event AnswerDemanded(
        bytes32 indexed demandId,
        bytes32 indexed jobId,
        address indexed account,
        uint32 attempt,
        uint8 round,
        uint32 seat,
        uint256 until
    );
    event AnswerShown(bytes32 indexed demandId, bytes32 contentHash);
    /// @notice The deadline passed without an answer: this much of the bond is the consumer's.
    event BondForfeited(
        bytes32 indexed demandId, bytes32 indexed jobId, address indexed account, uint256 amount
    );

    /// @notice The market never gave these seats to the job.
    error SeatingUnknown(bytes32 jobId);
    error SeatUnknown(uint256 seat, uint256 seats);
    /// @notice The key did not sign for the node when it got the job.
    error SignerNotOfNode(bytes32 nodeId, address signer);
    error ColumnsNotOfJob(bytes32 expected, bytes32 given);
    error SlopesNotSigned(bytes32 signed, bytes32 given);
    error SlopeCountMismatch(uint256 expected, uint256 given);
    error ProofNotSigned(bytes32 signed, bytes32 given);
    error PointsNotSigned(bytes32 signed, bytes32 given);
    error SharesNotSigned(bytes32 signed, bytes32 given);
    /// @notice With less gas a true statement could look false.
    error GasTooLow(uint256 given, uint256 needed);
    /// @notice The statement holds: nothing is to be blamed.
    error StatementHolds(bytes32 digest);
    /// @notice The verifier refused for a reason that is not the node's.
    error RefusalUnclear(bytes reason);
    /// @notice The node, or the dealer by its address, has been convicted in this job.
    error NodeIsConvicted(bytes32 party, bytes32 jobId);
    error NothingAtStake(bytes32 nodeId);
    /// @notice The account provides no input of the job.
    error DealerNotOfJob(address dealer, bytes32 jobId);
    /// @notice The two signed deals do not contradict each other.
    error DealsAgree(bytes32 first, bytes32 second);
    error RoundUnknown(uint8 round);
    error InputUnknown(uint256 input, uint256 inputs);
    /// @notice Nothing is demanded under this id (any more).
    error DemandUnknown(bytes32 demandId);
    error DemandRepeated(bytes32 demandId);
    /// @notice The job's deadline is too long ago.
    error DemandTooLate(bytes32 jobId, uint256 latest, uint256 timestamp);
    error AnswerStillDue(bytes32 demandId, uint256 until, uint256 timestamp);

    /// @notice Takes the node's stake if the statement is signed by it and false; reverts otherwise.
    /// @param columns The job's columns as committed, `ones` first.
    function accuse(
        OwnStatement calldata statement,
        Seating calldata seating,
        address signer,
        bytes calldata signature,
        G1[] calldata columns,
        G1[] calldata slopes,
        SealedProof calldata proof
    ) external;

    /// @notice Takes the node's stake if it signed a Y, P or π that does not belong to its own F_M(k).
    function accuseBinding(
        ResultBinding calldata binding,
        Seating calldata seating,
        address signer,
        bytes calldata signature,
        BoundPoints calldata points
    ) external;

    /// @notice Takes the dealer's bond if it signed a share's commitment that is not F + k·F_s1.
    /// @param slopes, shares Of the dealer's columns only, in the job's order.
    function accuseDealer(
        DealtShares calldata dealt,
        Seating calldata seating,
        address dealer,
        bytes calldata signature,
        G1[] calldata columns,
        G1[] calldata slopes,
        G1[] calldata shares
    ) external;

    /// @notice Takes the dealer's bond if it signed different slopes, or different shares for one seat, in one attempt.
    function accuseEquivocation(
        DealtShares calldata first,
        bytes calldata firstSignature,
        DealtShares calldata second,
        bytes calldata secondSignature,
        Seating calldata seating,
        address dealer
    ) external;

    /// @notice Asks a seat for its signed contribution to a round. Role OPERATOR, until ANSWER_SECONDS after the job's deadline.
    function demandContribution(
        bytes32 jobId,
        uint32 attempt,
        uint8 round,
        Seating calldata seating,
        uint32 seat
    ) external returns (bytes32 demandId);

    /// @notice Asks the provider of an input for its signed package for a seat. Role OPERATOR, as above.
    function demandDeal(bytes32 jobId, uint32 attempt, uint32 seat, uint256 input)
        external
        returns (bytes32 demandId);

    /// @notice Shows the contribution that was asked for, by anyone: it counts by its node's signature.
    function answerContribution(
        IMarket.Contribution calldata contribution,
        address signer,
        bytes calldata signature
    ) external;

    /// @notice Shows the deal that was asked for, by anyone: it counts by its dealer's signature.
    function answerDeal(IMarket.Deal calldata deal, address dealer, bytes calldata signature) external;

    /// @notice After the deadline of an answer anyone has the bond taken: what the job would have paid, for the consumer.
    function forfeit(bytes32 demandId) external;

    /// @notice F(k) = F + k·F_s1 for each column but `ones`: what seat k's shares are committed by.
    function shareCommitments(G1[] calldata columns, G1[] calldata slopes, uint256 seat)
        external
        view
        returns (G1[] memory);

    /// @param party A node's id, or a dealer's address as a word.
    function isConvicted(bytes32 party, bytes32 jobId) external view returns (bool);

    function demand(bytes32 demandId) external view returns (Demand memory);

    function contributionDemandId(bytes32 jobId, uint32 attempt, uint8 round, uint32 seat)
        external
        view
        returns (bytes32);

    function dealDemandId(bytes32 jobId, uint32 attempt, uint32 seat, address dealer)
        external
        view
        returns (bytes32);

    function hashOwnStatement(OwnStatement calldata statement) external view returns (bytes32);

    function hashResultBinding(ResultBinding calldata binding) external view returns (bytes32);

    function hashDealtShares(DealtShares calldata dealt) external view returns (bytes32);
}
