"""The networks and whole steps of bench/cases.ts in PyTorch: eager, torch.optim.Adam as it is by default."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from torch_kernels import DEVICE, half_distances, images, labels, sampled, sign_step, uniform

LATENT = 20


def seeded(net):
    """Parameter i, from 1 and biases counted, is rnd(sqrt(3 / fan in), seed i); biases are 0, weights of norms 1."""
    for i, (name, p) in enumerate(net.named_parameters(), 1):
        if p.dim() == 1:
            nn.init.constant_(p, 0 if name.endswith("bias") else 1)
            continue
        module = net.get_submodule(name.rpartition(".")[0])
        fan_in = p.numel() // p.shape[1 if isinstance(module, nn.ConvTranspose2d) else 0]
        p.data = uniform(p.shape, math.sqrt(3 / fan_in), i)
    return net.to(DEVICE)


def mnist_cnn():
    convolutions = nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)
    return seeded(nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10)))


class ConvVae(nn.Module):
    """Two 3x3 convolutions of stride 2 down to 64 x 7 x 7, 20 latent dimensions, three transposed convolutions up."""

    def __init__(self):
        super().__init__()
        self.code = nn.Sequential(nn.Conv2d(1, 32, 3, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 3, 2, 1), nn.ReLU(),
            nn.Flatten())
        self.mu, self.logvar = nn.Linear(3136, LATENT), nn.Linear(3136, LATENT)
        ups = nn.ConvTranspose2d(64, 64, 3, 2, 1, 1), nn.ReLU(), nn.ConvTranspose2d(64, 32, 3, 2, 1, 1), nn.ReLU()
        self.logits = nn.Sequential(nn.Linear(LATENT, 3136), nn.ReLU(), nn.Unflatten(1, (64, 7, 7)), *ups,
            nn.ConvTranspose2d(32, 1, 3, 1, 1))

    def encode(self, x):
        h = self.code(x)
        return self.mu(h), self.logvar(h)

    def purify(self, x):
        return self.logits(self.mu(self.code(x))).sigmoid()


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the shape changes."""

    def __init__(self, ci, co, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(ci, co, 3, stride, 1, bias=False), nn.BatchNorm2d(co)
        self.conv2, self.bn2 = nn.Conv2d(co, co, 3, 1, 1, bias=False), nn.BatchNorm2d(co)
        self.shortcut = nn.Sequential(nn.Conv2d(ci, co, 1, stride, bias=False),
            nn.BatchNorm2d(co)) if stride > 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.shortcut(x))


def resnet34():
    stages = [(64, 64, 1, 3), (64, 128, 2, 4), (128, 256, 2, 6), (256, 512, 2, 3)]
    blocks = [Block(co if i else ci, co, 1 if i else stride) for ci, co, stride, count in stages for i in range(count)]
    stem = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()
    return seeded(nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10)))


def classification(net, shape):
    x, y = images(shape), labels(shape[0])
    return list(net.parameters()), lambda: F.cross_entropy(net(x), y)


def vae_training(batch):
    """Binary cross-entropy and KL, summed, per image."""
    net, x = seeded(ConvVae()), images([batch, 1, 28, 28])

    def loss():
        mu, logvar = net.encode(x)
        likelihood = F.binary_cross_entropy_with_logits(net.logits(sampled(mu, logvar)), x, reduction="sum")
        return (likelihood - 0.5 * (1 + logvar - mu * mu - logvar.exp()).sum()) / batch

    return list(net.parameters()), loss


def cvae_training(batch, lam=20):
    """The C-VAE loss with the closed form of Q(y|z): src/model/losses.ts."""
    net, x = seeded(ConvVae()), images([batch, 1, 28, 28])
    means = nn.Parameter(uniform([10, LATENT], 1, 17))

    def loss():
        mu, logvar = net.encode(x)
        z = sampled(mu, logvar)
        prior = -0.5 * logvar.sum(1) + math.log(10) - torch.logsumexp(-half_distances(z, means), 1)
        return (lam / 2 * (net.logits(z).sigmoid() - x).square().sum((1, 2, 3)) + prior).mean() - LATENT / 2

    return [*net.parameters(), means], loss


TRAINING = {
    "mnist-cnn": lambda batch: classification(mnist_cnn(), [batch, 1, 28, 28]),
    "conv-vae": vae_training,
    "conv-cvae": cvae_training,
    "resnet34": lambda batch: classification(resnet34(), [batch, 3, 32, 32]),
}


def train(net, batch):
    parameters, loss = TRAINING[net](batch)
    optimizer = torch.optim.Adam(parameters, 1e-3)

    def call():
        optimizer.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        optimizer.step()
        return value.detach()

    return call


def pgd(steps, batch):
    net, x, y = mnist_cnn().requires_grad_(False), images([batch, 1, 28, 28]), labels(batch)

    def call():
        adversarial = x
        for _ in range(steps):
            leaf = adversarial.detach().requires_grad_()
            adversarial = sign_step(x, leaf.detach(), torch.autograd.grad(F.cross_entropy(net(leaf), y), leaf)[0])
        return adversarial

    return call


def purify(batch):
    net, vae, x = mnist_cnn().requires_grad_(False), seeded(ConvVae()).requires_grad_(False), images([batch, 1, 28, 28])
    return lambda: net(vae.purify(x))


STEPS = {"train": train, "pgd": pgd, "purify": purify}
