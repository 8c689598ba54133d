"""Question 3's claims that mathematics settles."""

import torch
from torch.nn import functional as F

from fmnist_ref import MLP, accuracy, balanced_accuracy, cross_entropy, fit, load_sample, normalize, predict


def small_network() -> tuple[MLP, torch.Tensor, torch.Tensor]:
    sample = load_sample()
    images = normalize(sample.images)
    torch.manual_seed(0)
    model = MLP(hidden=(16,))
    fit(model, images, sample.labels, epochs=3, learning_rate=0.05)
    return model, images, sample.labels


def test_q3_1_cross_entropy_falls_with_the_true_class_probability() -> None:
    true_class = torch.linspace(0.001, 0.999, 999, dtype=torch.float64)
    others = ((1 - true_class) / 9)[:, None].expand(-1, 9)
    log_probabilities = torch.cat([true_class[:, None], others], dim=1).log()
    losses = torch.stack([cross_entropy(row[None], torch.tensor([0])) for row in log_probabilities])
    assert (losses.diff() < 0).all()

    model, images, labels = small_network()
    logits = predict(model, images).double()
    probability = logits.softmax(1)[torch.arange(len(labels)), labels]
    each = F.cross_entropy(logits, labels, reduction="none")
    assert (each[probability.argsort()].diff() <= 1e-12).all()


def test_q3_2_cross_entropy_is_the_negative_log_likelihood() -> None:
    model, images, labels = small_network()
    logits = predict(model, images)
    log_likelihood = torch.distributions.Categorical(logits=logits).log_prob(labels)
    assert torch.allclose(cross_entropy(logits, labels), -log_likelihood.mean(), atol=1e-6)


def test_q3_4_accuracy_has_no_gradient() -> None:
    model, images, labels = small_network()
    model, images = model.double(), images.double()
    model.zero_grad()
    cross_entropy(model(images), labels).backward()
    step = 1e-7
    for parameter in model.parameters():
        place = int(parameter.grad.abs().argmax())
        slope = float(parameter.grad.flatten()[place])
        scores = []
        for sign in (-1, 1):
            with torch.no_grad():
                parameter.view(-1)[place] += sign * step
                logits = model(images)
                parameter.view(-1)[place] -= sign * step
            scores.append((cross_entropy(logits, labels).item(), accuracy(logits, labels)))
        (loss_below, accuracy_below), (loss_above, accuracy_above) = scores
        assert accuracy_above == accuracy_below
        assert abs((loss_above - loss_below) / (2 * step) - slope) < 1e-4 * abs(slope)
        assert slope != 0


def test_q3_3_guessing_the_common_class_is_as_accurate_as_the_class_is_common() -> None:
    for rare, common in ((1, 1), (1, 9), (1, 99), (3, 297)):
        labels = torch.tensor([1] * rare + [0] * common)
        guesses = torch.tensor([[1.0, 0.0]]).expand(rare + common, 2)
        assert abs(accuracy(guesses, labels) - common / (rare + common)) < 1e-12
        assert balanced_accuracy(guesses, labels) == 0.5
