"""Diffusion Policy's conditional U-Net in PyTorch, as src/action/heads/conditional-unet.ts has it.

Usage: dp_c.py WORK BATCH HORIZON ACTION_SIZE COND_SIZE TIME_SIZE DOWN_DIM...

WORK is `gradients`, forward and backward of a mean squared error; `step`, these with clipping, fused AdamW and a moving average; or
`step-frozen`, the same where only the modulation (FiLM) is trained.

Prints one JSON line {"version", "threads", "parameters"} when ready, the trained ones. Then, for every line on stdin, does the work once and prints {"ms"}.
"""

import json
import math
import os
import sys
import time

import torch
from torch import nn

work = sys.argv[1]
batch, horizon, action_size, cond_size, time_size, *down_dims = (int(word) for word in sys.argv[2:])
KERNEL, GROUPS = 5, 8
# PyTorch may see fewer cores than there are.
torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
torch.manual_seed(0)


def conv_block(inputs, outputs):
    return nn.Sequential(nn.Conv1d(inputs, outputs, KERNEL, padding=KERNEL // 2), nn.GroupNorm(GROUPS, outputs), nn.Mish())


class Block(nn.Module):
    """Convolve, scale and shift by the conditioning, convolve, add the input."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.first, self.second = conv_block(inputs, outputs), conv_block(outputs, outputs)
        self.film = nn.Sequential(nn.Mish(), nn.Linear(time_size + cond_size, 2 * outputs))
        self.residual = nn.Identity() if inputs == outputs else nn.Conv1d(inputs, outputs, 1)

    def forward(self, x, features):
        scale, shift = self.film(features).unsqueeze(-1).chunk(2, dim=1)
        return self.second(scale * self.first(x) + shift) + self.residual(x)


class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        self.time = nn.Sequential(nn.Linear(time_size, 4 * time_size), nn.Mish(), nn.Linear(4 * time_size, time_size))
        pairs = list(zip([action_size, *down_dims], down_dims))
        deepest = down_dims[-1]
        self.down = nn.ModuleList(
            nn.ModuleList([Block(a, b), Block(b, b), nn.Conv1d(b, b, 3, 2, 1) if b_is_not_last else nn.Identity()])
            for b_is_not_last, (a, b) in zip([True] * (len(pairs) - 1) + [False], pairs)
        )
        self.mid = nn.ModuleList([Block(deepest, deepest), Block(deepest, deepest)])
        self.up = nn.ModuleList(
            nn.ModuleList([Block(2 * b, a), Block(a, a), nn.ConvTranspose1d(a, a, 4, 2, 1)]) for a, b in reversed(pairs[1:])
        )
        first = down_dims[0]
        self.output = nn.Sequential(conv_block(first, first), nn.Conv1d(first, action_size, 1))

    def forward(self, x, step, cond):
        half = time_size // 2
        rates = torch.exp(torch.arange(half) * (-math.log(10000) / (half - 1)))
        angles = step[:, None] * rates
        features = torch.cat([self.time(torch.cat([angles.sin(), angles.cos()], dim=1)), cond], dim=1)
        h, held = x.transpose(1, 2), []
        for first, second, halve in self.down:
            h = second(first(h, features), features)
            held.append(h)
            h = halve(h)
        for block in self.mid:
            h = block(h, features)
        for first, second, double in self.up:
            h = double(second(first(torch.cat([h, held.pop()], dim=1), features), features))
        return self.output(h).transpose(1, 2)


model = Unet()
x, target = torch.randn(batch, horizon, action_size), torch.randn(batch, horizon, action_size)
step, cond = torch.randint(0, 100, (batch,)).float(), torch.randn(batch, cond_size)


if work == "step-frozen":
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(".film." in name)
trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = None
if work != "gradients":
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=1e-6, fused=True)
    average = [parameter.detach().clone() for parameter in trained]


def once():
    model.zero_grad(set_to_none=True)
    nn.functional.mse_loss(model(x, step, cond), target).backward()
    if optimizer is None:
        return
    nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    with torch.no_grad():
        torch._foreach_lerp_(average, trained, 1e-4)


def milliseconds():
    start = time.perf_counter()
    once()
    return 1e3 * (time.perf_counter() - start)


for _ in range(2):
    once()
parameters = sum(parameter.numel() for parameter in trained)
print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads(), "parameters": parameters}), flush=True)
for _ in sys.stdin:
    print(json.dumps({"ms": milliseconds()}), flush=True)
