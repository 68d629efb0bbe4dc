// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEvidence} from "../interfaces/IEvidence.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {G1} from "../interfaces/Points.sol";
import {BN254, Sum} from "../libraries/BN254.sol";
import {Statement} from "../libraries/Statement.sol";
import {Convicting} from "./Convicting.sol";

/// @notice Dealers by their own signatures: the commitments of shares that they sent must lie on one line with the
/// registered column. Whether a package's content opens them its node checks before it works (ADR 0010).
abstract contract DealerEvidence is Convicting {
    using BN254 for Sum;

    bytes32 private constant DEALT_SHARES_TYPEHASH = keccak256(
        "DealtShares(bytes32 jobId,uint32 attempt,uint32 seat,bytes32 slopesHash,bytes32 sharesHash)"
    );

    /// @inheritdoc IEvidence
    function accuseDealer(
        DealtShares calldata dealt,
        Seating calldata seating,
        address dealer,
        bytes calldata signature,
        G1[] calldata columns,
        G1[] calldata slopes,
        G1[] calldata shares
    ) external {
        _seatedAt(dealt.jobId, seating);
        bytes32 digest = hashDealtShares(dealt);
        _checkSignature(dealer, digest, signature);
        bytes32 given = keccak256(abi.encode(slopes));
        if (given != dealt.slopesHash) revert SlopesNotSigned(dealt.slopesHash, given);
        given = keccak256(abi.encode(shares));
        if (given != dealt.sharesHash) revert SharesNotSigned(dealt.sharesHash, given);
        if (_isOnLine(dealt, dealer, columns, slopes, shares)) revert StatementHolds(digest);
        _convictDealer(dealer, dealt.jobId, digest, seating);
    }

    /// @inheritdoc IEvidence
    function accuseEquivocation(
        DealtShares calldata first,
        bytes calldata firstSignature,
        DealtShares calldata second,
        bytes calldata secondSignature,
        Seating calldata seating,
        address dealer
    ) external {
        _seatedAt(first.jobId, seating);
        bytes32 digest = hashDealtShares(first);
        bytes32 other = hashDealtShares(second);
        bool isSameDeal = first.jobId == second.jobId && first.attempt == second.attempt;
        bool areSlopesEqual = first.slopesHash == second.slopesHash;
        bool isShareEqual = first.seat != second.seat || first.sharesHash == second.sharesHash;
        if (!isSameDeal || (areSlopesEqual && isShareEqual)) revert DealsAgree(digest, other);
        _checkSignature(dealer, digest, firstSignature);
        _checkSignature(dealer, other, secondSignature);
        _dealtColumns(first.jobId, dealer);
        _convictDealer(dealer, first.jobId, digest, seating);
    }

    /// @inheritdoc IEvidence
    function hashDealtShares(DealtShares calldata dealt) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(DEALT_SHARES_TYPEHASH, dealt)));
    }

    /// @dev Whether S_k = F + k·F_s1 for each of the dealer's columns. A wrong number of points or a malformed one is not.
    function _isOnLine(
        DealtShares calldata dealt,
        address dealer,
        G1[] calldata columns,
        G1[] calldata slopes,
        G1[] calldata shares
    ) private view returns (bool) {
        bytes32 expected = market.job(dealt.jobId).columnsHash;
        bytes32 given = Statement.hashColumns(columns);
        if (given != expected) revert ColumnsNotOfJob(expected, given);
        uint256[] memory places = _dealtColumns(dealt.jobId, dealer);
        if (slopes.length != places.length || shares.length != places.length) return false;
        for (uint256 i = 0; i < places.length; ++i) {
            if (!_isShare(columns[places[i]], slopes[i], dealt.seat, shares[i])) return false;
        }
        return true;
    }

    function _isShare(G1 calldata column, G1 calldata slope, uint256 seat, G1 calldata share)
        private
        view
        returns (bool)
    {
        if (!BN254.isOnCurve(slope.x, slope.y)) return false;
        Sum sum = BN254.sumFrom(column.x, column.y);
        sum.addProduct(slope.x, slope.y, seat);
        (uint256 x, uint256 y) = sum.read();
        return x == share.x && y == share.y;
    }

    /// @dev Where the dealer's columns stand among the job's: all inputs end to end, `ones` first.
    function _dealtColumns(bytes32 jobId, address dealer) private view returns (uint256[] memory places) {
        IMarket.JobInput[] memory inputs = market.job(jobId).inputs;
        uint256 count;
        for (uint256 i = 0; i < inputs.length; ++i) {
            if (inputs[i].provider == dealer) count += inputs[i].columnCount;
        }
        if (count == 0) revert DealerNotOfJob(dealer, jobId);
        places = new uint256[](count);
        uint256 next;
        uint256 place = 1;
        for (uint256 i = 0; i < inputs.length; ++i) {
            for (uint256 j = 0; j < inputs[i].columnCount; ++j) {
                if (inputs[i].provider == dealer) places[next++] = place;
                ++place;
            }
        }
    }
}
