"""Which library multiplies PyTorch's matrices on the CPU."""

import torch

NAMES = {"openblas": "OpenBLAS", "blis": "BLIS", "atlas": "ATLAS", "/blas/libblas": "reference BLAS, slow"}


def blas():
    """Its name. Debian's torch takes whichever is installed, so that which is loaded counts."""
    if torch.backends.mkl.is_available():
        return "MKL"
    a = torch.ones(64, 64)
    a @ a
    try:
        with open("/proc/self/maps") as maps:
            loaded = "".join(line for line in maps if "numpy.libs" not in line)  # numpy may bring one of its own
    except OSError:  # not Linux
        loaded = ""
    return next((name for part, name in NAMES.items() if part in loaded), "unknown BLAS")
