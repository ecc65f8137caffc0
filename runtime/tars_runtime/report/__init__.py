"""What a process tells the platform: logs, statistics, properties, notices."""
