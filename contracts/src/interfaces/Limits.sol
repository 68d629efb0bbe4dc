// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev A job's deadline lies at most this far ahead; stake stays slashable at least as long after it is unbonded, so
/// that a node cannot leave with its stake before its last job has ended.
uint256 constant MAX_JOB_SECONDS = 7 days;

/// @dev How long who is publicly asked for a signed answer may take, and how long after a job's deadline it may be asked.
uint256 constant ANSWER_SECONDS = 1 days;

/// @dev Points E_i in a proving key, and so outputs of one proof.
uint256 constant MAX_OUTPUTS = 4096;

/// @dev A bitmap of columns is one word.
uint256 constant MAX_COLUMNS = 256;

/// @dev Of one dataset; every chunk has at least two columns, and all of them together at most MAX_COLUMNS.
uint256 constant MAX_CHUNKS = 128;
