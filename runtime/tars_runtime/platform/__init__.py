"""The platform's services as a server uses them: its node, notices, configuration from afar."""
