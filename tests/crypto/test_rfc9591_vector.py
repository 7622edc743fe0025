"""RFC 9591 appendix E.5, FROST(secp256k1, SHA-256), with the figures that are printed there."""

from custody.crypto import GroupKey, KeyShare, SecretScalar
from custody.crypto.frost import Commitment, SigningPackage, aggregate, draw_nonces, sign, verify, verify_share
from custody.crypto.polynomial import SecretPolynomial
from custody.identifiers import SignerId

SECRET = "0d004150d27c3bf2a42f312683d35fac7394b1e9e318249c1bfe7f0795a83114"
COEFFICIENT = "fbf85eadae3058ea14f19148bb72b45e4399c0b16028acaf0395c9b03c823579"
PUBLIC = "02f37c34b66ced1fb51c34a90bdae006901f10625cc06c4f64663b0eae87d87b4f"
SHARES = {
    1: "08f89ffe80ac94dcb920c26f3f46140bfc7f95b493f8310f5fc1ea2b01f4254c",
    2: "04f0feac2edcedc6ce1253b7fab8c86b856a797f44d83d82a385554e6e401984",
    3: "00e95d59dd0d46b0e303e500b62b7ccb0e555d49f5b849f5e748c071da8c0dbc",
}
MESSAGE = bytes.fromhex("74657374")
RANDOMNESS = {
    1: (
        "7ea5ed09af19f6ff21040c07ec2d2adbd35b759da5a401d4c99dd26b82391cb2",
        "47acab018f116020c10cb9b9abdc7ac10aae1b48ca6e36dc15acb6ec9be5cdc5",
    ),
    3: (
        "e6cc56ccbd0502b3f6f831d91e2ebd01c4de0479e0191b66895a4ffd9b68d544",
        "7203d55eb82a5ca0d7d83674541ab55f6e76f1b85391d2c13706a89a064fd5b9",
    ),
}
NONCES = {
    1: (
        "841d3a6450d7580b4da83c8e618414d0f024391f2aeb511d7579224420aa81f0",
        "8d2624f532af631377f33cf44b5ac5f849067cae2eacb88680a31e77c79b5a80",
    ),
    3: (
        "2b19b13f193f4ce83a399362a90cdc1e0ddcd83e57089a7af0bdca71d47869b2",
        "7a443bde83dc63ef52dda354005225ba0e553243402a4705ce28ffaafe0f5b98",
    ),
}
COMMITMENTS = {
    1: (
        "03c699af97d26bb4d3f05232ec5e1938c12f1e6ae97643c8f8f11c9820303f1904",
        "02fa2aaccd51b948c9dc1a325d77226e98a5a3fe65fe9ba213761a60123040a45e",
    ),
    3: (
        "03077507ba327fc074d2793955ef3410ee3f03b82b4cdc2370f71d865beb926ef6",
        "02ad53031ddfbbacfc5fbda3d3b0c2445c8e3e99cbc4ca2db2aa283fa68525b135",
    ),
}
BINDING_FACTORS = {
    1: "3e08fe561e075c653cbfd46908a10e7637c70c74f0a77d5fd45d1a750c739ec6",
    3: "93f79041bb3fd266105be251adaeb5fd7f8b104fb554a4ba9a0becea48ddbfd7",
}
SIGNATURE_SHARES = {
    1: "c4fce1775a1e141fb579944166eab0d65eefe7b98d480a569bbbfcb14f91c197",
    3: "0160fd0d388932f4826d2ebcd6b9eaba734f7c71cf25b4279a4ca2581e47b18d",
}
SIGNATURE = (
    "0205b6d04d3774c8929413e3c76024d54149c372d57aae62574ed74319b5ea14d0"
    "c65dde8492a7471437e6c2fe3da49b90d23f642b5c6dbe7e36089f096dd97324"
)


def secret(digits: str) -> SecretScalar:
    return SecretScalar.from_secret_bytes(bytes.fromhex(digits))


def the_shares() -> dict[SignerId, KeyShare]:
    public_shares = {SignerId(seat): secret(share).times_generator() for seat, share in SHARES.items()}
    key = GroupKey(public=secret(SECRET).times_generator(), threshold=2, public_shares=public_shares)
    return {seat: KeyShare(signer=seat, secret=secret(SHARES[seat]), key=key) for seat in public_shares}


class TestGivenTheKeyOfAppendixE5:
    def test_when_its_polynomial_is_evaluated_then_the_printed_shares_come_out(self):
        polynomial = SecretPolynomial((secret(SECRET), secret(COEFFICIENT)))
        shares = {seat: polynomial.evaluate(SignerId(seat)).to_secret_bytes().hex() for seat in SHARES}
        assert shares == SHARES
        assert polynomial.commit()[0].to_bytes_compressed().hex() == PUBLIC

    def test_when_nonces_are_drawn_then_nonces_and_commitments_are_the_printed_ones(self):
        for seat, (hiding, binding) in RANDOMNESS.items():
            nonces = self._nonces(SignerId(seat), hiding, binding)
            commitment = nonces.commitment
            assert (
                commitment.hiding.to_bytes_compressed().hex(),
                commitment.binding.to_bytes_compressed().hex(),
            ) == COMMITMENTS[seat]
            assert tuple(nonce.to_secret_bytes().hex() for nonce in nonces.spend()) == NONCES[seat]

    def test_when_signers_1_and_3_sign_then_factors_shares_and_signature_are_the_printed_ones(self):
        shares = the_shares()
        nonces = {SignerId(seat): self._nonces(SignerId(seat), *randomness) for seat, randomness in RANDOMNESS.items()}
        package = SigningPackage(
            key=shares[SignerId(1)].key,
            message=MESSAGE,
            commitments=tuple(
                Commitment.from_points_bytes(bytes.fromhex("".join(points)), signer=SignerId(seat))
                for seat, points in COMMITMENTS.items()
            ),
        )
        assert {seat: package.binding_factor(seat).to_bytes32().hex() for seat in nonces} == BINDING_FACTORS
        answers = {seat: sign(shares[seat], nonces[seat], package) for seat in nonces}
        assert {seat: z_i.to_bytes32().hex() for seat, z_i in answers.items()} == SIGNATURE_SHARES
        for seat, z_i in answers.items():
            verify_share(z_i, signer=seat, package=package)
        signature = aggregate(answers, package)
        assert signature.to_bytes().hex() == SIGNATURE
        verify(signature, MESSAGE, shares[SignerId(1)].key.public)

    def _nonces(self, seat, hiding, binding):
        return draw_nonces(
            the_shares()[seat],
            hiding_randomness=bytes.fromhex(hiding),
            binding_randomness=bytes.fromhex(binding),
        )
