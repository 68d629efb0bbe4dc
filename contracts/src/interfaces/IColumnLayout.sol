// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket} from "./IMarket.sol";

/// @notice Reads an order's columns. Its errors are the market's.
interface IColumnLayout {
    struct Layout {
        bytes32 columnsHash;
        address verifier;
        uint32 rows;
        /// @dev d1 and d2 of docs/protocol.md; 1 and the number of outputs of a program with a plan.
        uint16 leftCount;
        uint16 rightCount;
        uint8 degree;
    }

    function layOut(bytes32 programId, IMarket.Input[] calldata inputs) external view returns (Layout memory);
}
