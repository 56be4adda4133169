"""What to do next for one task: pure decisions from what is recorded and what is observed."""
