"""The imbalance experiment: what is drawn, what is scored, and that it repeats."""

import math

import msgspec
import pytest
import torch

from fmnist_ref import ConfigurationError
from report.experiments.imbalance import RATIO, measure, plan, rare_against_rest, score
from report.plan import Dataset, Images, Profile


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Make images whose mean brightness tells class 6 from the others."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(1200) % 12
    labels[labels > 9] = 0
    images = torch.randn(1200, 28, 28, generator=generator) + 3 * (labels == 6)[:, None, None]
    return Dataset(images, labels, images.flip(0), labels.flip(0))


def small_run(arm: str, seed: int = 0):
    run = next(run for run in plan(Profile()) if (run.arm, run.seed) == (arm, seed))
    sizes = {"rare_train": 8, "rare_test": 5, "epochs": 2}
    return msgspec.structs.replace(run, parameters=run.parameters | sizes)


def test_every_seed_has_every_arm_with_the_same_settings() -> None:
    runs = list(plan(Profile(seeds=3)))
    assert [(run.seed, run.arm) for run in runs] == [
        (seed, arm) for seed in range(3) for arm in ("majority", "trained", "weighted")
    ]
    assert len({msgspec.json.encode(run.parameters, order="sorted") for run in runs}) == 1
    assert len({run.id for run in runs}) == 9


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_the_data_set_has_as_many_images_as_a_profile_draws(profile: str) -> None:
    settings = next(iter(plan(Profile(name=profile)))).parameters
    for part, of_each_class in (("train", 6000), ("test", 1000)):
        assert settings[f"rare_{part}"] <= of_each_class
        assert settings[f"rare_{part}"] * RATIO <= 9 * of_each_class


def test_draws_the_ratio_without_repetition_and_anew_for_every_seed(dataset: Dataset) -> None:
    images = torch.arange(1200.0)[:, None, None].expand(-1, 28, 28)  # each image is its own number
    drawn = [
        rare_against_rest(
            Images(images, dataset.train_labels),
            rare=6,
            ratio=20,
            num_rare=30,
            generator=torch.Generator().manual_seed(seed),
        )
        for seed in (0, 0, 1)
    ]
    numbers = [part.images[:, 0, 0].long() for part in drawn]
    for part, number in zip(drawn, numbers, strict=True):
        assert torch.bincount(part.labels).tolist() == [600, 30]
        assert len(number.unique()) == 630
        assert torch.equal(dataset.train_labels[number] == 6, part.labels == 1)
    assert torch.equal(numbers[0], numbers[1])
    assert not torch.equal(numbers[0], numbers[2])


def test_asking_for_more_images_than_there_are_is_an_error(dataset: Dataset) -> None:
    with pytest.raises(ConfigurationError, match=r"found 100 and 1100\. Ask for fewer rare images"):
        rare_against_rest(
            Images(dataset.train_images, dataset.train_labels),
            rare=6,
            ratio=99,
            num_rare=50,
            generator=torch.Generator(),
        )


def test_the_majority_rule_is_right_99_times_and_knows_nothing(dataset: Dataset) -> None:
    result = measure(small_run("majority"), dataset, {})
    assert result.accuracy == 0.99
    assert result.balanced_accuracy == 0.5
    assert result.cross_entropy == pytest.approx(-(0.99 * math.log(0.99) + 0.01 * math.log(0.01)), abs=1e-6)
    assert result.roc_auc == 0.5
    assert result.average_precision == pytest.approx(0.01)
    assert result.confusion == [[495, 0], [5, 0]]
    assert (result.num_train, result.num_test) == ([792, 8], [495, 5])


def test_the_networks_learn_and_weighting_finds_more_rare_images(dataset: Dataset) -> None:
    majority, trained, weighted = (measure(small_run(arm), dataset, {}) for arm in ("majority", "trained", "weighted"))
    assert trained.cross_entropy < majority.cross_entropy
    assert trained.roc_auc > 0.9
    assert weighted.confusion[1][1] >= trained.confusion[1][1]
    assert weighted.cross_entropy != trained.cross_entropy


def test_a_run_repeats_bit_for_bit_and_seeds_differ(dataset: Dataset) -> None:
    first, again, other = (measure(small_run("trained", seed), dataset, {}) for seed in (0, 0, 1))
    assert first == again
    assert first.cross_entropy != other.cross_entropy


def test_scores_agree_with_counting() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0], [0.0, 2.0], [1.0, 0.0]])
    result = score(logits, torch.tensor([0, 0, 1]), torch.tensor([0, 0, 1, 1]))
    assert result.accuracy == 0.5
    assert result.confusion == [[1, 1], [1, 1]]
    assert result.roc_auc == 0.75  # of the four pairs one is in the wrong order
    assert (result.num_train, result.num_test) == ([2, 1], [2, 2])
