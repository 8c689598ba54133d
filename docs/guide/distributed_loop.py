"""
The reference loop on several processes: ``torchrun --nproc-per-node 2 distributed_loop.py WEIGHTS [BATCH_SIZE]``.

Started without torchrun it is the same loop on one process. The weights go to WEIGHTS, an ``.npz`` file.
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
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, *, epochs: int, batch_size: int, learning_rate: float
) -> nn.Module:
    """Train as `fmnist_ref.fit` does, with each batch shared among all processes."""
    rank, world = dist.get_rank(), dist.get_world_size()
    replica = nn.parallel.DistributedDataParallel(model)  # starts from rank 0's weights, averages gradients
    optimizer = torch.optim.SGD(replica.parameters(), lr=learning_rate)
    generator = torch.Generator().manual_seed(0)  # the same order in every process
    for _ in range(epochs):
        for batch in torch.randperm(len(images), generator=generator).split(batch_size):
            share = batch[rank::world]
            loss = F.cross_entropy(replica(images[share]), labels[share], reduction="sum")
            optimizer.zero_grad()
            (loss * world / len(batch)).backward()  # so that the average over processes is the mean over the batch
            optimizer.step()
    return model


# end of the loop

if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, alone in {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}.items():
        os.environ.setdefault(name, alone)
    dist.init_process_group("gloo")  # "nccl" on GPUs, one process each
    sample = load_sample("train")
    batch_size = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    torch.manual_seed(0)
    trained = train(MLP(), normalize(sample.images), sample.labels, epochs=3, batch_size=batch_size, learning_rate=0.1)
    if dist.get_rank() == 0:
        np.savez(sys.argv[1], **{name: value.numpy() for name, value in trained.state_dict().items()})
    dist.destroy_process_group()
