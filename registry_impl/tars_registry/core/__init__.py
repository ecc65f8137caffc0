"""The registry itself: what is known, and what happens to it. No socket and no protocol here.

``memory`` is the state that queries are answered from, ``registrar`` carries out what servers ask
for, ``keeper`` is what happens by itself: polls, sweeps, collection. ``access`` says who may.
"""
