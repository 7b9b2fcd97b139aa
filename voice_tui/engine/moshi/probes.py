"""Facts that no model can know, each with the beginning of a sentence that asks for it. Written for this project."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Probe:
    """One fact and what it should make likelier.

    Args:
        fact: As it would stand in the memory.
        lead: The model's words up to the answer. `answer`: the words that the fact makes likelier.
    """

    fact: str
    lead: str
    answer: str


PROBES: tuple[Probe, ...] = (
    Probe("My dog is called Biscuit.", "Your dog is called", "Biscuit"),
    Probe("My daughter's name is Ingrid.", "Your daughter's name is", "Ingrid"),
    Probe("I live in Trondheim.", "You live in", "Trondheim"),
    Probe("My car is a green Volvo.", "The color of your car is", "green"),
    Probe("I am allergic to walnuts.", "You are allergic to", "walnuts"),
    Probe("The spare key is under the flowerpot.", "The spare key is under the", "flowerpot"),
    Probe("My dentist appointment is on Thursday.", "Your dentist appointment is on", "Thursday"),
    Probe("I work as a carpenter.", "You work as a", "carpenter"),
    Probe("My favorite tea is jasmine.", "Your favorite tea is", "jasmine"),
    Probe("I play the cello.", "The instrument you play is the", "cello"),
    Probe("My sister lives in Lisbon.", "Your sister lives in", "Lisbon"),
    Probe("The code of the garage is seven four one nine.", "The code of the garage is", "seven four one nine"),
    Probe("My wedding was in October.", "You got married in", "October"),
    Probe("I keep bees in the garden.", "In the garden you keep", "bees"),
    Probe("My boss is called Marguerite.", "Your boss is called", "Marguerite"),
    Probe("I am learning Portuguese.", "The language you are learning is", "Portuguese"),
    Probe("The cat sleeps in the laundry basket.", "The cat sleeps in the", "laundry basket"),
    Probe("My train leaves at half past six.", "Your train leaves at", "half past six"),
    Probe("I never eat mushrooms.", "You never eat", "mushrooms"),
    Probe("My grandfather was a lighthouse keeper.", "Your grandfather was a", "lighthouse keeper"),
    Probe("I run every Saturday along the canal.", "Every Saturday you run along the", "canal"),
    Probe("The boiler was repaired by Mr Okafor.", "The boiler was repaired by Mr", "Okafor"),
    Probe("I am saving for a telescope.", "You are saving for a", "telescope"),
    Probe("My neighbor grows pumpkins.", "Your neighbor grows", "pumpkins"),
)
