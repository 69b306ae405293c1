"""A multilayer perceptron: dense layers, each with an activation of its own; batch norm and dropout if wanted.

Rosenblatt (1961), Principles of neurodynamics; Rumelhart, Hinton, Williams (1986), Learning representations by
back-propagating errors. Batch norm stands before the activation (Ioffe, Szegedy 2015), dropout after it.
"""

from collections.abc import Sequence

from torch import Tensor, nn

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "leaky relu": nn.LeakyReLU,
    "gelu": nn.GELU,
}


class MLP(nn.Module):
    """Dense layers from features to scores.

    Args:
        n_features: numbers in.
        widths: neurons of each hidden layer; none makes it linear.
        activations: one for each hidden layer, keys of ACTIVATIONS.
        n_outputs: scores out, before sigmoid or softmax.
        batch_norm: before each activation.
        dropout: share of each hidden layer that is left out in training, 0 to 0.9.
    """

    def __init__(
        self,
        n_features: int = 2,
        widths: Sequence[int] = (8, 8),
        activations: Sequence[str] = ("tanh", "tanh"),
        n_outputs: int = 1,
        batch_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.example_shape = (5, n_features)
        sizes = [n_features, *widths]
        layers: list[nn.Module] = []
        for n_in, n_out, activation in zip(sizes, widths, activations, strict=False):
            layers.append(nn.Linear(n_in, n_out))
            if batch_norm:
                layers.append(nn.BatchNorm1d(n_out))
            layers.append(ACTIVATIONS[activation]())
            if dropout:
                layers.append(nn.Dropout(dropout))
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-1], n_outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Features (B, n_features) -> scores (B, n_outputs)."""
        return self.layers(x)
