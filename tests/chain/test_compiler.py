"""The compiler's adapter, with the real compiler on contracts of a few lines."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from custody.chain.compiler import (
    SETTINGS,
    SOLC_VERSION,
    CompilationFailed,
    CompilerMissing,
    DamagedCache,
    compile_contracts,
)

REPOSITORY = Path(__file__).resolve().parents[2]
SOLC = REPOSITORY / "tools" / "solc" / f"solc-v{SOLC_VERSION}"

BOX = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// import "./Nowhere.sol";
import {Lid} from "./shapes/Lid.sol";
import {Hinge} from "@parts/Hinge.sol";

contract Box is Lid, Hinge {
    string public constant NOTE = "/* no comment";
    error Full(uint256 given);

    function put(uint256 value) external pure {
        require(value < 10, Full(value));
    }
}
"""
LID = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface Lid {
    function put(uint256 value) external;
}
"""
HINGE = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

contract Hinge {
    uint256 public constant TURNS = 3;
}
"""


def write(root: Path, path: str, text: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def a_project(root: Path) -> Path:
    write(root, "contracts/Box.sol", BOX)
    write(root, "contracts/shapes/Lid.sol", LID)
    write(root, "node_modules/@parts/Hinge.sol", HINGE)
    return root


def cached_builds(root: Path) -> list[Path]:
    return sorted((root / "build" / "artifacts").iterdir())


@pytest.fixture(scope="module")
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    """Name and content of the cache file of `a_project`, so that one compilation serves the tests of the cache."""
    root = a_project(tmp_path_factory.mktemp("compiled"))
    compile_contracts(root, solc=SOLC)
    (cached,) = cached_builds(root)
    return cached.name, cached.read_bytes()


@pytest.fixture
def cached_project(tmp_path: Path, compiled_once: tuple[str, bytes]) -> Path:
    name, content = compiled_once
    cached = tmp_path / "build" / "artifacts" / name
    cached.parent.mkdir(parents=True)
    cached.write_bytes(content)
    return a_project(tmp_path)


class TestGivenContractsThatImportEachOtherAndALibrary:
    def test_when_compiled_then_our_own_come_back_by_name(self, tmp_path: Path) -> None:
        artifacts = compile_contracts(a_project(tmp_path), solc=SOLC)
        assert sorted(artifacts) == ["Box", "Lid"]
        box = artifacts["Box"]
        assert box.source_path == "contracts/Box.sol"
        assert {"Full", "put", "TURNS"} <= {entry.get("name") for entry in box.abi}
        assert re.fullmatch("0x([0-9a-f]{2})+", box.bytecode)
        assert box.runtime[2:] in box.bytecode
        assert (artifacts["Lid"].bytecode, artifacts["Lid"].runtime) == ("0x", "0x")

    def test_when_a_hidden_folder_holds_more_then_it_is_left_out(self, cached_project: Path) -> None:
        write(cached_project, "contracts/.cache/Lid.sol", LID)
        assert "Lid" in compile_contracts(cached_project, solc=Path("/nonexistent/solc"))

    def test_when_compiled_in_another_folder_then_every_byte_is_the_same(
        self, tmp_path: Path, compiled_once: tuple[str, bytes]
    ) -> None:
        compile_contracts(a_project(tmp_path), solc=SOLC)
        (cached,) = cached_builds(tmp_path)
        assert (cached.name, cached.read_bytes()) == compiled_once


class TestGivenACachedBuild:
    def test_when_nothing_changed_then_no_compiler_is_needed(self, cached_project: Path) -> None:
        assert "Box" in compile_contracts(cached_project, solc=Path("/nonexistent/solc"))

    @pytest.mark.parametrize("path", ["contracts/Box.sol", "contracts/shapes/Lid.sol", "node_modules/@parts/Hinge.sol"])
    def test_when_any_source_changed_then_it_is_not_used(self, cached_project: Path, path: str) -> None:
        file = cached_project / path
        file.write_text(file.read_text() + "// changed\n")
        with pytest.raises(CompilerMissing):
            compile_contracts(cached_project, solc=Path("/nonexistent/solc"))

    def test_when_a_byte_of_it_changed_then_the_error_names_the_file_to_delete(self, cached_project: Path) -> None:
        (cached,) = cached_builds(cached_project)
        build = json.loads(cached.read_text())
        build["artifacts"][0]["bytecode"] = build["artifacts"][0]["bytecode"].replace("6", "7", 1)
        cached.write_text(json.dumps(build))
        with pytest.raises(DamagedCache, match=f"{re.escape(str(cached))} is damaged: delete that file"):
            compile_contracts(cached_project, solc=SOLC)

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"checksum": 1, "artifacts": 2}'])
    def test_when_it_is_not_a_build_at_all_then_it_is_damaged(self, cached_project: Path, content: bytes) -> None:
        (cached,) = cached_builds(cached_project)
        cached.write_bytes(content)
        with pytest.raises(DamagedCache):
            compile_contracts(cached_project, solc=SOLC)

    def test_when_the_damaged_file_is_deleted_then_the_next_run_heals_it(
        self, cached_project: Path, compiled_once: tuple[str, bytes]
    ) -> None:
        (cached,) = cached_builds(cached_project)
        cached.unlink()
        compile_contracts(cached_project, solc=SOLC)
        assert cached.read_bytes() == compiled_once[1]
        assert cached_builds(cached_project) == [cached]


class TestGivenSourcesThatDoNotCompile:
    def test_when_the_syntax_is_wrong_then_the_compiler_says_where(self, tmp_path: Path) -> None:
        write(tmp_path, "contracts/Bad.sol", "pragma solidity 0.8.37;\ncontract Bad {\n    uint256 public = 1;\n}\n")
        with pytest.raises(CompilationFailed, match=r"contracts/Bad\.sol:3:"):
            compile_contracts(tmp_path, solc=SOLC)
        assert not (tmp_path / "build").exists()

    def test_when_an_import_is_missing_then_the_compiler_names_it(self, tmp_path: Path) -> None:
        write(tmp_path, "contracts/Bad.sol", 'pragma solidity 0.8.37;\nimport "./Nowhere.sol";\n')
        with pytest.raises(CompilationFailed, match=r"contracts/Nowhere\.sol"):
            compile_contracts(tmp_path, solc=SOLC)

    def test_when_an_import_leaves_the_repository_then_it_is_not_read(self, tmp_path: Path) -> None:
        write(tmp_path, "Outside.sol", LID)
        write(tmp_path, "inner/contracts/Bad.sol", 'pragma solidity 0.8.37;\nimport "../../Outside.sol";\n')
        with pytest.raises(CompilationFailed, match=r"Outside\.sol"):
            compile_contracts(tmp_path / "inner", solc=SOLC)

    def test_when_two_contracts_share_a_name_then_both_files_are_named(self, tmp_path: Path) -> None:
        write(tmp_path, "contracts/a/Lid.sol", LID)
        write(tmp_path, "contracts/b/Lid.sol", LID)
        with pytest.raises(CompilationFailed, match=r"contracts/a/Lid\.sol and contracts/b/Lid\.sol both define Lid"):
            compile_contracts(tmp_path, solc=SOLC)

    def test_when_there_are_none_then_it_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(CompilationFailed, match=r"no \.sol files"):
            compile_contracts(tmp_path, solc=SOLC)


class TestGivenTheRepository:
    def test_when_read_by_forge_and_ape_then_they_use_the_same_settings(self) -> None:
        forge = tomllib.loads((REPOSITORY / "foundry.toml").read_text())["profile"]["default"]
        assert forge["solc"] == f"tools/solc/solc-v{SOLC_VERSION}"
        assert {
            "evmVersion": forge["evm_version"],
            "optimizer": {"enabled": forge["optimizer"], "runs": forge["optimizer_runs"]},
            "viaIR": forge["via_ir"],
            "metadata": {"bytecodeHash": forge["bytecode_hash"]},
        } == SETTINGS
        ape = (REPOSITORY / "ape-config.yaml").read_text()
        for line in (f"version: {SOLC_VERSION}", "evm_version: osaka", "optimization_runs: 10000", "via_ir: false"):
            assert re.search(rf"^  {re.escape(line)}$", ape, re.MULTILINE), line

    def test_when_compiled_then_the_pinned_compiler_does_it(self) -> None:
        artifacts = compile_contracts(REPOSITORY)
        assert "CollateralVault" in artifacts
        assert all(artifact.source_path.startswith("contracts/") for artifact in artifacts.values())
