"""The kernels of bench/cases.ts in PyTorch, and the numbers that go into all cases.

A kernel takes the fields of its Work and returns what one call does; the tensor that a call returns is compared.
"""
import math
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

CUDA = torch.cuda.is_available() and "--cpu" not in sys.argv
DEVICE = torch.device("cuda" if CUDA else "cpu")


def rnd(n, scale=1, seed=1):
    """n numbers in +-scale: s' = 1664525 s + 1013904223 mod 2^32, all at once as a^i s0 + c (1 + a + .. + a^(i-1))."""
    # a^1 .. a^n; uint32 wraps as the generator does
    powers = np.multiply.accumulate(np.full(n, 1664525, np.uint32), dtype=np.uint32)
    sums = np.cumsum(np.concatenate([np.ones(1, np.uint32), powers[:-1]]), dtype=np.uint32)
    states = powers * np.uint32(seed) + sums * np.uint32(1013904223)
    return ((states / 2**32 - 0.5) * 2 * scale).astype(np.float32)


def place(numbers, shape):
    return torch.from_numpy(numbers).reshape(shape).to(DEVICE)


def uniform(shape, scale=1, seed=1):
    return place(rnd(math.prod(shape), scale, seed), shape)


def images(shape, seed=5):
    return place((rnd(math.prod(shape), 1, seed) + 1) / 2, shape)


def labels(n, classes=10):
    return torch.arange(n, device=DEVICE) % classes




def matmul(n):
    a, b = uniform([n, n], 1, 1), uniform([n, n], 1, 2)
    return lambda: a @ b


def conv(batch, size, ci, co, k, stride, padding, **options):
    x, w = uniform([batch, ci, size, size], 1, 1), uniform([co, ci, k, k], 0.1, 2)
    if options["pass"] == "forward":
        return lambda: F.conv2d(x, w, stride=stride, padding=padding)
    out = (size + 2 * padding - k) // stride + 1
    dy = uniform([batch, co, out, out], 1, 3)
    wanted = 0 if options["pass"] == "dInput" else 1
    mask = [wanted == 0, wanted == 1, False]
    geometry = [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1
    return lambda: torch.ops.aten.convolution_backward(dy, x, w, None, *geometry, mask)[wanted]


def tconv(batch, size, ci, co, k, stride, padding, outputPadding):
    x, w = uniform([batch, ci, size, size], 1, 1), uniform([ci, co, k, k], 0.1, 2)
    return lambda: F.conv_transpose2d(x, w, stride=stride, padding=padding, output_padding=outputPadding)


def both_passes(output, inputs, dy=None):
    """Forward, then the gradients of all inputs."""
    for tensor in inputs:
        tensor.requires_grad_()
    return lambda: torch.autograd.grad(output(), inputs, dy)[0]


def batch_norm(batch, channels, size):
    shape = [batch, channels, size, size]
    x, dy = uniform(shape, 1, 1), uniform(shape, 1, 3)
    weight, bias = torch.ones(channels, device=DEVICE), torch.zeros(channels, device=DEVICE)
    return both_passes(lambda: F.batch_norm(x, None, None, weight, bias, training=True), [x, weight, bias], dy)


def cross_entropy(batch, classes):
    logits, y = uniform([batch, classes]), labels(batch, classes)
    return both_passes(lambda: F.cross_entropy(logits, y), [logits])


def sampled(mu, logvar):
    return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)


def reparameterize(batch, latent):
    mu, logvar, dy = (uniform([batch, latent], 1, seed) for seed in (1, 2, 3))
    gradients = both_passes(lambda: sampled(mu, logvar), [mu, logvar], dy)
    return lambda: gradients()[:0]  # random: nothing to compare


def half_distances(z, means):
    """1/2 |z - means|^2, [batch, clusters]."""
    return 0.5 * (z[:, None] - means).square().sum(2)


def cluster_loss(batch, latent, clusters):
    z, logvar, means = uniform([batch, latent], 1, 1), uniform([batch, latent], 1, 2), uniform([clusters, latent], 1, 3)
    q = uniform([batch, clusters], 1, 4).softmax(1)
    return both_passes(lambda: (q * half_distances(z, means)).sum() - 0.5 * logvar.sum(), [z, logvar, means])


def adam(n):
    p = nn.Parameter(uniform([n], 1, 1))
    p.grad = uniform([n], 1, 2)
    optimizer = torch.optim.Adam([p], 1e-3)

    def call():
        optimizer.step()
        return p.detach()

    return call


def sign_step(x, adversarial, g, alpha=0.05, eps=0.2):
    moved = adversarial + alpha * g.sign()
    return torch.minimum(torch.maximum(moved, x - eps), x + eps).clamp(0, 1)


def attack_step(batch, channels, size):
    shape = [batch, channels, size, size]
    x, adversarial, g = images(shape, 5), images(shape, 6), uniform(shape, 1, 3)
    return lambda: sign_step(x, adversarial, g)


def tiny(op, count):
    x = uniform([16, 16])

    def call():
        y = x
        for _ in range(count):
            y = y + x if op == "add" else y.relu()
        return y

    return call


KERNELS = {
    "matmul": matmul, "conv": conv, "tconv": tconv, "batchNorm": batch_norm, "crossEntropy": cross_entropy,
    "reparameterize": reparameterize, "clusterLoss": cluster_loss, "adam": adam, "attackStep": attack_step,
    "tiny": tiny,
}
