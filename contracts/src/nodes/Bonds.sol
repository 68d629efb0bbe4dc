// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IBonds} from "../interfaces/IBonds.sol";
import {ANSWER_SECONDS, MAX_JOB_SECONDS} from "../interfaces/Limits.sol";
import {SignedActions} from "../SignedActions.sol";
import {Stakes} from "./Stakes.sol";

/// @notice Bonds, and the awards that are made of them and of stakes.
abstract contract Bonds is SignedActions, AccessManaged, ReentrancyGuardTransient, IBonds {
    using SafeERC20 for IERC20;
    using Stakes for Stake;

    bytes32 private constant RELEASE_TYPEHASH =
        keccak256("ReleaseBond(address account,uint128 amount,uint256 salt,uint256 deadline)");

    IERC20 public immutable token;
    uint256 public immutable unbondingSeconds;

    /// @inheritdoc IBonds
    uint256 public minimumBond;
    /// @inheritdoc IBonds
    uint256 public totalBonds;
    /// @inheritdoc IBonds
    mapping(address beneficiary => uint256) public awardOf;

    mapping(address account => Stake) private _bonds;
    mapping(bytes32 digest => bool) private _isActionUsed;

    constructor(IERC20 token_, uint256 unbondingSeconds_) {
        if (unbondingSeconds_ < MAX_JOB_SECONDS) {
            revert UnbondingTooShort(unbondingSeconds_, MAX_JOB_SECONDS);
        }
        token = token_;
        unbondingSeconds = unbondingSeconds_;
    }

    /// @inheritdoc IBonds
    function depositBond(address account, uint256 amount) external nonReentrant {
        uint256 arrived = _receive(amount);
        _bonds[account].put(arrived);
        totalBonds += arrived;
        emit BondDeposited(account, msg.sender, arrived);
    }

    /// @inheritdoc IBonds
    function releaseBond(ReleaseBond calldata request, bytes calldata signature) external {
        _useAction(request.account, hashReleaseBond(request), request.deadline, signature);
        Stake storage bond = _bonds[request.account];
        // A missed deadline is shown up to two answering periods after the job's own.
        bond.unbond(_holder(request.account), request.amount, unbondingSeconds + 2 * ANSWER_SECONDS);
        emit BondReleased(request.account, request.amount, bond.withdrawableAt);
    }

    /// @inheritdoc IBonds
    function withdrawBond(address account) external nonReentrant {
        uint256 amount = _bonds[account].withdraw(_holder(account));
        totalBonds -= amount;
        emit BondWithdrawn(account, amount);
        token.safeTransfer(account, amount);
    }

    /// @inheritdoc IBonds
    function takeBond(address account, bytes32 jobId, bytes32 evidenceHash, Award[] calldata awards)
        external
        restricted
    {
        uint256 amount = _award(awards);
        _bonds[account].take(_holder(account), amount);
        totalBonds -= amount;
        emit BondTaken(account, jobId, evidenceHash, amount);
    }

    /// @inheritdoc IBonds
    function claimAward() external nonReentrant {
        uint256 amount = awardOf[msg.sender];
        if (amount == 0) revert AmountIsZero();
        awardOf[msg.sender] = 0;
        emit AwardClaimed(msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IBonds
    function setMinimumBond(uint256 minimumBond_) external restricted {
        minimumBond = minimumBond_;
        emit MinimumBondChanged(minimumBond_);
    }

    /// @inheritdoc IBonds
    function bondOf(address account) external view returns (Stake memory) {
        return _bonds[account];
    }

    /// @inheritdoc IBonds
    function requireBond(address account) public view {
        uint256 bonded = _bonds[account].bonded;
        if (bonded < minimumBond) revert BondTooSmall(account, bonded, minimumBond);
    }

    /// @inheritdoc IBonds
    function hashReleaseBond(ReleaseBond calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(RELEASE_TYPEHASH, request)));
    }

    /// @dev A token may keep a fee: what counts is what arrived.
    function _receive(uint256 amount) internal returns (uint256 arrived) {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        arrived = token.balanceOf(address(this)) - before;
        if (arrived == 0) revert AmountIsZero();
    }

    function _award(Award[] calldata awards) internal returns (uint256 amount) {
        for (uint256 i = 0; i < awards.length; ++i) {
            amount += awards[i].amount;
            awardOf[awards[i].beneficiary] += awards[i].amount;
        }
    }

    /// @dev An action that its account signed, once.
    function _useAction(address account, bytes32 digest, uint256 deadline, bytes calldata signature)
        internal
    {
        _checkDeadline(deadline);
        if (_isActionUsed[digest]) revert ActionUsed(digest);
        _checkSignature(account, digest, signature);
        _isActionUsed[digest] = true;
    }

    function _holder(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }
}
