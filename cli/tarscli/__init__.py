"""The container tool: configures, supervises, probes and drains one TARS server."""
