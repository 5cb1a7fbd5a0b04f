"""Are pages still read as they were: what they tell, drift of it, values that cannot be meant."""
