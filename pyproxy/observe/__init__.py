"""What can be seen from outside: access lines, log lines, metrics, history and alerts."""
