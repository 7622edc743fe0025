// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MemberClass, MemberKind, Quorums} from "../types/Member.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @notice Reads a member set and the approvals of its members.
/// @dev A set is passed in calldata and known by its hash, so it is packed: calldata is most of what a member costs.
///
///     set        low (1) | high (1) | leastHardware (1) | member...
///     member     kind (1) | class (1) | weight (1) | key length (1) | address (20) | key
///     approvals  approval...
///     approval   index of the member, from 0 (1) | length (2) | signature
///
/// Members stand by ascending hash of `address || key`, approvals by ascending index: so neither can stand twice.
/// @custom:invariant INV-MULTI-2 No member of a sound set reaches `low` alone, `low` is more than half of the weight,
/// and with any one member absent `high` and `leastHardware` are still reached.
/// @custom:invariant INV-MULTI-3 `requireApproved` returns only if different members with at least the weight asked,
/// and at least the hardware asked, signed the digest.
library MemberSets {
    /* TYPES */

    /// @dev What a whole set adds up to.
    struct Sums {
        uint256 count;
        uint256 weight;
        uint256 heaviest;
        uint256 hardware;
    }

    /* CONSTANTS */

    uint256 internal constant MAX_MEMBERS = 32;

    uint256 private constant HEADER_BYTES = 3;

    /// @dev A member without its key.
    uint256 private constant MEMBER_BYTES = 24;

    /// @dev Where a member's address begins, and its length.
    uint256 private constant ADDRESS_AT = 4;
    uint256 private constant ADDRESS_BYTES = 20;

    /// @dev Where the parts of a member stand in its first word, and those of an approval in its.
    uint256 private constant KIND_SHIFT = 248;
    uint256 private constant CLASS_SHIFT = 240;
    uint256 private constant WEIGHT_SHIFT = 232;
    uint256 private constant KEY_LENGTH_SHIFT = 224;
    uint256 private constant ADDRESS_SHIFT = 64;
    uint256 private constant INDEX_SHIFT = 248;
    uint256 private constant LENGTH_SHIFT = 232;
    uint256 private constant ONE_BYTE = 0xff;
    uint256 private constant TWO_BYTES = 0xffff;

    /// @dev An approval without its signature.
    uint256 private constant APPROVAL_BYTES = 3;

    /// @dev r, s and v.
    uint256 private constant ECDSA_BYTES = 65;

    /// @dev The greatest s of a signature that has no twin. Source: EIP-2.
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @dev Address of the precompiled contract.
    uint256 private constant ECRECOVER = 1;

    /// @dev Up to here addresses are, or may become, precompiled contracts. Some echo what they are asked, which
    /// looks like the magic value of a signature.
    uint160 private constant LAST_RESERVED = 0xffff;

    /// @dev How the code of an account begins that delegates to a contract, and its length. Source: EIP-7702.
    bytes3 private constant DELEGATION = 0xef0100;
    uint256 private constant DELEGATION_BYTES = 23;

    /* ERRORS */

    /// @notice The set ends in the middle of its header or of a member.
    error SetTruncated(uint256 length);

    /// @notice A set has more members than a call should walk over.
    error TooManyMembers(uint256 most);

    /// @notice Members stand by ascending hash, each once.
    error MembersNotAscending(uint256 index);

    /// @notice There is no such kind of member.
    error UnknownMemberKind(uint256 index, uint8 kind);

    /// @notice There is no such class of member.
    error UnknownMemberClass(uint256 index, uint8 class);

    /// @notice A member without weight has no say.
    error WeightZero(uint256 index);

    /// @notice A KEY has a key, and nothing else has.
    error WrongKeyLength(uint256 index, uint8 length);

    /// @notice Nobody signs at this address: zero, a precompiled contract, or the authority itself.
    error SignerReserved(uint256 index, address signer);

    /// @notice There is no contract that could check this member's signature.
    error SignerWithoutCode(uint256 index, address signer);

    /// @notice An ACCOUNT signs with its key; a contract has none.
    error SignerIsContract(uint256 index, address signer);

    /// @notice One member could call off a recovery alone.
    error OneMemberSuffices(uint256 low, uint256 heaviest);

    /// @notice The low weight must be more than half of all: else two quorums could contradict each other.
    error QuorumNoMajority(uint256 low, uint256 total);

    /// @notice The high weight is below the low one.
    error QuorumsNotAscending(uint256 low, uint256 high);

    /// @notice With one member absent the rest could not reach the high weight.
    error QuorumOutOfReach(uint256 high, uint256 reachable);

    /// @notice With one hardware key absent the rest could not reach the number asked for.
    error HardwareOutOfReach(uint256 least, uint256 present);

    /// @notice Approvals end in the middle of one, which goes on for this many bytes.
    error ApprovalsTruncated(uint256 missing);

    /// @notice Approvals stand by ascending index, each member once.
    error ApprovalsNotAscending(uint256 index);

    /// @notice The set has no such member.
    error UnknownMember(uint256 index);

    /// @notice The member did not sign this.
    error InvalidApproval(uint256 index);

    /// @notice Those who signed have less weight than required.
    error WeightTooLow(uint256 given, uint256 required);

    /// @notice Fewer hardware keys signed than required.
    error HardwareTooFew(uint256 given, uint256 required);

    /* INTERNAL */

    /// @notice What the set asks of approvals.
    /// @param set A sound set.
    function quorums(bytes calldata set) internal pure returns (Quorums memory) {
        return Quorums({low: uint8(set[0]), high: uint8(set[1]), leastHardware: uint8(set[2])});
    }

    /// @notice Returns if enough members signed `digest`, reverts by name if not.
    /// @param set A sound set.
    /// @param approvals Those of members who signed; none of them may be bad.
    /// @param weight The least weight.
    /// @param hardware The least number of members of class HARDWARE.
    function requireApproved(
        bytes calldata set,
        bytes calldata approvals,
        bytes32 digest,
        uint256 weight,
        uint256 hardware
    ) internal view {
        uint256 setAt;
        uint256 approvalsAt;
        // Memory-safe: reads only.
        assembly ("memory-safe") {
            setAt := set.offset
            approvalsAt := approvals.offset
        }
        (uint256 signed, uint256 inHardware) =
            _tally(setAt + HEADER_BYTES, setAt + set.length, approvalsAt, approvalsAt + approvals.length, digest);
        require(signed >= weight, WeightTooLow(signed, weight));
        require(inHardware >= hardware, HardwareTooFew(inHardware, hardware));
    }

    /// @notice Returns if the set can sign whatever it may have to, reverts by name if not.
    function requireSound(bytes memory set) internal view {
        require(set.length > HEADER_BYTES, SetTruncated(set.length));
        Sums memory sums = _sumsOfSound(set);

        uint256 low = uint8(set[0]);
        uint256 high = uint8(set[1]);
        uint256 leastHardware = uint8(set[2]);
        require(low > sums.heaviest, OneMemberSuffices(low, sums.heaviest));
        require(2 * low > sums.weight, QuorumNoMajority(low, sums.weight));
        require(low <= high, QuorumsNotAscending(low, high));
        require(high <= sums.weight - sums.heaviest, QuorumOutOfReach(high, sums.weight - sums.heaviest));
        require(leastHardware == 0 || leastHardware < sums.hardware, HardwareOutOfReach(leastHardware, sums.hardware));
    }

    /* PRIVATE */

    /// @dev Walks set and approvals side by side, by positions in calldata, where slices would cost a tenth more.
    /// The set is sound: its own lengths need no checks.
    /// @param memberAt Where the first member begins.
    /// @param setEnd Where the set ends.
    /// @param approvalAt Where the first approval begins.
    /// @param approvalsEnd Where approvals end.
    function _tally(uint256 memberAt, uint256 setEnd, uint256 approvalAt, uint256 approvalsEnd, bytes32 digest)
        private
        view
        returns (uint256 weight, uint256 hardware)
    {
        // The index of the member at `memberAt`.
        uint256 next = 0;
        // No overflow: positions in calldata, and sums of at most 256 single bytes.
        unchecked {
            while (approvalAt < approvalsEnd) {
                uint256 member = _wordAt(approvalAt);
                uint256 index = member >> INDEX_SHIFT;
                uint256 end = approvalAt + APPROVAL_BYTES + (member >> LENGTH_SHIFT & TWO_BYTES);
                require(end <= approvalsEnd, ApprovalsTruncated(end - approvalsEnd));
                require(index >= next, ApprovalsNotAscending(index));

                while (true) {
                    require(memberAt < setEnd, UnknownMember(index));
                    member = _wordAt(memberAt);
                    if (next == index) break;
                    memberAt += MEMBER_BYTES + (member >> KEY_LENGTH_SHIFT & ONE_BYTE);
                    ++next;
                }

                require(_signed(member, memberAt, digest, approvalAt, end), InvalidApproval(index));
                weight += member >> WEIGHT_SHIFT & ONE_BYTE;
                if (member >> CLASS_SHIFT & ONE_BYTE == uint256(MemberClass.HARDWARE)) ++hardware;
                memberAt += MEMBER_BYTES + (member >> KEY_LENGTH_SHIFT & ONE_BYTE);
                ++next;
                approvalAt = end;
            }
        }
    }

    /// @param member The first word of the member.
    /// @param memberAt Where it begins.
    /// @param approvalAt Where the approval begins.
    /// @param end Where it ends.
    function _signed(uint256 member, uint256 memberAt, bytes32 digest, uint256 approvalAt, uint256 end)
        private
        view
        returns (bool)
    {
        // No overflow: positions in calldata. The cast takes the twenty bytes of the address.
        unchecked {
            uint256 start = approvalAt + APPROVAL_BYTES;
            address account = address(uint160(member >> ADDRESS_SHIFT));
            if (member >> KIND_SHIFT == uint256(MemberKind.ACCOUNT)) {
                // Answers address 0 to whatever is no signature; no member has that.
                return end - start == ECDSA_BYTES && _recovered(digest, start) == account;
            }
            bytes calldata signature = _between(start, end);
            if (member >> KIND_SHIFT == uint256(MemberKind.CONTRACT)) {
                return SignatureChecker.isValidERC1271SignatureNowCalldata(account, digest, signature);
            }
            uint256 memberEnd = memberAt + MEMBER_BYTES + (member >> KEY_LENGTH_SHIFT & ONE_BYTE);
            return SignatureChecker.isValidSignatureNow(_between(memberAt + ADDRESS_AT, memberEnd), digest, signature);
        }
    }

    /// @dev Who made the signature r || s || v at `start`; 0 if nobody did, or if s is the larger of both (EIP-2). In
    /// assembly, since the compiler's own `ecrecover` and OpenZeppelin's errors cost 400 gas a member.
    function _recovered(bytes32 digest, uint256 start) private view returns (address signer) {
        // Memory-safe: writes past the free memory pointer, where nobody reads, and to the scratch space, which is
        // zeroed first: the precompiled contract answers nothing at all to what is no signature.
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, digest)
            mstore(add(input, 0x20), byte(0, calldataload(add(start, 0x40))))
            calldatacopy(add(input, 0x40), start, 0x40)
            mstore(0x00, 0)
            if iszero(gt(mload(add(input, 0x60)), HALF_ORDER)) {
                pop(staticcall(gas(), ECRECOVER, input, 0x80, 0x00, 0x20))
            }
            signer := mload(0x00)
        }
    }

    /// @dev Checks each member by itself and its place, and adds them up.
    function _sumsOfSound(bytes memory set) private view returns (Sums memory sums) {
        bytes32 previous;
        uint256 cursor = HEADER_BYTES;
        while (cursor < set.length) {
            require(sums.count < MAX_MEMBERS, TooManyMembers(MAX_MEMBERS));
            require(cursor + MEMBER_BYTES <= set.length, SetTruncated(set.length));
            bytes32 member = _wordIn(set, cursor);
            uint256 keyLength = uint8(member[3]);
            require(cursor + MEMBER_BYTES + keyLength <= set.length, SetTruncated(set.length));
            _requireSoundMember(member, sums.count);

            bytes32 hash;
            // Memory-safe: reads only, and within the set, as checked above.
            assembly ("memory-safe") {
                hash := keccak256(add(add(add(set, 0x20), cursor), ADDRESS_AT), add(ADDRESS_BYTES, keyLength))
            }
            require(hash > previous, MembersNotAscending(sums.count));
            previous = hash;

            uint256 weight = uint8(member[2]);
            sums.weight += weight;
            if (weight > sums.heaviest) sums.heaviest = weight;
            if (uint8(member[1]) == uint8(MemberClass.HARDWARE)) ++sums.hardware;
            ++sums.count;
            cursor += MEMBER_BYTES + keyLength;
        }
    }

    function _requireSoundMember(bytes32 member, uint256 index) private view {
        uint8 kind = uint8(member[0]);
        require(kind <= uint8(type(MemberKind).max), UnknownMemberKind(index, kind));
        require(uint8(member[1]) <= uint8(type(MemberClass).max), UnknownMemberClass(index, uint8(member[1])));
        require(member[2] != 0, WeightZero(index));
        bool isKey = kind == uint8(MemberKind.KEY);
        require((member[3] != 0) == isKey, WrongKeyLength(index, uint8(member[3])));

        address signer = address(bytes20(member << (8 * ADDRESS_AT)));
        require(uint160(signer) > LAST_RESERVED && signer != address(this), SignerReserved(index, signer));
        if (kind == uint8(MemberKind.ACCOUNT)) {
            require(_mayHaveKey(signer), SignerIsContract(index, signer));
        } else {
            require(signer.code.length != 0, SignerWithoutCode(index, signer));
        }
    }

    /// @dev Whether the address has no code, or only that of an account which delegates.
    function _mayHaveKey(address account) private view returns (bool) {
        bytes memory code = account.code;
        return code.length == 0 || (code.length == DELEGATION_BYTES && bytes3(code) == DELEGATION);
    }

    /// @dev The 32 bytes of calldata from `start`; the caller looks only at those that are its own.
    function _wordAt(uint256 start) private pure returns (uint256 word) {
        // Memory-safe: reads only.
        assembly ("memory-safe") {
            word := calldataload(start)
        }
    }

    /// @dev The calldata between two positions, which the caller knows to be in order and within it.
    function _between(uint256 start, uint256 end) private pure returns (bytes calldata part) {
        // Memory-safe: no memory.
        assembly ("memory-safe") {
            part.offset := start
            part.length := sub(end, start)
        }
    }

    /// @dev The 32 bytes from `start`; the caller looks only at those inside `data`.
    function _wordIn(bytes memory data, uint256 start) private pure returns (bytes32 word) {
        // Memory-safe: reads only.
        assembly ("memory-safe") {
            word := mload(add(add(data, 0x20), start))
        }
    }
}
