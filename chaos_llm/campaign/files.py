"""The files of a campaign: page, JSON, Markdown and JUnit, beside its SQLite file."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from chaos_llm.campaign.campaign import page_name
from chaos_llm.campaign.page import campaign_page
from chaos_llm.campaign.records import record
from chaos_llm.campaign.table import Summary, Table
from chaos_llm.campaign.text import description, markdown, replay_command

PAGES = "runs"  # the folder of the pages of runs


def write(table: Table, folder: Path) -> None:
    """Write all of them; runs whose page is in the folder are linked."""
    worst = [row.case for each in table.profiles for row in each.worst]
    pages = {
        case: f"{PAGES}/{page_name(case)}"
        for case in worst
        if (folder / PAGES / page_name(case)).is_file()
    }
    written = {
        "campaign.html": campaign_page(table, pages, str(folder)),
        "campaign.json": record(table, str(folder)).model_dump_json(indent=1) + "\n",
        "campaign.md": markdown(table, str(folder)),
        "campaign.xml": junit(table, str(folder)),
    }
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")


def junit(table: Table, folder: str) -> str:
    """JUnit XML: a suite for each profile, with a test for each check, and one for its runs."""
    suites = ET.Element("testsuites", name=f"campaign of {table.app}")
    for summary in table.profiles:
        cases = list(_cases(summary, folder))
        failures = sum(text is not None for _, text in cases)
        suite = ET.SubElement(
            suites, "testsuite", name=summary.name, tests=str(len(cases)), failures=str(failures)
        )
        for name, text in cases:
            case = ET.SubElement(suite, "testcase", classname=summary.name, name=name)
            if text is not None:
                ET.SubElement(case, "failure", message=text.partition("\n")[0]).text = text
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _cases(summary: Summary, folder: str) -> list[tuple[str, str | None]]:
    """Names, each with the text of its failure if it failed."""
    lost = summary.not_judged
    cases = [("runs", f"{len(lost)} not judged; {description(lost[0])}" if lost else None)]
    for check, failing in summary.checks.items():
        text = None
        if failing.value:
            row = next(row for row in summary.judged if check in row.failed)
            text = f"{row.findings.get(check, check)}\n{replay_command(row, folder)}"
        cases.append((check, text))
    return cases
