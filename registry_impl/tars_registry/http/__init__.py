"""What operators and Prometheus read over HTTP: GET only, no state changes, a port of its own."""
