"""What can be seen from outside: access lines now, metrics and history later."""
