// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IBonds} from "./interfaces/IBonds.sol";
import {IEvidence} from "./interfaces/IEvidence.sol";
import {ILicenceLedger} from "./interfaces/ILicenceLedger.sol";
import {IMarket} from "./interfaces/IMarket.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {IProgramRegistry} from "./interfaces/IProgramRegistry.sol";
import {Roles} from "./Roles.sol";

/// @notice The roles of one market. Which function needs which role stands here, in code, so that a deployment cannot
/// forget one: whatever `wire` leaves out is the admin's alone.
contract MarketAccess is AccessManager {
    constructor(address admin) AccessManager(admin) {}

    /// @notice Assigns the restricted functions to their roles, the MARKET role to the market and EVIDENCE to the evidence.
    /// Admin only.
    function wire(address programs, address licences, address nodes, address market, address evidence)
        external
        onlyAuthorized
    {
        _setTargetFunctionRole(programs, IProgramRegistry.registerSetup.selector, Roles.REGISTRAR);
        _setTargetFunctionRole(programs, IProgramRegistry.registerProgram.selector, Roles.REGISTRAR);
        _setTargetFunctionRole(programs, IProgramRegistry.retireProgram.selector, Roles.REGISTRAR);
        _setTargetFunctionRole(licences, ILicenceLedger.reserve.selector, Roles.MARKET);
        _setTargetFunctionRole(nodes, INodeRegistry.slash.selector, Roles.EVIDENCE);
        _setTargetFunctionRole(nodes, IBonds.takeBond.selector, Roles.EVIDENCE);
        _setTargetFunctionRole(evidence, IEvidence.demandContribution.selector, Roles.OPERATOR);
        _setTargetFunctionRole(evidence, IEvidence.demandDeal.selector, Roles.OPERATOR);
        _setTargetFunctionRole(market, IMarket.open.selector, Roles.OPERATOR);
        _setTargetFunctionRole(market, IMarket.reseat.selector, Roles.OPERATOR);
        _setTargetFunctionRole(market, IMarket.startDealing.selector, Roles.OPERATOR);
        _setTargetFunctionRole(market, IMarket.fail.selector, Roles.OPERATOR);
        _setTargetFunctionRole(market, IMarket.setPaused.selector, Roles.GUARDIAN);
        _grantRole(Roles.MARKET, market, 0, 0);
        _grantRole(Roles.EVIDENCE, evidence, 0, 0);
    }
}
