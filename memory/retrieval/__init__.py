"""What recall stands on: candidates, their features, the weights, the vectors."""
