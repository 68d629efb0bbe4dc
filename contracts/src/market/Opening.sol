// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IColumnLayout} from "../interfaces/IColumnLayout.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {ILicenceLedger, Quantity} from "../interfaces/ILicenceLedger.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {IProgramRegistry} from "../interfaces/IProgramRegistry.sol";
import {MAX_JOB_SECONDS} from "../interfaces/Limits.sol";
import {Statement} from "../libraries/Statement.sol";
import {Accounts} from "./Accounts.sol";
import {ColumnLayout} from "./ColumnLayout.sol";

/// @notice How an order becomes an open job: everything that settlement relies on is checked and fixed here.
abstract contract Opening is Accounts, AccessManaged {
    uint256 internal constant MAX_INPUTS = 16;
    uint256 internal constant MAX_SEATS = 16;
    uint256 internal constant BPS = 10_000;

    IProgramRegistry public immutable programs;
    IDatasetRegistry public immutable datasets;
    ILicenceLedger public immutable licences;
    INodeRegistry public immutable nodes;
    IColumnLayout private immutable LAYOUT;

    /// @inheritdoc IMarket
    uint256 public feeBps;
    /// @inheritdoc IMarket
    bool public isPaused;

    mapping(bytes32 jobId => Job) internal _jobs;
    /// @dev When a job got these nodes at these fees. One slot for a whole seating, old ones included, since a node must
    /// answer for what it signed before the job went to others.
    mapping(bytes32 seatingHash => uint256) private _seatedAt;

    constructor(
        IProgramRegistry programs_,
        IDatasetRegistry datasets_,
        ILicenceLedger licences_,
        INodeRegistry nodes_
    ) {
        programs = programs_;
        datasets = datasets_;
        licences = licences_;
        nodes = nodes_;
        LAYOUT = new ColumnLayout(programs_, datasets_, licences_, nodes_);
    }

    /// @inheritdoc IMarket
    function open(Order calldata order, bytes calldata signature, bytes32[] calldata nodeIds)
        external
        restricted
        nonReentrant
        returns (bytes32 jobId)
    {
        jobId = hashOrder(order);
        _checkOrder(jobId, order, signature);
        Job storage opened = _jobs[jobId];
        opened.consumer = order.consumer;
        opened.deadline = order.deadline;
        opened.state = JobState.OPEN;
        opened.visibility = order.visibility;
        opened.programId = order.programId;
        opened.maxPrice = order.maxPrice;
        // forge-lint: disable-next-line(unsafe-typecast) at most 2,000
        opened.feeBps = uint16(feeBps);

        uint8 degree = _fixColumns(opened, order);
        _reserveInputs(jobId, opened, order);
        _fixSeats(opened, nodeIds, degree);
        _noteSeating(jobId, opened, nodeIds);
        uint128 price = _price(opened);
        opened.price = price;
        _lock(order.consumer, price);
        _emitOpened(jobId, opened, order, nodeIds);
    }

    /// @inheritdoc IMarket
    function reseat(bytes32 jobId, bytes32[] calldata nodeIds) external restricted nonReentrant {
        Job storage opened = _openJob(jobId);
        if (block.timestamp > opened.deadline) {
            revert JobDeadlinePassed(jobId, opened.deadline, block.timestamp);
        }
        uint8 degree = programs.program(opened.programId).degree;
        delete opened.seats;
        _fixSeats(opened, nodeIds, degree);
        _noteSeating(jobId, opened, nodeIds);
        _unlock(opened.consumer, opened.price);
        uint128 price = _price(opened);
        opened.price = price;
        _lock(opened.consumer, price);
        emit JobReseated(jobId, nodeIds, price);
    }

    /// @inheritdoc IMarket
    function seatedAt(bytes32 jobId, bytes32[] calldata nodeIds, Seat[] calldata seats)
        external
        view
        returns (uint256)
    {
        return _seatedAt[keccak256(abi.encode(jobId, nodeIds, seats))];
    }

    function _openJob(bytes32 jobId) internal view returns (Job storage found) {
        found = _jobs[jobId];
        if (found.state != JobState.OPEN) revert JobNotOpen(jobId, found.state);
    }

    function _licencesHash(Job storage opened) internal view returns (bytes32) {
        bytes32[] memory ids = new bytes32[](opened.inputs.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            ids[i] = opened.inputs[i].licenceId;
        }
        return Statement.hashWords(ids);
    }

    function _checkOrder(bytes32 jobId, Order calldata order, bytes calldata signature) private view {
        if (isPaused) revert OpeningIsPaused();
        if (_jobs[jobId].state != JobState.NONE) revert JobExists(jobId);
        if (order.deadline < block.timestamp) {
            revert JobDeadlinePassed(jobId, order.deadline, block.timestamp);
        }
        if (order.deadline > block.timestamp + MAX_JOB_SECONDS) {
            revert JobTooLong(order.deadline, block.timestamp + MAX_JOB_SECONDS);
        }
        if (order.visibility > 1) revert VisibilityInvalid(order.visibility);
        if (order.inputs.length == 0 || order.inputs.length > MAX_INPUTS) {
            revert InputsInvalid(order.inputs.length, MAX_INPUTS);
        }
        _checkSignature(order.consumer, jobId, signature);
    }

    /// @dev Fixes the columns' hash and the job's shape.
    function _fixColumns(Job storage opened, Order calldata order) private returns (uint8) {
        IColumnLayout.Layout memory found = LAYOUT.layOut(order.programId, order.inputs);
        opened.columnsHash = found.columnsHash;
        opened.verifier = found.verifier;
        opened.rows = found.rows;
        opened.leftCount = found.leftCount;
        opened.rightCount = found.rightCount;
        return found.degree;
    }

    function _reserveInputs(bytes32 jobId, Job storage opened, Order calldata order) private {
        Quantity memory quantity;
        quantity.runs = 1;
        quantity.outputs = uint64(opened.leftCount) * opened.rightCount;
        for (uint256 i = 0; i < order.inputs.length; ++i) {
            Input calldata input = order.inputs[i];
            uint8 columnCount = _countColumns(input.columns);
            quantity.cells = uint128(opened.rows) * columnCount;
            (address provider, uint88 price) = licences.reserve(
                jobId, input.licenceId, order.consumer, order.programId, input.columns, quantity
            );
            opened.inputs.push(JobInput(input.licenceId, provider, price, columnCount));
        }
    }

    /// @dev Set bits besides bit 0, at most 255.
    function _countColumns(uint256 columns) private pure returns (uint8 count) {
        for (columns &= ~uint256(1); columns != 0; columns &= columns - 1) {
            ++count;
        }
    }

    /// @dev degree·t + 1 nodes at least (t = 1), never two of one operator nor one of a party: t + 1 colluding nodes
    /// can read the data.
    function _fixSeats(Job storage opened, bytes32[] calldata nodeIds, uint256 degree) private {
        if (nodeIds.length < degree + 1 || nodeIds.length > MAX_SEATS) {
            revert SeatsInvalid(nodeIds.length, degree + 1, MAX_SEATS);
        }
        address consumer = opened.consumer;
        uint256 inputs = opened.inputs.length;
        address[] memory excluded = new address[](1 + inputs + nodeIds.length);
        excluded[0] = consumer;
        for (uint256 i = 0; i < inputs; ++i) {
            excluded[1 + i] = opened.inputs[i].provider;
        }
        for (uint256 i = 0; i < nodeIds.length; ++i) {
            (address operator, uint96 fee) = nodes.seat(nodeIds[i]);
            uint256 known = 1 + inputs + i;
            for (uint256 j = 0; j < known; ++j) {
                if (excluded[j] == operator) revert SeatConflict(nodeIds[i], operator);
            }
            excluded[known] = operator;
            opened.seats.push(Seat(operator, fee));
        }
    }

    function _noteSeating(bytes32 jobId, Job storage opened, bytes32[] calldata nodeIds) private {
        _seatedAt[keccak256(abi.encode(jobId, nodeIds, opened.seats))] = block.timestamp;
    }

    /// @dev Licences and nodes, plus the market's fee of that, rounded down (in the consumer's favour).
    function _price(Job storage opened) private view returns (uint128) {
        uint256 rest;
        for (uint256 i = 0; i < opened.inputs.length; ++i) {
            rest += opened.inputs[i].price;
        }
        for (uint256 i = 0; i < opened.seats.length; ++i) {
            rest += opened.seats[i].fee;
        }
        uint256 price = rest + rest * opened.feeBps / BPS;
        if (price > opened.maxPrice) revert PriceAboveLimit(price, opened.maxPrice);
        // forge-lint: disable-next-line(unsafe-typecast) at most maxPrice
        return uint128(price);
    }

    function _emitOpened(bytes32 jobId, Job storage opened, Order calldata order, bytes32[] calldata nodeIds)
        private
    {
        emit JobOpened(
            jobId,
            order.consumer,
            order.programId,
            order.inputs,
            nodeIds,
            opened.columnsHash,
            opened.leftCount,
            opened.rightCount,
            order.visibility,
            opened.price,
            order.deadline
        );
    }
}
