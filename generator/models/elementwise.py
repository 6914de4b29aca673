"""Which operations of ``keras.ops`` work value by value: position and channel stay as they are."""

from __future__ import annotations

__all__ = ["ELEMENTWISE"]

ELEMENTWISE = frozenset(
    {
        *("Abs", "Absolute", "Add", "Cast", "Clip", "Divide", "Elu", "Exp", "Gelu", "HardSigmoid"),
        *("HardSilu", "HardSwish", "LeakyRelu", "Log", "Maximum", "Minimum", "Multiply"),
        *("Negative", "Power", "Relu", "Relu6", "Sigmoid", "Silu", "Softplus", "Sqrt", "Square"),
        *("Subtract", "Tanh", "TrueDivide"),
    }
)
"""Names of their classes."""
