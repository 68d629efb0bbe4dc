// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev What a licence measures; one storage slot.
struct Quantity {
    uint64 runs;
    uint128 cells;
    uint64 outputs;
}

/// @notice Rights of use and their quantities. Law: granted = remaining + reserved + consumed, in each component.
interface ILicenceLedger {
    /// @dev Signed by the provider; the licence's id is the EIP-712 digest.
    struct GrantLicence {
        address provider;
        address consumer;
        bytes32 datasetId;
        bytes32 termsHash;
        bytes32[] programIds;
        uint256 columns;
        uint64 runs;
        uint128 cells;
        uint64 outputs;
        uint64 notBefore;
        uint64 notAfter;
        uint128 pricePerRun;
        uint256 salt;
        uint256 deadline;
    }

    struct RevokeLicence {
        bytes32 licenceId;
        uint256 deadline;
    }

    /// @dev Signed by the provider: the licence may be handed on to `to`, or to anybody if `to` is 0. The signed terms say
    /// what may be done with the data; who may do it is the chain's to enforce, so it has a message of its own.
    struct AllowTransfer {
        bytes32 licenceId;
        address to;
        uint256 deadline;
    }

    /// @dev Signed by the licence's consumer.
    struct TransferLicence {
        bytes32 licenceId;
        address to;
        uint256 salt;
        uint256 deadline;
    }

    /// @dev Signed by the provider: so much more than was granted.
    struct TopUpLicence {
        bytes32 licenceId;
        uint64 runs;
        uint128 cells;
        uint64 outputs;
        uint256 salt;
        uint256 deadline;
    }

    /// @dev What a revocation does to jobs that are open: they finish, or they cannot settle and anyone aborts them.
    enum Effect {
        FINISH,
        ABORT
    }

    /// @dev Signed by the provider. `epoch` is the licence's present one plus 1, so it holds once and in order.
    struct RevokeInEpoch {
        bytes32 licenceId;
        uint32 epoch;
        Effect effect;
        uint256 deadline;
    }

    struct Licence {
        address provider;
        /// @dev At most 2^88 − 1, so that it shares a slot with the provider here and in the market's job.
        uint88 pricePerRun;
        bool isRevoked;
        address consumer;
        uint48 notBefore;
        uint48 notAfter;
        bytes32 datasetId;
        bytes32 termsHash;
        uint256 columns;
    }

    /// @dev One use of one licence by one job.
    struct Use {
        bytes32 licenceId;
        uint128 cells;
    }

    event LicenceGranted(
        bytes32 indexed licenceId,
        address indexed provider,
        address indexed consumer,
        bytes32 datasetId,
        bytes32 termsHash,
        bytes32[] programIds,
        uint256 columns,
        Quantity granted,
        uint64 notBefore,
        uint64 notAfter,
        uint128 pricePerRun
    );
    event LicenceRevoked(bytes32 indexed licenceId, address indexed provider);
    /// @notice Follows every LicenceRevoked, and stands alone when a revoked licence comes to abort its open jobs.
    event RevocationEpochStarted(bytes32 indexed licenceId, uint32 epoch, Effect effect);
    /// @param to 0: anybody.
    event TransferAllowed(bytes32 indexed licenceId, address indexed to);
    event LicenceTransferred(bytes32 indexed licenceId, address indexed from, address indexed to);
    event LicenceToppedUp(bytes32 indexed licenceId, Quantity added);
    event QuantityReserved(bytes32 indexed licenceId, bytes32 indexed jobId, Quantity quantity);
    event QuantityConsumed(bytes32 indexed licenceId, bytes32 indexed jobId, Quantity quantity);
    event QuantityReleased(bytes32 indexed licenceId, bytes32 indexed jobId, Quantity quantity);

    error LicenceUnknown(bytes32 licenceId);
    error LicenceExists(bytes32 licenceId);
    error LicenceIsRevoked(bytes32 licenceId);
    /// @notice The licence was revoked so that its open jobs cannot settle.
    error LicenceIsAborting(bytes32 licenceId);
    error EpochMismatch(bytes32 licenceId, uint256 expected, uint256 given);
    error TransferNotAllowed(bytes32 licenceId, address to);
    /// @notice A component of what is granted would not fit its type.
    error QuantityTooLarge(bytes32 licenceId);
    error ConsumerMissing();
    error ProviderNotOwner(bytes32 datasetId, address owner, address provider);
    error ProgramsMissing();
    /// @notice Bit 0 (`ones`) must be set, and no bit beyond the dataset's columns.
    error ColumnsInvalid(uint256 columns, uint256 columnCount);
    error QuantityMissing();
    error ValidityInvalid(uint256 notBefore, uint256 notAfter);
    error PriceTooLarge(uint256 price, uint256 maximum);
    error ConsumerMismatch(bytes32 licenceId, address licensed, address given);
    error ProgramNotLicensed(bytes32 licenceId, bytes32 programId);
    error ColumnsNotLicensed(bytes32 licenceId, uint256 licensed, uint256 asked);
    error LicenceNotValidNow(bytes32 licenceId, uint256 notBefore, uint256 notAfter, uint256 timestamp);
    error QuantityExhausted(bytes32 licenceId, Quantity remaining, Quantity asked);
    /// @notice The caller has not reserved for this job, or has ended it.
    error JobNotReserved(bytes32 jobId, address caller);
    error ReservationMissing(bytes32 licenceId, Quantity reserved, Quantity asked);

    /// @notice Records a licence that its provider signed. Anyone may bring it.
    function grant(GrantLicence calldata request, bytes calldata signature)
        external
        returns (bytes32 licenceId);

    /// @notice No new job may reserve; jobs that are open keep what they reserved and finish. The provider calls with
    /// an empty signature, or anyone brings the provider's.
    function revoke(RevokeLicence calldata request, bytes calldata signature) external;

    /// @notice Revokes with an effect on open jobs. A licence that is revoked may be revoked again to ABORT; then never.
    function revokeInEpoch(RevokeInEpoch calldata request, bytes calldata signature) external;

    /// @notice The provider lets the licence be handed on. What it once allowed stays allowed.
    function allowTransfer(AllowTransfer calldata request, bytes calldata signature) external;

    /// @notice The consumer hands the licence on with what remains. Jobs that are open stay the old consumer's.
    function transfer(TransferLicence calldata request, bytes calldata signature) external;

    /// @notice Adds to what is granted and remains.
    function topUp(TopUpLicence calldata request, bytes calldata signature) external;

    /// @notice Checks consumer, program, columns, validity and revocation, then reserves. Role MARKET.
    function reserve(
        bytes32 jobId,
        bytes32 licenceId,
        address consumer,
        bytes32 programId,
        uint256 columns,
        Quantity calldata quantity
    ) external returns (address provider, uint88 pricePerRun);

    /// @notice Turns what a job reserved into consumed: one run, `outputs`, and the cells of each use. Who reserved,
    /// once; not of a licence that aborts its open jobs.
    function consume(bytes32 jobId, uint64 outputs, Use[] calldata uses) external;

    /// @notice Gives back what a job reserved. Who reserved, once.
    function release(bytes32 jobId, uint64 outputs, Use[] calldata uses) external;

    function licence(bytes32 licenceId) external view returns (Licence memory);

    function isProgramLicensed(bytes32 licenceId, bytes32 programId) external view returns (bool);

    function quantities(bytes32 licenceId)
        external
        view
        returns (
            Quantity memory granted,
            Quantity memory remaining,
            Quantity memory reserved,
            Quantity memory consumed
        );

    /// @notice How often the licence was revoked (0: never) and with which effect last.
    function revocationOf(bytes32 licenceId) external view returns (uint32 epoch, Effect effect);

    function isAborting(bytes32 licenceId) external view returns (bool);

    function isTransferAllowed(bytes32 licenceId, address to) external view returns (bool);

    function hashRevokeInEpoch(RevokeInEpoch calldata request) external view returns (bytes32);

    function hashAllowTransfer(AllowTransfer calldata request) external view returns (bytes32);

    function hashTransferLicence(TransferLicence calldata request) external view returns (bytes32);

    function hashTopUpLicence(TopUpLicence calldata request) external view returns (bytes32);

    function hashGrantLicence(GrantLicence calldata request) external view returns (bytes32);

    function hashRevokeLicence(RevokeLicence calldata request) external view returns (bytes32);
}
