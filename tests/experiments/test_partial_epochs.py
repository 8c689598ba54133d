import itertools

import torch
from torch import nn

from fmnist_ref import cross_entropy
from report.experiments.partial_epochs import train_in_chunks
from report.plan import Images


def recorded(model):
    """Collect the first pixel of every image that the model is trained on, batch by batch."""
    batches = []
    model.register_forward_pre_hook(lambda _, inputs: batches.append(inputs[0][:, 0].tolist()))
    return batches


def numbered_images(n):
    """Make images that can be told apart by their first pixel."""
    images = torch.randn(n, 5, generator=torch.Generator().manual_seed(1))
    images[:, 0] = torch.arange(n)
    return Images(images, torch.arange(n) % 3)


def chunks(model, train, **settings):
    return train_in_chunks(model, train, learning_rate=0.01, seed=0, **settings)


def test_an_epoch_deals_out_every_image_once_and_the_next_in_another_order():
    model = nn.Linear(5, 3)
    batches = recorded(model)
    taken = list(itertools.islice(chunks(model, numbered_images(50), batch_size=4, images_per_chunk=20), 6))
    assert [s.num_images for s in taken] == [20, 20, 10] * 2
    assert [s.num_updates for s in taken] == [5, 5, 3] * 2
    seen = list(itertools.chain(*batches))
    assert sorted(seen[:50]) == sorted(seen[50:]) == list(range(50))
    assert seen[:50] != seen[50:]


def test_a_chunk_is_as_few_whole_batches_as_have_its_images():
    model = nn.Linear(5, 3)
    batches = recorded(model)
    next(chunks(model, numbered_images(50), batch_size=16, images_per_chunk=1))
    assert [len(batch) for batch in batches] == [16]
    batches.clear()
    next(chunks(model, numbered_images(50), batch_size=8, images_per_chunk=20))
    assert [len(batch) for batch in batches] == [8, 8, 8]


def test_it_is_plain_gradient_descent_over_the_batches_it_deals_out():
    train = numbered_images(30)
    torch.manual_seed(0)
    model, by_hand = nn.Linear(5, 3), nn.Linear(5, 3)
    by_hand.load_state_dict(model.state_dict())
    batches = recorded(model)
    list(itertools.islice(chunks(model, train, batch_size=7, images_per_chunk=14), 4))
    for batch in batches:
        picked = torch.tensor(batch).long()
        gradients = torch.autograd.grad(
            cross_entropy(by_hand(train.images[picked]), train.labels[picked]), list(by_hand.parameters())
        )
        with torch.no_grad():
            for weight, gradient in zip(by_hand.parameters(), gradients, strict=True):
                weight -= 0.01 * gradient
    for weight, expected in zip(model.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(weight, expected)
