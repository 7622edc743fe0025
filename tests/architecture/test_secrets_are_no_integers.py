"""THRESHOLD §2: in a module that holds secrets nothing becomes an integer, but for the public scalars listed here."""

import ast

import pytest

from tests.architecture.source import called, calls, imported_modules, modules

SECRET_TYPES = frozenset(
    {
        "SecretScalar", "SecretPolynomial", "NoncePair", "KeyShare", "secret_from_hash", "h3",
        "HeldKey", "Offered", "OneTimeKeys", "RunSecrets", "SealTo", "Wielded",
    }
)  # fmt: skip
"""Secrets, and what carries them."""

# Modules in which secrets are computed with, or pass through: no conversion to an integer at all.
HOLDS_SECRETS = frozenset(
    {
        "custody.crypto",
        "custody.crypto.curve",
        "custody.crypto.derivation",
        "custody.crypto.frost",
        "custody.crypto.keys",
        "custody.crypto.polynomial",
        "custody.crypto.possession",
        "custody.crypto.repairing",
        "custody.crypto.resharing",
        "custody.crypto.suite",
        "custody.host.backup",
        "custody.host.hardware",
        "custody.host.identity",
        "custody.host.records",
        "custody.host.sealing",
        "custody.ports.identity",
        "custody.ports.ledger",
        "custody.protocol.blame",
        "custody.protocol.dealing",
        "custody.protocol.derivation",
        "custody.protocol.recovery",
        "custody.protocol.repair",
        "custody.protocol.run_states",
        "custody.protocol.signing",
        "custody.wiring.bench_ceremony",  # of keys made to be thrown away
        "custody.wiring.bench_works",
        "custody.wiring.recovering",
        "custody.signer.batches",
        "custody.signer.keyring",
        "custody.signer.node",
        "custody.signer.progress",
        "custody.signer.run_desk",
        "custody.signer.sessions",
        "custody.signer.signing_desk",
        "custody.signer.upkeep_desk",
        "custody.store.node_store",
        "custody.store.run_store",
    }
)

# Scalars made of bytes become integers too: where, and of which public bytes.
PUBLIC_SCALARS = {
    "custody.crypto.curve": {
        "coordinate(encoded[1:33])",
        "coordinate(encoded[33:])",
        "Scalar.from_bytes_checked(self.to_secret_bytes())",  # `disclose`, whose name says so
    },
    "custody.crypto.derivation": {"Scalar.from_bytes_checked(left)"},  # of a hash of public bytes
    "custody.crypto.suite": {"Scalar.reduce_bytes(wide)"},  # `hash_to_scalar`: of a public message
    "custody.crypto.frost": {"Scalar.from_bytes_checked(encoded[POINT_BYTES:])"},  # z of a finished signature
    "custody.wiring.bench_works": {"Scalar.from_bytes_checked(encoded)"},  # shares that came over the wire
    "custody.crypto.possession": {"Scalar.from_bytes_checked(encoded[POINT_BYTES:])"},
}

# Who may see secret bytes, and who may make a secret public.
SEES_SECRET_BYTES = frozenset(
    {
        "custody.crypto.curve",
        "custody.crypto.frost",
        "custody.crypto.possession",
        "custody.wiring.bench_ceremony",
        "custody.wiring.bench_works",
        "custody.signer.run_desk",
        "custody.store.run_store",
    }
)
DISCLOSES = frozenset({"custody.crypto.frost", "custody.crypto.possession"})


def integer_conversions(tree):
    """int(...), int.from_bytes(...), bytes_to_int(...), and `int` handed to another function."""
    found = set()
    for call in calls(tree):
        function = call.func
        of_int = isinstance(function, ast.Attribute) and ast.unparse(function.value) == "int"
        handed_on = any(isinstance(argument, ast.Name) and argument.id == "int" for argument in call.args)
        if of_int or handed_on or called(call) in ("int", "bytes_to_int", "unpack", "unpack_from"):
            found.add(ast.unparse(call))
    return found


def scalar_conversions(tree):
    makers = ("reduce_bytes", "from_bytes_checked", "coordinate")
    return {ast.unparse(call) for call in calls(tree) if called(call) in makers}


def holders():
    """Modules that import a secret type, or define one."""
    names = set()
    for module, tree in modules().items():
        imported = {name.rsplit(".", 1)[-1] for name in imported_modules(tree) if name.startswith("custody")}
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)}
        if (imported | defined) & SECRET_TYPES:
            names.add(module)
    return names


class TestGivenEveryModuleThatImportsASecretType:
    def test_when_compared_with_the_lists_here_then_none_is_missing(self):
        assert holders() - HOLDS_SECRETS == set()

    def test_when_the_lists_here_are_read_then_each_module_exists(self):
        assert (HOLDS_SECRETS | SEES_SECRET_BYTES | PUBLIC_SCALARS.keys()) - modules().keys() == set()

    @pytest.mark.parametrize("module", sorted(HOLDS_SECRETS))
    def test_when_it_holds_secrets_then_it_converts_nothing_to_an_integer(self, module):
        assert integer_conversions(modules()[module]) == set()

    @pytest.mark.parametrize("module", sorted(HOLDS_SECRETS))
    def test_when_it_makes_public_scalars_then_only_of_the_bytes_that_are_listed(self, module):
        assert scalar_conversions(modules()[module]) <= PUBLIC_SCALARS.get(module, set())


class TestGivenThePackage:
    def test_when_secret_bytes_are_asked_for_then_only_by_modules_that_seal_or_hash_them(self):
        askers = {m for m, tree in modules().items() if any(called(call) == "to_secret_bytes" for call in calls(tree))}
        assert askers <= SEES_SECRET_BYTES

    def test_when_a_secret_is_disclosed_then_only_as_a_finished_share_or_proof(self):
        disclosers = {m for m, tree in modules().items() if any(called(call) == "disclose" for call in calls(tree))}
        assert disclosers <= DISCLOSES

    def test_when_the_library_is_imported_then_never_its_private_key(self):
        for module, tree in modules().items():
            assert not any(name.endswith("PrivateKey") and "coincurve" in name for name in imported_modules(tree)), (
                module
            )

    def test_when_the_library_is_called_then_through_the_one_object_that_a_test_can_replace(self):
        """Apart from constants and the object itself, `lib` stands nowhere in curve.py."""
        tree = modules()["custody.crypto.curve"]
        used = {
            ast.unparse(node)
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "lib"
        }
        assert used == {"lib.SECP256K1_EC_COMPRESSED", "lib.SECP256K1_EC_UNCOMPRESSED"}


class TestGivenCodeThatBreaksTheRule:
    @pytest.mark.parametrize(
        "line",
        [
            "int(secret)", "int.from_bytes(secret, 'big')", "bytes_to_int(secret)", "coincurve.utils.bytes_to_int(s)",
            "list(map(int, secret))", "struct.unpack('>4Q', secret)", "x = [int(b) for b in secret]",
            "def f(s): return int.from_bytes(s)",
        ],
    )  # fmt: skip
    def test_when_checked_then_it_is_found(self, line):
        assert integer_conversions(ast.parse(line))

    @pytest.mark.parametrize(
        "line", ["Scalar.reduce_bytes(secret)", "scalars.Scalar.from_bytes_checked(s)", "coordinate(secret)"]
    )
    def test_when_it_takes_the_way_over_a_scalar_then_it_is_found(self, line):
        assert scalar_conversions(ast.parse(line))
