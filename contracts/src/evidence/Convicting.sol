// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../interfaces/IBonds.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {SignedActions} from "../SignedActions.sol";
import {Compensation} from "./Compensation.sol";

/// @notice Who is accused, and what a conviction does. It takes more than anybody can get back, so that nobody gains by
/// convicting itself: of what is taken at most half goes to parties of the job.
abstract contract Convicting is SignedActions, IEvidence {
    IMarket public immutable market;
    INodeRegistry public immutable nodes;

    /// @inheritdoc IEvidence
    mapping(bytes32 party => mapping(bytes32 jobId => bool)) public isConvicted;

    constructor(IMarket market_, INodeRegistry nodes_) {
        market = market_;
        nodes = nodes_;
    }

    /// @dev The node of a seat, and since when it has it.
    function _seated(bytes32 jobId, Seating calldata seating, uint256 seat)
        internal
        view
        returns (bytes32 nodeId, uint256 seatedAt)
    {
        seatedAt = _seatedAt(jobId, seating);
        if (seat == 0 || seat > seating.nodeIds.length) revert SeatUnknown(seat, seating.nodeIds.length);
        nodeId = seating.nodeIds[seat - 1];
    }

    function _seatedAt(bytes32 jobId, Seating calldata seating) internal view returns (uint256 seatedAt) {
        seatedAt = market.seatedAt(jobId, seating.nodeIds, seating.seats);
        if (seatedAt == 0) revert SeatingUnknown(jobId);
    }

    /// @dev Whether the node of a seat signed.
    function _checkSeatSignature(
        bytes32 jobId,
        uint256 seat,
        bytes32 digest,
        Seating calldata seating,
        address signer,
        bytes calldata signature
    ) internal view {
        (bytes32 nodeId, uint256 seatedAt) = _seated(jobId, seating, seat);
        _checkNodeSignature(nodeId, seatedAt, signer, digest, signature);
    }

    /// @dev Whether the key was the node's when it got the job, and signed.
    function _checkNodeSignature(
        bytes32 nodeId,
        uint256 seatedAt,
        address signer,
        bytes32 digest,
        bytes calldata signature
    ) internal view {
        if (nodes.signerUntil(nodeId, signer) < seatedAt) {
            revert SignerNotOfNode(nodeId, signer);
        }
        _checkSignature(signer, digest, signature);
    }

    function _convictOnce(bytes32 party, bytes32 jobId) internal {
        if (isConvicted[party][jobId]) revert NodeIsConvicted(party, jobId);
        isConvicted[party][jobId] = true;
    }

    /// @dev All that is bonded and unbonding.
    function _convictNode(bytes32 jobId, uint256 seat, bytes32 digest, Seating calldata seating) internal {
        bytes32 nodeId = seating.nodeIds[seat - 1];
        _convictOnce(nodeId, jobId);
        IBonds.Stake memory stake = nodes.stakeOf(nodeId);
        uint256 held = uint256(stake.bonded) + stake.unbonding;
        if (held == 0) revert NothingAtStake(nodeId);
        (IBonds.Award[] memory awards, uint256 compensation) = Compensation.share(
            market.job(jobId), seating.seats, seating.seats[seat - 1].operator, held, market.treasury()
        );
        emit NodeConvicted(nodeId, jobId, digest, held, compensation);
        nodes.slash(nodeId, jobId, digest, awards);
    }

    /// @dev A dealer without a bond is convicted too: its name is what it has.
    function _convictDealer(address dealer, bytes32 jobId, bytes32 digest, Seating calldata seating)
        internal
    {
        _convictOnce(bytes32(uint256(uint160(dealer))), jobId);
        IBonds.Stake memory bond = nodes.bondOf(dealer);
        uint256 held = uint256(bond.bonded) + bond.unbonding;
        (IBonds.Award[] memory awards, uint256 compensation) =
            Compensation.share(market.job(jobId), seating.seats, dealer, held, market.treasury());
        emit DealerConvicted(dealer, jobId, digest, held, compensation);
        if (held != 0) nodes.takeBond(dealer, jobId, digest, awards);
    }
}
