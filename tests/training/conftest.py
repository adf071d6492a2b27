"""One thread: the tensors are tiny, and test processes share the cores."""

import torch

torch.set_num_threads(1)
