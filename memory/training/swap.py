"""Questions with one detail exchanged: what was asked of the dentist asked of the plumber, by program.

A question that was written to be unanswerable reads like one, and a model that sees words learns to know it by its
manner. These read like those that have an answer: only the detail differs that a memory has to hold. Each comes with a
twin, the same exchange made in the memories as well, for which the evidence is evidence as before.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from memory.training.data import ANSWERABLE, Conversation, Probe

_ALIKE = """
dentist plumber doctor vet lawyer accountant electrician hairdresser gardener tailor roofer mechanic optician carpenter
brother sister mother father aunt uncle cousin grandmother grandfather daughter son niece nephew neighbor neighbour
mum dad grandma grandpa gran granddad
husband wife girlfriend boyfriend fiance
boss landlord trainer teacher colleague flatmate lodger tutor coach supervisor
kitchen bathroom bedroom garage cellar attic garden hallway balcony loft shed
car bike motorbike boat van scooter caravan moped tractor
bus train ferry plane tram taxi flight
cat dog rabbit hamster parrot horse snake tortoise guinea donkey
red green yellow purple brown grey orange turquoise
january february march april june july august september october november december
monday tuesday wednesday thursday friday saturday sunday
spring summer autumn winter
breakfast lunch dinner supper dessert
coffee tea beer wine juice lemonade whisky cocoa
bread cake soup pie salad curry stew pasta risotto pancakes
cheese butter yoghurt ham sausage eggs tofu
garlic onion carrot tomato potato pepper leeks cabbage beans spinach
tomatoes roses dahlias tulips courgettes strawberries pumpkins orchids
guitar piano violin drums bass trumpet cello flute accordion harmonica
tennis football swimming climbing chess archery rowing fencing badminton judo yoga
marathon race tournament match regatta
school university library museum theatre church hospital hotel restaurant pub bakery supermarket bank pharmacy
choir band orchestra theatre club team committee
wedding funeral birthday christening graduation reunion anniversary
birthday anniversary exam interview operation rehearsal
passport visa licence permit ticket receipt contract certificate
oven fridge boiler dishwasher freezer toaster kettle washer
roof fence window door chimney gutter wall floor ceiling
laptop printer camera phone tablet router headphones microphone
knee wrist shoulder ankle hip elbow neck
eye ear tooth foot finger
headaches asthma fever cough rash backache
pottery knitting painting woodwork photography calligraphy embroidery
novel poem song film album
italy japan scotland spain greece iceland portugal norway turkey canada mexico france germany poland ireland
london paris berlin rome vienna lisbon madrid oslo dublin prague
robe coat hat scarf dress sweater jacket gloves boots shoes suit gown
ring necklace earrings bracelet brooch
chair table sofa bed shelf lamp desk wardrobe couch
turkish italian french spanish german russian japanese arabic dutch
chemistry history biology maths physics geography english statistics
mountain lake beach river island forest valley desert
key umbrella wallet glasses purse backpack suitcase
rent salary deposit insurance loan mortgage fee
bees goats sheep chickens ducks pigs cows
size colour price weight length age
morning afternoon evening night
"""
"""Words of one line are of a kind: what is true of one is not told of another."""

KINDS: Mapping[str, Sequence[str]] = {
    word: tuple(other for other in line.split() if other != word)
    for line in _ALIKE.strip().splitlines()
    for word in line.split()
}

SWAPPED = "-swap"
"""End of the ids of such questions."""

_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Swap:
    """A question with one word exchanged.

    Args:
        source: The question as it was written. `probe`: the same with the exchange, which nothing answers.
        old: The word that was there, lower case. `new`: the one in its place, which the conversation does not have.
    """

    source: Probe
    probe: Probe
    old: str
    new: str

    def twin(self, text: str) -> str:
        """Return a text with the same exchange."""
        return exchanged(text, self.old, self.new)


def exchanged(text: str, old: str, new: str) -> str:
    """Return a text with every `old` replaced by `new`, capital and plural kept."""

    def put(found: re.Match[str]) -> str:
        word = found[0]
        lower = word.lower()
        if lower != old and lower != f"{old}s":
            return word
        other = new + ("s" if lower != old else "")
        return other.capitalize() if word[0].isupper() else other

    return _WORD.sub(put, text)


def swaps(conversation: Conversation, rng: random.Random, each: int = 2) -> Iterator[Swap]:
    """Yield the answerable questions of a conversation with a detail, or a person, exchanged.

    Args:
        conversation: Whose questions.
        rng: Of every choice.
        each: How many at most of one question.
    """
    heard = {word.lower() for turn in conversation.turns for word in _WORD.findall(turn.text)}
    people = _people(conversation)
    for probe in conversation.probes:
        if probe.category not in ANSWERABLE:
            continue
        pairs = [*_details(probe, heard), *_persons(probe, people, conversation)]
        for old, new in rng.sample(pairs, min(each, len(pairs))):
            text = exchanged(probe.text, old, new)
            other = replace(
                probe, id=f"{conversation.id}{SWAPPED}", category="unanswerable", text=text, evidence=(), near=()
            )
            yield Swap(probe, other, old, new)


def _details(probe: Probe, heard: set[str]) -> list[tuple[str, str]]:
    said = {word.lower() for word in _WORD.findall(probe.text)}
    found: list[tuple[str, str]] = []
    for word in sorted(said):
        known = word if word in KINDS else word.removesuffix("s")
        others = [o for o in KINDS.get(known, ()) if o not in heard and f"{o}s" not in heard and o not in said]
        found += [(known, o) for o in others]
    return found


def _people(conversation: Conversation) -> list[str]:
    """Return the names that stand within sentences of the conversation, lower case."""
    names = {name.lower() for name in conversation.speakers}
    small = {w for turn in conversation.turns for w in _WORD.findall(turn.text) if w[0].islower()}
    for turn in conversation.turns:
        for found in re.finditer(r"(?<=[a-z,] )[A-Z][a-z]{2,}", turn.text):
            if found[0].lower() not in small and found[0].lower() not in KINDS:
                names.add(found[0].lower())
    return sorted(names - {"assistant"})


def _persons(probe: Probe, people: Sequence[str], conversation: Conversation) -> list[tuple[str, str]]:
    """Return names in the question with others in their place that no evidence has."""
    told = " ".join(turn.text for turn in conversation.turns if turn.id in probe.evidence).lower()
    speakers = {turn.speaker.lower() for turn in conversation.turns if turn.id in probe.evidence}
    said = {word.lower() for word in _WORD.findall(probe.text)}
    asked = [name for name in people if name in said]
    if not asked:
        return []
    others = [name for name in people if name not in said and name not in told and name not in speakers]
    return [(name, other) for name in asked for other in others[:12]]
