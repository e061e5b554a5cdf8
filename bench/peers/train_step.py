"""The network of bench/residual-mlp.ts in PyTorch.

Usage: train_step.py BLOCKS WIDTH HIDDEN BATCH

Prints one JSON line {"version", "threads"} when ready. Then, for every line on stdin, runs one round and prints
{"ms": forward + backward, "msWithOptimizer": the same and AdamW}.
"""

import json
import os
import sys
import time

import torch
from torch import nn

blocks, width, hidden, batch = (int(word) for word in sys.argv[1:5])
# PyTorch may see fewer cores than there are.
torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
torch.manual_seed(0)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width)
        )

    def forward(self, x):
        return x + self.inner(x)


def adamw(parameters):
    """The fastest AdamW this version has on the CPU: one fused pass, or lists of tensors."""
    for options in ({"fused": True}, {"foreach": True}, {}):
        try:
            optimizer = torch.optim.AdamW(parameters, lr=1e-4, **options)
            for parameter in parameters:
                parameter.grad = torch.zeros_like(parameter)
            optimizer.step()
            return optimizer
        except (TypeError, RuntimeError):
            continue
    raise RuntimeError("no AdamW")


model = nn.Sequential(*[Block() for _ in range(blocks)])
x, target = torch.randn(batch, width), torch.randn(batch, width)
optimizer = adamw(list(model.parameters()))


def forward_backward():
    optimizer.zero_grad(set_to_none=True)
    nn.functional.mse_loss(model(x), target).backward()


def milliseconds(work):
    start = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - start)


def step():
    forward_backward()
    optimizer.step()


for _ in range(3):
    step()
print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
for _ in sys.stdin:
    print(json.dumps({"ms": milliseconds(forward_backward), "msWithOptimizer": milliseconds(step)}), flush=True)
