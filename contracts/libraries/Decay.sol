// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice How much of an exponentially weighted mean is left after some time, without floating point.
/// @custom:invariant INV-DECAY-1 The factor is at most ONE, never rises by more than 64 units with time, and lies fewer
/// than 64 units of 2^-64 below ONE·2^(-n/2^32), n being the time in half-lives cut to 32 bits of fraction.
library Decay {
    /* CONSTANTS */

    /// @dev A factor of one, in Q64.
    uint256 internal constant ONE = 1 << 64;

    /// @dev Bits of the fraction of a half-life.
    uint256 private constant FRACTION_BITS = 32;

    /// @dev More halvings than that leave nothing of ONE.
    uint256 private constant MOST_HALVINGS = 63;

    /* INTERNAL */

    /// @notice floor(2^64·2^(-elapsed/halfLife)), as the product of one rooted half for each bit of the exponent.
    /// @dev Bit 31-i of the fraction stands for 2^-(i+1) of a half-life; its factor is floor(2^64·2^(-2^-(i+1))).
    /// @param elapsed In seconds, below 2^64.
    /// @param halfLife In seconds.
    /// @return f In Q64, at most ONE.
    function factor(uint256 elapsed, uint256 halfLife) internal pure returns (uint256 f) {
        uint256 n = (elapsed << FRACTION_BITS) / halfLife;
        uint256 halvings = n >> FRACTION_BITS;
        if (halvings > MOST_HALVINGS) return 0;
        f = ONE;
        // Cannot overflow: f is at most 2^64 and every constant is below it.
        unchecked {
            if (n & 0x80000000 != 0) f = (f * 0xb504f333f9de6484) >> 64;
            if (n & 0x40000000 != 0) f = (f * 0xd744fccad69d6af4) >> 64;
            if (n & 0x20000000 != 0) f = (f * 0xeac0c6e7dd24392e) >> 64;
            if (n & 0x10000000 != 0) f = (f * 0xf5257d152486cc2c) >> 64;
            if (n & 0x08000000 != 0) f = (f * 0xfa83b2db722a033a) >> 64;
            if (n & 0x04000000 != 0) f = (f * 0xfd3e0c0cf486c174) >> 64;
            if (n & 0x02000000 != 0) f = (f * 0xfe9e115c7b8f884b) >> 64;
            if (n & 0x01000000 != 0) f = (f * 0xff4ecb59511ec8a5) >> 64;
            if (n & 0x00800000 != 0) f = (f * 0xffa756521c8daed1) >> 64;
            if (n & 0x00400000 != 0) f = (f * 0xffd3a751c0f7e10b) >> 64;
            if (n & 0x00200000 != 0) f = (f * 0xffe9d2b2f7db2755) >> 64;
            if (n & 0x00100000 != 0) f = (f * 0xfff4e91bff1b8c3d) >> 64;
            if (n & 0x00080000 != 0) f = (f * 0xfffa747ea0040664) >> 64;
            if (n & 0x00040000 != 0) f = (f * 0xfffd3a3b7814eb53) >> 64;
            if (n & 0x00020000 != 0) f = (f * 0xfffe9d1cc60ddab1) >> 64;
            if (n & 0x00010000 != 0) f = (f * 0xffff4e8e25879bfa) >> 64;
            if (n & 0x00008000 != 0) f = (f * 0xffffa7470363f451) >> 64;
            if (n & 0x00004000 != 0) f = (f * 0xffffd3a37dda0313) >> 64;
            if (n & 0x00002000 != 0) f = (f * 0xffffe9d1bdf703ae) >> 64;
            if (n & 0x00001000 != 0) f = (f * 0xfffff4e8debe025e) >> 64;
            if (n & 0x00000800 != 0) f = (f * 0xfffffa746f4fa150) >> 64;
            if (n & 0x00000400 != 0) f = (f * 0xfffffd3a37a3f8b0) >> 64;
            if (n & 0x00000200 != 0) f = (f * 0xfffffe9d1bd1065a) >> 64;
            if (n & 0x00000100 != 0) f = (f * 0xffffff4e8de845ad) >> 64;
            if (n & 0x00000080 != 0) f = (f * 0xffffffa746f41376) >> 64;
            if (n & 0x00000040 != 0) f = (f * 0xffffffd3a37a05e3) >> 64;
            if (n & 0x00000020 != 0) f = (f * 0xffffffe9d1bd01fb) >> 64;
            if (n & 0x00000010 != 0) f = (f * 0xfffffff4e8de80c0) >> 64;
            if (n & 0x00000008 != 0) f = (f * 0xfffffffa746f4050) >> 64;
            if (n & 0x00000004 != 0) f = (f * 0xfffffffd3a37a024) >> 64;
            if (n & 0x00000002 != 0) f = (f * 0xfffffffe9d1bd011) >> 64;
            if (n & 0x00000001 != 0) f = (f * 0xffffffff4e8de808) >> 64;
        }
        return f >> halvings;
    }
}
