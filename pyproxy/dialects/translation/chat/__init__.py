"""What providers of chat completions answer, in the many ways in which those that are compatible write it."""
