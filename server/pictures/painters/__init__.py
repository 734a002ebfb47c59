"""The painters, by family."""
