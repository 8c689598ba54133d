"""Question 1's claims that mathematics settles."""

import itertools

import torch
from torch.nn import functional as F

from fmnist_ref import LinearRegression, SoftmaxRegression, load_sample, normalize


def test_q1_1_linear_regression_leaves_the_unit_interval() -> None:
    sample = load_sample()
    images, one_hot = normalize(sample.images), F.one_hot(sample.labels, num_classes=10).float()
    model = LinearRegression().fit_closed_form(images, one_hot, ridge=100.0)
    with torch.no_grad():
        outputs = model(images)
        # along any direction that the weights don't ignore, outputs grow in proportion and so without bound
        direction = model.linear.weight[3]
        far = model(torch.stack([-1e6 * direction, 1e6 * direction]))[:, 3]
    assert ((outputs < 0) | (outputs > 1)).float().mean() > 0.1
    assert far[0] < -1e3
    assert far[1] > 1e3
    assert torch.allclose(outputs.sum(1), torch.ones(len(outputs)), atol=1e-4)


def test_q1_2_two_class_softmax_is_the_sigmoid() -> None:
    images = normalize(load_sample().images)
    torch.manual_seed(0)
    model = SoftmaxRegression(num_classes=2)
    with torch.no_grad():
        probabilities = model(images).softmax(1)
        m, b = (p[1] - p[0] for p in (model.linear.weight, model.linear.bias))
        by_formula = 1 / (1 + torch.exp(-(images.flatten(1) @ m + b)))
    assert torch.allclose(probabilities[:, 1], by_formula, atol=1e-6)
    assert torch.allclose(probabilities.sum(1), torch.ones(len(images)), atol=1e-6)


def test_q1_4_softmax_regression_extends_logistic_regression() -> None:
    """Between any two of its ten classes, softmax regression is logistic regression with the difference of their weights."""
    images = normalize(load_sample().images)
    torch.manual_seed(0)
    model = SoftmaxRegression()
    with torch.no_grad():
        probabilities = model(images).softmax(1)
        for one, other in itertools.combinations(range(10), 2):
            m, b = (p[one] - p[other] for p in (model.linear.weight, model.linear.bias))
            given_the_two = probabilities[:, one] / (probabilities[:, one] + probabilities[:, other])
            assert torch.allclose(given_the_two, torch.sigmoid(images.flatten(1) @ m + b), atol=1e-6)
    assert torch.allclose(probabilities.sum(1), torch.ones(len(images)), atol=1e-6)
