"""What tarscli costs: a probe, help, a hook, a supervisor at rest."""
