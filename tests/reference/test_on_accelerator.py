"""The same functions on a real accelerator and on the CPU. Skipped where there is none; `python -m pytest` runs it where there is."""

import pytest
import torch

from fmnist_ref import MLP, evaluate, fit, load_sample, normalize, predict, resnet18, resolve_device, time_training_step

if not torch.accelerator.is_available():
    pytest.skip("this machine has no accelerator", allow_module_level=True)

ACCELERATOR = resolve_device("auto")
SAMPLE = load_sample()
IMAGES, LABELS = normalize(SAMPLE.images), SAMPLE.labels


def trained(device):
    torch.manual_seed(0)
    model = MLP().to(device)
    return model, fit(model, IMAGES, LABELS, epochs=5, batch_size=50, learning_rate=0.1)


def test_training_takes_the_same_course():
    (here, on_cpu), (there, on_accelerator) = trained("cpu"), trained(ACCELERATOR)
    assert next(there.parameters()).device == ACCELERATOR
    torch.testing.assert_close(
        torch.tensor(on_accelerator.mean_of_batch_means), torch.tensor(on_cpu.mean_of_batch_means), rtol=1e-3, atol=0
    )
    for ours, theirs in zip(here.parameters(), there.parameters(), strict=True):
        torch.testing.assert_close(theirs.cpu(), ours, rtol=1e-2, atol=1e-4)
    scores = evaluate(here, IMAGES, LABELS), evaluate(there, IMAGES, LABELS)
    assert scores[0].loss == pytest.approx(scores[1].loss, rel=1e-3)
    assert scores[0].accuracy == pytest.approx(scores[1].accuracy, abs=0.02)
    torch.testing.assert_close(predict(there, IMAGES), predict(here, IMAGES), rtol=1e-2, atol=1e-3)


def test_a_step_is_timed_with_the_memory_that_it_takes():
    timing = time_training_step(
        resnet18(), IMAGES.unsqueeze(1), LABELS, device=ACCELERATOR, warmup=1, repetitions=3, batch_size=32
    )
    assert timing.device == str(ACCELERATOR)
    assert min(timing.step_seconds) > 0
    if ACCELERATOR.type in ("cuda", "xpu"):
        assert timing.peak_memory_bytes > IMAGES.nbytes + sum(p.nbytes for p in resnet18().parameters())
