"""Sockets: endpoints, connections, listeners. No names, no servants, no policies."""
