"""`custody bench signing`: rows of every work, the peer beside them or one sentence why not."""

import json

import pytest

from custody.cli import main
from custody.wiring.bench_signing import WORKS
from tests.crypto.test_noble_interop import ROOT


def run(capsys, *arguments):
    """(code, stdout, stderr)."""
    with pytest.raises(SystemExit) as ended:
        main(["bench", "signing", "--seconds", "0", *map(str, arguments)])
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A project's folder in which nothing was installed."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "package.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestGivenWrongArguments:
    @pytest.mark.parametrize(
        "sizes", ["", "2", "2-3", "4/3", "1/3", "0/0", "2/3,", "2/3;7/10", "2/99999", "2/2", "2/4", "-2/3", "٢/٣"]
    )
    def test_when_sizes_are_no_quorums_then_one_sentence_says_so_with_code_2(self, capsys, sizes):
        code, out, err = run(capsys, "--sizes", sizes)
        assert (code, out) == (2, "")
        assert err.startswith("custody: --sizes takes t/n")
        assert err.count("\n") == 1

    def test_when_the_folder_of_the_report_is_missing_then_code_2(self, capsys, tmp_path):
        code, _, err = run(capsys, "--json", tmp_path / "missing" / "rows.json")
        assert code == 2
        assert "does not exist" in err


class TestGivenNoPeer:
    def test_when_measured_then_its_columns_are_null_and_one_sentence_says_why(self, capsys, elsewhere):
        code, out, _ = run(capsys, "--sizes", "2/3", "--json", elsewhere / "rows.json")
        assert code == 0
        assert "No peer: @noble/curves is not installed" in out
        rows = json.loads((elsewhere / "rows.json").read_bytes())["rows"]
        assert [row["work"] for row in rows] == list(WORKS)
        for row in rows:
            assert row["size"] == "2/3"
            assert row["peer_ms"] is None
            assert row["ratio"] is None
            assert row["ours_ms"] > 0
            assert row["over_floor"] > 0


class TestGivenThePeer:
    def test_when_measured_then_every_work_has_a_ratio(self, capsys, tmp_path, monkeypatch):
        if not (ROOT / "node_modules" / "@noble" / "curves").is_dir():
            pytest.skip("THE PEER'S COLUMNS NOT CHECKED: @noble/curves is not installed")
        monkeypatch.chdir(ROOT)
        code, out, _ = run(capsys, "--sizes", "2/3,3/4", "--json", tmp_path / "rows.json")
        assert code == 0
        assert "No peer" not in out
        rows = json.loads((tmp_path / "rows.json").read_bytes())["rows"]
        assert [(row["work"], row["size"]) for row in rows] == [(w, s) for s in ("2/3", "3/4") for w in WORKS]
        for row in rows:
            assert row["ratio"] == pytest.approx(row["peer_ms"] / row["ours_ms"], rel=0.01)
