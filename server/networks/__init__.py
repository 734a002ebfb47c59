"""The zoo: every network that can dream, its named layers, and how its weights are found, checked and loaded."""
