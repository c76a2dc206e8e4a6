"""PyTorch as a worker of `npm run bench:peers`: on CUDA where there is one (`--tf32` allows TF32 there), else, or with
`--cpu`, on the CPU with OMP_NUM_THREADS threads (by default all cores that this process may use).

Reads requests and writes answers, one JSON object a line, as README.md beside this file says. Needs torch and numpy.
"""
import gc
import json
import math
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path = [path for path in sys.path if os.path.abspath(path) != HERE]  # there `import torch` finds this file
sys.path += [HERE, os.path.join(HERE, "..", "pytorch")]
sys.dont_write_bytecode = True
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
THREADS = int(os.environ.setdefault("OMP_NUM_THREADS", str(CORES)))  # OpenBLAS and MKL read it when they are loaded

import torch
from blas import blas
from torch_kernels import CUDA, KERNELS
from torch_steps import STEPS

KINDS = {**KERNELS, **STEPS}


def describe(tf32):
    """The ready line."""
    if CUDA:
        engine, version = "torch-cuda-tf32" if tf32 else "torch-cuda", f"CUDA {torch.version.cuda}"
        adapter = torch.cuda.get_device_name()
    else:
        engine, version, adapter = "torch-cpu", blas(), "cpu"
    release = torch.__version__.split("+")[0].split("a")[0]
    threads = torch.get_num_threads()
    version = f"{release} ({version})"
    return {"ready": True, "engine": engine, "version": version, "adapter": adapter, "threads": threads}


def sync():
    if CUDA:
        torch.cuda.synchronize()


def sample(output):
    """The 16 elements floor(i (n - 1) / 15) that stand for an output (of a loss 16 times the same).

    None for an empty one.
    """
    values = output.detach().reshape(-1)
    numbers = [values[i * (len(values) - 1) // 15].item() for i in range(16 if len(values) else 0)]
    return [v if math.isfinite(v) else None for v in numbers]  # JSON has no NaN


class Worker:
    call = None
    values = []

    def make(self, request):
        self.drop()
        work = dict(request["case"]["work"])
        kind = work.pop("kind")
        if kind not in KINDS:
            return {"unsupported": f"no work of the kind {kind}"}
        start = time.perf_counter()
        self.call = KINDS[kind](**work)
        output = self.call()
        sync()
        first = time.perf_counter() - start
        self.values = sample(output)  # now: training and Adam move on with every call
        return {"first_ms": first * 1e3}

    def time(self, request):
        times = request["times"]
        start, cpu = time.perf_counter(), time.process_time()
        for _ in range(times):
            self.call()
        sync()
        return {"ms": (time.perf_counter() - start) / times * 1e3, "cpu_ms": (time.process_time() - cpu) / times * 1e3}

    def read(self, _request):
        return {"values": self.values}

    def drop(self, _request=None):
        self.call, self.values = None, []
        gc.collect()
        if CUDA:
            torch.cuda.empty_cache()
        return {}

    def respond(self, request):
        requests = {"make": self.make, "time": self.time, "read": self.read, "drop": self.drop}
        if request["do"] not in requests:
            raise ValueError(f'"{request["do"]}" came, one of {", ".join(requests)} was due')
        if request["do"] in ("time", "read") and not self.call:
            raise ValueError(f'"{request["do"]}" came before a case was made')
        return requests[request["do"]](request)


def answer(message):
    print("@@" + json.dumps(message), flush=True)


def main():
    tf32 = "--tf32" in sys.argv
    if tf32 and not CUDA:
        sys.exit("torch.py: --tf32 needs CUDA, which torch does not find here; leave the flag out")
    torch.manual_seed(0)
    torch.set_num_threads(THREADS)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    answer(describe(tf32))
    worker = Worker()
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            answer(worker.respond(json.loads(line)))
        except Exception as error:
            answer({"error": (str(error) or type(error).__name__).split("\n")[0][:300]})


main()
