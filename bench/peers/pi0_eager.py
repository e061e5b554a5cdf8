"""LeRobot's π0 of the published size in PyTorch, uncompiled, as floats of random values: argument CAMERAS; a chunk for every line that is read."""

import json
import sys
import time

import torch
from lerobot.policies.pi0.configuration_pi0 import PI0Config
from lerobot.policies.pi0.modeling_pi0 import PI0Pytorch

CAMERAS = int(sys.argv[1])
# What LeRobot fills prompts up to.
WORDS = 48

torch.manual_seed(1)
config = PI0Config(device="cpu", dtype="float32", compile_model=False)
with torch.device("meta"):
    model = PI0Pytorch(config)
# Acting has no use for the layers that write words; they would take 3 GB.
model.paligemma_with_expert.paligemma.lm_head = None
model.paligemma_with_expert.gemma_expert.lm_head = None
model = model.to_empty(device="cpu").eval()
with torch.no_grad():
    for parameter in model.parameters():
        parameter.normal_(0, 0.02)
    for buffer in model.buffers():
        # Places are counted; frequencies of the rotary places only have to be finite.
        buffer.fill_(0.5) if buffer.is_floating_point() else buffer.copy_(torch.arange(buffer.numel()).reshape(buffer.shape))

images = [2 * torch.rand(1, 3, 224, 224) - 1 for _ in range(CAMERAS)]
is_image = [torch.ones(1, dtype=torch.bool)] * CAMERAS
words, is_word = torch.randint(1, 1000, (1, WORDS)), torch.ones(1, WORDS, dtype=torch.bool)
state, noise = torch.randn(1, config.max_state_dim), torch.randn(1, config.chunk_size, config.max_action_dim)


def chunk():
    with torch.inference_mode():
        return model.sample_actions(images, is_image, words, is_word, state, noise=noise)


chunk()
parameters = sum(parameter.numel() for parameter in model.parameters())
print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads(), "parameters": parameters}), flush=True)

for _ in sys.stdin:
    start = time.perf_counter()
    chunk()
    print(json.dumps({"ms": 1000 * (time.perf_counter() - start)}), flush=True)
