"""A committee of five, seats 1 to 5, thresholds 3 and 4."""

import pytest

from tests.signer.scene import Scene


@pytest.fixture
def scene(tmp_path):
    scene = Scene(tmp_path)
    yield scene
    scene.close()
