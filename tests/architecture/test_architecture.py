"""Rules of the tree that the import rows cannot say."""

import ast

import pytest

from tests.architecture.source import imported_modules, lines_of, makers_of, modules

LONGEST_MODULE = 350
PURE_ROWS = ("errors", "identifiers", "units", "crypto", "intents", "risk", "policy", "protocol")
IMPURE = frozenset(
    {
        "aiohttp", "asyncio", "datetime", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random",
        "secrets", "select", "selectors", "shutil", "signal", "socket", "sqlite3", "structlog", "subprocess", "sys",
        "tempfile", "threading", "time", "urllib", "uuid", "warnings",
    }
)  # fmt: skip


def is_pure(module):
    return module == "custody" or module.split(".")[1] in PURE_ROWS


class TestGivenWhatPassedACheck:
    def test_when_an_author_is_proven_then_only_by_the_host(self):
        assert makers_of("Authenticated", modules()) == {"custody.host.authentication"}

    def test_when_an_intent_is_approved_then_only_by_the_engine(self):
        assert makers_of("Approved", modules()) == {"custody.policy.engine"}

    @pytest.mark.parametrize(
        "line",
        [
            "Approved(intent=1)",
            "engine.Approved(intent=1)",
            "from custody.policy.engine import Approved as Yes\nYes(intent=1)",
            "Approved[int](intent=1)",
        ],
    )
    def test_when_code_makes_one_under_any_name_then_it_is_found(self, line):
        assert makers_of("Approved", {"here": ast.parse(line)}) == {"here"}

    def test_when_objects_are_copied_with_changes_then_never_in_a_module_that_sees_a_checked_one(self):
        """`dataclasses.replace`, `object.__new__` and `copy` would make one without its maker."""
        for module, tree in modules().items():
            names = {name.rsplit(".", 1)[-1] for name in imported_modules(tree)}
            if names & {"Approved", "Authenticated"}:
                assert not names & {"replace", "copy", "deepcopy", "pickle"}, module
                assert "__new__" not in {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


class TestGivenEveryModule:
    @pytest.mark.parametrize("module", sorted(modules()))
    def test_when_measured_then_it_is_read_in_one_sitting(self, module):
        assert lines_of(module) <= LONGEST_MODULE

    @pytest.mark.parametrize("module", sorted(modules()))
    def test_when_opened_then_it_says_what_it_knows(self, module):
        assert ast.get_docstring(modules()[module])


class TestGivenThePureRows:
    @pytest.mark.parametrize("module", sorted(filter(is_pure, modules())))
    def test_when_imports_are_read_then_nothing_waits_reads_a_clock_draws_randomness_or_logs(self, module):
        assert {name.split(".")[0] for name in imported_modules(modules()[module])} & IMPURE == set()

    @pytest.mark.parametrize("module", sorted(filter(is_pure, modules())))
    def test_when_its_body_is_read_then_nothing_is_async_printed_or_opened(self, module):
        for node in ast.walk(modules()[module]):
            assert not isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"print", "input", "open", "exec", "eval", "__import__"}

    def test_when_rows_are_counted_then_the_list_here_is_that_of_the_packages_that_exist(self):
        rows = {module.split(".")[1] for module in modules() if "." in module}
        assert rows <= set(PURE_ROWS) | {
            "chain", "cli", "config", "coordinator", "host", "keeper", "net", "ports", "signer", "store", "wiring",
        }  # fmt: skip
