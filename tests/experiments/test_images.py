import torch

from report.experiments.images import measure, plan
from report.plan import Dataset, Profile


def test_a_census_by_hand():
    images = torch.zeros(4, 28, 28, dtype=torch.uint8)
    images[1], images[2], images[3, 0, 0] = 255, 255, 10  # the third repeats the second
    labels = torch.tensor([0, 1, 1, 9])
    test = torch.stack([images[3], images[3] // 2, images[3]])  # two of the three are the fourth training image
    scaled = [(part.float() / 255 - 0.5) / 0.5 for part in (images, test)]
    (run,) = plan(Profile(name="full"))
    census = measure(run, Dataset(scaled[0], labels, scaled[1], torch.tensor([9, 9, 9])), {})
    assert census.train_per_class == [1, 2, 0, 0, 0, 0, 0, 0, 0, 1]
    assert census.test_per_class[9] == 3
    assert (census.train_duplicates, census.test_duplicates, census.shared) == (1, 1, 2)
    assert abs(census.mean_grey - images.double().mean().item()) < 1e-9
    assert abs(census.deviation_grey - images.double().std(correction=0).item()) < 1e-9
    assert abs(census.share_of_zeros - (images == 0).double().mean().item()) < 1e-12
    assert census.samples[9] == images[3].flatten().tolist()
