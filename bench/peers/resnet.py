"""ResNet-18 with group normalization, spatial softmax and a linear layer in PyTorch, as src/policy/encoders/image-encoder.ts has it.

Usage: resnet.py IMAGES EDGE KEYPOINTS FEATURES WIDTH...

Prints one JSON line {"version", "threads", "parameters"} when ready. Then, for every line on stdin, runs forward and backward of a mean
squared error once and prints {"ms"}.
"""

import json
import os
import sys
import time

import torch
from torch import nn

images, edge, keypoints, features, *widths = (int(word) for word in sys.argv[1:])
# PyTorch may see fewer cores than there are.
torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
torch.manual_seed(0)


def normalized_conv(inputs, outputs, kernel, stride):
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(conv, nn.GroupNorm(outputs // 16, outputs))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first, self.second = normalized_conv(inputs, outputs, 3, stride), normalized_conv(outputs, outputs, 3, 1)
        changes = stride > 1 or inputs != outputs
        self.shortcut = normalized_conv(inputs, outputs, 1, stride) if changes else nn.Identity()

    def forward(self, x):
        return torch.relu(self.second(torch.relu(self.first(x))) + self.shortcut(x))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(normalized_conv(3, widths[0], 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        pairs = zip([widths[0], *widths], widths)
        self.stages = nn.Sequential(
            *[nn.Sequential(Block(a, b, 1 if stage == 0 else 2), Block(b, b, 1)) for stage, (a, b) in enumerate(pairs)]
        )
        self.keypoints = nn.Conv2d(widths[-1], keypoints, 1)
        self.output = nn.Linear(2 * keypoints, features)

    def forward(self, x):
        maps = self.keypoints(self.stages(self.stem((x - 0.5) / 0.5)))
        height, width = maps.shape[2:]
        rows, columns = torch.linspace(-1, 1, height), torch.linspace(-1, 1, width)
        places = torch.stack([columns.repeat(height), rows.repeat_interleave(width)], dim=1)
        return self.output((maps.flatten(2).softmax(dim=2) @ places).flatten(1))


model = Encoder()
x, target = torch.rand(images, 3, edge, edge), torch.randn(images, features)


def forward_backward():
    model.zero_grad(set_to_none=True)
    nn.functional.mse_loss(model(x), target).backward()


forward_backward()
parameters = sum(parameter.numel() for parameter in model.parameters())
print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads(), "parameters": parameters}), flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    forward_backward()
    print(json.dumps({"ms": 1e3 * (time.perf_counter() - start)}), flush=True)
