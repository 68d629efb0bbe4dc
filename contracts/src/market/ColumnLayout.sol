// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IColumnLayout} from "../interfaces/IColumnLayout.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {ILicenceLedger} from "../interfaces/ILicenceLedger.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {IProgramRegistry} from "../interfaces/IProgramRegistry.sol";
import {MAX_OUTPUTS} from "../interfaces/Limits.sol";
import {Statement} from "../libraries/Statement.sol";

/// @notice What an order's columns amount to under its program, and whether their providers have the bond that they need. A contract of its own, which the market makes when it
/// is made: it has no state and no rights, and it keeps the market below the size limit of contracts.
contract ColumnLayout is IColumnLayout {
    IProgramRegistry private immutable PROGRAMS;
    IDatasetRegistry private immutable DATASETS;
    ILicenceLedger private immutable LICENCES;
    INodeRegistry private immutable NODES;

    constructor(
        IProgramRegistry programs,
        IDatasetRegistry datasets,
        ILicenceLedger licences,
        INodeRegistry nodes
    ) {
        PROGRAMS = programs;
        DATASETS = datasets;
        LICENCES = licences;
        NODES = nodes;
    }

    /// @inheritdoc IColumnLayout
    function layOut(bytes32 programId, IMarket.Input[] calldata inputs)
        external
        view
        returns (Layout memory found)
    {
        (IProgramRegistry.Program memory program, address verifier) = PROGRAMS.activeProgram(programId);
        bytes32[][] memory selections = new bytes32[][](inputs.length);
        uint256 count = 1;
        uint64 rows;
        uint256 chunks;
        for (uint256 i = 0; i < inputs.length; ++i) {
            bytes32 licenceId = inputs[i].licenceId;
            ILicenceLedger.Licence memory licence = LICENCES.licence(licenceId);
            NODES.requireBond(licence.provider);
            IDatasetRegistry.Dataset memory dataset;
            (dataset, selections[i]) = DATASETS.selectColumns(licence.datasetId, inputs[i].columns);
            if (dataset.setupId != program.setupId) {
                revert IMarket.SetupMismatch(licenceId, program.setupId, dataset.setupId);
            }
            if (i == 0) (rows, chunks) = (dataset.rows, dataset.chunkCount);
            if (inputs[i].columns & 1 == 0 || selections[i].length < 2 * dataset.chunkCount) {
                revert IMarket.InputHasNoColumns(licenceId);
            }
            // One setup and one number of rows have one number of chunks, and the same column 0 in each of them.
            if (dataset.rows != rows || selections[i][0] != selections[0][0]) {
                revert IMarket.RowsMismatch(licenceId);
            }
            count += selections[i].length / chunks - 1;
        }
        found.columnsHash = _joinedHash(selections, count, chunks);
        found.verifier = program.outputs == 0 && chunks == 1 ? verifier : address(PROGRAMS.planVerifier());
        // forge-lint: disable-next-line(unsafe-typecast) by the dataset registry
        found.rows = uint32(rows);
        found.degree = program.degree;
        _fixShape(found, programId, program, count);
    }

    function _fixShape(
        Layout memory found,
        bytes32 programId,
        IProgramRegistry.Program memory program,
        uint256 count
    ) private pure {
        if (program.outputs != 0) {
            if (count != program.leftCount) {
                revert IMarket.ProgramDoesNotFit(programId, count);
            }
            (found.leftCount, found.rightCount) = (1, program.outputs);
            return;
        }
        uint256 leftCount = program.leftCount == 0 ? count : program.leftCount;
        if (leftCount > count || program.rightStart >= count) {
            revert IMarket.ProgramDoesNotFit(programId, count);
        }
        uint256 rightCount = count - program.rightStart;
        if (leftCount * rightCount > MAX_OUTPUTS) {
            revert IMarket.OutputsOutOfRange(leftCount * rightCount, MAX_OUTPUTS);
        }
        // forge-lint: disable-next-line(unsafe-typecast) their product is at most 4,096
        found.leftCount = uint16(leftCount);
        // forge-lint: disable-next-line(unsafe-typecast) as above
        found.rightCount = uint16(rightCount);
    }

    /// @dev In each chunk all inputs end to end, `ones` once.
    function _joinedHash(bytes32[][] memory selections, uint256 count, uint256 chunks)
        private
        pure
        returns (bytes32)
    {
        bytes32[] memory list = new bytes32[](count * chunks);
        uint256 next;
        for (uint256 chunk = 0; chunk < chunks; ++chunk) {
            list[next++] = selections[0][chunk * (selections[0].length / chunks)];
            for (uint256 i = 0; i < selections.length; ++i) {
                uint256 width = selections[i].length / chunks;
                for (uint256 j = 1; j < width; ++j) {
                    list[next++] = selections[i][chunk * width + j];
                }
            }
        }
        return Statement.hashWords(list);
    }
}
