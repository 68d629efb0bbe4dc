// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "./IBonds.sol";

/// @notice Compute nodes: operator, keys, fee, and the stake that stands for their honesty.
interface INodeRegistry is IBonds {
    /// @dev Signed by the operator; the node's id is the EIP-712 digest.
    struct RegisterNode {
        address operator;
        address signer;
        bytes32 sealingKey;
        uint8 tier;
        bytes32 region;
        uint128 feePerJob;
        uint256 salt;
        uint256 deadline;
    }

    /// @dev New keys, fee or activity, signed by the operator. `version` is the node's present one plus 1.
    struct UpdateNode {
        bytes32 nodeId;
        address signer;
        bytes32 sealingKey;
        uint128 feePerJob;
        bool isActive;
        uint32 version;
        uint256 deadline;
    }

    /// @dev Signed by the operator: begin to take stake out.
    struct Unbond {
        bytes32 nodeId;
        uint128 amount;
        uint256 salt;
        uint256 deadline;
    }

    struct Node {
        address operator;
        /// @dev At most 2^96 − 1, so that it shares a slot with its operator.
        uint96 feePerJob;
        address signer;
        uint32 version;
        uint8 tier;
        bool isActive;
        bytes32 sealingKey;
        bytes32 region;
    }

    event NodeRegistered(
        bytes32 indexed nodeId,
        address indexed operator,
        address indexed signer,
        bytes32 sealingKey,
        uint8 tier,
        bytes32 region,
        uint128 feePerJob
    );
    event NodeUpdated(
        bytes32 indexed nodeId,
        address indexed signer,
        bytes32 sealingKey,
        uint128 feePerJob,
        bool isActive,
        uint32 version
    );
    event StakeDeposited(bytes32 indexed nodeId, address indexed from, uint256 amount);
    event StakeUnbonded(bytes32 indexed nodeId, uint256 amount, uint256 withdrawableAt);
    event StakeWithdrawn(bytes32 indexed nodeId, address indexed operator, uint256 amount);
    event NodeSlashed(bytes32 indexed nodeId, bytes32 indexed jobId, bytes32 evidenceHash, uint256 amount);
    event MinimumStakeChanged(uint256 minimumStake);

    error NodeUnknown(bytes32 nodeId);
    error NodeExists(bytes32 nodeId);
    error NodeInactive(bytes32 nodeId);
    error NodeKeyMissing();
    error VersionMismatch(bytes32 nodeId, uint256 expected, uint256 given);
    error FeeTooLarge(uint256 fee, uint256 maximum);

    function registerNode(RegisterNode calldata request, bytes calldata signature)
        external
        returns (bytes32 nodeId);

    /// @notice Rotates keys, changes the fee or the activity, by the operator or with its signature.
    function updateNode(UpdateNode calldata request, bytes calldata signature) external;

    /// @notice Adds stake; whoever calls pays. What arrives is credited.
    function depositStake(bytes32 nodeId, uint256 amount) external;

    /// @notice Starts the delay of `amount`; a later call adds to it and starts the delay anew.
    function unbond(Unbond calldata request, bytes calldata signature) external;

    /// @notice Pays unbonded stake to the operator. Anyone may call.
    function withdrawStake(bytes32 nodeId) external;

    /// @notice Takes stake, unbonding stake last, and awards it. Role EVIDENCE.
    function slash(bytes32 nodeId, bytes32 jobId, bytes32 evidenceHash, Award[] calldata awards) external;

    /// @notice Role ADMIN.
    function setMinimumStake(uint256 minimumStake) external;

    function node(bytes32 nodeId) external view returns (Node memory);

    /// @notice Until when a key signed for a node: 2^256 − 1 for its present one, the time of the change for a former one,
    /// 0 for any other. A node answers for what a former key signed of jobs that it got before.
    function signerUntil(bytes32 nodeId, address signer) external view returns (uint256);

    function stakeOf(bytes32 nodeId) external view returns (Stake memory);

    function minimumStake() external view returns (uint256);

    function totalStake() external view returns (uint256);

    /// @notice Operator and fee of a node that may take a job now; reverts if it is unknown, inactive, understaked, or its
    /// operator's bond is too small.
    function seat(bytes32 nodeId) external view returns (address operator, uint96 feePerJob);

    function hashRegisterNode(RegisterNode calldata request) external view returns (bytes32);

    function hashUpdateNode(UpdateNode calldata request) external view returns (bytes32);

    function hashUnbond(Unbond calldata request) external view returns (bytes32);
}
