"""A safetensors file as PyTorch writes it: a small network, and every element type that is read."""

import os
import sys

import safetensors
import torch
from safetensors.torch import save_file

torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2, bias=False))
here = os.path.dirname(os.path.abspath(sys.argv[0]))
save_file(net.state_dict(), os.path.join(here, "network.safetensors"), {"format": "pt"})
x = torch.tensor([[1.0, -2.0, 0.5]])
print(torch.__version__, safetensors.__version__, net(x).detach().tolist())
values = torch.tensor([[0, 1, 2], [3, 100, 7]])
types = {"f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16,
         "i64": torch.int64, "i32": torch.int32, "i16": torch.int16, "i8": torch.int8,
         "u8": torch.uint8, "u16": torch.uint16, "u32": torch.uint32, "u64": torch.uint64,
         "bool": torch.bool}
tensors = {name: values.to(dtype) for name, dtype in types.items()}
tensors["halves"] = torch.tensor([1.5, -0.25, 65504.0, 6e-8, float("inf")], dtype=torch.float16)
tensors["brains"] = torch.tensor([1.5, -0.25, 3e38, 1e-40, float("-inf")], dtype=torch.bfloat16)
tensors["scalar"] = torch.tensor(2.5)
tensors["empty"] = torch.zeros(0, 3)
save_file(tensors, os.path.join(here, "types.safetensors"))
