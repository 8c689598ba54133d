"""The difference of two models that are trained with several seeds and tested on the same images: both are a matter of chance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from report.conclude.sampling import StudentT
from report.conclude.statistics import Estimate, student_t


def over_seeds_and_images(values: ArrayLike, differences: ArrayLike, *, unit: str, **about: Any) -> Estimate:
    """
    Estimate a mean difference between two models, with the chance of the seeds and that of the test images.

    Parameters
    ----------
    values : array_like of float, shape (seeds,)
        The difference for each seed: of accuracies, over the window on which they are compared.
    differences : array_like of float, shape (seeds, images)
        The same difference, in the same unit, for each seed and test image: their mean over the images is that of a seed.
    unit : str
        Unit of both, spelt out.
    **about
        Further fields of `Estimate`.

    Returns
    -------
    Estimate
        From a two-way random-effects analysis of variance, with Satterthwaite's degrees of freedom. `settings` has both
        standard errors: ``error_of_seeds`` and ``error_of_images``.

    References
    ----------
    Owen (2007), "The pigeonhole bootstrap", Annals of Applied Statistics 1(2).
    """
    x, matrix = np.asarray(values, dtype=np.float64), np.asarray(differences, dtype=np.float64)
    n, images = matrix.shape
    common: dict[str, Any] = {
        "unit": unit, "n": n, "n_of": "seeds", "signed": True, "method": "two-way analysis of variance, seeds and images",
    } | about  # fmt: skip
    mean = float(x.mean())
    if n < 2:
        return Estimate(value=mean, **common)
    of_seeds = float(x.var(ddof=1)) / n
    per_image = matrix.mean(axis=0)
    residuals = matrix - per_image - matrix.mean(axis=1, keepdims=True) + matrix.mean()
    interaction = float((residuals**2).sum()) / ((n - 1) * (images - 1)) / (n * images)
    of_images = max(0.0, float(per_image.var(ddof=1)) / images - interaction)
    total = of_seeds + of_images
    dof = total**2 / (of_seeds**2 / (n - 1) + of_images**2 / (images - 1)) if total else n - 1
    parts = {"error_of_seeds": math.sqrt(of_seeds), "error_of_images": math.sqrt(of_images)}
    common["settings"] = {**common.get("settings", {}), **parts}
    return Estimate(value=mean, **student_t(mean, StudentT(math.sqrt(total), dof)), **common)
