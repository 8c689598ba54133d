"""An answer page as text, made of any records in the way that a report makes it."""

from report.render import pages
from report.render.artifacts import Exporter
from report.render.markdown import Completeness, render


def text_of(answer, records, folder, profile="full"):
    """Return a page with its numbers written out, as a notebook has them; its figures are drawn into a folder."""
    measurements = pages.measure(records, profile)
    page = pages.page_of(answer, records, measurements, Exporter(folder, folder, records))
    completeness = Completeness(profile=profile, runs_done=5, runs_planned=5)
    return render(answer, page, measurements.findings, completeness, notebook=True)
