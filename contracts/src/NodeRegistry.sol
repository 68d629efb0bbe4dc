// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {MAX_JOB_SECONDS} from "./interfaces/Limits.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {SignedActions} from "./SignedActions.sol";

/// @notice Nodes and their stake. Stake on its way out stays slashable for at least as long as a job can last.
/// Law: tokens held ≥ Σ (bonded + unbonding) + Σ awards.
contract NodeRegistry is SignedActions, AccessManaged, ReentrancyGuardTransient, INodeRegistry {
    using SafeERC20 for IERC20;

    bytes32 private constant REGISTER_TYPEHASH = keccak256(
        "RegisterNode(address operator,address signer,bytes32 sealingKey,uint8 tier,bytes32 region,uint128 feePerJob,uint256 salt,uint256 deadline)"
    );
    bytes32 private constant UPDATE_TYPEHASH = keccak256(
        "UpdateNode(bytes32 nodeId,address signer,bytes32 sealingKey,uint128 feePerJob,bool isActive,uint32 version,uint256 deadline)"
    );
    bytes32 private constant UNBOND_TYPEHASH =
        keccak256("Unbond(bytes32 nodeId,uint128 amount,uint256 salt,uint256 deadline)");

    IERC20 public immutable token;
    uint256 public immutable unbondingSeconds;

    /// @inheritdoc INodeRegistry
    uint256 public minimumStake;
    /// @inheritdoc INodeRegistry
    uint256 public totalStake;
    /// @inheritdoc INodeRegistry
    mapping(address beneficiary => uint256) public awardOf;

    /// @inheritdoc INodeRegistry
    mapping(bytes32 nodeId => mapping(address signer => uint256)) public signerUntil;

    mapping(bytes32 nodeId => Node) private _nodes;
    mapping(bytes32 nodeId => Stake) private _stakes;
    mapping(bytes32 digest => bool) private _isActionUsed;

    constructor(address access, IERC20 token_, uint256 unbondingSeconds_, uint256 minimumStake_)
        AccessManaged(access)
    {
        if (unbondingSeconds_ < MAX_JOB_SECONDS) {
            revert UnbondingTooShort(unbondingSeconds_, MAX_JOB_SECONDS);
        }
        token = token_;
        unbondingSeconds = unbondingSeconds_;
        minimumStake = minimumStake_;
        emit MinimumStakeChanged(minimumStake_);
    }

    /// @inheritdoc INodeRegistry
    function registerNode(RegisterNode calldata request, bytes calldata signature)
        external
        returns (bytes32 nodeId)
    {
        nodeId = hashRegisterNode(request);
        if (_nodes[nodeId].operator != address(0)) revert NodeExists(nodeId);
        if (request.operator == address(0)) revert NodeKeyMissing();
        _checkDeadline(request.deadline);
        _checkSignature(request.operator, nodeId, signature);
        _checkTerms(request.signer, request.sealingKey, request.feePerJob);
        _nodes[nodeId] = Node({
            operator: request.operator,
            feePerJob: uint96(request.feePerJob),
            signer: request.signer,
            version: 0,
            tier: request.tier,
            isActive: true,
            sealingKey: request.sealingKey,
            region: request.region
        });
        signerUntil[nodeId][request.signer] = type(uint256).max;
        emit NodeRegistered(
            nodeId,
            request.operator,
            request.signer,
            request.sealingKey,
            request.tier,
            request.region,
            request.feePerJob
        );
    }

    /// @inheritdoc INodeRegistry
    function updateNode(UpdateNode calldata request, bytes calldata signature) external {
        Node storage stored = _node(request.nodeId);
        _checkDeadline(request.deadline);
        _checkSignature(stored.operator, hashUpdateNode(request), signature);
        uint32 version = stored.version + 1;
        if (request.version != version) revert VersionMismatch(request.nodeId, version, request.version);
        _checkTerms(request.signer, request.sealingKey, request.feePerJob);
        signerUntil[request.nodeId][stored.signer] = block.timestamp;
        signerUntil[request.nodeId][request.signer] = type(uint256).max;
        stored.signer = request.signer;
        stored.sealingKey = request.sealingKey;
        stored.feePerJob = uint96(request.feePerJob);
        stored.isActive = request.isActive;
        stored.version = version;
        emit NodeUpdated(
            request.nodeId, request.signer, request.sealingKey, request.feePerJob, request.isActive, version
        );
    }

    /// @inheritdoc INodeRegistry
    function depositStake(bytes32 nodeId, uint256 amount) external nonReentrant {
        _node(nodeId);
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        // A token may keep a fee: what counts is what arrived.
        uint256 arrived = token.balanceOf(address(this)) - before;
        if (arrived == 0) revert AmountIsZero();
        _stakes[nodeId].bonded += SafeCast.toUint128(arrived);
        totalStake += arrived;
        emit StakeDeposited(nodeId, msg.sender, arrived);
    }

    /// @inheritdoc INodeRegistry
    function unbond(Unbond calldata request, bytes calldata signature) external {
        Node storage stored = _node(request.nodeId);
        bytes32 digest = hashUnbond(request);
        _checkDeadline(request.deadline);
        if (_isActionUsed[digest]) revert ActionUsed(digest);
        _checkSignature(stored.operator, digest, signature);
        if (request.amount == 0) revert AmountIsZero();
        Stake storage stake = _stakes[request.nodeId];
        if (request.amount > stake.bonded) {
            revert StakeTooSmall(request.nodeId, stake.bonded, request.amount);
        }
        _isActionUsed[digest] = true;
        stake.bonded -= request.amount;
        stake.unbonding += request.amount;
        // forge-lint: disable-next-line(unsafe-typecast) a time
        stake.withdrawableAt = uint64(block.timestamp + unbondingSeconds);
        emit StakeUnbonded(request.nodeId, request.amount, stake.withdrawableAt);
    }

    /// @inheritdoc INodeRegistry
    function withdrawStake(bytes32 nodeId) external nonReentrant {
        address operator = _node(nodeId).operator;
        Stake storage stake = _stakes[nodeId];
        uint256 amount = stake.unbonding;
        if (amount == 0) revert AmountIsZero();
        if (block.timestamp < stake.withdrawableAt) {
            revert StakeStillBonded(nodeId, stake.withdrawableAt, block.timestamp);
        }
        stake.unbonding = 0;
        totalStake -= amount;
        emit StakeWithdrawn(nodeId, operator, amount);
        token.safeTransfer(operator, amount);
    }

    /// @inheritdoc INodeRegistry
    function slash(bytes32 nodeId, bytes32 jobId, bytes32 evidenceHash, Award[] calldata awards)
        external
        restricted
    {
        _node(nodeId);
        uint256 amount;
        for (uint256 i = 0; i < awards.length; ++i) {
            amount += awards[i].amount;
            awardOf[awards[i].beneficiary] += awards[i].amount;
        }
        if (amount == 0) revert AmountIsZero();
        Stake storage stake = _stakes[nodeId];
        uint256 held = uint256(stake.bonded) + stake.unbonding;
        if (amount > held) revert StakeTooSmall(nodeId, held, amount);
        uint256 fromBonded = Math.min(amount, stake.bonded);
        // forge-lint: disable-next-line(unsafe-typecast) at most bonded
        stake.bonded -= uint128(fromBonded);
        // forge-lint: disable-next-line(unsafe-typecast) at most unbonding
        stake.unbonding -= uint128(amount - fromBonded);
        totalStake -= amount;
        emit NodeSlashed(nodeId, jobId, evidenceHash, amount);
    }

    /// @inheritdoc INodeRegistry
    function claimAward() external nonReentrant {
        uint256 amount = awardOf[msg.sender];
        if (amount == 0) revert AmountIsZero();
        awardOf[msg.sender] = 0;
        emit AwardClaimed(msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc INodeRegistry
    function setMinimumStake(uint256 minimumStake_) external restricted {
        minimumStake = minimumStake_;
        emit MinimumStakeChanged(minimumStake_);
    }

    /// @inheritdoc INodeRegistry
    function node(bytes32 nodeId) external view returns (Node memory) {
        return _node(nodeId);
    }

    /// @inheritdoc INodeRegistry
    function stakeOf(bytes32 nodeId) external view returns (Stake memory) {
        return _stakes[nodeId];
    }

    /// @inheritdoc INodeRegistry
    function seat(bytes32 nodeId) external view returns (address operator, uint96 feePerJob) {
        Node storage stored = _node(nodeId);
        if (!stored.isActive) revert NodeInactive(nodeId);
        uint256 bonded = _stakes[nodeId].bonded;
        if (bonded < minimumStake) revert StakeTooSmall(nodeId, bonded, minimumStake);
        return (stored.operator, stored.feePerJob);
    }

    /// @inheritdoc INodeRegistry
    function hashRegisterNode(RegisterNode calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(REGISTER_TYPEHASH, request)));
    }

    /// @inheritdoc INodeRegistry
    function hashUpdateNode(UpdateNode calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(UPDATE_TYPEHASH, request)));
    }

    /// @inheritdoc INodeRegistry
    function hashUnbond(Unbond calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(UNBOND_TYPEHASH, request)));
    }

    function _checkTerms(address signer, bytes32 sealingKey, uint256 feePerJob) private pure {
        if (signer == address(0) || sealingKey == 0) revert NodeKeyMissing();
        if (feePerJob > type(uint96).max) revert FeeTooLarge(feePerJob, type(uint96).max);
    }

    function _node(bytes32 nodeId) private view returns (Node storage stored) {
        stored = _nodes[nodeId];
        if (stored.operator == address(0)) revert NodeUnknown(nodeId);
    }
}
