"""Short scenes to be rendered as films, everything in them textured and everything's motion known."""
