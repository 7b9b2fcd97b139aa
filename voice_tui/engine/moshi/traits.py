"""What a kind of model was trained for, and which way of telling it something is in force. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from voice_tui.settings import MoshiSettings

Strategy = Literal["prefill", "add", "monologue"]
"""How words reach the model: a prompt before the first frame, vectors added to its input, its own silent words."""

STRATEGIES: tuple[Strategy, ...] = ("prefill", "add", "monologue")

MIMI_CODES = 2048
"""Codes of a codebook of the released codec, whose codes of silence are known."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a kind of model can take.

    Args:
        kind: For a person. `trained`: strategies it was trained for; the others work on its tokens all the same, and
            nobody knows what it makes of them.
        tagged: Prompts stand between <system> tags, beside a tone in place of the user.
        codes: Of a codebook.
    """

    kind: str
    trained: tuple[Strategy, ...] = ()
    tagged: bool = False
    codes: int = MIMI_CODES

    def label(self, strategy: Strategy) -> str:
        """Return the strategy's name for a person."""
        return strategy if strategy in self.trained else f"{strategy} (experimental: {self.kind} never learnt it)"


def traits_of(name: str, config: dict[str, Any]) -> Traits:
    """Tell the kind of a model.

    PersonaPlex-7B is Moshi trained on prompts; it also predicts the user's eight codebooks (dep_q 16).

    Args:
        name: Of the model. `config`: its config.json.
    """
    codes = int(config["card"])
    if "personaplex" in name.lower() or config.get("model_type") == "personaplex" or config["dep_q"] == config["n_q"]:
        return Traits("PersonaPlex", ("prefill",), tagged=True, codes=codes)
    return Traits("Moshi", codes=codes)


def strategy_of(settings: MoshiSettings, traits: Traits) -> Strategy | None:
    """Return the strategy in force; "auto" is the one that the model was trained for."""
    if settings.strategy == "auto":
        return traits.trained[0] if traits.trained else None
    return None if settings.strategy == "none" else settings.strategy
