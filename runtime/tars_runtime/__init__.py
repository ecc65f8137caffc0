"""What generated code runs on: codec, protocol, client, server and their surroundings."""
