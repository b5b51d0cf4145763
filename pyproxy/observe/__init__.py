"""What can be seen from outside: access lines and metrics now, history later."""
