// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev Keeps 1 % of every transfer.
contract FeeToken is ERC20("Fee", "FEE") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from != address(0) && to != address(0)) {
            super._update(from, address(0xFEE), amount / 100);
            amount -= amount / 100;
        }
        super._update(from, to, amount);
    }
}

/// @dev Refuses to pay a blocked account, as some stablecoins do.
contract BlockingToken is ERC20("Blocking", "BLK") {
    mapping(address => bool) public isBlocked;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setBlocked(address account, bool isBlocked_) external {
        isBlocked[account] = isBlocked_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(!isBlocked[to], "blocked");
        super._update(from, to, amount);
    }
}

/// @dev Calls somebody in the middle of each transfer, as ERC-777 hooks do.
contract HookToken is ERC20("Hook", "HOOK") {
    address public target;
    bytes public data;
    bool public isHookDone;
    bytes public hookResult;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function arm(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (target != address(0)) (isHookDone, hookResult) = target.call(data);
    }
}
