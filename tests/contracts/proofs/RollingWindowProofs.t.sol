// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RollingLeast, RollingSum, RollingWindow} from "../../../contracts/libraries/RollingWindow.sol";
import {vm} from "../Vm.sol";

/// @notice The windows from any lanes that a word can hold, not only from those that some history led to.
/// @dev The library looks at times as numbers of buckets, and at their differences only: so one bucket stands for all as
/// "now", and ages are counted in buckets, each a case of its own. An age below 24 h spans at most DAY of them.
contract RollingWindowProofs {
    uint256 private constant NOW_BUCKET = 125_000;
    uint256 private constant NOW = NOW_BUCKET * RollingWindow.BUCKET;
    uint256 private constant DAY = 6;
    uint256 private constant FORGOTTEN = 7;

    /// @custom:proves INV-WINDOW-1
    function check_WhenAdded_ThenTheSumOfAWholeDayHasIt(uint224 lanes, uint8 age, uint24 amount) external pure {
        vm.assume(age <= DAY);
        // A lane that is full is at least any quantity: here one that has room.
        vm.assume(uint32(lanes) <= type(uint24).max);
        RollingSum window = RollingSum.wrap(_word(lanes)).added(NOW, amount);
        assert(window.total(_after(_case(age))) >= amount);
    }

    /// @custom:proves INV-WINDOW-1
    function check_When28HoursHavePassed_ThenTheSumIsZero(uint224 lanes, uint8 more) external pure {
        vm.assume(more <= FORGOTTEN);
        assert(RollingSum.wrap(_word(lanes)).total(_after(FORGOTTEN + _case(more))) == 0);
    }

    /// @custom:proves INV-WINDOW-2
    function check_WhenItChanges_ThenTheLeastOfAWholeDayIsAtMostThat(
        uint224 lanes,
        uint8 age,
        uint32 next,
        uint32 later
    ) external pure {
        vm.assume(age <= DAY);
        RollingLeast window = RollingLeast.wrap(_word(lanes)).changed(NOW, next, next);
        assert(window.least(_after(_case(age)), later) <= next);
    }

    /// @custom:proves INV-WINDOW-2
    function check_When28HoursHavePassed_ThenTheLeastIsWhatIsHeld(uint224 lanes, uint8 more, uint32 held)
        external
        pure
    {
        vm.assume(more <= FORGOTTEN);
        assert(RollingLeast.wrap(_word(lanes)).least(_after(FORGOTTEN + _case(more)), held) == held);
    }

    /// @dev Last written in this bucket. An older word is one of these as soon as it is written to, with other lanes.
    function _word(uint224 lanes) private pure returns (uint256) {
        return uint256(lanes) << RollingWindow.LANE_BITS | NOW_BUCKET;
    }

    function _after(uint256 age) private pure returns (uint256) {
        return NOW + age * RollingWindow.BUCKET;
    }

    /// @dev The same number, as one path for each: what is shifted by a known number of bits is easily proved.
    function _case(uint8 number) private pure returns (uint256 known) {
        while (known < number) ++known;
    }
}
