"""The chain that every parity test of a session asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chain.parity_chain import ParityChain, a_parity_chain


@pytest.fixture(scope="session")
def parity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ParityChain]:
    with a_parity_chain(tmp_path_factory.mktemp("parity")) as chain:
        yield chain
