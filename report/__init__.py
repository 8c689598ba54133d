"""Run the experiments, put the notebook's claims to the test, and write the pages: ``python -m report``."""
