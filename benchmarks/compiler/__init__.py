"""How fast the compiler is: whole processes, interleaved, beside tars2go."""
