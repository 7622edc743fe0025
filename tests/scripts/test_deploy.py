"""`ape run deploy` as a deployer runs it, on an anvil of its own; and sources that give the deployed code."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from custody.chain.client import ChainClient
from custody.chain.compiler import SOLC_VERSION, compile_contracts
from custody.chain.deployment_order import EVERYTHING
from custody.identifiers import address
from custody.wiring.devnet import anvil_binary, connect, start_anvil
from custody.wiring.processes import Children

ROOT = Path(__file__).resolve().parents[2]
APE = ROOT / ".venv" / "bin" / "ape"
PARTS = [step.name for step in EVERYTHING if step.name != "first round"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not APE.exists(), reason="ape NOT TESTED: it needs Python 3.11 or 3.12"),
]


@dataclass
class Site:
    """A chain, and the folder that `ape run deploy` writes to."""

    url: str
    client: ChainClient
    folder: Path

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        temporary = ROOT / "build" / "ape" / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            "PATH": f"{anvil_binary(ROOT).parent}:{os.environ['PATH']}",
            "APE_FOUNDRY_HOST": self.url,
            "APE_DATA_FOLDER": str(ROOT / "build" / "ape"),
            "TMPDIR": str(temporary),
        }
        command = [str(APE), "run", "deploy", "--network", "ethereum:local:foundry", "--folder", str(self.folder)]
        return subprocess.run(
            [*command, *options], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    def record(self) -> dict[str, Any]:
        return json.loads((self.folder / "deployments" / "31337.json").read_text())

    def transactions(self) -> int:
        return self.client.transaction_count(address(self.record()["deployer"]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("deploy")
    with Children() as children:
        _, url = start_anvil(children, root=ROOT, folder=folder)
        yield Site(url, connect(url, compile_contracts(ROOT)), folder)


@pytest.fixture(scope="module")
def deployed(site: Site) -> Site:
    said = site.run()
    assert said.returncode == 0, said.stdout + said.stderr
    assert f"{len(EVERYTHING)} steps taken" in said.stdout
    return site


class TestGivenAFreshChain:
    def test_when_run_twice_then_the_second_time_deploys_nothing(self, deployed: Site) -> None:
        before, count = deployed.record(), deployed.transactions()
        said = deployed.run()
        assert said.returncode == 0, said.stdout + said.stderr
        assert "nothing to do: everything is there" in said.stdout
        assert deployed.record() == before
        assert deployed.transactions() == count == len(EVERYTHING)

    def test_when_a_step_was_sent_and_not_heard_of_then_its_transaction_says_that_it_is_ours(
        self, deployed: Site
    ) -> None:
        before, count = deployed.record(), deployed.transactions()
        unheard = deployed.record()
        unheard["steps"]["people"]["code_hash"] = ""
        (deployed.folder / "deployments" / "31337.json").write_text(json.dumps(unheard))
        said = deployed.run()
        assert said.returncode == 0, said.stdout + said.stderr
        assert "nothing to do: everything is there" in said.stdout
        assert deployed.record()["steps"] == before["steps"]
        assert deployed.transactions() == count

    def test_when_run_then_each_address_is_recorded_and_has_code_that_names_the_others(self, deployed: Site) -> None:
        steps = deployed.record()["steps"]
        assert [name for name in steps if steps[name]["arguments"]] == PARTS
        vault = deployed.client.at("CollateralVault", address(steps["vault"]["address"]))
        for view in ("token", "authority", "people", "oracle", "venue"):
            assert deployed.client.read(vault.functions[view]()).lower() == steps[view]["address"]

    def test_when_the_config_is_missing_then_one_sentence_and_code_2(self, deployed: Site) -> None:
        said = deployed.run("--config", str(deployed.folder / "missing.toml"))
        assert said.returncode == 2
        assert "missing.toml cannot be read" in said.stderr

    def test_when_there_is_no_such_account_then_one_sentence_and_code_2(self, deployed: Site) -> None:
        said = deployed.run("--account", "nobody")
        assert said.returncode == 2
        assert "ape keeps no account 'nobody'" in said.stderr


class TestGivenTheInputForVerification:
    def test_when_written_then_there_is_one_for_every_contract_with_its_own_sources_alone(self, deployed: Site) -> None:
        folder = deployed.folder / "build" / "verification"
        deployed_contracts = {entry["contract"] for entry in deployed.record()["steps"].values()}
        assert {file.stem for file in folder.iterdir()} == deployed_contracts
        sources = json.loads((folder / "RiskEngine.json").read_text())["sources"]
        assert "contracts/RiskEngine.sol" in sources
        assert "contracts/MarginVenue.sol" not in sources

    @pytest.mark.parametrize(("name", "contract"), [("vault", "CollateralVault")])
    def test_when_compiled_then_it_is_the_code_that_was_deployed(
        self, deployed: Site, name: str, contract: str
    ) -> None:
        """Creation code to the byte; on chain, all but the immutables, which the constructor wrote."""
        file = deployed.folder / "build" / "verification" / f"{contract}.json"
        solc = ROOT / "tools" / "solc" / f"solc-v{SOLC_VERSION}"
        with file.open("rb") as given:
            ran = subprocess.run([solc, "--standard-json"], stdin=given, capture_output=True, timeout=300, check=True)
        made = json.loads(ran.stdout)["contracts"][f"contracts/{contract}.sol"][contract]["evm"]
        assert made["bytecode"]["object"] == compile_contracts(ROOT)[contract].bytecode.removeprefix("0x")
        runtime = bytearray.fromhex(made["deployedBytecode"]["object"])
        where = address(deployed.record()["steps"][name]["address"])
        on_chain = bytearray(deployed.client.code(where))
        assert len(on_chain) == len(runtime)
        references = [at for each in made["deployedBytecode"]["immutableReferences"].values() for at in each]
        assert references
        for at in references:
            on_chain[at["start"] : at["start"] + at["length"]] = bytes(at["length"])
        assert on_chain == runtime
