// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchItem, Claim, IGroth16Verifier, Verified} from "../interfaces/IGroth16Verifier.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {
    DataRows,
    IPlanVerifier,
    PartProof,
    Plan,
    PlanProof,
    Product,
    Rectangle,
    Term
} from "../interfaces/IPlanVerifier.sol";
import {G1, G2, IPointErrors} from "../interfaces/Points.sol";
import {IProgramRegistry} from "../interfaces/IProgramRegistry.sol";
import {BN254, Sum} from "../libraries/BN254.sol";
import {Statement} from "../libraries/Statement.sol";
import {DataRowsStore} from "./DataRowsStore.sol";
import {PlanHashes} from "./PlanHashes.sol";

/// @notice See IPlanVerifier. Statements and contexts are those of proofs/programs/parts.py.
contract PlanVerifier is DataRowsStore {
    using BN254 for Sum;
    using BN254 for uint256[];

    uint256 private constant SEALED = 1;

    /// @dev What all proofs of one job share.
    struct Job {
        Claim claim;
        bytes32 setupId;
        uint256 chunks;
        /// @dev Columns of one chunk.
        uint256 width;
        bool isGram;
        bool isSealed;
    }

    /// @dev The pairings of all products: those with F2_q first, then with G2, [t_D]2 and [L_(n−2)]2.
    struct Products {
        DataRows rows;
        bytes32 seed;
        Sum one;
        Sum vanishing;
        Sum row;
        uint256[] pairs;
    }

    constructor(IProgramRegistry programs) DataRowsStore(programs) {}

    /// @inheritdoc IPlanVerifier
    function verifyPlan(IMarket market, bytes32 jobId, bytes calldata encoded)
        external
        view
        returns (Verified memory verified)
    {
        PlanProof memory proof = abi.decode(encoded, (PlanProof));
        IMarket.Job memory opened = market.job(jobId);
        IProgramRegistry.Program memory program = PROGRAMS.program(opened.programId);
        IProgramRegistry.Setup memory setup = PROGRAMS.setup(program.setupId);
        Job memory job;
        job.claim = market.claimOf(jobId);
        job.setupId = program.setupId;
        job.isGram = program.outputs == 0;
        job.isSealed = opened.visibility == SEALED;
        // The last two rows of a column are its blinding.
        job.chunks = (opened.rows + setup.capacity - 3) / (setup.capacity - 2);
        if (!job.isGram) _checkPlan(proof.plan, program.circuitHash);
        if (proof.columns.length % job.chunks != 0) {
            revert PlanCountMismatch(job.chunks, proof.columns.length);
        }
        job.width = proof.columns.length / job.chunks;
        if (!job.isGram && job.width != proof.plan.columns) {
            revert PlanCountMismatch(proof.plan.columns * job.chunks, proof.columns.length);
        }
        verified.columnsHash = PlanHashes.hashColumns(proof.columns);
        _checkProducts(job, proof);
        bytes32 proofsHash;
        (verified.job, verified.resultHash, proofsHash) =
            _checkParts(job, proof, IGroth16Verifier(setup.verifier));
        verified.proofHash = proofsHash;
    }

    function _checkPlan(Plan memory plan, bytes32 registered) private pure {
        bytes32 given = keccak256(abi.encode(plan));
        if (given != registered) revert PlanMismatch(registered, given);
    }

    // Products ------------------------------------------------------------------------------------

    /// @dev All of them as one product of pairings, each with a random weight w:
    /// e(−w(F_p + job·L), F2_q + job·L2) needs a sum in G2, which no precompile has, so F2_q and L2 are paired apart:
    /// e(−w·X, F2_q)·e(−w·job·X, L2)·e(w·F_u, G2)·e(w·H, t_D2) = 1 with X = F_p + job·L, and
    /// e(v·F_q, G2)·e(−v·G1, F2_q) = 1, which says that F2_q is column q.
    function _checkProducts(Job memory job, PlanProof memory proof) private view {
        uint256 count = job.isGram ? 0 : proof.plan.products.length * job.chunks;
        if (proof.factors.length != count || proof.quotients.length != count) {
            revert PlanCountMismatch(count, proof.quotients.length);
        }
        if (count == 0) return;
        Products memory all = _newProducts(job, proof, count);
        for (uint256 i = 0; i < count; ++i) {
            _addProduct(job, proof, all, i);
        }
        (uint256 x, uint256 y) = all.one.read();
        all.pairs.setPair(count, x, y, BN254.generator2());
        (x, y) = all.vanishing.read();
        all.pairs.setPair(count + 1, x, y, all.rows.vanishing2);
        (x, y) = all.row.read();
        all.pairs.setPair(count + 2, x, y, all.rows.row2);
        if (!all.pairs.isProductOne()) revert ProductsInvalid();
    }

    function _newProducts(Job memory job, PlanProof memory proof, uint256 count)
        private
        view
        returns (Products memory all)
    {
        all.rows = _rowsOf(job.setupId);
        all.seed = keccak256(abi.encode(proof.columns, proof.factors, proof.quotients, job.claim));
        (all.one, all.vanishing, all.row) = (BN254.sumFrom(0, 0), BN254.sumFrom(0, 0), BN254.sumFrom(0, 0));
        all.pairs = BN254.newPairs(count + 3);
    }

    function _addProduct(Job memory job, PlanProof memory proof, Products memory all, uint256 index)
        private
        view
    {
        (G1[3] memory columns, uint256 element) = _factors(job, proof, index);
        G1 memory quotient = proof.quotients[index];
        BN254.checkPoint(quotient.x, quotient.y);
        BN254.checkPoint(proof.factors[index]);
        uint256 weight = uint256(keccak256(abi.encode(all.seed, 2 * index))) % BN254.R;
        uint256 other = uint256(keccak256(abi.encode(all.seed, 2 * index + 1))) % BN254.R;
        all.one.addProduct(columns[2].x, columns[2].y, weight);
        all.one.addProduct(columns[1].x, columns[1].y, other);
        all.vanishing.addProduct(quotient.x, quotient.y, weight);
        // −w·X, and with it −v·G1, beside F2_q.
        Sum factor = BN254.sumFrom(columns[0].x, columns[0].y);
        factor.addProduct(all.rows.row1.x, all.rows.row1.y, element);
        factor.scale(BN254.R - weight);
        (uint256 x, uint256 y) = factor.read();
        all.row.addProduct(x, y, element);
        factor.addProduct(1, 2, BN254.R - other);
        (x, y) = factor.read();
        all.pairs.setPair(index, x, y, proof.factors[index]);
    }

    /// @dev F_p, F_q and F_u of product `index` of all chunks, and what it is bound to.
    function _factors(Job memory job, PlanProof memory proof, uint256 index)
        private
        view
        returns (G1[3] memory columns, uint256 element)
    {
        uint256 step = index % proof.plan.products.length;
        uint256 chunk = index / proof.plan.products.length;
        Product memory product = proof.plan.products[step];
        columns[0] = _column(job, proof, chunk, product.left);
        columns[1] = _column(job, proof, chunk, product.right);
        columns[2] = _column(job, proof, chunk, product.output);
        element = PlanHashes.productElement(
            job.claim, PlanHashes.step(_place(job, chunk), step), job.setupId, columns
        );
    }

    // Inner products ------------------------------------------------------------------------------

    function _checkParts(Job memory job, PlanProof memory proof, IGroth16Verifier verifier)
        private
        view
        returns (uint256 element, bytes32 resultHash, bytes32 proofHash)
    {
        Rectangle[] memory rectangles = job.isGram ? new Rectangle[](1) : proof.plan.rectangles;
        uint256 first = !job.isGram && proof.plan.selections.length != 0 ? 1 : 0;
        uint256 count = first + rectangles.length * job.chunks;
        if (proof.parts.length != count) revert PlanCountMismatch(count, proof.parts.length);
        Claim[] memory claims = new Claim[](count);
        BatchItem[] memory items = new BatchItem[](count);
        if (first == 1) (claims[0], items[0]) = _selection(job, proof);
        for (uint256 i = first; i < count; ++i) {
            uint256 chunk = (i - first) / rectangles.length;
            uint256 place = (i - first) % rectangles.length;
            (claims[i], items[i]) = _part(job, proof, rectangles[place], chunk, place, i);
        }
        Verified[] memory verified = verifier.verifyBatch(claims, items);
        element = verified[first].job;
        resultHash = _resultHash(job, proof, rectangles.length, first);
        proofHash = PlanHashes.hashProofs(verified, proof.quotients);
    }

    /// @dev Σ over the chunks of every selection against the constant 1, whose commitment is the generator: each is 1.
    function _selection(Job memory job, PlanProof memory proof)
        private
        view
        returns (Claim memory claim, BatchItem memory item)
    {
        uint256[] memory selections = proof.plan.selections;
        claim = _claim(job, PlanHashes.step(job.claim.programId, proof.plan.products.length));
        (claim.leftCount, claim.rightCount) = (selections.length, 1);
        item.columns = new G1[](selections.length + 1);
        item.outputs = new uint256[](selections.length);
        for (uint256 i = 0; i < selections.length; ++i) {
            Sum sum = BN254.sumFrom(0, 0);
            for (uint256 chunk = 0; chunk < job.chunks; ++chunk) {
                G1 memory column = _column(job, proof, chunk, selections[i]);
                sum.add(column.x, column.y);
            }
            (item.columns[i].x, item.columns[i].y) = sum.read();
            item.outputs[i] = 1;
        }
        item.columns[selections.length] = G1(1, 2);
        (item.proof, item.combined) = (proof.parts[0].proof, proof.parts[0].combined);
    }

    function _part(
        Job memory job,
        PlanProof memory proof,
        Rectangle memory rectangle,
        uint256 chunk,
        uint256 place,
        uint256 index
    ) private view returns (Claim memory claim, BatchItem memory item) {
        bytes32 programId = _place(job, chunk);
        if (job.isGram) {
            claim = _claim(job, programId);
            item.columns = new G1[](job.width);
            for (uint256 i = 0; i < job.width; ++i) {
                item.columns[i] = _column(job, proof, chunk, i);
            }
        } else {
            uint256 selected = proof.plan.selections.length == 0 ? 0 : 1;
            claim = _claim(job, PlanHashes.step(programId, proof.plan.products.length + selected + place));
            (claim.leftCount, claim.rightCount) = (rectangle.left.length, rectangle.right.length);
            item.columns = new G1[](claim.leftCount + claim.rightCount);
            for (uint256 i = 0; i < item.columns.length; ++i) {
                uint256 column =
                    i < claim.leftCount ? rectangle.left[i] : rectangle.right[i - claim.leftCount];
                item.columns[i] = _virtual(job, proof, chunk, column);
            }
        }
        PartProof memory part = proof.parts[index];
        if ((part.outputs.length == 0) != job.isSealed) revert PlanVisibilityMismatch(index);
        (item.outputs, item.proof, item.combined) = (part.outputs, part.proof, part.combined);
    }

    /// @dev The hash of each rectangle's result, which is the sum over the chunks; of several, the hash of all.
    function _resultHash(Job memory job, PlanProof memory proof, uint256 rectangles, uint256 first)
        private
        view
        returns (bytes32)
    {
        bytes32[] memory hashes = new bytes32[](rectangles);
        for (uint256 place = 0; place < rectangles; ++place) {
            PartProof memory part = proof.parts[first + place];
            if (job.isSealed) {
                Sum sum = BN254.sumFrom(0, 0);
                for (uint256 chunk = 0; chunk < job.chunks; ++chunk) {
                    G1 memory one = proof.parts[first + chunk * rectangles + place].proof.resultCommitment;
                    sum.add(one.x, one.y);
                }
                (uint256 x, uint256 y) = sum.read();
                hashes[place] = keccak256(abi.encode(uint256(1), x, y));
            } else {
                uint256[] memory totals = new uint256[](part.outputs.length);
                for (uint256 chunk = 0; chunk < job.chunks; ++chunk) {
                    uint256[] memory outputs = proof.parts[first + chunk * rectangles + place].outputs;
                    for (uint256 i = 0; i < totals.length; ++i) {
                        totals[i] = addmod(totals[i], outputs[i], BN254.R);
                    }
                }
                hashes[place] = keccak256(abi.encodePacked(uint256(0), totals));
            }
        }
        return rectangles == 1 ? hashes[0] : Statement.hashWords(hashes);
    }

    // Columns -------------------------------------------------------------------------------------

    function _virtual(Job memory job, PlanProof memory proof, uint256 chunk, uint256 index)
        private
        view
        returns (G1 memory column)
    {
        if (index < job.width) return _column(job, proof, chunk, index);
        if (index - job.width >= proof.plan.sums.length) revert PlanColumnUnknown(index);
        Term[] memory terms = proof.plan.sums[index - job.width];
        Sum sum = BN254.sumFrom(0, 0);
        for (uint256 i = 0; i < terms.length; ++i) {
            column = _column(job, proof, chunk, terms[i].column);
            sum.addProduct(column.x, column.y, terms[i].weight);
        }
        column = G1(0, 0);
        (column.x, column.y) = sum.read();
    }

    function _column(Job memory job, PlanProof memory proof, uint256 chunk, uint256 index)
        private
        pure
        returns (G1 memory)
    {
        if (index >= job.width) revert PlanColumnUnknown(index);
        return proof.columns[chunk * job.width + index];
    }

    function _claim(Job memory job, bytes32 programId) private pure returns (Claim memory) {
        Claim memory whole = job.claim;
        return Claim({
            market: whole.market,
            jobId: whole.jobId,
            programId: programId,
            licencesHash: whole.licencesHash,
            leftCount: whole.leftCount,
            rightCount: whole.rightCount
        });
    }

    function _place(Job memory job, uint256 chunk) private pure returns (bytes32) {
        return
            job.chunks == 1 ? job.claim.programId : PlanHashes.chunk(job.claim.programId, chunk, job.chunks);
    }
}
