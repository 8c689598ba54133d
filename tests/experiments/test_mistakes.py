"""The loop with one thing wrong at a time: the correct one is `fit`, and each mistake is the one that it is named for."""

import msgspec
import pytest
import torch
from PIL import Image
from torchvision import transforms

from fmnist_ref import MLP, PublishedNN, evaluate, fit, load_sample
from report.experiments import mistakes
from report.plan import Profile, Run
from report.record.store import repeatable

SETTINGS = {"batch_size": 64, "epochs": 3, "learning_rate": 0.01}


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def results_of(arm, dataset, seed=1, **settings):
    run = Run(experiment="mistakes", arm=arm, seed=seed, parameters={**SETTINGS, **settings})
    return mistakes.measure(run, dataset, {})


def trained_by_hand(dataset, *, epochs, build=MLP, **about):
    torch.manual_seed(1)
    model = build()
    losses, _ = mistakes.train_by_hand(
        model,
        dataset.train,
        epochs=epochs,
        batch_size=64,
        learning_rate=0.01,
        seed=1,
        **about,
    )
    return model, losses


def test_plan_pairs_every_arm_by_seed():
    runs = list(mistakes.plan(Profile()))
    assert {(run.arm, run.seed) for run in runs} == {(a, seed) for a in mistakes.ARMS for seed in range(mistakes.SEEDS)}
    assert {run.parameters["epochs"] for run in runs} == {10}
    assert {run.seed for run in mistakes.plan(Profile(name="quick", seeds=2))} == {0, 1}


@pytest.mark.parametrize("build", [MLP, PublishedNN])
def test_the_loop_without_a_mistake_is_fit_bit_for_bit(build, dataset):
    torch.manual_seed(1)
    fitted = build()
    history = fit(fitted, dataset.train_images, dataset.train_labels, epochs=3, seed=1)
    by_hand, losses = trained_by_hand(dataset, epochs=3, build=build)
    for name, value in fitted.state_dict().items():
        assert torch.equal(value, by_hand.state_dict()[name])
    assert [mistakes.mean_over_images(epoch, 300, 64) for epoch in losses] == history.running_loss
    assert [epoch.mean().item() for epoch in losses] == history.mean_of_batch_means


def test_gradients_that_are_not_zeroed_add_up(dataset):
    trained, _ = trained_by_hand(dataset, epochs=1, zero_gradients=False)
    weights = [p.detach().clone() for p in trained.parameters()]
    torch.manual_seed(1)
    model = MLP()
    order = torch.randperm(300, generator=torch.Generator().manual_seed(1))
    sums = [torch.zeros_like(p) for p in model.parameters()]
    for batch in order.split(64):
        loss = torch.nn.functional.cross_entropy(model(dataset.train_images[batch]), dataset.train_labels[batch])
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for parameter, total, gradient in zip(model.parameters(), sums, gradients, strict=True):
                parameter -= 0.01 * total.add_(gradient)
    for found, expected in zip(weights, model.parameters(), strict=True):
        torch.testing.assert_close(found, expected.detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("arm", "ascending"), [("sorted", True), ("unshuffled", False), ("never_zeroed", False)])
def test_order_in_which_labels_are_seen(arm, ascending, dataset, monkeypatch):
    seen = []
    loss = mistakes.F.cross_entropy
    monkeypatch.setattr(mistakes.F, "cross_entropy", lambda z, y, **how: (seen.append(y), loss(z, y, **how))[1])
    results_of(arm, dataset, epochs=1)
    labels = torch.cat(seen[:5])  # of 300 images in batches of 64; evaluation comes after
    assert torch.equal(labels, labels.sort().values) == ascending
    assert torch.equal(labels, dataset.train_labels) == (arm == "unshuffled")


def to_tensor_alone(images):
    """Transform grey levels by torchvision's `ToTensor` without `Normalize`."""
    return torch.cat([transforms.ToTensor()(Image.fromarray(image.numpy())) for image in images])


@pytest.mark.parametrize(
    ("arm", "pixels"), [("pixels_0_to_255", lambda images: images.float()), ("pixels_0_to_1", to_tensor_alone)]
)
def test_pixels_that_are_not_normalised(arm, pixels, dataset, monkeypatch):
    trained, tested = [], []
    train = mistakes.train_by_hand

    def spy(model, images, **about):
        trained.append(images.images)
        return train(model, images, **about)

    predict = mistakes.predict
    monkeypatch.setattr(mistakes, "train_by_hand", spy)
    monkeypatch.setattr(mistakes, "predict", lambda model, images: (tested.append(images), predict(model, images))[1])
    results_of(arm, dataset, epochs=1)
    assert torch.equal(trained[0], pixels(load_sample("train").images))
    assert torch.equal(tested[0], pixels(load_sample("test").images))


def test_predictions_of_the_last_three_epochs_are_kept(dataset):
    results = results_of("unshuffled", dataset, epochs=5)
    found = results.recognition
    assert (found.last_epoch, found.num_epochs, len(found.shares())) == (5, 3, len(dataset.test_labels))
    assert found.shares().mean() == pytest.approx(sum(results.test_accuracy[-3:]) / 3)
    assert results_of("unshuffled", dataset, epochs=1).recognition.num_epochs == 1


def test_every_epoch_is_scored_by_the_weights_at_its_end(dataset):
    results = results_of("unshuffled", dataset)
    for epoch in (1, 3):
        model, _ = trained_by_hand(dataset, epochs=epoch, shuffle=False)
        score = evaluate(model, dataset.test_images, dataset.test_labels)
        assert results.test_loss[epoch - 1] == pytest.approx(score.loss)
        assert results.test_accuracy[epoch - 1] == score.accuracy


def test_loss_that_is_no_number_is_recorded_and_the_model_scored(dataset):
    images = dataset.train_images.clone()
    images[:] = float("inf")
    results = results_of("unshuffled", dataset._replace(train_images=images))
    assert results.diverged_at_step == 1
    assert results.running_loss == results.mean_of_batch_means == [None, None, None]
    assert len(results.test_accuracy) == 3
    assert results.test_loss == [None, None, None]
    assert msgspec.json.decode(msgspec.json.encode(results), type=mistakes.MistakesResults) == results


def test_finite_losses_are_not_divergence(dataset):
    assert results_of("unshuffled", dataset).diverged_at_step is None


def test_mean_over_images_counts_a_short_batch_by_its_size():
    losses = torch.tensor([1.0, 2.0, 6.0], dtype=torch.float64)
    assert mistakes.mean_over_images(losses, 10, 4) == pytest.approx((4 * 1 + 4 * 2 + 2 * 6) / 10)


@pytest.mark.parametrize("arm", mistakes.ARMS)
def test_same_seed_gives_the_same_results(arm, dataset):
    first, second = (msgspec.to_builtins(results_of(arm, dataset)) for _ in range(2))
    assert repeatable(first) == repeatable(second)
    assert repeatable(first) != repeatable(msgspec.to_builtins(results_of(arm, dataset, seed=2)))
