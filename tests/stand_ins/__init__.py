"""Things that stand in for the real ones in tests, importable from worker processes too."""
