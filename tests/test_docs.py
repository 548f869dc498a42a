"""Generated documents are current, and written ones name what exists."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dp_assets.domain.config_file import json_schema, load_config, reference_markdown
from dp_assets.domain.contracts_docs import tables_markdown

REPOSITORY = Path(__file__).parent.parent
DOCS = REPOSITORY / "docs"
PAGES = sorted([*REPOSITORY.glob("*.md"), *DOCS.rglob("*.md"), REPOSITORY / "deploy/README.md"])


@pytest.mark.golden
def test_the_configuration_reference_is_current(golden: Callable[[Path, str], None]) -> None:
    golden(DOCS / "configuration.md", reference_markdown())


@pytest.mark.golden
def test_the_json_schema_for_editors_is_current(golden: Callable[[Path, str], None]) -> None:
    golden(DOCS / "demand.schema.json", json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n")


@pytest.mark.golden
def test_the_description_of_the_tables_is_current(golden: Callable[[Path, str], None]) -> None:
    golden(DOCS / "tables.md", tables_markdown(load_config(REPOSITORY / "demand.yaml")))


def test_the_demo_configuration_points_editors_at_the_schema() -> None:
    first = (REPOSITORY / "demand.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=docs/demand.schema.json"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_documents_name_files_that_exist(page: Path) -> None:
    names = re.findall(
        r"`((?:dp_assets|dp_resources|serving|tests|docs|dbt_project|mappings)/[\w./-]+\.\w+)`", page.read_text()
    )
    assert [name for name in names if not (REPOSITORY / name).exists()] == []


def test_the_environment_example_names_every_setting() -> None:
    from dp_resources.settings import Settings

    text = (REPOSITORY / ".env.example").read_text()
    named = set(re.findall(r"^#? ?(DP_[A-Z0-9_]+)=", text, flags=re.MULTILINE))
    assert named == {f"DP_{name.upper()}" for name in Settings.model_fields}


def test_decisions_are_numbered_without_gaps_listed_and_name_their_status() -> None:
    pages = sorted((DOCS / "adr").glob("[0-9]*.md"))
    listed = re.findall(r"\]\((\d{4}-[^)]+)\)", (DOCS / "adr" / "README.md").read_text())
    assert [page.name for page in pages] == listed
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text()
        assert re.search(r"^Status: ", text, re.MULTILINE), page.name
        assert "\n## Decision\n" in text, page.name
