"""
The reference loop on several processes.

Start it with ``torchrun --nproc-per-node 2 distributed_loop.py WEIGHTS
[BATCH_SIZE]``. Without torchrun it is the same loop on one process. The
weights go to WEIGHTS, an ``.npz`` file.
"""

import os
import sys

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F

from fmnist_ref import MLP, load_sample, normalize


# start of the loop
def train(
    model: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
) -> nn.Module:
    """Train as `fmnist_ref.fit` does, each batch split among processes."""
    rank, world = dist.get_rank(), dist.get_world_size()
    # Start from the weights of rank 0; average the gradients of all ranks.
    replica = nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(replica.parameters(), lr=learning_rate)
    # The same order in every process.
    generator = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        order = torch.randperm(len(images), generator=generator)
        for batch in order.split(batch_size):
            share = batch[rank::world]
            logits = replica(images[share])
            loss = F.cross_entropy(logits, labels[share], reduction="sum")
            optimizer.zero_grad()
            # The average over processes is then the mean over the batch.
            (loss * world / len(batch)).backward()
            optimizer.step()
    return model


# end of the loop

if __name__ == "__main__":
    torch.set_num_threads(1)
    os.environ.setdefault("RANK", "0")
    os.environ.setdefault("WORLD_SIZE", "1")
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "0")
    dist.init_process_group("gloo")  # "nccl" on GPUs, one process each
    sample = load_sample("train")
    batch_size = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    torch.manual_seed(0)
    trained = train(
        MLP(),
        normalize(sample.images),
        sample.labels,
        epochs=3,
        batch_size=batch_size,
        learning_rate=0.1,
    )
    if dist.get_rank() == 0:
        weights = trained.state_dict()
        np.savez(
            sys.argv[1], **{name: w.numpy() for name, w in weights.items()}
        )
    dist.destroy_process_group()
