"""Arithmetic of small probabilities in float32."""

from __future__ import annotations

import torch
from torch import Tensor


def one_minus_exp(negative: Tensor) -> Tensor:
    """1 - exp(negative), exact for small numbers (ONNX has no expm1)."""
    half = torch.tanh(negative / 2)
    return -2 * half / (1 - half)
