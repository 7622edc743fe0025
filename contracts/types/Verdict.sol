// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "./ActionClass.sol";
import {Regime} from "./Regime.sol";

/// @notice What an action lacks.
/// None              nothing: a signature of the key it names is all that is asked for.
/// WrongEpoch        it names another epoch than the current one.
/// UnknownThreshold  the epoch holds no key of the threshold it names.
/// ThresholdTooLow   more must sign.
/// WindowClosed      its class is limited to a span of time, and this is another.
/// ClassNotServed    its class is a guardian's or the people's.
enum Criterion {
    None,
    WrongEpoch,
    UnknownThreshold,
    ThresholdTooLow,
    WindowClosed,
    ClassNotServed
}

/// @notice What the threshold authority makes of an action at a moment.
/// @param class The class it is judged by: B2 where it names B and its value is above what B may have.
/// @param regime The regime that decides; STRESSED when stale.
/// @param stale Whether the oracle is silent or old.
/// @param threshold The least threshold that would do; 0 where the class is not served.
/// @param delay From acceptance to execution, in seconds; 0 where the class is not served.
/// @param unmet The first criterion that is not met.
struct Verdict {
    ActionClass class;
    Regime regime;
    bool stale;
    uint8 threshold;
    uint32 delay;
    Criterion unmet;
}
