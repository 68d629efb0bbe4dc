// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {Bonds} from "./nodes/Bonds.sol";
import {Stakes} from "./nodes/Stakes.sol";

/// @notice Nodes and their stake. Stake on its way out stays slashable for at least as long as a job can last.
/// Law: tokens held ≥ total stake + total bonds + Σ awards.
contract NodeRegistry is Bonds, INodeRegistry {
    using SafeERC20 for IERC20;
    using Stakes for Stake;

    bytes32 private constant REGISTER_TYPEHASH = keccak256(
        "RegisterNode(address operator,address signer,bytes32 sealingKey,uint8 tier,bytes32 region,uint128 feePerJob,uint256 salt,uint256 deadline)"
    );
    bytes32 private constant UPDATE_TYPEHASH = keccak256(
        "UpdateNode(bytes32 nodeId,address signer,bytes32 sealingKey,uint128 feePerJob,bool isActive,uint32 version,uint256 deadline)"
    );
    bytes32 private constant UNBOND_TYPEHASH =
        keccak256("Unbond(bytes32 nodeId,uint128 amount,uint256 salt,uint256 deadline)");

    /// @inheritdoc INodeRegistry
    uint256 public minimumStake;
    /// @inheritdoc INodeRegistry
    uint256 public totalStake;
    /// @inheritdoc INodeRegistry
    mapping(bytes32 nodeId => mapping(address signer => uint256)) public signerUntil;

    mapping(bytes32 nodeId => Node) private _nodes;
    mapping(bytes32 nodeId => Stake) private _stakes;

    constructor(address access, IERC20 token_, uint256 unbondingSeconds_, uint256 minimumStake_)
        AccessManaged(access)
        Bonds(token_, unbondingSeconds_)
    {
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
        uint256 arrived = _receive(amount);
        _stakes[nodeId].put(arrived);
        totalStake += arrived;
        emit StakeDeposited(nodeId, msg.sender, arrived);
    }

    /// @inheritdoc INodeRegistry
    function unbond(Unbond calldata request, bytes calldata signature) external {
        address operator = _node(request.nodeId).operator;
        _useAction(operator, hashUnbond(request), request.deadline, signature);
        Stake storage stake = _stakes[request.nodeId];
        stake.unbond(request.nodeId, request.amount, unbondingSeconds);
        emit StakeUnbonded(request.nodeId, request.amount, stake.withdrawableAt);
    }

    /// @inheritdoc INodeRegistry
    function withdrawStake(bytes32 nodeId) external nonReentrant {
        address operator = _node(nodeId).operator;
        uint256 amount = _stakes[nodeId].withdraw(nodeId);
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
        uint256 amount = _award(awards);
        _stakes[nodeId].take(nodeId, amount);
        totalStake -= amount;
        emit NodeSlashed(nodeId, jobId, evidenceHash, amount);
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
        requireBond(stored.operator);
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
