"""Pictures of offers: what to fetch, fetching it, making it ours, keeping each picture once."""
