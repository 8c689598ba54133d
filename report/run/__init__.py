"""How runs get done: a pool of processes or a cluster, each run measured, recorded, and tried again if it fails."""
