"""Publish a report: the Sphinx build, and the archive for reading offline."""
