// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {Messages} from "./Messages.sol";

/// @notice Credits of the accounts and the escrow of open jobs. Tokens come in by deposits and go out by withdrawals,
/// nowhere else, so a token that misbehaves can stop a payout but cannot change what anybody is owed.
/// Law: tokens held ≥ total deposits = Σ balances + total escrow.
abstract contract Accounts is Messages, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    IERC20 private immutable TOKEN;

    /// @inheritdoc IMarket
    uint256 public totalEscrow;
    /// @inheritdoc IMarket
    uint256 public totalDeposits;
    /// @inheritdoc IMarket
    mapping(address account => uint256) public balanceOf;

    mapping(bytes32 digest => bool) private _isActionUsed;

    constructor(IERC20 token_) {
        if (address(token_) == address(0)) revert AddressIsZero();
        TOKEN = token_;
    }

    /// @inheritdoc IMarket
    function token() external view returns (address) {
        return address(TOKEN);
    }

    /// @inheritdoc IMarket
    function deposit(uint256 amount) external nonReentrant {
        _deposit(msg.sender, msg.sender, amount);
    }

    /// @inheritdoc IMarket
    function depositFor(address account, uint256 amount) external nonReentrant {
        _deposit(account, msg.sender, amount);
    }

    /// @inheritdoc IMarket
    function depositWithPermit(address owner, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        nonReentrant
    {
        // A failing permit fails the call, although somebody may have used it up in front of us: going on with an
        // allowance that happens to be there would let a relayer move tokens without the owner's signature.
        IERC20Permit(address(TOKEN)).permit(owner, address(this), amount, deadline, v, r, s);
        _deposit(owner, owner, amount);
    }

    /// @inheritdoc IMarket
    function withdraw(uint256 amount) external nonReentrant {
        _withdraw(msg.sender, msg.sender, amount);
    }

    /// @inheritdoc IMarket
    function withdrawBySignature(Withdraw calldata request, bytes calldata signature) external nonReentrant {
        bytes32 digest = hashWithdraw(request);
        _checkDeadline(request.deadline);
        if (_isActionUsed[digest]) revert ActionUsed(digest);
        _checkSignature(request.account, digest, signature);
        _isActionUsed[digest] = true;
        _withdraw(request.account, request.to, request.amount);
    }

    function _credit(address account, uint256 amount) internal {
        balanceOf[account] += amount;
    }

    function _debit(address account, uint256 amount) internal {
        uint256 balance = balanceOf[account];
        if (balance < amount) revert BalanceTooSmall(account, balance, amount);
        unchecked {
            balanceOf[account] = balance - amount;
        }
    }

    function _lock(address account, uint256 amount) internal {
        _debit(account, amount);
        totalEscrow += amount;
    }

    function _unlock(address account, uint256 amount) internal {
        totalEscrow -= amount;
        _credit(account, amount);
    }

    /// @dev Credits what arrived, not what was asked for: a token may keep a fee on the way.
    function _deposit(address account, address from, uint256 amount) private {
        if (account == address(0)) revert AddressIsZero();
        uint256 before = TOKEN.balanceOf(address(this));
        TOKEN.safeTransferFrom(from, address(this), amount);
        uint256 arrived = TOKEN.balanceOf(address(this)) - before;
        if (arrived == 0) revert AmountIsZero();
        totalDeposits += arrived;
        _credit(account, arrived);
        emit Deposited(account, from, arrived);
    }

    function _withdraw(address account, address to, uint256 amount) private {
        if (amount == 0) revert AmountIsZero();
        if (to == address(0)) revert AddressIsZero();
        _debit(account, amount);
        totalDeposits -= amount;
        emit Withdrawn(account, to, amount);
        TOKEN.safeTransfer(to, amount);
    }
}
