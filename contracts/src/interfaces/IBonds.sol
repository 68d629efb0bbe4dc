// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Bonds of accounts: operators answer with theirs for missed deadlines, data providers for what they dealt and for
/// missed deadlines. A bond is not a stake: stake stands for a node's honesty and is taken for a false answer only.
interface IBonds {
    struct Stake {
        /// @dev Counts towards the minimum and can be taken.
        uint128 bonded;
        /// @dev On its way out: counts no more, can still be taken.
        uint128 unbonding;
        uint64 withdrawableAt;
    }

    /// @dev Who receives what of a stake or bond that is taken.
    struct Award {
        address beneficiary;
        uint128 amount;
    }

    /// @dev Signed by the account: begin to take its bond out.
    struct ReleaseBond {
        address account;
        uint128 amount;
        uint256 salt;
        uint256 deadline;
    }

    event BondDeposited(address indexed account, address indexed from, uint256 amount);
    event BondReleased(address indexed account, uint256 amount, uint256 withdrawableAt);
    event BondWithdrawn(address indexed account, uint256 amount);
    event BondTaken(address indexed account, bytes32 indexed jobId, bytes32 evidenceHash, uint256 amount);
    event AwardClaimed(address indexed beneficiary, uint256 amount);
    event MinimumBondChanged(uint256 minimumBond);

    error AmountIsZero();
    error UnbondingTooShort(uint256 given, uint256 minimum);
    error StakeTooSmall(bytes32 holder, uint256 bonded, uint256 needed);
    error StakeStillBonded(bytes32 holder, uint256 withdrawableAt, uint256 timestamp);
    error BondTooSmall(address account, uint256 bonded, uint256 needed);

    /// @notice Adds to an account's bond; whoever calls pays. What arrives is credited.
    function depositBond(address account, uint256 amount) external;

    /// @notice Starts the delay of `amount`, by the account or with its signature; a later call starts it anew.
    function releaseBond(ReleaseBond calldata request, bytes calldata signature) external;

    /// @notice Pays a released bond to its account. Anyone may call.
    function withdrawBond(address account) external;

    /// @notice Takes of a bond, what is being released last, and awards it. Role EVIDENCE.
    function takeBond(address account, bytes32 jobId, bytes32 evidenceHash, Award[] calldata awards) external;

    /// @notice Pays out what was awarded to the caller.
    function claimAward() external;

    /// @notice What operators and providers need to take part in new jobs. Role ADMIN.
    function setMinimumBond(uint256 minimumBond) external;

    /// @notice Reverts unless the account's bond is the minimum or more.
    function requireBond(address account) external view;

    function bondOf(address account) external view returns (Stake memory);

    function minimumBond() external view returns (uint256);

    function totalBonds() external view returns (uint256);

    function awardOf(address beneficiary) external view returns (uint256);

    function hashReleaseBond(ReleaseBond calldata request) external view returns (bytes32);
}
