"""The same product at several suppliers: found, explained, reviewed, ranked by price."""
