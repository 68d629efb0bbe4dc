// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {DatasetRegistry} from "../../src/DatasetRegistry.sol";
import {Evidence} from "../../src/Evidence.sol";
import {Groth16Verifier} from "../../src/Groth16Verifier.sol";
import {IDatasetRegistry} from "../../src/interfaces/IDatasetRegistry.sol";
import {
    Claim,
    Combination,
    PublicProof,
    SealedProof,
    VerifyingKey
} from "../../src/interfaces/IGroth16Verifier.sol";
import {ILicenceLedger, Quantity} from "../../src/interfaces/ILicenceLedger.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {INodeRegistry} from "../../src/interfaces/INodeRegistry.sol";
import {G1} from "../../src/interfaces/Points.sol";
import {LicenceLedger} from "../../src/LicenceLedger.sol";
import {Market} from "../../src/Market.sol";
import {MarketAccess} from "../../src/MarketAccess.sol";
import {NodeRegistry} from "../../src/NodeRegistry.sol";
import {ProgramRegistry} from "../../src/ProgramRegistry.sol";
import {Roles} from "../../src/Roles.sol";
import {SettlementToken} from "../../src/SettlementToken.sol";
import {Test} from "./Test.sol";

/// @dev The cast and the market that test/vectors was made for: same deployer, same nonces, so the same
/// addresses, ids and signatures, and proofs that verify.
abstract contract World is Test {
    uint256 internal constant PROVIDER_A_KEY = 0xA1;
    uint256 internal constant PROVIDER_B_KEY = 0xB2;
    uint256 internal constant CONSUMER_KEY = 0xC3;
    uint256 internal constant FIRST_OPERATOR_KEY = 0xD0;
    uint256 internal constant NODE_COUNT = 5;
    uint96 internal constant NODE_FEE = 100_007;
    uint256 internal constant FEE_BPS = 250;
    uint256 internal constant STAKE = 50_000;
    uint256 internal constant CONSUMER_FUNDS = 100_000_000;
    uint256 internal constant UNBONDING_SECONDS = 10 days;

    address internal constant DEPLOYER = 0x00000000000000000000000000000000DE910E12;
    address internal constant RELAYER = address(0x4E1A);
    address internal constant TREASURY = address(0x7EA5);
    address internal constant OUTSIDER = address(0x0515);
    address internal providerA = vm.addr(PROVIDER_A_KEY);
    address internal providerB = vm.addr(PROVIDER_B_KEY);
    address internal consumer = vm.addr(CONSUMER_KEY);

    SettlementToken internal token;
    MarketAccess internal access;
    ProgramRegistry internal programs;
    DatasetRegistry internal datasets;
    LicenceLedger internal licences;
    NodeRegistry internal nodes;
    Market internal market;
    Evidence internal evidence;
    Groth16Verifier internal verifier;

    string internal vectors;
    bytes32[] internal nodeIds;

    function deployWorld() internal {
        vectors = vm.readFile("test/vectors/market.json");
        vm.warp(vm.parseJsonUint(vectors, ".now"));
        vm.startPrank(DEPLOYER);
        token = new SettlementToken(DEPLOYER);
        access = new MarketAccess(DEPLOYER);
        programs = new ProgramRegistry(address(access));
        datasets = new DatasetRegistry(programs);
        licences = new LicenceLedger(address(access), datasets);
        nodes = new NodeRegistry(address(access), token, UNBONDING_SECONDS, STAKE);
        market = new Market(address(access), token, programs, datasets, licences, nodes, TREASURY, FEE_BPS);
        evidence = new Evidence(market, nodes);
        access.wire(address(programs), address(licences), address(nodes), address(market), address(evidence));
        access.grantRole(Roles.REGISTRAR, DEPLOYER, 0);
        access.grantRole(Roles.OPERATOR, RELAYER, 0);
        access.grantRole(Roles.GUARDIAN, DEPLOYER, 0);
        access.grantRole(Roles.EVIDENCE, DEPLOYER, 0);
        vm.stopPrank();
    }

    /// @dev Everything before the first order: setup, programs, datasets, licences, nodes, the consumer's deposit.
    function furnishWorld() internal {
        registerPrograms();
        registerDataset("A");
        registerDataset("B");
        grantLicence("A");
        grantLicence("B");
        for (uint256 i = 0; i < NODE_COUNT; ++i) {
            nodeIds.push(registerNode(FIRST_OPERATOR_KEY + i));
        }
        fund(consumer, CONSUMER_FUNDS);
    }

    function registerPrograms() internal {
        vm.startPrank(DEPLOYER);
        (bytes32 setupId, address deployed) = programs.registerSetup(verifyingKey(), 0);
        verifier = Groth16Verifier(deployed);
        registerProgram(setupId, ".programs.whole");
        registerProgram(setupId, ".programs.single");
        registerProgram(setupId, ".programs.block");
        vm.stopPrank();
    }

    function registerProgram(bytes32 setupId, string memory path) internal {
        programs.registerProgram(
            vm.parseJsonBytes32(vectors, string.concat(path, ".id")),
            setupId,
            uint16(vm.parseJsonUint(vectors, string.concat(path, ".leftCount"))),
            uint16(vm.parseJsonUint(vectors, string.concat(path, ".rightStart"))),
            2,
            keccak256("gram")
        );
    }

    function registerDataset(string memory name) internal returns (bytes32) {
        string memory path = string.concat(".datasets.", name);
        return datasets.register(
            datasetRequest(name),
            blob(path, ".signature"),
            abi.decode(blob(path, ".commitments"), (G1[])),
            abi.decode(blob(path, ".knowledge"), (G1[]))
        );
    }

    function grantLicence(string memory name) internal returns (bytes32) {
        return licences.grant(licenceRequest(name), blob(string.concat(".licences.", name), ".signature"));
    }

    function registerNode(uint256 operatorKey) internal returns (bytes32 nodeId) {
        INodeRegistry.RegisterNode memory request = nodeRequest(operatorKey);
        nodeId = nodes.registerNode(request, signatureBy(operatorKey, nodes.hashRegisterNode(request)));
        stakeNode(nodeId, STAKE);
    }

    function stakeNode(bytes32 nodeId, uint256 amount) internal {
        vm.prank(DEPLOYER);
        token.mint(address(this), amount);
        token.approve(address(nodes), amount);
        nodes.depositStake(nodeId, amount);
    }

    function fund(address account, uint256 amount) internal {
        vm.prank(DEPLOYER);
        token.mint(account, amount);
        vm.startPrank(account);
        token.approve(address(market), amount);
        market.deposit(amount);
        vm.stopPrank();
    }

    function openJob(string memory name) internal returns (bytes32) {
        return openJob(name, seats(3));
    }

    function openJob(string memory name, bytes32[] memory seated) internal returns (bytes32) {
        vm.prank(RELAYER);
        return market.open(order(name), jobBlob(name, ".signature"), seated);
    }

    function settleJob(string memory name) internal {
        settleJob(name, jobBlob(name, ".proof"), jobBlob(name, ".combination"));
    }

    function settleJob(string memory name, bytes memory proof, bytes memory combined) internal {
        Combination memory decoded = abi.decode(combined, (Combination));
        if (isSealed(name)) {
            market.settleSealed(jobId(name), columns(name), abi.decode(proof, (SealedProof)), decoded);
        } else {
            market.settlePublic(
                jobId(name), columns(name), outputs(name), abi.decode(proof, (PublicProof)), decoded
            );
        }
    }

    function verifyingKey() internal view returns (VerifyingKey memory) {
        return abi.decode(vm.parseJsonBytes(vectors, ".key"), (VerifyingKey));
    }

    function datasetRequest(string memory name)
        internal
        view
        returns (IDatasetRegistry.RegisterDataset memory)
    {
        return abi.decode(
            blob(string.concat(".datasets.", name), ".request"), (IDatasetRegistry.RegisterDataset)
        );
    }

    function datasetId(string memory name) internal view returns (bytes32) {
        return vm.parseJsonBytes32(vectors, string.concat(".datasets.", name, ".id"));
    }

    function licenceRequest(string memory name) internal view returns (ILicenceLedger.GrantLicence memory) {
        return abi.decode(blob(string.concat(".licences.", name), ".request"), (ILicenceLedger.GrantLicence));
    }

    function licenceId(string memory name) internal view returns (bytes32) {
        return vm.parseJsonBytes32(vectors, string.concat(".licences.", name, ".id"));
    }

    function nodeRequest(uint256 operatorKey) internal view returns (INodeRegistry.RegisterNode memory) {
        return INodeRegistry.RegisterNode({
            operator: vm.addr(operatorKey),
            signer: vm.addr(operatorKey + 0x1000),
            sealingKey: bytes32(operatorKey),
            tier: 1,
            region: "cn-east",
            feePerJob: NODE_FEE,
            salt: 1,
            deadline: block.timestamp
        });
    }

    function order(string memory name) internal view returns (IMarket.Order memory) {
        return abi.decode(jobBlob(name, ".order"), (IMarket.Order));
    }

    function jobId(string memory name) internal view returns (bytes32) {
        return vm.parseJsonBytes32(jobJson(name), ".id");
    }

    function isSealed(string memory name) internal view returns (bool) {
        return order(name).visibility == 1;
    }

    function columns(string memory name) internal view returns (G1[] memory) {
        return abi.decode(jobBlob(name, ".columns"), (G1[]));
    }

    function outputs(string memory name) internal view returns (uint256[] memory) {
        return abi.decode(jobBlob(name, ".outputs"), (uint256[]));
    }

    function claim(string memory name) internal view returns (Claim memory) {
        string memory json = jobJson(name);
        return Claim({
            market: address(market),
            jobId: jobId(name),
            programId: order(name).programId,
            licencesHash: vm.parseJsonBytes32(json, ".licencesHash"),
            leftCount: vm.parseJsonUint(json, ".leftCount"),
            rightCount: vm.parseJsonUint(json, ".rightCount")
        });
    }

    function sealedProof(string memory name) internal view returns (SealedProof memory) {
        return abi.decode(jobBlob(name, ".proof"), (SealedProof));
    }

    function publicProof(string memory name) internal view returns (PublicProof memory) {
        return abi.decode(jobBlob(name, ".proof"), (PublicProof));
    }

    function combination(string memory name) internal view returns (Combination memory) {
        return abi.decode(jobBlob(name, ".combination"), (Combination));
    }

    function seats(uint256 count) internal view returns (bytes32[] memory chosen) {
        chosen = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            chosen[i] = nodeIds[i];
        }
    }

    function jobJson(string memory name) internal view returns (string memory) {
        return vm.readFile(string.concat("test/vectors/jobs/", name, ".json"));
    }

    function jobBlob(string memory name, string memory field) internal view returns (bytes memory) {
        return vm.parseJsonBytes(jobJson(name), field);
    }

    function blob(string memory path, string memory field) internal view returns (bytes memory) {
        return vm.parseJsonBytes(vectors, string.concat(path, field));
    }
}
