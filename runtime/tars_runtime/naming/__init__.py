"""Which endpoints an object has, which of them are well, and which one a call takes."""
