"""The notebooks: text and notebook say the same, nothing is kept of a run, and all cells run."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import jupytext
import nbformat
import pandas as pd
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupytext.compare import compare_notebooks
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from sklearn.metrics import roc_auc_score, roc_curve
from traitlets import default

from db import export
from db.engine import connect
from tests.analysis.judged_run import judge, label

ROOT = Path(__file__).resolve().parents[2]
ANALYSIS, CARE = NOTEBOOKS = ("prediction_analysis", "why_thresholds_need_care")
TABLE = "rdata/db-results-export.tsv"


def notebook(name: str) -> NotebookNode:
    return nbformat.read(ROOT / "analysis" / f"{name}.ipynb", as_version=4)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_and_its_text_are_the_same(name: str) -> None:
    of_text = jupytext.read(ROOT / "analysis" / f"{name}.py")
    of_notebook = notebook(name)
    compare_notebooks(of_notebook, of_text, fmt="py:percent")
    for each in (of_text, of_notebook):
        assert each.metadata.jupytext.formats == "ipynb,py:percent"
        assert each.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_nothing_of_a_run_is_kept(name: str) -> None:
    made = notebook(name)
    nbformat.validate(made)
    for cell in made.cells:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
    assert (ROOT / "analysis" / f"{name}.ipynb").stat().st_size < 100_000


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what a notebook imports, and nothing of this machine's Jupyter."""
    for name in ("analysis", "db", "vision"):
        shutil.copytree(
            ROOT / name, tmp_path / "house" / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path / "house"


class OfThisPython(AsyncKernelManager):
    """Starts kernels of the running interpreter, whatever others this machine has."""

    @default("kernel_spec_manager")
    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        return KernelSpecManager(parent=self, kernel_dirs=[])


def run(made: NotebookNode, folder: Path) -> NotebookNode:
    """Run all cells in a folder."""
    client = NotebookClient(
        made,
        kernel_manager_class=OfThisPython,
        timeout=300,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=dict(os.environ))
    return made


def outputs(made: NotebookNode) -> list[NotebookNode]:
    return [each for cell in made.cells for each in cell.get("outputs", [])]


def printed(made: NotebookNode) -> str:
    """Return what was printed; nothing may stand where warnings and errors do."""
    streams = [each for each in outputs(made) if each.output_type == "stream"]
    assert [each.text for each in streams if each.name != "stdout"] == []
    assert all(each.output_type != "error" for each in outputs(made))
    return "".join(each.text for each in streams).replace("\N{NO-BREAK SPACE}", " ")


def shown(made: NotebookNode) -> int:
    """Return how many figures were shown."""
    return sum("image/png" in each.get("data", {}) for each in outputs(made))


@pytest.mark.slow
def test_all_cells_run_on_an_exported_table_and_on_a_database(
    checkout: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/some.db"
    engine = connect(url)
    label(engine, 400)
    judge(engine, 250)
    engine.dispose()
    (checkout / "rdata").mkdir()
    words = ["--database", url, "--output", str(checkout / TABLE)]
    export.export(export.parser().parse_args(words))
    rows = pd.read_csv(checkout / TABLE, sep="\t")
    # both in one kernel: it takes as long to start as all cells to run
    made, again = notebook(ANALYSIS), notebook(ANALYSIS)
    between = f"os.environ['DATABASE_URL'] = {url!r}\nPath(TABLE).unlink()\nprint('now the other')"
    made.cells += [nbformat.v4.new_code_cell(between), *again.cells]
    run(made, checkout / "analysis")
    assert shown(made) == 24
    of_table, of_database = printed(made).split("now the other\n")

    assert of_table.startswith(f"250 judged pictures: {TABLE}, 250 rows\n")
    assert "it is read as a uniform random sample" in of_table
    right = rows.label_id == 0
    area = re.search(r"area under the curve: ([\d.]+)", of_table)
    assert area is not None
    assert float(area[1]) == pytest.approx(roc_auc_score(right, rows.score1), abs=5e-4)
    fpr, tpr, thresholds = roc_curve(right, rows.score1)
    threshold = thresholds[(tpr - fpr).argmax()]
    assert f"furthest from the diagonal: t = {threshold:.3f}, which accepts" in of_table
    # nothing was made beside what was there
    assert not (checkout / "data").exists()

    assert of_database.startswith(f"250 judged pictures: run 1 of {url}, a uniform round of 250\n")
    assert "Figures are about the 400 pictures labeled, and no others." in of_database
    # the reviewer has told which one was right
    assert "Nobody has told" in of_table
    assert "Nobody has told" not in of_database


@pytest.mark.slow
def test_nothing_to_read_ends_in_a_sentence(checkout: Path) -> None:
    with pytest.raises(CellExecutionError) as error:
        run(notebook(ANALYSIS), checkout / "analysis")
    assert error.value.ename == "Stop"
    assert "nothing was labeled yet: label pictures first" in error.value.traceback
    assert f"There is no {TABLE}" in error.value.traceback
    assert "File " not in error.value.traceback


@pytest.mark.slow
def test_the_method_does_on_simulated_pictures_what_it_says(checkout: Path) -> None:
    made = run(notebook(CARE), checkout / "analysis")
    said = printed(made)
    assert shown(made) == 7

    def number(pattern: str) -> float:
        found = re.search(pattern.replace("N", r"([-+]?\d+\.?\d*)"), said)
        assert found is not None, pattern
        return float(found[1])

    assert 30 < number("naive: N % of the thresholds fail") < 70
    assert number("certified: N % of the thresholds fail") <= 8
    assert number("plain: N percentage points off") < -3
    assert abs(number("ours: N percentage points off")) < 0.5
    assert number("N of 100 intervals hold the truth") >= 88
    assert number("exact interval after every verdict: wrong in N %") > 20
    assert number("e-process after every verdict: wrong in N %") <= 5.5
    assert number("and N of 60 intervals hold the truth") < 50
    assert number("drawn: N of 60 intervals hold the truth") >= 52
