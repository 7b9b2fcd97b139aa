"""What a sentence says of itself: whether it is a fact, whose, the time it means, the slot it fills."""
