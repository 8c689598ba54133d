"""Running the experiments: a pool of processes or a cluster, with each run measured, recorded, and retried if it fails."""
