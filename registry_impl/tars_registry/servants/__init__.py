"""The objects that the registry serves: each translates calls, and decides nothing."""
