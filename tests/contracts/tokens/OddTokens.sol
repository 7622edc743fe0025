// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DevnetUSDC} from "../../../contracts/mocks/DevnetUSDC.sol";
import {vm} from "../Vm.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Keeps a hundredth of whatever is sent.
contract FeeToken is ERC20("Fee", "FEE") {
    uint256 private constant FEE_DIVISOR = 100;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(0), value / FEE_DIVISOR);
    }
}

/// @notice Keeps a hundredth of what arrives at one account, for as long as it is told to.
contract TollUSDC is DevnetUSDC {
    uint256 private constant TOLL_DIVISOR = 100;

    address private _tolled;

    /// @param account Zero ends it.
    function setToll(address account) external {
        _tolled = account;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0) && to == _tolled) {
            super._update(to, address(0), value / TOLL_DIVISOR);
        }
    }
}

/// @notice Answers false instead of reverting when told to, and moves nothing.
contract FalseToken is ERC20("False", "FALSE") {
    bool public refusing;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function refuse(bool refusing_) external {
        refusing = refusing_;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return !refusing && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !refusing && super.transferFrom(from, to, amount);
    }
}

/// @notice Moves what it is told and returns nothing, as the oldest tokens do.
contract SilentToken {
    mapping(address owner => uint256 amount) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Refuses a recipient on its list.
contract BlocklistToken is ERC20("Blocklist", "BLOCK") {
    error Blocked(address account);

    mapping(address account => bool blocked) public blocked;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setBlocked(address account, bool blocked_) external {
        blocked[account] = blocked_;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!blocked[to], Blocked(to));
        super._update(from, to, value);
    }
}

/// @notice Burns all the gas it is given where it should pay one recipient.
contract BurningToken is ERC20("Burning", "BURN") {
    address private _burning;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setBurning(address to) external {
        _burning = to;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (to == _burning) {
            assembly {
                invalid()
            }
        }
        return super.transfer(to, amount);
    }
}

/// @notice Its issuer stops all transfers, and burns whatever it likes wherever it lies.
contract IssuedToken is ERC20("Issued", "ISSUED") {
    error AllStopped();

    bool public stopped;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function stop(bool stopped_) external {
        stopped = stopped_;
    }

    function burn(address from, uint256 amount) external {
        _burn(from, amount);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        require(!stopped, AllStopped());
        return super.transfer(to, amount);
    }
}

/// @notice Makes one call of its owner's choosing in the middle of every transfer, as a given caller.
contract CallbackToken is ERC20("Callback", "CALL") {
    address private _target;
    address private _as;
    bytes private _data;

    /// @notice Whether the last callback succeeded, and what it answered.
    bool public succeeded;
    bytes public answer;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function callBack(address as_, address target, bytes calldata data) external {
        (_as, _target, _data) = (as_, target, data);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_target == address(0)) return;
        vm.prank(_as);
        (succeeded, answer) = _target.call(_data);
    }
}
