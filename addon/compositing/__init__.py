"""The compositor: a node that mixes the dream of a render into it."""
