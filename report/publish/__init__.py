"""From the source to the site: the Sphinx build and the archive for reading offline."""
