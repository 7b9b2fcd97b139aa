"""Make a tiny random language model: run by the server's own Python, which has mlx; argument: the folder to write.

It knows nothing and says nothing sensible, but everything else about it is real: a Llama of 0.1 M parameters, a
byte-level BPE tokenizer and a chat template, so that a real server loads, prompts and streams it. The output rows of
all tokens but printable ones are zero: with temperature 0 it writes plain text and never stops by itself.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_lm.models.llama import Model, ModelArgs
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIAL = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
TEXT = ["the quick brown fox jumps over the lazy dog and then it sleeps in the warm sun until the evening comes"] * 4
TEMPLATE = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}<|assistant|>"


def make_tokenizer() -> Tokenizer:
    """Train a byte-level BPE on a sentence."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    return tokenizer


def make_weights(config: dict[str, object], tokenizer: Tokenizer) -> dict[str, mx.array]:
    """Draw random weights; only printable tokens can be chosen."""
    mx.random.seed(7)
    model = Model(ModelArgs.from_dict(config))
    weights = {name: mx.random.normal(array.shape) * 0.3 for name, array in tree_flatten(model.parameters())}
    texts = [tokenizer.decode([token]) for token in range(tokenizer.get_vocab_size())]
    printable = mx.array([float(text.isascii() and text.isprintable() and bool(text)) for text in texts])
    weights["lm_head.weight"] = weights["lm_head.weight"] * printable[:, None]
    return weights


def main(folder: Path) -> None:
    """Write config, weights and tokenizer in the layout of a model hub."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = make_tokenizer()
    config: dict[str, object] = {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "intermediate_size": 128,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-5,
        "vocab_size": tokenizer.get_vocab_size(),
        "max_position_embeddings": 16384,
        "tie_word_embeddings": False,
        "eos_token_id": 0,
        "bos_token_id": 0,
    }
    mx.save_safetensors(str(folder / "model.safetensors"), make_weights(config, tokenizer), metadata={"format": "mlx"})
    tokenizer.save(str(folder / "tokenizer.json"))
    tokenizer_config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": SPECIAL[0],
        "bos_token": SPECIAL[0],
        "chat_template": TEMPLATE,
        "model_max_length": 16384,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer_config))
    (folder / "config.json").write_text(json.dumps(config))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
