"""An answer page as text, made of any records in the way that a report makes it."""

from types import SimpleNamespace

from report.answers import CLAIMS
from report.conclude.verdicts import conclude
from report.record.files import FolderWriter
from report.record.reader import NoRecords
from report.render import pages
from report.render.artifacts import Exporter
from report.render.markdown import Completeness, render
from report.render.page_data import number_key


def text_of(answer, records, folder, profile="full"):
    """Return a page with its numbers written out, as a notebook has them; its figures are drawn into a folder."""
    measurements = pages.measure(records, profile)
    page = pages.page_of(answer, records, measurements, Exporter(FolderWriter(folder), records))
    completeness = Completeness(profile=profile, runs_done=5, runs_planned=5)
    return render(answer, page, measurements.findings, completeness, notebook=True)


def taken(answer, records):
    """Return what a page's functions estimate, as tuples by name, of those that have their records."""
    measured = {}
    for name, function in answer.estimators.items():
        try:
            found = function(records)
        except NoRecords:
            continue
        measured[name] = found if isinstance(found, tuple) else (found,)
    return measured


def spoken(answer, records, profile="full"):
    """Return a page's findings, and its text with a reference for each number, as it goes to Sphinx."""
    measured = taken(answer, records)
    findings = conclude(CLAIMS, measured, profile)
    page = SimpleNamespace(
        name=answer.name,
        title=answer.title,
        numbers={
            number_key(name, i): SimpleNamespace(estimate=estimate)
            for name, found in measured.items()
            for i, estimate in enumerate(found)
        },
        figures=answer.figures,
        tables=answer.tables,
    )
    return findings, render(answer, page, findings, Completeness(profile=profile, runs_done=5, runs_planned=5))
