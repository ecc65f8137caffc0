"""Figures of a server for Prometheus: counted in each process, added up, shown on one page."""
