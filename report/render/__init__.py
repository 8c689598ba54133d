"""From what the records say to Sphinx's source: numbers with their provenance, figures, tables, pages, notebooks."""
