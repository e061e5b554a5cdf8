"""The exported graphs of a π0 model in ONNX Runtime called from Python: argument FOLDER; a round for every line that is read."""

import json
import os
import sys
import time

import numpy as np
import onnxruntime as ort

GRAPHS = ("see", "prefix", "steps")
FOLDER = sys.argv[1]

rng = np.random.default_rng(1)


def value(given):
    """Noise, or what says that all tokens are there."""
    if given.type == "tensor(bool)":
        return np.ones(given.shape, bool)
    if given.type == "tensor(int64)":
        return np.zeros(given.shape, np.int64)
    if given.name == "mask":
        return np.zeros(given.shape, np.float32)
    return rng.standard_normal(given.shape, np.float32)


def prepare(graph):
    session = ort.InferenceSession(f"{FOLDER}/{graph}.onnx", providers=["CPUExecutionProvider"])
    feeds = {given.name: value(given) for given in session.get_inputs()}
    if "next" in feeds and "mask" in feeds:
        feeds["next"] = np.full(feeds["next"].shape, feeds["mask"].shape[-1], np.float32)
    return session, feeds


calls = {graph: prepare(graph) for graph in GRAPHS}
for _ in range(3):  # the first two also ask for memory
    for session, feeds in calls.values():
        session.run(None, feeds)
print(json.dumps({"version": ort.__version__, "threads": os.cpu_count()}), flush=True)

for _ in sys.stdin:
    times = {}
    for graph, (session, feeds) in calls.items():
        start = time.perf_counter()
        session.run(None, feeds)
        times[graph] = 1000 * (time.perf_counter() - start)
    print(json.dumps({"ms": sum(times.values()), **times}), flush=True)
