"""The whole control plane under simulated time: rehearsals of scenarios, for users and tests."""
