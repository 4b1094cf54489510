"""The worked notebook runs from top to bottom, and its tables are those of the review."""

import json
import sys

import pytest
from paths import ROOT, TESTS
from tiers import needed

NOTEBOOK = ROOT / "docs" / "notebooks" / "evidence.ipynb"


def here():
    """The kernel of this environment, whether or not it was installed for the user."""
    kernels = needed("jupyter_client.kernelspec")
    needed("ipykernel")

    class Here(kernels.KernelSpecManager):
        def get_kernel_spec(self, kernel_name):
            words = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return kernels.KernelSpec(argv=words, language="python")

    return Here()


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    client_of, nbformat = needed("nbclient").NotebookClient, needed("nbformat")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    client = client_of(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path_factory.mktemp("run"))}})
    client.kernel_spec_manager = here()
    client.create_kernel_manager().kernel_spec_manager = here()
    client.execute()
    return notebook


def shown(notebook, kind):
    return [out["data"][kind] for cell in notebook.cells for out in cell.get("outputs", ()) if kind in out.get("data", {})]


@pytest.mark.complete
def test_it_brings_back_the_tables(executed):
    tables = shown(executed, "text/html")[:4]
    for number, html in enumerate(tables, 1):
        expected = (TESTS / "tables" / f"table-{number}.csv").read_text(encoding="utf-8").splitlines()
        assert f"<p>{len(expected) - 1} rows</p>" in html


@pytest.mark.complete
def test_it_draws_and_pools(executed):
    assert len(shown(executed, "image/svg+xml")) == 4
    words = "".join(out.get("text", "") for cell in executed.cells for out in cell.get("outputs", ()))
    assert "computed 0.77 (0.63-0.95), P = 0.013; printed 0.77 (0.63-0.95), P = 0.016" in words
    assert "1 comparison cannot be pooled" in words
    assert "cut by mutation of RAS at KRAS exon 2" in words


def test_it_is_committed_without_outputs():
    assert all(not cell.get("outputs") for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"])
