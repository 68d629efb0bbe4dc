// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {BindingEvidence} from "./evidence/BindingEvidence.sol";
import {Convicting} from "./evidence/Convicting.sol";
import {Deadlines} from "./evidence/Deadlines.sol";
import {DealerEvidence} from "./evidence/DealerEvidence.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {Claim, Combination, IGroth16Verifier, SealedProof} from "./interfaces/IGroth16Verifier.sol";
import {IMarket} from "./interfaces/IMarket.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {G1, IPointErrors} from "./interfaces/Points.sol";
import {BN254, Sum} from "./libraries/BN254.sol";
import {Statement} from "./libraries/Statement.sol";

/// @notice Convicts nodes and dealers by their own signatures. An honest party cannot be framed: it signs a statement only
/// after verifying it, and everything that the verification depends on is either signed by it or computed here.
contract Evidence is BindingEvidence, DealerEvidence, Deadlines, IPointErrors {
    using BN254 for Sum;

    bytes32 private constant OWN_STATEMENT_TYPEHASH = keccak256(
        "OwnStatement(bytes32 jobId,uint32 attempt,uint32 seat,bytes32 slopesHash,bytes32 proofHash)"
    );
    /// @dev More than twice what verifying costs. The pairing precompile fails without gas as it does on a bad point.
    uint256 private constant VERIFICATION_GAS = 1_000_000;
    uint256 private constant VERIFICATION_GAS_PER_COLUMN = 20_000;

    /// @dev Roles are those of the market.
    constructor(IMarket market_, INodeRegistry nodes_)
        Convicting(market_, nodes_)
        AccessManaged(IAccessManaged(address(market_)).authority())
    {}

    /// @inheritdoc IEvidence
    function accuse(
        OwnStatement calldata statement,
        Seating calldata seating,
        address signer,
        bytes calldata signature,
        G1[] calldata columns,
        G1[] calldata slopes,
        SealedProof calldata proof
    ) external {
        bytes32 digest = hashOwnStatement(statement);
        _checkSeatSignature(statement.jobId, statement.seat, digest, seating, signer, signature);
        _checkContent(statement, columns, slopes, proof);
        _requireFalse(statement, digest, columns, slopes, proof);
        _convictNode(statement.jobId, statement.seat, digest, seating);
    }

    /// @inheritdoc IEvidence
    function shareCommitments(G1[] calldata columns, G1[] calldata slopes, uint256 seat)
        public
        view
        returns (G1[] memory points)
    {
        if (slopes.length + 1 != columns.length) {
            revert SlopeCountMismatch(columns.length - 1, slopes.length);
        }
        points = new G1[](columns.length);
        points[0] = columns[0];
        for (uint256 i = 1; i < columns.length; ++i) {
            BN254.checkPoint(slopes[i - 1]);
            Sum sum = BN254.sumFrom(columns[i].x, columns[i].y);
            sum.addProduct(slopes[i - 1].x, slopes[i - 1].y, seat);
            (points[i].x, points[i].y) = sum.read();
        }
    }

    /// @inheritdoc IEvidence
    function hashOwnStatement(OwnStatement calldata statement) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(OWN_STATEMENT_TYPEHASH, statement)));
    }

    function _checkContent(
        OwnStatement calldata statement,
        G1[] calldata columns,
        G1[] calldata slopes,
        SealedProof calldata proof
    ) private view {
        bytes32 expected = market.job(statement.jobId).columnsHash;
        bytes32 given = Statement.hashColumns(columns);
        if (given != expected) revert ColumnsNotOfJob(expected, given);
        given = keccak256(abi.encode(slopes));
        if (given != statement.slopesHash) revert SlopesNotSigned(statement.slopesHash, given);
        given = keccak256(abi.encode(proof));
        if (given != statement.proofHash) revert ProofNotSigned(statement.proofHash, given);
    }

    /// @dev The verifier's refusal is the evidence, so only refusals that the signed points cause may count. The
    /// combination is computed here and not given, since a wrong one would be refused too.
    function _requireFalse(
        OwnStatement calldata statement,
        bytes32 digest,
        G1[] calldata columns,
        G1[] calldata slopes,
        SealedProof calldata proof
    ) private view {
        IGroth16Verifier verifier = IGroth16Verifier(market.job(statement.jobId).verifier);
        Claim memory claim = market.claimOf(statement.jobId);
        G1[] memory shares = shareCommitments(columns, slopes, statement.seat);
        Combination memory combined =
            verifier.combination(claim, shares, Statement.hashSealedResult(proof.resultCommitment));
        uint256 needed = VERIFICATION_GAS + VERIFICATION_GAS_PER_COLUMN * columns.length;
        if (gasleft() < needed) revert GasTooLow(gasleft(), needed);
        try verifier.verifySealed(claim, shares, proof, combined) {
            revert StatementHolds(digest);
        } catch (bytes memory reason) {
            // forge-lint: disable-next-line(unsafe-typecast) an error begins with its selector
            if (!_isOfProof(bytes4(reason))) revert RefusalUnclear(reason);
        }
    }

    function _isOfProof(bytes4 selector) private pure returns (bool) {
        return selector == IGroth16Verifier.ProofInvalid.selector || selector == PointNotOnCurve.selector
            || selector == PointAtInfinity.selector || selector == CoordinateNotCanonical.selector
            || selector == PrecompileFailed.selector;
    }
}
