// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit, IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ISettlementToken} from "./interfaces/ISettlementToken.sol";

/// @notice Money for development and test networks: its owner makes it out of nothing.
contract SettlementToken is ERC20, ERC20Permit, Ownable, ISettlementToken {
    constructor(address owner)
        ERC20("Hengsuan Settlement Token", "HST")
        ERC20Permit("Hengsuan Settlement Token")
        Ownable(owner)
    {}

    /// @inheritdoc ISettlementToken
    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }

    function nonces(address owner) public view override(ERC20Permit, IERC20Permit) returns (uint256) {
        return super.nonces(owner);
    }
}
