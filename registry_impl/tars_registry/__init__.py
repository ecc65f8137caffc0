"""The TARS naming registry: who serves which object, where, and in which state."""
