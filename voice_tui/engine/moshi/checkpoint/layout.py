"""What stands in a checkpoint: names and shapes of every tensor, sizes, file names. Pure; loads no library.

The layouts are those of the published releases: the LM as `moshi_mlx` 0.3.0 names it (models/lm.py), Mimi as PyTorch
`moshi` names it with the older attention names (318 tensors, 32 codebooks).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from voice_tui.models.catalogue import LM_FILES as LM_FILES  # the files' names are those of the catalogue
from voice_tui.models.catalogue import MIMI_FILE as MIMI_FILE
from voice_tui.models.catalogue import TEXT_FILE as TEXT_FILE
from voice_tui.models.catalogue import Bits as Bits

Shape = tuple[int, ...]
Config = dict[str, Any]
"""A release's config.json."""

Size = Literal["tiny", "small", "full"]

GROUP_SIZE: dict[int, int] = {4: 32, 8: 64}
"""Values that share a scale, by bits, as the releases are quantised."""

MIMI_CODEBOOKS = 32
MIMI_BINS = 2048


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a file.

    Args:
        name: Its key. `shape`: before quantisation.
        quantised: Stored as weight, scales and biases when the file is quantised.
        fill: How a random one is made: "normal" (times `scale`), or "one" (constant `scale`).
        scale: See `fill`.
    """

    name: str
    shape: Shape
    quantised: bool = False
    fill: Literal["normal", "one"] = "normal"
    scale: float = 1.0


_SHAPES: dict[Size, tuple[int, int, int, int, int, int, int, int]] = {
    # dim, heads, layers, text_card, depformer: dim, feed forward, heads, layers
    "tiny": (256, 4, 2, 1000, 128, 192, 4, 2),
    "small": (768, 12, 12, 8000, 512, 2048, 8, 4),
    "full": (4096, 32, 32, 32000, 1024, 4096, 16, 6),
}


def config(size: Size = "full", **changes: Any) -> Config:
    """Return the config.json of a model of this size: of "full" that of Moshi 7B.

    Args:
        size: Which shape.
        changes: Keys that shall be different, such as `context=96`.
    """
    dim, heads, layers, text_card, dep_dim, dep_forward, dep_heads, dep_layers = _SHAPES[size]
    base: Config = {
        "model_type": "moshi",
        "mimi_name": MIMI_FILE,
        "tokenizer_name": TEXT_FILE,
        "dim": dim,
        "text_card": text_card,
        "existing_text_padding_id": 3,
        "n_q": 16,
        "dep_q": 8,
        "card": MIMI_BINS,
        "num_heads": heads,
        "num_layers": layers,
        "hidden_scale": 4.125,
        "causal": True,
        "layer_scale": None,
        "context": 3000,
        "max_period": 10000,
        "gating": "silu",
        "norm": "rms_norm_f32",
        "positional_embedding": "rope",
        "depformer_dim": dep_dim,
        "depformer_dim_feedforward": dep_forward,
        "depformer_num_heads": dep_heads,
        "depformer_num_layers": dep_layers,
        "depformer_layer_scale": None,
        "depformer_multi_linear": True,
        "depformer_context": 8,
        "depformer_max_period": 10000,
        "depformer_gating": "silu",
        "depformer_pos_emb": "none",
        "depformer_weights_per_step": True,
        "delays": [0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1],
    }
    return base | changes


def gating_hidden(dim: int, feed_forward: int) -> int:
    """Return the hidden width of a gated feed-forward part (MlpGating in moshi_mlx/modules/transformer.py)."""
    return 11 * dim // 4 if feed_forward == 4 * dim else 2 * feed_forward // 3


def lm_tensors(config: Config) -> Iterator[Tensor]:
    """Yield every tensor of an LM, in MLX naming."""
    dim, dep_dim = config["dim"], config["depformer_dim"]
    hidden = gating_hidden(dim, 4 * dim)
    for index in range(config["num_layers"]):
        yield from _layer(f"transformer.layers.{index}", dim, hidden)
    for index in range(config["dep_q"]):
        slice_name = f"depformer.slices.{index}"
        rows = config["card"] + 1 if index else config["text_card"] + 1
        yield _embedding(f"{slice_name}.emb", rows, dep_dim)
        yield _linear(f"{slice_name}.linear_in", dep_dim, dim)
        yield _linear(f"{slice_name}.linear_out", config["card"], dep_dim)
        dep_hidden = gating_hidden(dep_dim, config["depformer_dim_feedforward"])
        for layer in range(config["depformer_num_layers"]):
            yield from _layer(f"{slice_name}.transformer.layers.{layer}", dep_dim, dep_hidden)
    yield _embedding("text_emb", config["text_card"] + 1, dim)
    yield Tensor("out_norm.weight", (dim,), fill="one")
    yield _linear("text_linear", config["text_card"], dim)
    for index in range(config["n_q"]):
        yield _embedding(f"audio_embs.{index}", config["card"] + 1, dim)


def _layer(prefix: str, dim: int, hidden: int) -> Iterator[Tensor]:
    yield _linear(f"{prefix}.gating.linear_in", 2 * hidden, dim)
    yield _linear(f"{prefix}.gating.linear_out", dim, hidden)
    yield Tensor(f"{prefix}.norm1.weight", (dim,), fill="one")
    yield Tensor(f"{prefix}.norm2.weight", (dim,), fill="one")
    yield _linear(f"{prefix}.self_attn.in_proj", 3 * dim, dim)
    yield _linear(f"{prefix}.self_attn.out_proj", dim, dim)


def _linear(name: str, rows: int, columns: int) -> Tensor:
    return Tensor(f"{name}.weight", (rows, columns), quantised=True, scale=columns**-0.5)


def _embedding(name: str, rows: int, columns: int) -> Tensor:
    return Tensor(f"{name}.weight", (rows, columns), quantised=True)


def mimi_tensors() -> Iterator[Tensor]:
    """Yield every tensor of Mimi, in PyTorch naming."""
    yield from _encoder()
    yield from _decoder()
    for side in ("encoder", "decoder"):
        for index in range(8):
            yield from _mimi_layer(f"{side}_transformer.transformer.layers.{index}")
    yield from _codebooks("quantizer.rvq_first", 1)
    yield from _codebooks("quantizer.rvq_rest", MIMI_CODEBOOKS - 1)
    yield _convolution("downsample.conv.conv.conv", (512, 512, 4))
    yield _convolution("upsample.convtr.convtr.convtr", (512, 1, 4))


_CHANNELS = (64, 128, 256, 512, 1024)
_RATIOS = (4, 5, 6, 8)


def _encoder() -> Iterator[Tensor]:
    yield from _biased("encoder.model.0.conv.conv", (64, 1, 7), 64)
    for stage, ratio in enumerate(_RATIOS):
        channels = _CHANNELS[stage]
        yield from _residual(f"encoder.model.{1 + 3 * stage}", channels)
        yield from _biased(
            f"encoder.model.{3 + 3 * stage}.conv.conv", (2 * channels, channels, 2 * ratio), 2 * channels
        )
    yield from _biased("encoder.model.14.conv.conv", (512, 1024, 3), 512)


def _decoder() -> Iterator[Tensor]:
    yield from _biased("decoder.model.0.conv.conv", (1024, 512, 7), 1024)
    for stage, ratio in enumerate(reversed(_RATIOS)):
        channels = _CHANNELS[3 - stage]
        name = f"decoder.model.{2 + 3 * stage}.convtr.convtr"
        yield from _biased(name, (2 * channels, channels, 2 * ratio), channels)
        yield from _residual(f"decoder.model.{3 + 3 * stage}", channels)
    yield from _biased("decoder.model.14.conv.conv", (1, 64, 3), 1)


def _residual(prefix: str, channels: int) -> Iterator[Tensor]:
    yield from _biased(f"{prefix}.block.1.conv.conv", (channels // 2, channels, 3), channels // 2)
    yield from _biased(f"{prefix}.block.3.conv.conv", (channels, channels // 2, 1), channels)


def _biased(prefix: str, shape: Shape, outputs: int) -> Iterator[Tensor]:
    yield _convolution(prefix, shape)
    yield Tensor(f"{prefix}.bias", (outputs,), fill="one", scale=0.0)


def _convolution(prefix: str, shape: Shape) -> Tensor:
    return Tensor(f"{prefix}.weight", shape, scale=(shape[1] * shape[2]) ** -0.5)


def _mimi_layer(prefix: str) -> Iterator[Tensor]:
    yield Tensor(f"{prefix}.self_attn.in_proj_weight", (1536, 512), scale=512**-0.5)
    yield Tensor(f"{prefix}.self_attn.out_proj.weight", (512, 512), scale=512**-0.5)
    for norm in ("norm1", "norm2"):
        yield Tensor(f"{prefix}.{norm}.weight", (512,), fill="one")
        yield Tensor(f"{prefix}.{norm}.bias", (512,), fill="one", scale=0.0)
    yield Tensor(f"{prefix}.linear1.weight", (2048, 512), scale=512**-0.5)
    yield Tensor(f"{prefix}.linear2.weight", (512, 2048), scale=2048**-0.5)
    for scale in ("layer_scale_1", "layer_scale_2"):
        yield Tensor(f"{prefix}.{scale}.scale", (512,), fill="one", scale=0.01)


def _codebooks(prefix: str, count: int) -> Iterator[Tensor]:
    yield Tensor(f"{prefix}.input_proj.weight", (256, 512, 1), scale=512**-0.5)
    yield Tensor(f"{prefix}.output_proj.weight", (512, 256, 1), scale=256**-0.5)
    for index in range(count):
        book = f"{prefix}.vq.layers.{index}._codebook"
        yield Tensor(f"{book}._initialized", (1,), fill="one")
        yield Tensor(f"{book}.cluster_usage", (MIMI_BINS,), fill="one")
        yield Tensor(f"{book}.embedding_sum", (MIMI_BINS, 256))
