// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DevnetUSDC} from "../../contracts/mocks/DevnetUSDC.sol";
import {GasFixture} from "./GasFixture.sol";
import {vm} from "./Vm.sol";
import {ISafe, ISafeProxyFactory} from "./peers/ISafe.sol";
import {PlainWallet, SignedWallet, WeightedWallet} from "./peers/SignedWallets.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @notice The wallets that others use, paying five of a token to a holder as ours do: Safe 1.5.0 from its published
/// build, behind its proxy; OpenZeppelin's many signers in the least wallet there is; Safe with OpenZeppelin's timelock.
/// Each has paid once before.
/// forge-config: default.isolate = true
contract GivenThePeers is GasFixture {
    string private constant SAFE = "node_modules/@safe-global/safe-smart-account/build/artifacts/contracts/";
    uint256 private constant FIRST_SECRET = 7_000;
    address private constant HOLDER = address(0xBEEF00);
    address private constant SENTINEL = address(1);
    uint256 private constant DELAY = 1 days;

    DevnetUSDC private usdc;

    function setUp() external {
        vm.warp(1_800_000_000);
        usdc = new DevnetUSDC();
        usdc.mint(HOLDER, 1);
    }

    function test_WhenASafePays_ThenItsCosts() external {
        uint256 three = _safePays(3, "Safe 1.5.0, release by 3 owners");
        uint256 ten = _safePays(10, "Safe 1.5.0, release by 10 owners");
        keep("Safe 1.5.0, one more owner", (ten - three) / 7);
    }

    function test_WhenASafeSwapsAnOwner_ThenItsCosts() external {
        (ISafe safe, uint256[] memory secrets) = _aSafe(3);
        _pay(safe, secrets);
        bytes memory data = abi.encodeCall(
            ISafe.swapOwner, (SENTINEL, vm.addr(secrets[0]), address(uint160(uint256(keccak256("next")))))
        );
        _execute(safe, secrets, address(safe), data);
        report("Safe 1.5.0, swapOwner by 3 owners");
    }

    function test_WhenASafeQueuesInATimelock_ThenItsCosts() external {
        (ISafe safe, uint256[] memory secrets) = _aSafe(3);
        _pay(safe, secrets);
        address[] memory only = new address[](1);
        only[0] = address(safe);
        address[] memory anyone = new address[](1);
        TimelockController timelock = new TimelockController(DELAY, only, anyone, address(0));
        usdc.mint(address(timelock), 10);
        bytes memory call = abi.encodeCall(usdc.transfer, (HOLDER, 5));

        bytes memory schedule =
            abi.encodeCall(timelock.schedule, (address(usdc), 0, call, bytes32(0), bytes32(0), DELAY));
        _execute(safe, secrets, address(timelock), schedule);
        uint256 queue = report("Safe 3/3 and OZ timelock, schedule");
        vm.warp(block.timestamp + DELAY);
        timelock.execute(address(usdc), 0, call, bytes32(0), bytes32(0));
        keep("Safe 3/3 and OZ timelock, schedule + execute", queue + report("OZ timelock, execute"));
    }

    function test_WhenATimelockCancels_ThenItsCosts() external {
        address[] memory only = new address[](1);
        only[0] = address(this);
        TimelockController timelock = new TimelockController(DELAY, only, only, address(0));
        bytes memory call = abi.encodeCall(usdc.transfer, (HOLDER, 5));
        timelock.schedule(address(usdc), 0, call, bytes32(0), bytes32(0), DELAY);
        timelock.cancel(timelock.hashOperation(address(usdc), 0, call, bytes32(0), bytes32(0)));
        report("OZ timelock, cancel");
    }

    function test_WhenManySignersPay_ThenTheirCosts() external {
        uint256 three = _plainPays(3, "OZ MultiSignerERC7913, release by 3");
        uint256 ten = _plainPays(10, "OZ MultiSignerERC7913, release by 10");
        keep("OZ MultiSignerERC7913, one more", (ten - three) / 7);
        three = _weightedPays(3, "OZ MultiSignerERC7913Weighted, release by 3");
        ten = _weightedPays(10, "OZ MultiSignerERC7913Weighted, release by 10");
        keep("OZ MultiSignerERC7913Weighted, one more", (ten - three) / 7);
    }

    /* SAFE */

    function _safePays(uint256 count, string memory operation) private returns (uint256) {
        (ISafe safe, uint256[] memory secrets) = _aSafe(count);
        _pay(safe, secrets);
        _pay(safe, secrets);
        return report(operation);
    }

    function _aSafe(uint256 count) private returns (ISafe safe, uint256[] memory secrets) {
        secrets = _secretsByAddress(count);
        address[] memory owners = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            owners[i] = vm.addr(secrets[i]);
        }
        bytes memory setup = abi.encodeCall(
            ISafe.setup, (owners, count, address(0), "", address(0), address(0), 0, payable(address(0)))
        );
        address singleton = _published("Safe.sol/Safe.json");
        ISafeProxyFactory factory = ISafeProxyFactory(_published("proxies/SafeProxyFactory.sol/SafeProxyFactory.json"));
        safe = ISafe(factory.createProxyWithNonce(singleton, setup, count));
        usdc.mint(address(safe), 100);
    }

    function _pay(ISafe safe, uint256[] memory secrets) private {
        _execute(safe, secrets, address(usdc), abi.encodeCall(usdc.transfer, (HOLDER, 5)));
    }

    function _execute(ISafe safe, uint256[] memory secrets, address to, bytes memory data) private {
        bytes32 digest = safe.getTransactionHash(to, 0, data, 0, 0, 0, 0, address(0), address(0), safe.nonce());
        bytes memory signatures;
        for (uint256 i = 0; i < secrets.length; ++i) {
            signatures = bytes.concat(signatures, _sign(secrets[i], digest));
        }
        safe.execTransaction(to, 0, data, 0, 0, 0, 0, address(0), payable(address(0)), signatures);
    }

    /// @dev A contract as its publisher compiled it.
    function _published(string memory artifact) private returns (address made) {
        bytes memory code = vm.parseJsonBytes(vm.readFile(string.concat(SAFE, artifact)), ".bytecode");
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        require(made != address(0));
    }

    /* OPENZEPPELIN */

    function _plainPays(uint256 count, string memory operation) private returns (uint256) {
        uint256[] memory secrets = _secretsByHash(count);
        return _walletPays(new PlainWallet(_signers(secrets), uint64(count)), secrets, operation);
    }

    function _weightedPays(uint256 count, string memory operation) private returns (uint256) {
        uint256[] memory secrets = _secretsByHash(count);
        uint64[] memory weights = new uint64[](count);
        for (uint256 i = 0; i < count; ++i) {
            weights[i] = 2;
        }
        return _walletPays(new WeightedWallet(_signers(secrets), weights, uint64(2 * count)), secrets, operation);
    }

    function _walletPays(SignedWallet wallet, uint256[] memory secrets, string memory operation)
        private
        returns (uint256)
    {
        usdc.mint(address(wallet), 100);
        bytes memory data = abi.encodeCall(usdc.transfer, (HOLDER, 5));
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 digest = wallet.digestOf(address(usdc), data, i);
            bytes[] memory signatures = new bytes[](secrets.length);
            for (uint256 j = 0; j < secrets.length; ++j) {
                signatures[j] = _sign(secrets[j], digest);
            }
            wallet.execute(address(usdc), data, abi.encode(_signers(secrets), signatures));
        }
        return report(operation);
    }

    /* SIGNERS */

    function _signers(uint256[] memory secrets) private pure returns (bytes[] memory signers) {
        signers = new bytes[](secrets.length);
        for (uint256 i = 0; i < secrets.length; ++i) {
            signers[i] = abi.encodePacked(vm.addr(secrets[i]));
        }
    }

    function _sign(uint256 secret, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        return abi.encodePacked(r, s, v);
    }

    function _secretsByAddress(uint256 count) private pure returns (uint256[] memory) {
        return _sorted(count, false);
    }

    function _secretsByHash(uint256 count) private pure returns (uint256[] memory) {
        return _sorted(count, true);
    }

    function _sorted(uint256 count, bool byHash) private pure returns (uint256[] memory secrets) {
        secrets = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            secrets[i] = FIRST_SECRET + i;
            for (uint256 j = i; j > 0 && _rank(secrets[j], byHash) < _rank(secrets[j - 1], byHash); --j) {
                (secrets[j], secrets[j - 1]) = (secrets[j - 1], secrets[j]);
            }
        }
    }

    function _rank(uint256 secret, bool byHash) private pure returns (uint256) {
        address account = vm.addr(secret);
        return byHash ? uint256(keccak256(abi.encodePacked(account))) : uint160(account);
    }
}
