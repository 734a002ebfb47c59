"""The pictures our own network learns from: motifs painted and rendered, set before photographs."""
