"""What the registry decides: pure functions over rows and leases, with the time passed in.

``requests`` are what a server may ask for, checked; ``leases`` are who lives and until when;
``changes`` are what shall be written; ``decisions`` turn requests into changes. Nothing here
knows a database, a socket or a clock.
"""
