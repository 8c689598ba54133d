"""What the workers of a test's cluster load first: the stand-in experiments."""

from report.run import cluster, worker
from stand_ins import experiments as stand_in


def dask_setup(dask_worker):
    """Prepare a worker, also one that takes the place of a killed one; called by Dask."""
    del dask_worker
    worker.dataset = stand_in.dataset
    stand_in.register()


def pretend(**versions):
    """Make this worker look as if it had other versions."""
    from importlib.metadata import version

    cluster.version = lambda name: versions.get(name) or version(name)
